"""Steps of custody: goods made, packed, moved, dispensed, ended."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from chaincode.model import gs1
from chaincode.model.documents.trade import AFFIRMATIONS
from tests.support.histories.cast import Actor
from tests.support.histories.steps import (
    MAX_CONTAINERS,
    MAX_UNITS,
    Steps,
    anybody,
    often,
    pick,
    picks,
    trader,
)


class CustodySteps(Steps):
    """By every role, on the same few goods."""

    @initialize(count=st.integers(6, 12))
    def begin(self, count: int) -> None:
        world = self.world
        maker = world.actors["maker"]
        for lot, days in zip(self.lots, (400, 400, 20), strict=True):
            expiry = world.driver.today(days)
            world.expiries[lot] = expiry
            argument = {
                "gtin": world.gtin,
                "lot": lot,
                "expiry": expiry,
                "manufactured": world.driver.today(-30),
            }
            assert world.by(maker, "CreateLot", argument)
        self.commission("maker", 0, count // 2)
        self.commission("maker", 1, count - count // 2)
        self.deliver([0, 1, 2], "pharmacy", 0)

    @precondition(lambda self: len(self.world.units) < MAX_UNITS)
    @rule(name=st.sampled_from(("maker", "maker", "maker", "wholesaler")), lot=pick, count=st.integers(1, 4))
    def commission(self, name: str, lot: int, count: int) -> None:
        lot_name = self.lots[lot % len(self.lots)]
        serials = [f"{self._name}.{next(self._numbers)}" for _ in range(count)]
        argument = {"gtin": self.world.gtin, "lot": lot_name, "serials": serials}
        new = [gs1.unit_ref(self.world.gtin, serial) for serial in serials]
        if self._by_new(name, "Commission", argument, units=new) and name != "maker":
            raise AssertionError("another than the maker commissioned")

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
        seen = self.world.seen
        whole_ones = [ref for ref in self.world.containers if not seen[ref].around and seen[ref].inside]
        containers = (whole_ones if lawful else []) or self.world.containers
        ref = containers[which % len(containers)]
        actor = self._who(ref, lawful, name)
        argument: dict[str, Any] = {"sscc": ref[2:], "gln": actor.gln}
        inside = list(self.world.seen[ref].inside)
        if not whole and inside:
            argument["children"] = self._some(inside, chosen)
        self._by(actor.name, "Unpack", argument)

    @rule(
        chosen=picks,
        to=anybody,
        kind=st.sampled_from(("sale", "sale", "sale", "custody_only", "ownership_only")),
        name=trader,
        lawful=often,
        anywhere=pick,
    )
    def offer(self, chosen: list[int], to: str, kind: str, name: str, lawful: bool, anywhere: int) -> None:
        refs = list(self.world.seen)
        if not refs:
            return
        actor = self._who(refs[anywhere % len(refs)], lawful, name)
        what = self._some(self._loose(actor.gln) if lawful else refs, chosen)
        if not what or to == actor.name:
            return
        self._offer(actor, to, kind, what)

    def _offer(self, actor: Actor, to: str, kind: str, what: list[str]) -> str:
        """The transfer's id; empty where the offer is refused."""
        argument: dict[str, Any] = {
            "id": self._new("T"),
            "kind": kind,
            "what": what,
            "from": actor.gln,
            "to": self.world.actors[to].gln,
        }
        if kind != "custody_only":
            argument["statement"] = dict.fromkeys(AFFIRMATIONS, True)
        if not self._by(actor.name, "OfferTransfer", argument):
            return ""
        self.world.transfers.append(argument["id"])
        self.world.open_transfers.append(argument["id"])
        return str(argument["id"])

    @rule(chosen=picks, to=st.sampled_from(("wholesaler", "pharmacy", "pharmacy", "hospital")), anywhere=pick)
    def deliver(self, chosen: list[int], to: str, anywhere: int) -> None:
        """A sale from whoever has something, offered and accepted."""
        fit = [one.ref for one in self.world.seen.values() if not (one.held or one.offered or one.around)]
        if not fit:
            return
        actor = self._who(fit[anywhere % len(fit)], True, "")
        what = self._some([ref for ref in self._loose(actor.gln) if ref in fit], chosen)
        if what and to != actor.name:
            transfer = self._offer(actor, to, "sale", what)
            if transfer and self._by(to, "AcceptTransfer", {"id": transfer}):
                self.world.open_transfers.remove(transfer)

    @precondition(lambda self: self.world.transfers)
    @rule(
        which=pick,
        function=st.sampled_from(("AcceptTransfer", "AcceptTransfer", "RejectTransfer", "CancelTransfer")),
        name=anybody,
        lawful=often,
    )
    def close(self, which: int, function: str, name: str, lawful: bool) -> None:
        transfers = (self.world.open_transfers if lawful else []) or self.world.transfers
        transfer_id = transfers[which % len(transfers)]
        if lawful:
            regulator = self.world.actors["regulator"].msp_id
            transfer = self.world.driver.evaluate(regulator, "GetTransfer", {"id": transfer_id})
            gln = transfer["from"] if function == "CancelTransfer" else transfer["to"]
            name = next(actor.name for actor in self.world.actors.values() if actor.gln == gln)
        argument = {"id": transfer_id}
        if function == "RejectTransfer":
            argument["reason"] = "not ordered"
        if self._by(name, function, argument):
            self.world.open_transfers.remove(transfer_id)

    @precondition(lambda self: self._shelved())
    @rule(
        chosen=picks,
        name=st.sampled_from(("pharmacy", "pharmacy", "hospital", "wholesaler", "maker")),
        lawful=often,
    )
    def dispense(self, chosen: list[int], name: str, lawful: bool) -> None:
        gln = self.world.actors[name].gln
        units = [ref for ref in self._loose(gln) if ref.startswith("01")] if lawful else self.world.units
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

    @precondition(lambda self: any(one.status == "decommissioned" for one in self.world.seen.values()))
    @rule(which=pick, name=trader, lawful=often)
    def reverse(self, which: int, name: str, lawful: bool) -> None:
        gone = [one.ref for one in self.world.seen.values() if one.status == "decommissioned"]
        if gone:
            ref = gone[which % len(gone)]
            actor = self._who(ref, lawful, name)
            self._by(actor.name, "ReverseDecommission", {"refs": [ref], "gln": actor.gln})

    @precondition(lambda self: len(self.world.units) < MAX_UNITS)
    @rule(which=pick, chosen=picks, name=st.sampled_from(("maker", "maker", "repackager")), one=st.booleans())
    def repackage(self, which: int, chosen: list[int], name: str, one: bool) -> None:
        gln = self.world.actors[name].gln
        olds = self._some([ref for ref in self._loose(gln) if ref.startswith("01")], chosen)
        if not olds:
            return
        serials = [f"{self._name}.{next(self._numbers)}" for _ in olds[: 1 if one else None]]
        new = [gs1.unit_ref(self.world.gtin, serial) for serial in serials]
        if one:
            argument: dict[str, Any] = {"gln": gln, "unit": olds[0], "serial": serials[0]}
            self._by_new(name, "Reserialise", argument, new)
            return
        to = {"gtin": self.world.gtin, "lot": self.lots[which % len(self.lots)], "serials": serials}
        self._by_new(name, "Repackage", {"gln": gln, "from": olds, "to": to}, new)

    @precondition(lambda self: self.world.transfers)
    @rule(
        which=pick,
        chosen=picks,
        kind=st.sampled_from(("nonsaleable_return", "recall_return", "saleable_return")),
    )
    def give_back(self, which: int, chosen: list[int], kind: str) -> None:
        world = self.world
        original = world.driver.evaluate(
            world.actors["regulator"].msp_id,
            "GetTransfer",
            {"id": world.transfers[which % len(world.transfers)]},
        )
        name = next(actor.name for actor in world.actors.values() if actor.gln == original["to"])
        what = self._some(self._loose(original["to"]), chosen)
        if not what:
            return
        argument = {
            "id": self._new("B"),
            "kind": kind,
            "what": what,
            "from": original["to"],
            "to": original["from"],
            "original": original["id"],
        }
        if self._by(name, "ReturnGoods", argument):
            world.transfers.append(argument["id"])
            world.open_transfers.append(argument["id"])
