"""Kinds of transfer, who may take part, and how an offer ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model.errors import Code, Refusal
from chaincode.rules import offers
from tests.unit.chaincode.rules.trading import BUYER, PACK, SELLER, THIRD, refusal, transfer

CLOSED = ("accepted", "rejected", "cancelled", "expired")


@pytest.mark.allows("offers.in_state")
def test_an_open_offer_takes_every_end() -> None:
    for action in ("confirm", "accept", "reject", "cancel", "expire"):
        offers.in_state(transfer(), action, "id")
    offers.in_state(transfer(status="accepted_with_exceptions"), "resolve", "id")


@pytest.mark.refuses("offers.in_state")
@pytest.mark.parametrize("status", [*CLOSED, "accepted_with_exceptions"])
def test_an_offer_ends_once(status: str) -> None:
    for action in ("confirm", "accept", "reject", "cancel", "expire"):
        found = refusal(offers.in_state, transfer(status=status), action, "id")
        assert found and found.code is Code.TRANSFER_CLOSED


@pytest.mark.refuses("offers.in_state")
@pytest.mark.parametrize("status", [*CLOSED, "offered", "confirmed"])
def test_only_what_was_accepted_with_exceptions_has_any_to_resolve(status: str) -> None:
    found = refusal(offers.in_state, transfer(status=status), "resolve", "id")
    assert found and found.code is Code.TRANSFER_CLOSED


@pytest.mark.allows("offers.buyer_first")
@pytest.mark.refuses("offers.buyer_first")
@pytest.mark.parametrize(
    ("kind", "status", "action", "code"),
    [
        ("drop_shipment", "offered", "confirm", None),
        ("drop_shipment", "confirmed", "accept", None),
        ("drop_shipment", "offered", "accept", Code.NOT_CONFIRMED),
        ("drop_shipment", "offered", "reject", None),
        ("sale", "offered", "accept", None),
        ("sale", "offered", "confirm", Code.INVALID_ARGUMENT),
    ],
)
def test_a_drop_shipment_is_bought_before_it_is_taken_in(
    kind: str, status: str, action: offers.Action, code: Code | None
) -> None:
    found = refusal(offers.buyer_first, transfer(kind=kind, status=status), action, "id")
    assert (found and found.code) == code


@pytest.mark.allows("offers.in_time", "offers.overdue")
@pytest.mark.refuses("offers.in_time", "offers.overdue")
def test_an_offer_stands_up_to_its_last_millisecond() -> None:
    assert refusal(offers.in_time, transfer(), 5_000, "id") is None
    late = refusal(offers.in_time, transfer(), 5_001, "id")
    assert late and late.code is Code.OFFER_EXPIRED
    early = refusal(offers.overdue, transfer(), 5_000, "id")
    assert early and early.code is Code.OFFER_RUNNING
    assert refusal(offers.overdue, transfer(), 5_001, "id") is None


@pytest.mark.allows("offers.sent_home")
@pytest.mark.refuses("offers.sent_home")
@pytest.mark.parametrize(
    ("sender", "receiver", "refused"),
    [(SELLER, BUYER, False), (THIRD, SELLER, False), (THIRD, BUYER, True)],
    ids=["the owner, anywhere", "its keeper, home", "its keeper, elsewhere"],
)
def test_who_keeps_goods_sends_them_to_their_owner_only(sender: str, receiver: str, refused: bool) -> None:
    found = refusal(offers.sent_home, PACK, SELLER, sender, receiver, "what[0]")
    assert (found is not None) == refused


def test_who_takes_the_goods_in() -> None:
    assert offers.receiver(transfer()) == BUYER
    dropped = transfer(kind="drop_shipment", ship_to=THIRD)
    assert offers.receiver(dropped) == THIRD
    assert offers.parties(dropped) == [SELLER, BUYER, THIRD]


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["confirm", "accept", "reject", "cancel", "expire"]), st.integers(0, 4_000)),
    max_size=12,
)


@given(st.sampled_from(list(offers.KINDS)), ACTIONS)
def test_whatever_is_tried_an_offer_ends_once_and_in_time(
    kind: str, actions: list[tuple[offers.Action, int]]
) -> None:
    """Any actions, at any times in order: at most one of them ends the offer, and it was allowed to."""
    document = transfer(kind=kind)
    now, done = 1_000, []
    for action, later in actions:
        now += later
        try:
            offers.in_state(document, action, "id")
            offers.buyer_first(document, action, "id")
            if action in ("confirm", "accept"):
                offers.in_time(document, now, "id")
            if action == "expire":
                offers.overdue(document, now, "id")
        except Refusal:
            continue
        document["status"] = offers.after(action)
        done.append((action, now))
    ends = [action for action, _ in done if action != "confirm"]
    assert len(ends) <= 1
    assert all(at <= 5_000 for action, at in done if action in ("confirm", "accept"))
    assert all(at > 5_000 for action, at in done if action == "expire")
    if kind == "drop_shipment" and "accept" in ends:
        assert done[0][0] == "confirm"
    if kind != "drop_shipment":
        assert "confirm" not in [action for action, _ in done]
