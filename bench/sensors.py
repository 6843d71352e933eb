"""The bridge under load: a fleet of sensors at a fixed rate, and what of theirs is in Postgres afterwards."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable

import psycopg

from bench.load import Spread
from bench.results import Results
from chaincode.model import gs1
from chaincode.model.documents.trade import AFFIRMATIONS
from chaincode.model.errors import MediLedgerError
from iot_bridge.device import DeviceClient, Reading
from mediledger.demo.api import ApiError, MemberApi
from mediledger.demo.cast import Run, Storage, party, product
from mediledger.system import BRIDGE_MEMBER_ROLE, System

DEVICES = 20
PER_SECOND = 2_000
SECONDS = 60
PUBLISHES_PER_SECOND = 10
DRAIN_SECONDS = 60.0
TEMPERATURE_MC = 5_000


async def readings(system: System, results: Results) -> None:
    """Publish ``PER_SECOND`` readings for ``SECONDS``, then count those that the bridge stored."""
    organizations = {o.role: o for o in system.topology.organizations}
    secrets = system.secrets()

    def api(role: str) -> MemberApi:
        organization = organizations[role]
        password = secrets[organization.name].passwords["operator"]
        url = system.gateway_url(organization)
        return MemberApi(organization.name, organization.gln, url, "operator", password)

    async with api("manufacturer") as maker, api(BRIDGE_MEMBER_ROLE) as owner, api("regulator") as regulator:
        for organization in organizations.values():
            await _once(regulator.post("/parties", party(organization)), "party_exists")
        article = product(organizations["manufacturer"], Storage(2, 8))
        await _once(maker.post("/products", article), "product_exists")
        cases = await _cases(maker, owner, article["gtin"])
        credentials = [await _device(owner, case) for case in cases]
    took = await _drive(credentials)
    stored = await _stored(
        system.services().database_url(organizations[BRIDGE_MEMBER_ROLE].name), credentials
    )
    sent = PER_SECOND * SECONDS
    yardstick = f"{PER_SECOND} readings/s for {SECONDS} s from {DEVICES} sensors, each acknowledged"
    per_s = sent / took
    results.add("bridge.readings_per_s", Spread(per_s, per_s, per_s), "readings/s", yardstick, system.kind)
    lost = sent - stored
    results.add("bridge.lost", Spread(lost, lost, lost), "readings", "none may be lost", system.kind)


async def _cases(maker: MemberApi, owner: MemberApi, gtin: str) -> list[str]:
    """Cases of one pack each in the custody of the sensors' owner."""
    run = Run.new()
    lot = {"lot": run.lot, "expiry": run.expiry.isoformat(), "manufactured": run.today.isoformat()}
    await _once(maker.post(f"/products/{gtin}/lots", lot), "lot_exists")
    serials = [f"{uuid.uuid4().hex[:19]}" for _ in range(DEVICES)]
    await maker.post("/commissions", {"gtin": gtin, "lot": run.lot, "serials": serials})
    cases = [run.case(number) for number in range(1, DEVICES + 1)]
    for sscc, serial in zip(cases, serials, strict=True):
        await maker.post("/containers", {"sscc": sscc, "children": [gs1.unit_ref(gtin, serial)]})
    refs = [gs1.container_ref(sscc) for sscc in cases]
    statement = dict.fromkeys(AFFIRMATIONS, True)
    offer = await maker.post("/transfers", {"what": refs, "to": owner.gln, "statement": statement})
    await owner.post(f"/transfers/{offer['result']['id']}/accept", {})
    return cases


async def _device(owner: MemberApi, case: str) -> dict[str, str]:
    made = await owner.post("/devices", {"id": f"bench-{uuid.uuid4().hex[:12]}", "kind": "temperature"})
    await owner.post(f"/devices/{made['mqtt']['username']}/attach", {"sscc": case})
    return made["mqtt"]


async def _drive(credentials: list[dict[str, str]]) -> float:
    """All sensors at once; seconds from the first reading to the last acknowledgement.

    MediLedgerError where some are not acknowledged ``DRAIN_SECONDS`` after the last was due.
    """
    each = PER_SECOND // DEVICES // PUBLISHES_PER_SECOND
    patience = SECONDS + DRAIN_SECONDS
    began = time.perf_counter()

    async def sensor(mqtt: dict[str, str]) -> None:
        url = f"mqtt://{mqtt['host']}:{mqtt['port']}"
        async with DeviceClient(url, mqtt["username"], mqtt["password"]) as device:
            for tick in range(SECONDS * PUBLISHES_PER_SECOND):
                await asyncio.sleep(max(0.0, began + tick / PUBLISHES_PER_SECOND - time.perf_counter()))
                now = int(time.time() * 1000)
                await device.publish(
                    [Reading(tick * each + place, now, TEMPERATURE_MC) for place in range(each)]
                )
            await device.drain(patience)

    try:
        # Not for the last ones alone: a sensor that has too many unacknowledged waits before it takes more.
        async with asyncio.timeout(patience), asyncio.TaskGroup() as group:
            for mqtt in credentials:
                group.create_task(sensor(mqtt))
    except TimeoutError:
        raise MediLedgerError(f"not all readings are acknowledged after {patience:.0f} s") from None
    return time.perf_counter() - began


async def _stored(database_url: str, credentials: list[dict[str, str]]) -> int:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        names = [mqtt["username"] for mqtt in credentials]
        found = await (
            await connection.execute("SELECT count(*) FROM reading WHERE device_id = ANY(%s)", (names,))
        ).fetchone()
        return found[0] if found else 0


async def _once(call: Awaitable[object], already: str) -> None:
    try:
        await call
    except ApiError as refusal:
        if refusal.code != already:
            raise
