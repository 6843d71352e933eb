"""A price that two parties hold, and everybody else by its hash alone."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest

from chaincode.model import keys
from chaincode.model.errors import Code
from tests.unit.chaincode.contracts.test_transfers import refused
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, WHOLESALER, World, sale

PRICE = {"amount": 129_900, "currency": "USD", "incoterm": "DAP", "salt": "5a" * 16}


def transient(**changes: Any) -> dict[str, bytes]:
    return {"price": orjson.dumps(PRICE | changes)}


async def priced(world: World) -> tuple[str, str]:
    """An offer with a price; its id and the price's hash."""
    name = await world.offer(MAKER, WHOLESALER, *await world.units(1))
    found = await world.custody(MAKER, "RecordPrice", {"transfer": name}, transient())
    return name, found["price_hash"]


def collection(gln: str) -> str:
    return f"_implicit_org_{MSPS[gln]}"


async def test_it_stands_in_the_two_parties_collections_and_nowhere_else(world: World) -> None:
    name, price_hash = await priced(world)
    transaction = world.ledger.transactions[-1]
    # Nothing public is written: so no other endorsements are asked for than those of the two.
    assert transaction.writes == {}
    assert {where for where, _, _ in transaction.private} == {collection(MAKER), collection(WHOLESALER)}
    for value in transaction.private.values():
        assert hashlib.sha256(value).hexdigest() == price_hash
    assert world.event() == ("PriceRecorded", {"id": name, "from": MAKER, "to": WHOLESALER})
    for who in (MAKER, WHOLESALER):
        found = await world.custody(who, "GetPrice", {"transfer": name})
        assert found["amount"] == 129_900
        assert (found["currency"], found["incoterm"], found["price_hash"]) == ("USD", "DAP", price_hash)


@pytest.mark.allows("prices.known_to")
@pytest.mark.refuses("prices.known_to")
async def test_others_are_not_told(world: World) -> None:
    name, _ = await priced(world)
    found = await refused(world.custody(PHARMACY, "GetPrice", {"transfer": name}))
    assert (found.code, found.rule) == (Code.NOT_AUTHORISED, "prices.known_to")


async def test_only_the_sender_sets_it_and_only_while_it_is_offered(world: World) -> None:
    name, price_hash = await priced(world)
    found = await refused(world.custody(WHOLESALER, "RecordPrice", {"transfer": name}, transient(amount=1)))
    assert found.code is Code.NOT_AUTHORISED
    changed = await world.custody(MAKER, "RecordPrice", {"transfer": name}, transient(amount=1))
    assert changed["price_hash"] != price_hash
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": name, "price_hash": changed["price_hash"]})
    found = await refused(world.custody(MAKER, "RecordPrice", {"transfer": name}, transient()))
    assert found.code is Code.TRANSFER_CLOSED


async def test_who_accepts_names_the_price_that_both_hold(world: World) -> None:
    name, price_hash = await priced(world)
    for given in ({}, {"price_hash": "0" * 64}):
        found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name, **given}))
        assert (found.code, found.rule) == (Code.PRICE_MISMATCH, "prices.agreed")
    await world.custody(WHOLESALER, "AcceptTransfer", {"id": name, "price_hash": price_hash})


async def test_a_price_that_one_side_alone_holds_is_none(world: World) -> None:
    name, price_hash = await priced(world)
    where = (collection(WHOLESALER), "custody", keys.price_key(name))
    world.ledger.private[where] = b"another"
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name, "price_hash": price_hash}))
    assert found.code is Code.PRICE_MISMATCH


async def test_either_side_checks_a_price_by_its_hash(world: World) -> None:
    name, price_hash = await priced(world)
    question = {"transfer": name}
    found = await world.custody(WHOLESALER, "CheckPrice", question, transient())
    assert found == {"from": True, "to": True, "price_hash": price_hash}
    found = await world.custody(WHOLESALER, "CheckPrice", question, transient(amount=129_901))
    assert (found["from"], found["to"]) == (False, False)


@pytest.mark.allows("prices.of_a_sale")
@pytest.mark.refuses("prices.of_a_sale")
async def test_only_a_change_of_ownership_has_a_price(world: World) -> None:
    [ref] = await world.units(1)
    moved = {"id": "T", "kind": "custody_only", "what": [ref], "from": MAKER, "to": WHOLESALER}
    await world.custody(MAKER, "OfferTransfer", moved)
    found = await refused(world.custody(MAKER, "RecordPrice", {"transfer": "T"}, transient()))
    assert (found.code, found.rule) == (Code.INVALID_ARGUMENT, "prices.of_a_sale")


async def test_a_transfer_without_a_price_has_none_to_give(world: World) -> None:
    name = await world.offer(MAKER, WHOLESALER, *await world.units(1))
    found = await refused(world.custody(WHOLESALER, "GetPrice", {"transfer": name}))
    assert found.code is Code.PRICE_UNKNOWN
    found = await refused(world.custody(WHOLESALER, "AcceptTransfer", {"id": name, "price_hash": "0" * 64}))
    assert found.code is Code.PRICE_MISMATCH


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": -1}, "price.amount"),
        ({"amount": 1.5}, "price"),
        ({"currency": "XXX"}, "price.currency"),
        ({"incoterm": "CIFF"}, "price.incoterm"),
        ({"salt": "5a"}, "price.salt"),
        ({"discount": 3}, "price.discount"),
    ],
)
async def test_a_malformed_price_is_refused(world: World, changes: dict[str, Any], field: str) -> None:
    name = await world.offer(MAKER, WHOLESALER, *await world.units(1))
    found = await refused(world.custody(MAKER, "RecordPrice", {"transfer": name}, transient(**changes)))
    assert (found.code, found.field) == (Code.INVALID_ARGUMENT, field)
    found = await refused(world.custody(MAKER, "RecordPrice", {"transfer": name}))
    assert (found.code, found.field) == (Code.INVALID_ARGUMENT, "price")


async def test_the_buyer_of_a_drop_shipment_agrees_before_it_is_taken_in(world: World) -> None:
    [ref] = await world.units(1)
    argument = sale("T", MAKER, WHOLESALER, ref) | {"kind": "drop_shipment", "ship_to": PHARMACY}
    await world.custody(MAKER, "OfferTransfer", argument)
    price_hash = (await world.custody(MAKER, "RecordPrice", {"transfer": "T"}, transient()))["price_hash"]
    found = await refused(world.custody(WHOLESALER, "ConfirmTransfer", {"id": "T"}))
    assert found.code is Code.PRICE_MISMATCH
    await world.custody(WHOLESALER, "ConfirmTransfer", {"id": "T", "price_hash": price_hash})
    found = await refused(world.custody(MAKER, "RecordPrice", {"transfer": "T"}, transient(amount=1)))
    assert found.code is Code.TRANSFER_CLOSED
    found = await refused(world.custody(PHARMACY, "GetPrice", {"transfer": "T"}))
    assert found.code is Code.NOT_AUTHORISED
    await world.custody(PHARMACY, "AcceptTransfer", {"id": "T"})
    assert world.unit(ref)["owner"] == WHOLESALER
