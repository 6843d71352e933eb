"""Holds that members ignore: its placer signs what becomes of a hold, not what the owner does to goods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from chaincode.model import gs1
from mediledger.audit.finding import Broken
from mediledger.audit.last import PERIODS, Last, period_of
from mediledger.audit.members import Members
from mediledger.audit.written import Documents


class Hold(NamedTuple):
    """Whether goods are on hold themselves, and whether anything inside them is."""

    own: bool
    inside: bool


NONE = Hold(False, False)


class Holds:
    """What is on hold; a lot that one party holds is left to the chaincode."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._on_hold: dict[str, Hold] = {}

    def check(
        self, documents: Documents, last: dict[str, Last], holds: Iterable[dict[str, Any]]
    ) -> Iterator[tuple[str, Broken]]:
        """What a transaction does to goods on hold.

        ``documents`` are those of goods and trays by key, ``last`` the periods before it of the goods that it
        writes, ``holds`` the hold documents that it writes.
        """
        placed = {hold["ref"]: _state(hold) for hold in holds if "gln" not in hold}
        for key, document in documents.items():
            if document["doc"] == "tray" and self._holds_any(document):
                yield key, Broken.HELD
            if document["doc"] not in PERIODS:
                continue
            ref, number = period_of(key)
            before = last.get(ref)
            if before is None:
                continue
            if before.parent and number > before.period:
                around = self._on_hold.get(f"00{before.parent}", NONE)
                if around.own and not placed.get(ref, NONE).own:
                    yield key, Broken.HELD
            elif self._on_hold.get(ref, NONE) != NONE and self._moved(document, before):
                yield key, Broken.HELD
        for ref, state in placed.items():
            if state == NONE:
                self._on_hold.pop(ref, None)
            else:
                self._on_hold[ref] = state

    def _holds_any(self, tray: dict[str, Any]) -> bool:
        """Whether a pack is on hold that is in a packed tray."""
        if "parent" not in tray or not self._on_hold:
            return False
        inside = set(tray["serials"]).difference(tray["left"])
        return any(gs1.unit_ref(tray["gtin"], serial) in self._on_hold for serial in inside)

    def _moved(self, document: dict[str, Any], before: Last) -> bool:
        """Whether loose goods are packed, change hands, or go to a patient."""
        if before.parent or "parent" in document:
            return not before.parent
        hands = document["owner_msp"], self._members.msp(document["custodian"])
        return hands != (before.owner, before.custodian) or document.get("status") == "dispensed"


def _state(hold: dict[str, Any]) -> Hold:
    return Hold(hold["status"] != "cleared", bool(hold["inside"]))
