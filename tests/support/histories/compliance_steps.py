"""Steps of compliance: holds, investigations, recalls, verification, suspension."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from chaincode.model import gs1
from tests.support.histories.steps import Steps, anybody, often, pick, picks, trader


class ComplianceSteps(Steps):
    """By every role, on the same few goods."""

    @rule(which=pick, name=anybody, lawful=often, release=st.booleans())
    def quarantine(self, which: int, name: str, lawful: bool, release: bool) -> None:
        refs = [one.ref for one in self.world.seen.values() if one.held] if release else list(self.world.seen)
        if refs:
            ref = refs[which % len(refs)]
            actor = self._who(ref, lawful, name)
            function = "ReleaseQuarantine" if release else "Quarantine"
            self._by(actor.name, function, {"ref": ref, "gln": actor.gln, "reason": "seal broken"})

    @precondition(lambda self: self.world.recalls or len(self.world.units) > 12)
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

    @precondition(lambda self: len(self.world.investigations) < 3)
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
            opened_by = found["investigation"]["gln"]
            name = next(actor.name for actor in self.world.actors.values() if actor.gln == opened_by)
        argument = {"id": chosen, "decision": "examined"}
        if illegitimate:
            argument["classification"] = "counterfeit"
        self._by(name, "DeclareIllegitimate" if illegitimate else "ClearInvestigation", argument)

    @precondition(lambda self: self.world.investigations)
    @rule(which=pick, chosen=picks, good=often)
    def sample(self, which: int, chosen: list[int], good: bool) -> None:
        world = self.world
        regulator = world.actors["regulator"].msp_id
        argument = {"id": world.investigations[which % len(world.investigations)]}
        found = world.driver.evaluate(regulator, "GetInvestigation", argument)["investigation"]
        name = next(actor.name for actor in world.actors.values() if actor.gln == found["gln"])
        suspects = [ref for one in found["refs"] for ref in self._packs(one)]
        samples = [
            {
                "ref": ref,
                "lot": world.seen[ref].lot,
                "expiry": world.expiries[world.seen[ref].lot],
                "result": "good" if good else "bad",
            }
            for ref in self._some(suspects, chosen)
        ]
        if samples:
            self._by(name, "RecordSample", {"id": found["id"], "sample": samples})

    def _packs(self, ref: str) -> list[str]:
        """What goods are or hold, at all levels."""
        if ref.startswith("01"):
            return [ref]
        return [pack for child in self.world.seen[ref].inside for pack in self._packs(child)]

    @rule(which=pick, name=st.sampled_from(("wholesaler", "pharmacy", "maker", "unlicensed")))
    def verify(self, which: int, name: str) -> None:
        world = self.world
        if world.units:
            ref = world.units[which % len(world.units)]
            unit = gs1.parse_ref(ref)
            assert isinstance(unit, gs1.UnitRef)
            argument = {
                "id": self._new("V"),
                "gln": world.actors[name].gln,
                "gtin": unit.gtin,
                "serial": unit.serial,
                "lot": world.seen[ref].lot,
                "expiry": world.expiries[world.seen[ref].lot],
                "context": "saleable_return",
            }
            self._by(name, "RequestVerification", argument)

    @rule(name=st.sampled_from(("wholesaler", "pharmacy")), lawful=often)
    def suspend(self, name: str, lawful: bool) -> None:
        world = self.world
        gln = world.actors[name].gln
        function = "ReinstateParty" if world.suspended else "SuspendParty"
        # One at a time, or trade would soon come to rest.
        gln = next(iter(world.suspended), gln)
        actor = world.actors["regulator" if lawful else "maker"]
        if world.by(actor, function, {"gln": gln, "reason": "inspection"}, "registry"):
            world.suspended ^= {gln}

    @rule(hours=st.sampled_from((1, 30, 24 * 11)))
    def wait(self, hours: int) -> None:
        self.world.driver.advance(hours)
