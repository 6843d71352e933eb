"""Traces of random lives: what happens to a pack and to the containers around it is told once, in order.

A model in plain Python moves one pack through the custody chaincode with the other goods around it and notes
what should be told of it. The chaincode's trace must be that.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chaincode.model.errors import Refusal
from chaincode.rules import timeline
from chaincode.rules.timeline import Version
from tests.unit.chaincode.contracts.world import MAKER, PHARMACY, WHOLESALER, World

PARTIES = (MAKER, WHOLESALER, PHARMACY)
# What may be tried next, on which of the things there are, with which other party.
moves = st.tuples(
    st.sampled_from(
        [
            "enclose",
            "enclose",
            "unpack",
            "unpack_some",
            "offer",
            "accept",
            "reject",
            "cancel",
            "hold",
            "release",
        ]
    ),
    st.integers(0, 9),
    st.integers(0, 1),
)


class Life:
    """The pack, two others, every container made, and the steps that the pack's trace must have."""

    def __init__(self) -> None:
        self.world = World()
        self.steps: list[tuple[str, str, str]] = []
        self.pack = ""
        self.refs: list[str] = []
        self.parent: dict[str, str] = {}
        self.custodian: dict[str, str] = {}
        self.offers: dict[str, tuple[str, str]] = {}

    async def begin(self) -> None:
        await self.world.found()
        self.refs = await self.world.units(3)
        self.pack = self.refs[0]
        self.custodian = dict.fromkeys(self.refs, MAKER)
        self.note("commission", self.pack)

    def around(self, ref: str) -> list[str]:
        """A thing and what is around it, innermost first."""
        out = [ref]
        while out[-1] in self.parent:
            out.append(self.parent[out[-1]])
        return out

    def note(self, step: str, ref: str) -> None:
        """Something happened to ``ref``: the trace tells it if the pack is, or is inside, that thing."""
        if ref in self.around(self.pack):
            self.steps.append((self.world.ledger.transactions[-1].tx_id, step, ref))

    async def attempt(self, move: str, which: int, other: int) -> None:
        """Try a move; a refusal changes nothing. Half of them go to what is outermost around the pack."""
        ref = self.around(self.pack)[-1] if which < 5 else self.refs[(which - 5) % len(self.refs)]
        custodian = self.custodian[self.around(ref)[-1]]
        try:
            await getattr(self, move)(ref, custodian, other)
        except Refusal:
            return

    async def enclose(self, ref: str, custodian: str, other: int) -> None:
        loose = [r for r in self.refs if r not in self.parent and self.custodian[r] == custodian and r != ref]
        inside = [ref, *loose[:1]]
        container = f"00{await self.world.pack(*inside, who=custodian)}"
        for one in inside:
            self.note("pack", one)
        for one in inside:
            self.parent[one] = container
        self.refs.append(container)
        self.custodian[container] = custodian

    async def unpack(self, ref: str, custodian: str, other: int) -> None:
        inside = [r for r in self.refs if self.parent.get(r) == ref]
        await self.world.unpack(custodian, ref[2:])
        self._out(inside, custodian)

    async def unpack_some(self, ref: str, custodian: str, other: int) -> None:
        inside = [r for r in self.refs if self.parent.get(r) == ref][other : other + 1]
        if inside:
            await self.world.unpack(custodian, ref[2:], *inside)
            self._out(inside, custodian)

    def _out(self, inside: list[str], custodian: str) -> None:
        for one in inside:
            del self.parent[one]
            self.custodian[one] = custodian
        for one in inside:
            self.note("unpack", one)

    async def offer(self, ref: str, custodian: str, other: int) -> None:
        receiver = [party for party in PARTIES if party != custodian][other]
        self.offers[await self.world.offer(custodian, receiver, ref)] = (ref, receiver)
        self.note("offer", ref)

    async def accept(self, ref: str, custodian: str, other: int) -> None:
        for transfer, (what, receiver) in self._offers_of(ref):
            await self.world.custody(receiver, "AcceptTransfer", {"id": transfer})
            self.custodian[what] = receiver
            self.note("accept", what)

    async def reject(self, ref: str, custodian: str, other: int) -> None:
        for transfer, (what, receiver) in self._offers_of(ref):
            await self.world.custody(receiver, "RejectTransfer", {"id": transfer, "reason": "no"})
            self.note("reject", what)

    async def cancel(self, ref: str, custodian: str, other: int) -> None:
        for transfer, (what, _) in self._offers_of(ref):
            await self.world.custody(custodian, "CancelTransfer", {"id": transfer})
            self.note("cancel", what)

    def _offers_of(self, ref: str) -> list[tuple[str, tuple[str, str]]]:
        found = [(transfer, offer) for transfer, offer in self.offers.items() if offer[0] == ref]
        for transfer, _ in found:
            del self.offers[transfer]
        return found

    async def hold(self, ref: str, custodian: str, other: int) -> None:
        await self.world.quarantine(custodian, ref)
        self.note("quarantine", ref)

    async def release(self, ref: str, custodian: str, other: int) -> None:
        argument = {"ref": ref, "gln": custodian, "reason": "inspected"}
        await self.world.custody(custodian, "ReleaseQuarantine", argument)
        self.note("release", ref)


async def live(plan: list[tuple[str, int, int]]) -> tuple[Life, dict[str, Any]]:
    life = Life()
    await life.begin()
    for move, which, other in plan:
        await life.attempt(move, which, other)
    return life, await life.world.trace(life.pack)


@settings(deadline=None, max_examples=150)
@given(st.lists(moves, min_size=25, max_size=40))
def test_a_trace_tells_everything_once_in_order(plan: list[tuple[str, int, int]]) -> None:
    life, trace = asyncio.run(live(plan))
    assert [(step["tx_id"], step["step"], step["ref"]) for step in trace["steps"]] == life.steps
    times = [step["at"] for step in trace["steps"]]
    assert times == sorted(times)
    assert trace["custodian"] == life.custodian[life.around(life.pack)[-1]]
    assert [outer["sscc"] for outer in trace["ancestors"]] == [r[2:] for r in life.around(life.pack)[1:]]


def version(tx_id: str, at: int, **document: Any) -> Version:
    return Version(tx_id, at, document)


def unit(**more: Any) -> dict[str, Any]:
    return {
        "doc": "unit",
        "gtin": "09521234000013",
        "serial": "S",
        "lot": "L",
        "custodian": MAKER,
        "status": "commissioned",
        **more,
    }


def test_order_is_the_ledgers_not_the_clocks() -> None:
    """Members' clocks differ: a step keeps its place in the ledger however its time compares."""
    sscc = "095212340000000015"
    case = {"doc": "container", "sscc": sscc, "custodian": MAKER, "status": "packed"}
    history = [
        version("1", 100, **unit()),
        version("2", 50, **unit(parent=sscc)),
        version("4", 10, **unit()),
    ]
    transfers: Any = {"T": {"from": MAKER, "to": PHARMACY, "status": "offered"}}
    containers = {
        sscc: [
            version("2", 50, **case),
            version("3", 900, **case, offer="T"),
            version("4", 10, **case, offer="T"),
            version("5", 1, **case),
        ]
    }
    steps = timeline.merge(history, containers, transfers, {})
    assert [(s["tx_id"], s["step"]) for s in steps] == [
        ("1", "commission"),
        ("2", "pack"),
        ("3", "offer"),
        ("4", "unpack"),
    ]


def test_parents_once_each_in_order() -> None:
    history = [
        version("1", 1, parent="A"),
        version("2", 2),
        version("3", 3, parent="B"),
        version("4", 4, parent="A"),
    ]
    assert timeline.parents(history) == ["A", "B"]


def held(tx_id: str, at: int, status: str, reason: str = "why") -> Version:
    claim = {"status": status, "reason": reason, "placed_by": MAKER, "placed_at": at}
    return version(tx_id, at, doc="hold", inside=[], **claim)


def test_holds_are_told_as_long_as_the_pack_is_inside() -> None:
    case, pallet = "095212340000000015", "095212340000000022"
    inner = {"doc": "container", "sscc": case, "custodian": MAKER, "status": "packed"}
    outer = {"doc": "container", "sscc": pallet, "custodian": MAKER, "status": "packed"}
    history = [version("1", 1, **unit()), version("2", 2, **unit(parent=case)), version("7", 7, **unit())]
    containers = {
        case: [
            version("2", 2, **inner),
            version("3", 3, **inner, parent=pallet),
            version("6", 6, **inner),
            version("7", 7, **inner),
        ],
        pallet: [version("3", 3, **outer), version("6", 6, **outer)],
    }
    asides = {
        f"00{case}": timeline.holds(
            f"00{case}",
            [
                held("a", 1, "quarantine"),
                held("b", 2, "cleared"),
                held("5", 5, "suspect"),
                held("9", 8, "cleared"),
            ],
        ),
        f"00{pallet}": timeline.holds(
            f"00{pallet}", [held("4", 4, "quarantine"), held("8", 6, "cleared"), held("0", 9, "quarantine")]
        ),
    }
    steps = timeline.merge(history, containers, {}, asides)
    assert [(s["tx_id"], s["step"], s["ref"]) for s in steps[2:]] == [
        ("b", "release", f"00{case}"),
        ("3", "pack", f"00{case}"),
        ("4", "quarantine", f"00{pallet}"),
        ("5", "suspect", f"00{case}"),
        ("6", "unpack", f"00{case}"),
        ("7", "unpack", steps[0]["ref"]),
    ]


def test_each_claim_of_a_hold_is_told_and_no_mark() -> None:
    mine: dict[str, Any] = {"status": "quarantine", "reason": "wet", "placed_by": MAKER, "placed_at": 1}
    theirs = mine | {"reason": "torn", "placed_by": PHARMACY, "basis": "excursion/E"}
    versions = [
        version("1", 1, doc="hold", status="cleared", inside=["x"]),
        version("2", 2, doc="hold", inside=[], **mine),
        version("3", 3, doc="hold", inside=["x"], **mine),
        version("4", 4, doc="hold", inside=["x"], **mine, also=[theirs]),
        version("5", 5, doc="hold", inside=["x"], **theirs),
        version("6", 6, doc="hold", status="cleared", reason="dry", inside=["x"]),
    ]
    told = timeline.holds("ref", versions)
    assert [step.get("basis") for step in told] == [None, "excursion/E", None, None]
    steps = [(step["tx_id"], step["step"], step["detail"]) for step in told]
    assert steps == [
        ("2", "quarantine", "wet"),
        ("4", "quarantine", "torn"),
        ("5", "release", "wet"),
        ("6", "release", "dry"),
    ]
