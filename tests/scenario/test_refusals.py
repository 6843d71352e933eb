"""What the ledger's law and the API refuse: a code, and the state as it was."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import jwt
import pytest

from tests.support.system import RunningSystem
from tests.support.world import World, already, refused


@pytest.fixture
async def world(running: RunningSystem) -> AsyncIterator[World]:
    async with World(running) as made:
        yield made


def wrong_check_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


async def test_wrong_gtin_check_digit(world: World) -> None:
    gtin = wrong_check_digit(world.gtin)
    body = {"gtin": gtin, "lot": world.run.lot, "serials": ["S1"]}
    refusal = await refused(world.manufacturer.post("/commissions", body))
    assert (refusal.status, refusal.code) == (400, "gtin_check_digit")
    assert refusal.problem["errors"][0]["field"] == "gtin"


async def test_serial_over_twenty_characters(world: World) -> None:
    body = {"gtin": world.gtin, "lot": world.run.lot, "serials": ["A" * 20 + "B", "OK"]}
    refusal = await refused(world.manufacturer.post("/commissions", body))
    assert refusal.code == "serial_invalid"
    assert refusal.problem["errors"][0]["field"] == "serials[0]"
    assert (await refused(world.unit("OK"))).code == "unit_unknown"


async def test_duplicate_serial_writes_none_of_its_batch(world: World) -> None:
    taken = (await world.packs(1))[0]
    fresh = f"{taken}N"
    body = {"gtin": world.gtin, "lot": world.run.lot, "serials": [fresh, taken]}
    refusal = await refused(world.manufacturer.post("/commissions", body))
    assert (refusal.status, refusal.code) == (409, "serial_duplicate")
    assert (await refused(world.unit(fresh))).code == "unit_unknown"


@pytest.mark.parametrize("side", ["sender", "receiver"])
async def test_expired_licence_on_either_side(world: World, side: str) -> None:
    serials = await world.packs(1)
    api = world.manufacturer if side == "sender" else world.distributor
    held = (await world.regulator.get(f"/parties/{api.gln}"))["licences"][0]
    licence = {name: value for name, value in held.items() if name != "status"}
    yesterday = (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)).isoformat()
    path = f"/parties/{api.gln}/licences"
    await world.regulator.post(path, licence | {"valid_to": yesterday})
    try:
        refusal = await refused(world.offer(world.manufacturer, world.distributor, *world.refs(serials)))
        assert (refusal.status, refusal.code) == (403, "licence_expired")
        assert "offer" not in (await world.unit(serials[0]))["unit"]
    finally:
        await world.regulator.post(path, licence)


async def test_accept_by_the_wrong_party(world: World) -> None:
    serials = await world.packs(1)
    transfer = await world.offer(world.manufacturer, world.distributor, *world.refs(serials))
    refusal = await refused(world.pharmacy.post(f"/transfers/{transfer}/accept", {}))
    assert (refusal.status, refusal.code) == (403, "wrong_receiver")
    assert (await world.unit(serials[0]))["custodian"] == world.manufacturer.gln


async def test_double_accept_at_the_same_moment(world: World) -> None:
    serials = await world.packs(1)
    transfer = await world.offer(world.manufacturer, world.distributor, *world.refs(serials))
    path = f"/transfers/{transfer}/accept"
    answers = await asyncio.gather(
        *(world.distributor.post(path, {}) for _ in range(2)), return_exceptions=True
    )
    won = [answer for answer in answers if isinstance(answer, dict)]
    lost = [answer for answer in answers if not isinstance(answer, dict)]
    assert len(won) == len(lost) == 1
    assert (lost[0].status, lost[0].code) == (409, "transfer_closed")
    assert (await world.unit(serials[0]))["custodian"] == world.distributor.gln


async def test_dispense_of_a_quarantined_pack(world: World) -> None:
    serials = await world.at_pharmacy(2)
    held, free = world.refs(serials)
    await world.pharmacy.post("/quarantines", {"ref": held, "reason": "seal broken"})
    refusal = await refused(world.pharmacy.post("/dispenses", {"units": [free, held]}))
    assert (refusal.status, refusal.code) == (409, "held")
    assert (await world.unit(serials[0]))["unit"]["status"] == "commissioned"
    assert (await world.unit(serials[1]))["unit"]["status"] == "commissioned"
    await world.pharmacy.post("/quarantines/release", {"ref": held, "reason": "seal checked"})
    await world.pharmacy.post("/dispenses", {"units": [free, held]})
    assert (await world.unit(serials[0]))["unit"]["status"] == "dispensed"


async def test_the_same_key_does_it_once(world: World) -> None:
    body = {"gtin": world.gtin, "lot": world.run.lot, "serials": [f"{world.run.number}K"]}
    first = await world.manufacturer.post("/commissions", body, key="the-same-key" + world.run.lot)
    again = await world.manufacturer.post("/commissions", body, key="the-same-key" + world.run.lot)
    assert again == first
    other = body | {"serials": ["OTHER"]}
    refusal = await refused(
        world.manufacturer.post("/commissions", other, key="the-same-key" + world.run.lot)
    )
    assert (refusal.status, refusal.code) == (422, "idempotency_key_reused")


async def test_forged_token(world: World) -> None:
    forged = jwt.encode(
        {"sub": "operator", "roles": ["admin"], "exp": 4102444800}, "x" * 40, algorithm="HS256"
    )
    async with httpx.AsyncClient(trust_env=False) as client:
        for token in (forged, forged.rpartition(".")[0] + ".", "nonsense"):
            answer = await client.get(
                f"{world.regulator.url}/api/v1/parties", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "token_invalid"


async def test_oversized_body(world: World) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{world.regulator.url}/api/v1/parties",
            content=b"[" + b"0," * 3_000_000 + b"0]",
            headers={"Content-Type": "application/json"},
        )
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


async def test_another_members_goods_cannot_be_offered(world: World) -> None:
    serials = await world.packs(1)
    refusal = await refused(world.offer(world.distributor, world.pharmacy, *world.refs(serials)))
    assert (refusal.status, refusal.code) == (403, "not_custodian")


async def test_expired_lot(world: World) -> None:
    lot = f"OLD{world.run.number}"
    await already(world.lot(lot, "2026-02-01"), "lot_expired")
    body = {"gtin": world.gtin, "lot": lot, "serials": [f"{world.run.number}E"]}
    refusal = await refused(world.manufacturer.post("/commissions", body))
    assert refusal.code in ("lot_expired", "lot_unknown")
