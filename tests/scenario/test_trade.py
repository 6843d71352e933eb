"""Changes of ownership under a crowd: whoever is first wins, once; and prices that only two members hold."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Iterable
from pathlib import Path
from typing import Any

import pytest

from gateway.fabric import connect
from mediledger.demo.api import ApiError, MemberApi
from network.ledger import member_profile
from network.topology import Organization
from tests.integration.chaincode.private_events import private_sets
from tests.support.system import RunningSystem
from tests.support.world import STATEMENT, World, refused, seen

CROWD = 100


@pytest.fixture
async def world(running: RunningSystem) -> AsyncIterator[World]:
    async with World(running) as made:
        yield made


async def at_once(calls: Iterable[Awaitable[Any]]) -> tuple[list[Any], list[ApiError]]:
    """What all calls answered, and what they were refused with."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    lost = [answer for answer in answers if isinstance(answer, ApiError)]
    won = [answer for answer in answers if isinstance(answer, dict)]
    assert len(won) + len(lost) == len(answers), answers
    return won, lost


async def test_a_hundred_accepts_of_one_transfer_have_one_winner(world: World) -> None:
    serials = await world.packs(2)
    transfer = await world.offer(world.manufacturer, world.distributor, *world.refs(serials))
    path = f"/transfers/{transfer}/accept"
    won, lost = await at_once(world.distributor.post(path, {}) for _ in range(CROWD))
    assert len(won) == 1
    assert {(refusal.status, refusal.code) for refusal in lost} == {(409, "transfer_closed")}
    history = await world.unit(serials[0])
    assert (history["owner"], history["custodian"]) == (world.distributor.gln, world.distributor.gln)


async def test_a_hundred_overlapping_transfers_have_one_winner_for_each_pack(world: World) -> None:
    """Offers of packs in a ring, each of two neighbours; every winner is then accepted and cancelled."""
    packs = 10
    refs = world.refs(await world.packs(packs))
    buyers = itertools.cycle((world.distributor, world.pharmacy))
    wanted = [((place % packs, (place + 1) % packs), next(buyers)) for place in range(CROWD)]

    async def offer(pair: tuple[int, int], buyer: MemberApi) -> tuple[tuple[int, int], MemberApi, str]:
        body = {"what": [refs[place] for place in pair], "to": buyer.gln, "statement": STATEMENT}
        made = await world.manufacturer.post("/transfers", body)
        return pair, buyer, made["result"]["id"]

    answers = await asyncio.gather(*(offer(*one) for one in wanted), return_exceptions=True)
    offered = [answer for answer in answers if isinstance(answer, tuple)]
    lost = [answer for answer in answers if not isinstance(answer, tuple)]
    assert {getattr(refusal, "code", refusal) for refusal in lost} <= {"offer_pending"}
    places = [place for pair, _, _ in offered for place in pair]
    assert len(places) == len(set(places)) >= 2 * (packs // 3)

    for _, buyer, transfer in offered:
        await seen(buyer, f"/transfers/{transfer}")
    ends = [
        side.post(f"/transfers/{transfer}/{end}", {})
        for _, buyer, transfer in offered
        for side, end in ((buyer, "accept"), (world.manufacturer, "cancel"))
        for _ in range(CROWD // (2 * len(offered)))
    ]
    won, lost_ends = await at_once(ends)
    assert sorted(answer["result"]["id"] for answer in won) == sorted(found for _, _, found in offered)
    assert {refusal.code for refusal in lost_ends} == {"transfer_closed"}
    outcome = {answer["result"]["id"]: answer["result"]["status"] for answer in won}
    for pair, buyer, transfer in offered:
        owner = buyer if outcome[transfer] == "accepted" else world.manufacturer
        for place in pair:
            unit = await world.manufacturer.get(f"/units/{refs[place][2:16]}/{refs[place][18:]}")
            assert unit["owner"] == unit["custodian"] == owner.gln
            assert "offer" not in unit["unit"]


async def test_what_did_not_come_is_settled_by_both_sides(world: World) -> None:
    there, gone = await world.packs(2)
    transfer = await world.offer(world.manufacturer, world.distributor, *world.refs([there, gone]))
    short = {"kind": "shortage", "ref": world.refs([gone])[0]}
    body = {"received": world.refs([there]), "exceptions": [short]}
    accepted = (await world.distributor.post(f"/transfers/{transfer}/accept", body))["result"]
    assert accepted["status"] == "accepted_with_exceptions"
    assert (await world.unit(there))["owner"] == world.distributor.gln
    missing = await world.unit(gone)
    assert (missing["owner"], missing["unit"]["missing"]) == (world.manufacturer.gln, transfer)
    path = f"/transfers/{transfer}/exceptions/0/resolve"
    for side in (world.manufacturer, world.distributor):
        settled = (await side.post(path, {"resolution": "found"}))["result"]
    assert settled["status"] == "accepted"
    assert "missing" not in (await world.unit(gone))["unit"]


async def test_only_the_two_parties_hold_a_price(world: World, running: RunningSystem) -> None:
    transfer = await world.offer(world.manufacturer, world.distributor, *world.refs(await world.packs(1)))
    price = {"amount": 129_900, "currency": "USD", "incoterm": "DAP"}
    recorded = await world.manufacturer.post(f"/transfers/{transfer}/price", price)
    price_hash = recorded["result"]["price_hash"]
    await seen(world.distributor, f"/transfers/{transfer}/price")
    held = await world.distributor.get(f"/transfers/{transfer}/price")
    assert {name: held[name] for name in price} == price
    assert held["price_hash"] == price_hash

    checked = await world.distributor.post(f"/transfers/{transfer}/price/check", price)
    assert (checked["from"], checked["to"]) == (True, True)
    other = await world.distributor.post(f"/transfers/{transfer}/price/check", price | {"amount": 1})
    assert (other["from"], other["to"]) == (False, False)
    refusal = await refused(world.pharmacy.get(f"/transfers/{transfer}/price"))
    assert (refusal.status, refusal.code) == (403, "not_authorised")

    await _delivered_to_the_parties_alone(running, recorded["block_number"])
    if running.kind == "fabric":
        for organization in running.system.topology.organizations:
            data = running.system.home / "network" / "data" / organization.name
            holds = _on_disk(data, held["salt"].encode())
            assert holds == (organization.name in ("manufacturer", "distributor")), organization.name

    for given in ({}, {"price_hash": "0" * 64}):
        refusal = await refused(world.distributor.post(f"/transfers/{transfer}/accept", given))
        assert (refusal.status, refusal.code) == (409, "price_mismatch")
    accepted = await world.distributor.post(f"/transfers/{transfer}/accept", {"price_hash": price_hash})
    assert accepted["result"]["status"] == "accepted"


async def _delivered_to_the_parties_alone(running: RunningSystem, number: int) -> None:
    """Each member's peer gives its own member what it keeps of a block's private data."""

    async def kept(organization: Organization) -> set[str]:
        profile = member_profile(running.system.home, organization)
        async with connect(profile) as gateway:
            await anext(aiter(gateway.network(profile.channel).block_events(start_block=number)))
        found = await private_sets(profile, profile, number)
        return {collection for written in found.values() for collection in written}

    for organization in running.system.topology.organizations:
        party = organization.name in ("manufacturer", "distributor")
        assert await kept(organization) == ({f"_implicit_org_{organization.msp_id}"} if party else set())


def _on_disk(folder: Path, secret: bytes) -> bool:
    """Whether any file of a peer's holds these bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return any(secret in path.read_bytes() for path in files)
