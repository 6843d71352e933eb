"""Random histories of packing and holds: what the ledger says is held is what a plain model says."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.chaincode.contracts.world import LOT, MAKER, PRODUCT, REGULATOR, World
from tests.unit.mediledger.audit.histories import audited

numbers = st.integers(0, 1000)
WHO = st.sampled_from((MAKER, REGULATOR))


class Histories(RuleBasedStateMachine):
    """Goods of one owner. The model: what is in what, on which grounds each is held, and the whole lot."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World()
        self.parent: dict[str, str | None] = {}
        self.grounds: dict[str, set[str]] = {}
        self.investigations: dict[str, tuple[str, str]] = {}
        self.names = 0
        # The investigation of the whole lot, while there is one.
        self.lot = ""

    def teardown(self) -> None:
        self.loop.close()
        _, findings = audited(self.world.ledger)
        assert findings == [], "what honest members do is no breach to the audit"

    def do(self, call: Any) -> Any:
        return self.loop.run_until_complete(call)

    def around(self, ref: str) -> list[str]:
        outer = self.parent[ref]
        return [] if outer is None else [outer, *self.around(outer)]

    def inside(self, ref: str) -> list[str]:
        return [one for one in self.parent if ref in self.around(one)]

    def held(self, ref: str) -> bool:
        of_lot = bool(self.lot) and (ref.startswith("01") or bool(self.inside(ref)))
        return of_lot or any(self.grounds[one] for one in (ref, *self.around(ref), *self.inside(ref)))

    def outermost(self, kind: str = "") -> list[str]:
        return [ref for ref, outer in self.parent.items() if outer is None and ref.startswith(kind)]

    def holdable(self) -> list[str]:
        containers = [ref for ref in self.parent if ref.startswith("00") and self.inside(ref)]
        return containers + self.outermost("01")

    def enter(self, ref: str) -> None:
        self.parent[ref], self.grounds[ref] = None, set()

    @initialize()
    def found(self) -> None:
        self.do(self.world.found())
        for ref in self.do(self.world.units(4)):
            self.enter(ref)

    @rule(first=numbers, count=st.integers(1, 3))
    def pack(self, first: int, count: int) -> None:
        free = [ref for ref in self.outermost() if not self.held(ref)]
        free = [ref for ref in free if ref.startswith("01") or self.inside(ref)]
        chosen = (free[first % len(free) :] if free else [])[:count]
        if not chosen or max(len(self.around(ref)) for ref in self.parent) > 4:
            return
        case = f"00{self.do(self.world.pack(*chosen))}"
        self.enter(case)
        for ref in chosen:
            self.parent[ref] = case

    @rule(number=numbers, whole=st.booleans())
    def unpack(self, number: int, whole: bool) -> None:
        full = [ref for ref in self.outermost("00") if self.inside(ref)]
        if not full:
            return
        case = full[number % len(full)]
        children = [ref for ref, outer in self.parent.items() if outer == case]
        taken = children if whole else children[:1]
        self.do(self.world.unpack(MAKER, case[2:], *taken))
        for ref in taken:
            self.parent[ref] = None
            self.grounds[ref] |= self.grounds[case]

    @rule(number=numbers, who=WHO)
    def quarantine(self, number: int, who: str) -> None:
        ref = self.holdable()[number % len(self.holdable())] if self.holdable() else ""
        if ref and who not in self.grounds[ref]:
            self.do(self.world.quarantine(who, ref))
            self.grounds[ref].add(who)

    @rule(number=numbers)
    def release(self, number: int) -> None:
        held = [(ref, who) for ref, found in self.grounds.items() for who in found & {MAKER, REGULATOR}]
        if held:
            ref, who = sorted(held)[number % len(held)]
            argument = {"ref": ref, "gln": who, "reason": "recounted"}
            self.do(self.world.custody(who, "ReleaseQuarantine", argument))
            self.grounds[ref] -= {MAKER, REGULATOR} if who == REGULATOR else {MAKER}

    @rule(number=numbers)
    def investigate(self, number: int) -> None:
        packs = self.outermost("01")
        if not packs:
            return
        self.names += 1
        ref, name = packs[number % len(packs)], f"I-{self.names}"
        argument = {"id": name, "gln": MAKER, "gtin": PRODUCT, "refs": [ref], "reasons": ["stolen"]}
        self.do(self.world.custody(MAKER, "OpenInvestigation", argument | {"description": "no seal"}))
        self.grounds[ref].add(name)
        self.investigations[name] = (ref, "open")

    @rule()
    def investigate_the_lot(self) -> None:
        if self.lot:
            return
        self.names += 1
        self.lot = f"I-{self.names}"
        argument = {"id": self.lot, "gln": MAKER, "gtin": PRODUCT, "lot": LOT, "packs": 1}
        suspect = {"reasons": ["stolen"], "description": "no seal"}
        self.do(self.world.custody(MAKER, "OpenInvestigation", argument | suspect))

    @rule(number=numbers)
    def clear_the_lot(self, number: int) -> None:
        if not self.lot:
            return
        packs = [ref for ref in self.parent if ref.startswith("01")]
        sample = {"ref": packs[number % len(packs)], "lot": LOT, "expiry": "2027-06-30", "result": "good"}
        self.do(self.world.custody(MAKER, "RecordSample", {"id": self.lot, "sample": [sample]}))
        self.do(self.world.custody(MAKER, "ClearInvestigation", {"id": self.lot, "decision": "a scratch"}))
        self.lot = ""

    @precondition(lambda self: self.investigations)
    @rule(number=numbers, illegitimate=st.booleans())
    def decide(self, number: int, illegitimate: bool) -> None:
        name = sorted(self.investigations)[number % len(self.investigations)]
        ref, state = self.investigations[name]
        if state != "open":
            return
        if illegitimate:
            argument = {"id": name, "classification": "stolen", "decision": "reported stolen"}
            self.do(self.world.custody(MAKER, "DeclareIllegitimate", argument))
            self.investigations[name] = (ref, "illegitimate")
            return
        sample = {"ref": ref, "lot": LOT, "expiry": "2027-06-30", "result": "good"}
        self.do(self.world.custody(MAKER, "RecordSample", {"id": name, "sample": [sample]}))
        self.do(self.world.custody(MAKER, "ClearInvestigation", {"id": name, "decision": "a scratch"}))
        self.investigations[name] = (ref, "cleared")
        self.grounds[ref].discard(name)

    @invariant()
    def the_ledger_says_what_is_held(self) -> None:
        for ref in self.parent:
            if ref.startswith("00"):
                found = self.do(self.world.custody(MAKER, "GetContainer", {"sscc": ref[2:]}))
            else:
                argument = {"gtin": ref[2:16], "serial": ref[18:]}
                found = self.do(self.world.custody(MAKER, "GetUnit", argument))
            assert found["held"] is self.held(ref), ref

    @invariant()
    def what_is_free_needs_nobodys_leave_to_be_held(self) -> None:
        for ref in self.parent:
            hold = self.world.ledger.document("custody", f"\x00hold\x00{ref}\x00")
            free = not any(self.grounds[one] for one in (ref, *self.inside(ref)))
            assert (hold is None or hold["guards"] == []) is free, ref


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
