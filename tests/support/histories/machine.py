"""Random histories: every function of custody and compliance, by every role, on the same few goods."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chaincode.model import gs1
from chaincode.rules.statements import AFFIRMATIONS
from tests.support.histories.cast import Actor, registration
from tests.support.histories.driver import Driver
from tests.support.histories.world import World

MAX_UNITS = 24
MAX_CONTAINERS = 8

TRADERS = ("maker", "repackager", "wholesaler", "carrier", "pharmacy", "hospital", "unlicensed")
EVERYBODY = (*TRADERS, "regulator")
# Choices are numbers, taken modulo the length of what there is to choose from.
pick = st.integers(0, 10**6)
picks = st.lists(pick, min_size=1, max_size=4, unique=True)
trader = st.sampled_from(TRADERS)
anybody = st.sampled_from(EVERYBODY)
often = st.sampled_from((True, True, True, False))

Stage = Callable[[], tuple[Driver, dict[str, Actor], str, list[str]]]
"""Sets the stage of a history: ledger, actors, a product's GTIN of the maker's and three lots' names."""


class Histories(RuleBasedStateMachine):
    """Steps of a history; what must hold stands in ``World`` and in the invariants.

    Most steps are made by whoever may make them, so that histories get somewhere; the others by anybody.
    """

    stage: ClassVar[Stage]

    def __init__(self) -> None:
        super().__init__()
        driver, actors, gtin, self.lots = type(self).stage()
        self.world = World(driver, actors, gtin)
        self._numbers = itertools.count(1)
        self._name = self.lots[0]

    # What there is to choose from

    def _new(self, kind: str) -> str:
        return f"{kind}-{self._name}-{next(self._numbers)}"

    def _some(self, refs: list[str], chosen: list[int]) -> list[str]:
        return list(dict.fromkeys(refs[one % len(refs)] for one in chosen)) if refs else []

    def _loose(self, gln: str) -> list[str]:
        """What somebody has loose, packs first."""
        return [
            one.ref
            for one in self.world.seen.values()
            if not one.around and one.custodian == gln and one.status in ("commissioned", "packed")
        ]

    def _who(self, ref: str, lawful: bool, other: str) -> Actor:
        """Who has something, or anybody."""
        if lawful:
            gln = self.world.seen[ref].custodian
            return next(actor for actor in self.world.actors.values() if actor.gln == gln)
        return self.world.actors[other]

    def _by(self, name: str, function: str, argument: dict[str, Any]) -> Any:
        return self.world.by(self.world.actors[name], function, argument)

    # Steps

    @initialize(count=st.integers(2, 5))
    def begin(self, count: int) -> None:
        world = self.world
        maker = world.actors["maker"]
        for lot, days in zip(self.lots, (400, 400, 20), strict=True):
            expiry = world.driver.today(days)
            world.expiries[lot] = expiry
            argument = {"gtin": world.gtin, "lot": lot, "expiry": expiry, "manufactured": world.driver.today(-30)}
            assert world.by(maker, "CreateLot", argument)
        self.commission("maker", 0, count)

    @precondition(lambda self: len(self.world.units) < MAX_UNITS)
    @rule(name=st.sampled_from(("maker", "maker", "maker", "wholesaler")), lot=pick, count=st.integers(1, 4))
    def commission(self, name: str, lot: int, count: int) -> None:
        lot_name = self.lots[lot % len(self.lots)]
        serials = [f"{self._name}.{next(self._numbers)}" for _ in range(count)]
        argument = {"gtin": self.world.gtin, "lot": lot_name, "serials": serials}
        new = [gs1.unit_ref(self.world.gtin, serial) for serial in serials]
        if self._by_new(name, "Commission", argument, units=new) and name != "maker":
            raise AssertionError("another than the maker commissioned")

    def _by_new(
        self, name: str, function: str, argument: dict[str, Any], units: list[str], containers: Any = ()
    ) -> Any:
        """A step that makes goods, which are looked at from then on."""
        world = self.world
        kept = list(world.units), list(world.containers)
        actor = world.actors[name]

        class Making:
            """Adds the new goods once the ledger took them, before they are looked at."""

            def submit(self, *arguments: Any) -> Any:
                result = driver.submit(*arguments)
                world.units += units
                world.containers += containers
                return result

            def __getattr__(self, attribute: str) -> Any:
                return getattr(driver, attribute)

        driver = world.driver
        world.driver = Making()  # type: ignore[assignment]
        try:
            result = world.by(actor, function, argument)
        finally:
            world.driver = driver
        if result is None:
            assert (world.units, world.containers) == kept
        return result

    @precondition(lambda self: len(self.world.containers) < MAX_CONTAINERS)
    @rule(chosen=picks, name=trader, lawful=often, anywhere=pick)
    def pack(self, chosen: list[int], name: str, lawful: bool, anywhere: int) -> None:
        refs = list(self.world.seen)
        if not refs:
            return
        actor = self._who(refs[anywhere % len(refs)], lawful, name)
        own = self._loose(actor.gln) if lawful else refs
        children = self._some(own, chosen)
        if not children:
            return
        body = f"0{int(self._name[1:]) % 10**8:08d}{next(self._numbers):08d}"
        sscc = body + gs1.check_digit(body)
        argument = {"sscc": sscc, "gln": actor.gln, "children": children}
        self._by_new(actor.name, "Pack", argument, [], [gs1.container_ref(sscc)])

    @precondition(lambda self: self.world.containers)
    @rule(which=pick, chosen=picks, whole=st.booleans(), name=trader, lawful=often)
    def unpack(self, which: int, chosen: list[int], whole: bool, name: str, lawful: bool) -> None:
        containers = self.world.containers
        ref = containers[which % len(containers)]
        actor = self._who(ref, lawful, name)
        argument: dict[str, Any] = {"sscc": ref[2:], "gln": actor.gln}
        inside = list(self.world.seen[ref].inside)
        if not whole and inside:
            argument["children"] = self._some(inside, chosen)
        self._by(actor.name, "Unpack", argument)

    @rule(chosen=picks, to=anybody, kind=st.sampled_from(("sale", "sale", "sale", "custody_only", "ownership_only")),
          name=trader, lawful=often, anywhere=pick)  # fmt: skip
    def offer(
        self, chosen: list[int], to: str, kind: str, name: str, lawful: bool, anywhere: int
    ) -> None:
        refs = list(self.world.seen)
        if not refs:
            return
        actor = self._who(refs[anywhere % len(refs)], lawful, name)
        what = self._some(self._loose(actor.gln) if lawful else refs, chosen)
        if not what or to == actor.name:
            return
        argument: dict[str, Any] = {
            "id": self._new("T"),
            "kind": kind,
            "what": what,
            "from": actor.gln,
            "to": self.world.actors[to].gln,
        }
        if kind != "custody_only":
            argument["statement"] = dict.fromkeys(AFFIRMATIONS, True)
        if self._by(actor.name, "OfferTransfer", argument):
            self.world.transfers.append(argument["id"])

    @precondition(lambda self: self.world.transfers)
    @rule(
        which=pick,
        function=st.sampled_from(("AcceptTransfer", "AcceptTransfer", "RejectTransfer", "CancelTransfer")),
        name=anybody,
        lawful=often,
    )
    def close(self, which: int, function: str, name: str, lawful: bool) -> None:
        transfers = self.world.transfers
        transfer_id = transfers[which % len(transfers)]
        if lawful:
            regulator = self.world.actors["regulator"].msp_id
            transfer = self.world.driver.evaluate(regulator, "GetTransfer", {"id": transfer_id})
            gln = transfer["from"] if function == "CancelTransfer" else transfer["to"]
            name = next(actor.name for actor in self.world.actors.values() if actor.gln == gln)
        argument = {"id": transfer_id}
        if function == "RejectTransfer":
            argument["reason"] = "not ordered"
        self._by(name, function, argument)

    @rule(chosen=picks, name=st.sampled_from(("pharmacy", "pharmacy", "hospital", "wholesaler", "maker")), lawful=often)
    def dispense(self, chosen: list[int], name: str, lawful: bool) -> None:
        gln = self.world.actors[name].gln
        units = [ref for ref in (self._loose(gln) if lawful else self.world.units) if ref.startswith("01")]
        if units:
            self._by(name, "Dispense", {"gln": gln, "units": self._some(units, chosen)})

    @rule(
        chosen=picks,
        reason=st.sampled_from(("destroyed", "exported", "sample", "stolen", "damaged", "other")),
        name=trader,
        lawful=often,
        anywhere=pick,
    )
    def decommission(self, chosen: list[int], reason: str, name: str, lawful: bool, anywhere: int) -> None:
        refs = list(self.world.seen)
        if refs:
            actor = self._who(refs[anywhere % len(refs)], lawful, name)
            goods = self._some(self._loose(actor.gln) if lawful else refs, chosen)
            if goods:
                self._by(actor.name, "Decommission", {"refs": goods, "gln": actor.gln, "reason": reason})

    @rule(which=pick, name=trader, lawful=often)
    def reverse(self, which: int, name: str, lawful: bool) -> None:
        gone = [one.ref for one in self.world.seen.values() if one.status == "decommissioned"]
        if gone:
            ref = gone[which % len(gone)]
            actor = self._who(ref, lawful, name)
            self._by(actor.name, "ReverseDecommission", {"refs": [ref], "gln": actor.gln})

    @rule(which=pick, name=anybody, lawful=often, release=st.booleans())
    def quarantine(self, which: int, name: str, lawful: bool, release: bool) -> None:
        refs = [one.ref for one in self.world.seen.values() if one.held] if release else list(self.world.seen)
        if refs:
            ref = refs[which % len(refs)]
            actor = self._who(ref, lawful, name)
            function = "ReleaseQuarantine" if release else "Quarantine"
            self._by(actor.name, function, {"ref": ref, "gln": actor.gln, "reason": "seal broken"})

    @precondition(lambda self: self.world.recalls or len(self.world.units) > 4)
    @rule(lot=pick, name=st.sampled_from(("maker", "regulator", "wholesaler")), end=st.booleans())
    def recall(self, lot: int, name: str, end: bool) -> None:
        world = self.world
        actor = world.actors[name]
        if end and world.recalls:
            recall = list(world.recalls)[lot % len(world.recalls)]
            argument = {"id": recall, "gln": actor.gln, "reason": "all accounted for"}
            if self._by(name, "EndRecall", argument):
                del world.recalls[recall]
        elif not end:
            argument = {
                "id": self._new("R"),
                "gln": actor.gln,
                "gtin": world.gtin,
                "lot": self.lots[lot % len(self.lots)],
                "kind": "recall",
                "class": "II",
                "depth": "retail",
                "effectiveness": "A",
                "reason": "subpotent",
            }
            if self._by(name, "StartRecall", argument):
                world.recalls[argument["id"]] = argument["lot"]

    @rule(which=pick, name=trader, lawful=often)
    def suspect(self, which: int, name: str, lawful: bool) -> None:
        refs = list(self.world.seen)
        if refs:
            ref = refs[which % len(refs)]
            actor = self._who(ref, lawful, name)
            argument = {
                "id": self._new("I"),
                "gln": actor.gln,
                "gtin": self.world.gtin,
                "refs": [ref],
                "reasons": ["counterfeit"],
                "description": "label looks wrong",
            }
            if self._by(actor.name, "OpenInvestigation", argument):
                self.world.investigations.append(argument["id"])

    @precondition(lambda self: self.world.investigations)
    @rule(which=pick, illegitimate=st.booleans(), name=trader, lawful=often)
    def conclude(self, which: int, illegitimate: bool, name: str, lawful: bool) -> None:
        investigations = self.world.investigations
        chosen = investigations[which % len(investigations)]
        if lawful:
            regulator = self.world.actors["regulator"].msp_id
            found = self.world.driver.evaluate(regulator, "GetInvestigation", {"id": chosen})
            name = next(a.name for a in self.world.actors.values() if a.gln == found["gln"])
        function = "DeclareIllegitimate" if illegitimate else "ClearInvestigation"
        self._by(name, function, {"id": chosen, "decision": "examined"})

    @rule(name=st.sampled_from(("wholesaler", "pharmacy")), lawful=often)
    def suspend(self, name: str, lawful: bool) -> None:
        world = self.world
        gln = world.actors[name].gln
        function = "ReinstateParty" if gln in world.suspended else "SuspendParty"
        actor = world.actors["regulator" if lawful else "maker"]
        if world.by(actor, function, {"gln": gln, "reason": "inspection"}, "registry"):
            world.suspended ^= {gln}

    @rule(hours=st.sampled_from((1, 30, 24 * 11)))
    def wait(self, hours: int) -> None:
        self.world.driver.advance(hours)

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.world.seen:
            assert sum(self.world.totals().values()) == len(self.world.units), self.world.totals()


def register(driver: Driver, actors: dict[str, Actor], chaincode: str = "registry") -> None:
    """Register every actor, licensed for two years around the ledger's date."""
    regulator = actors["regulator"]
    for actor in actors.values():
        argument = registration(actor, driver.today(-700), driver.today(700))
        driver.submit(regulator.msp_id, chaincode, "RegisterParty", argument)
