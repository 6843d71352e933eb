"""What was received against what was offered, and how each difference is settled."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model.errors import Code
from chaincode.rules import receipts
from tests.unit.chaincode.rules.trading import BUYER, CASE, GTIN, OTHER_PACK, PACK, SELLER, refusal

WHAT = [PACK, CASE]
CONTENTS: list[Any] = [{"gtin": GTIN, "lot": "L1", "count": 101}]
INSIDE = {OTHER_PACK}
LATER = f"01{GTIN}21LATER"


def exception(kind: str, ref: str | None = None, count: int = 0, lot: str = "L1") -> Any:
    found = {"kind": kind, "status": "open"}
    return found | ({"ref": ref} if ref else {"gtin": GTIN, "lot": lot, "count": count})


@pytest.mark.allows("receipts.reconciled")
@pytest.mark.parametrize(
    ("received", "exceptions"),
    [
        (WHAT, []),
        ([CASE], [exception("shortage", PACK)]),
        ([CASE], [exception("wrong_lot", PACK)]),
        ([CASE], [exception("damaged", PACK)]),
        (WHAT, [exception("damaged", PACK), exception("damaged", OTHER_PACK)]),
        (WHAT, [exception("overage", LATER), exception("overage", count=3, lot="L9")]),
        (WHAT, [exception("shortage", count=101), exception("wrong_lot", count=2, lot="L9")]),
    ],
    ids=["all", "short", "other lot", "refused as damaged", "damaged", "more", "fewer in a case"],
)
def test_everything_is_accounted_for(received: list[str], exceptions: list[Any]) -> None:
    receipts.reconciled(WHAT, CONTENTS, received, exceptions, INSIDE)


@pytest.mark.refuses("receipts.reconciled")
@pytest.mark.parametrize(
    ("received", "exceptions", "field"),
    [
        ([], [exception("shortage", PACK), exception("shortage", CASE)], "received"),
        ([CASE], [], "received"),
        ([CASE], [exception("overage", LATER)], "received"),
        ([*WHAT, LATER], [], "received[2]"),
        (WHAT, [exception("shortage", PACK)], "exceptions[0].ref"),
        (WHAT, [exception("wrong_lot", LATER)], "exceptions[0].ref"),
        (WHAT, [exception("overage", PACK)], "exceptions[0].ref"),
        (WHAT, [exception("overage", OTHER_PACK)], "exceptions[0].ref"),
        (WHAT, [exception("damaged", LATER)], "exceptions[0].ref"),
        (WHAT, [exception("damaged", count=1)], "exceptions[0].ref"),
        (WHAT, [exception("shortage", count=102)], "exceptions[0].count"),
        (WHAT, [exception("shortage", count=1, lot="L9")], "exceptions[0].count"),
    ],
)
def test_what_does_not_add_up_is_refused(received: list[str], exceptions: list[Any], field: str) -> None:
    found = refusal(receipts.reconciled, WHAT, CONTENTS, received, exceptions, INSIDE)
    assert found and (found.code, found.field) == (Code.RECEIPT_MISMATCH, field)


@pytest.mark.allows("receipts.resolution_fits")
@pytest.mark.refuses("receipts.resolution_fits")
@pytest.mark.parametrize("kind", receipts.KINDS)
def test_each_kind_is_settled_in_its_own_ways(kind: str) -> None:
    ways = {way for found in receipts.RESOLUTIONS.values() for way in found}
    for way in ways:
        found = refusal(receipts.resolution_fits, exception(kind, PACK), way, "resolution")
        assert (found is None) == (way in receipts.RESOLUTIONS[kind])
        assert found is None or found.code is Code.RESOLUTION_UNFIT


@pytest.mark.allows("receipts.unresolved")
@pytest.mark.refuses("receipts.unresolved")
def test_an_exception_is_settled_once() -> None:
    open_one = exception("shortage", PACK)
    assert refusal(receipts.unresolved, open_one, "exception") is None
    settled = open_one | {"status": "resolved", "resolution": "lost"}
    found = refusal(receipts.unresolved, settled, "exception")
    assert found and found.code is Code.EXCEPTION_CLOSED


WORDS = st.lists(st.tuples(st.sampled_from([SELLER, BUYER]), st.sampled_from(["found", "lost"])), max_size=8)


@given(WORDS)
def test_it_is_settled_when_both_parties_said_the_same_in_a_row(words: list[tuple[str, str]]) -> None:
    found = exception("shortage", PACK)
    for place, (gln, resolution) in enumerate(words):
        found = receipts.proposed(found, gln, resolution, place)
        agreed = place > 0 and words[place - 1] == (SELLER if gln == BUYER else BUYER, resolution)
        assert (found["status"] == "resolved") == agreed
        if agreed:
            assert (found["resolution"], found["resolved_at"]) == (resolution, place)
            assert "proposal" not in found
            return
        assert found["proposal"] == {"by": gln, "resolution": resolution}
