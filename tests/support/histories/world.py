"""What a history knows of its goods: read from the ledger after each step and held against the one before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chaincode.model import gs1
from chaincode.model.errors import Code, Refusal
from tests.support.histories.cast import Actor
from tests.support.histories.driver import Driver

ENDED = ("dispensed", "decommissioned", "repackaged")


@dataclass(frozen=True)
class Seen:
    """Goods as the ledger shows them: state, the containers around (innermost first), what is inside."""

    ref: str
    status: str
    owner: str
    custodian: str
    held: bool
    offered: bool
    around: tuple[str, ...]
    inside: tuple[str, ...]
    lot: str
    contents: tuple[tuple[str, int], ...]


# Functions that read goods, by the first digits of their refs.
_READ = {"01": "GetUnit", "00": "GetContainer"}


def _named(ref: str) -> dict[str, Any]:
    parsed = gs1.parse_ref(ref)
    if isinstance(parsed, gs1.UnitRef):
        return {"gtin": parsed.gtin, "serial": parsed.serial}
    return {"sscc": parsed.sscc}


def _seen(ref: str, found: dict[str, Any]) -> Seen:
    document = found["unit" if ref.startswith("01") else "container"]
    outermost = [document, *found["ancestors"]][-1]
    return Seen(
        ref,
        document["status"],
        found["owner"],
        found["custodian"],
        found["held"],
        "offer" in outermost,
        tuple(outer["sscc"] for outer in found["ancestors"]),
        tuple(document.get("children", ())),
        document.get("lot", ""),
        tuple((each["lot"], each["count"]) for each in document.get("contents", ())),
    )


@dataclass
class World:
    """One history's goods and what is known to forbid what of them."""

    driver: Driver
    actors: dict[str, Actor]
    gtin: str
    units: list[str] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    open_transfers: list[str] = field(default_factory=list)
    recalls: dict[str, str] = field(default_factory=dict)
    investigations: list[str] = field(default_factory=list)
    suspended: set[str] = field(default_factory=set)
    expiries: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)

    def by(self, actor: Actor, function: str, argument: dict[str, Any], chaincode: str = "custody") -> Any:
        """A step; None where the law refuses it, and then nothing has changed.

        A refusal for a malformed argument would be a fault of the history's.
        """
        before = self.seen
        try:
            result = self.driver.submit(actor.msp_id, chaincode, function, argument)
        except Refusal as refusal:
            assert refusal.code not in (Code.FUNCTION_UNKNOWN, Code.RECORD_FORGED), refusal
            assert refusal.code is not Code.INVALID_ARGUMENT or refusal.rule, f"{function}: {refusal}"
            self.look()
            assert self.seen == before, f"{function} was refused ({refusal}) and changed something"
            return None
        self.look()
        self._moved(before)
        return result

    def look(self) -> None:
        """Read all goods; each has one owner and one custodian, in an unbroken record."""
        asked = [(_READ[ref[:2]], _named(ref)) for ref in (*self.units, *self.containers)]
        found = self.driver.evaluate_all(self.actors["regulator"].msp_id, asked)
        refs = (*self.units, *self.containers)
        self.seen = {ref: _seen(ref, answer) for ref, answer in zip(refs, found, strict=True)}
        self._consistent()

    def _consistent(self) -> None:
        """Parents and children name each other, and what a container says it holds is what is in it."""
        glns = {actor.gln for actor in self.actors.values()}
        for one in self.seen.values():
            assert {one.owner, one.custodian} <= glns, one
            for sscc in one.around[:1]:
                outer = self.seen[gs1.container_ref(sscc)]
                assert one.ref in outer.inside, (one, outer)
                assert one.around[1:] == outer.around, (one, outer)
                assert (one.owner, one.custodian) == (outer.owner, outer.custodian), (one, outer)
            for child in one.inside:
                assert self.seen[child].around[:1] == (one.ref[2:],), (one, self.seen[child])
        for ref in self.containers:
            counts: dict[str, int] = {}
            for unit in self.units:
                if ref[2:] in self.seen[unit].around:
                    counts[self.seen[unit].lot] = counts.get(self.seen[unit].lot, 0) + 1
            assert dict(self.seen[ref].contents) == counts, (self.seen[ref], counts)

    def _moved(self, before: dict[str, Seen]) -> None:
        """What was held did not move; nobody came to own what they may not; what ended did so lawfully."""
        today = self.driver.today()
        for ref, was in before.items():
            now = self.seen[ref]
            if was.held and now != was:
                assert (now.owner, now.custodian) == (was.owner, was.custodian), (was, now)
                assert now.status != "dispensed", (was, now)
            if now.owner != was.owner:
                assert self._may_own(now.owner), (was, now)
            if now.status == "dispensed" and was.status != "dispensed":
                assert not was.held and not was.around and not was.offered, was
                assert self.expiries[was.lot] >= today, was
                assert was.lot not in self.recalls.values(), was
                assert self._role(now.owner) == "dispenser" and now.owner == now.custodian, now
            if was.status in ENDED and was.status != "decommissioned":
                assert now.status == was.status, (was, now)

    def _may_own(self, gln: str) -> bool:
        actor = next(actor for actor in self.actors.values() if actor.gln == gln)
        return actor.licensed and actor.role not in ("3pl", "regulator") and gln not in self.suspended

    def _role(self, gln: str) -> str:
        return next(actor.role for actor in self.actors.values() if actor.gln == gln)

    def totals(self) -> dict[str, int]:
        """Packs by where they are: held by a party, in transit, dispensed, decommissioned, repackaged."""
        counts = dict.fromkeys(("held", "in transit", *ENDED), 0)
        for ref in self.units:
            one = self.seen[ref]
            gone = any(self.seen[gs1.container_ref(s)].status == "decommissioned" for s in one.around)
            if gone or one.status in ENDED:
                counts["decommissioned" if gone else one.status] += 1
            else:
                counts["in transit" if one.offered else "held"] += 1
        return counts
