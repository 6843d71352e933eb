"""What the consortium decides together, and what its regulator decides alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chaincode.model import gs1
from mediledger.demo.api import MemberApi
from mediledger.demo.cast import Storage, party, product
from tests.support.system import RunningSystem
from tests.support.world import STATEMENT, World, already, refused, seen

MEMBERS = ("manufacturer", "distributor", "pharmacy", "regulator")
Admins = dict[str, MemberApi]


@pytest.fixture
async def world(running: RunningSystem) -> AsyncIterator[World]:
    async with World(running) as made:
        yield made


@pytest.fixture
async def admins(running: RunningSystem) -> AsyncIterator[Admins]:
    """A member's admin, who may govern."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(running.api(name, "admin")) for name in MEMBERS}


async def days(api: MemberApi) -> tuple[int, int]:
    """The settings' version, and how long a proposal lives."""
    settings = await api.get("/settings")
    return settings["version"], settings["parameters"]["proposal_days"]["value"]


async def mirrored(api: MemberApi, proposal: str, seconds: float = 30.0) -> None:
    """Wait until a member's own list has the proposal as enacted."""
    deadline = time.monotonic() + seconds
    while True:
        listed = await api.get("/proposals", status="enacted")
        if proposal in [one["id"] for one in listed["items"]]:
            return
        assert time.monotonic() < deadline, listed
        await asyncio.sleep(0.1)


async def test_a_majority_of_the_members_changes_a_parameter(world: World, admins: Admins) -> None:
    version, before = await days(admins["pharmacy"])
    body = {"changes": {"parameters": {"proposal_days": before + 1}}, "reason": "More time"}
    proposal = (await admins["distributor"].post("/proposals", body))["result"]["id"]
    path = f"/proposals/{proposal}"
    for name in ("distributor", "regulator"):
        await seen(admins[name], path)
        await admins[name].post(f"{path}/votes", {"approve": True})
    again = await refused(admins["regulator"].post(f"{path}/votes", {"approve": False}))
    assert (again.status, again.code) == (409, "vote_exists")
    early = await refused(admins["distributor"].post(f"{path}/enact", {}))
    assert (early.status, early.code) == (409, "no_majority"), "two of four"
    await seen(admins["pharmacy"], path)
    await admins["pharmacy"].post(f"{path}/votes", {"approve": True})
    tally = (await admins["pharmacy"].get(path))["tally"]
    assert (tally["approved"], tally["needed"]) == (3, 3)
    await admins["pharmacy"].post(f"{path}/enact", {})
    assert await days(admins["pharmacy"]) == (version + 1, before + 1)
    await mirrored(world.pharmacy, proposal)
    refusal = await refused(world.pharmacy.post("/proposals", body))
    assert (refusal.status, refusal.code) == (403, "scope_missing"), "an operator does not govern"


async def test_a_suspended_party_trades_no_more(world: World) -> None:
    """A second site of the distributor's, so that others' goods go on moving."""
    distributor = next(o for o in world.running.system.topology.organizations if o.name == "distributor")
    body = f"9521{world.run.number:08d}"
    site = {**party(distributor), "gln": body + gs1.check_digit(body)}
    await world.regulator.post("/parties", site)
    serials = await world.packs(2)
    path = f"/parties/{site['gln']}"
    why = {"reason": "Records falsified"}
    await world.regulator.post(f"{path}/suspend", why)

    def offer() -> Any:
        goods = {"what": world.refs(serials), "to": site["gln"], "statement": STATEMENT}
        return world.manufacturer.post("/transfers", goods)

    refusal = await refused(offer())
    assert (refusal.status, refusal.code) == (403, "party_suspended")
    assert (await refused(world.manufacturer.post(f"{path}/reinstate", why))).code == "role_required"
    await world.regulator.post(f"{path}/reinstate", why)
    [licence] = (await world.regulator.get(path))["licences"]
    named = {"authority": licence["authority"], "number": licence["number"], **why}
    await world.regulator.post(f"{path}/licences/revoke", named)
    assert (await refused(offer())).code == "licence_revoked"


async def test_a_manufacturer_changes_how_its_product_is_kept(world: World) -> None:
    """The product's key takes the manufacturer's endorsement and the regulator's."""
    maker = next(o for o in world.running.system.topology.organizations if o.role == "manufacturer")
    article = product(maker, Storage(-25, -15))
    await already(world.manufacturer.post("/products", article), "product_exists")
    path, frozen = f"/products/{article['gtin']}", article["storage"]
    warmer = frozen | {"excursion_min_mc": -25_000, "excursion_max_mc": -5_000, "excursion_minutes": 30}
    refusal = await refused(world.distributor.post(f"{path}/storage", {"storage": warmer}))
    assert (refusal.status, refusal.code) == (403, "not_authorised")
    written = (await world.manufacturer.post(f"{path}/storage", {"storage": warmer}))["transaction_id"]
    assert (await world.manufacturer.get(path))["storage"] == warmer
    endorsers = (await world.manufacturer.get(f"/ledger/transactions/{written}"))["endorsers"]
    assert {"ManufacturerMSP", "RegulatorMSP"} <= set(endorsers)
