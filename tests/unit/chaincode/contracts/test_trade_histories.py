"""Random histories of trade: whatever is tried, each pack has one owner, one keeper and one offer at most."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from chaincode.contracts.protection import owners_policy
from chaincode.model.documents.trade import AFFIRMATIONS
from chaincode.model.errors import Refusal
from tests.unit.chaincode.contracts.test_transfers import keeper, transfer
from tests.unit.chaincode.contracts.world import CONSORTIUM, MAKER, MSPS, PHARMACY, WHOLESALER, World

DAY = 86_400_000
KINDS = ("sale", "sale", "ownership_only", "custody_only", "drop_shipment")
RETURNS = ("saleable_return", "nonsaleable_return", "recall_return")
WAYS = ("found", "delivered", "lost", "returned", "credited", "kept", "destroyed", "bought")
STEPS = ("offer", "offer", "accept", "accept", "part", "confirm", "end", "resolve", "back", "price", "wait")


class Trade:
    """Some packs and a case among four parties; every choice comes from ``chosen``."""

    def __init__(self, seed: int) -> None:
        self.world = World()
        self.chosen = random.Random(seed)
        self.refs: list[str] = []
        self.msps: dict[str, str] = {}
        self.transfers: list[str] = []
        self.done: set[str] = set()

    async def begin(self) -> None:
        await self.world.found()
        depot = await keeper(self.world)
        self.msps = {gln: MSPS[gln] for gln in (MAKER, WHOLESALER, PHARMACY)} | {depot: MSPS[PHARMACY]}
        self.depot = depot
        case, _ = await self.world.case(2)
        self.refs = [*await self.world.units(3), f"00{case}"]

    async def call(self, gln: str, function: str, argument: Any, **transient: bytes) -> Any:
        """What it answers, None where it is refused; anything but a refusal fails the test."""
        try:
            answer = await self.world.ledger.call(self.msps[gln], "custody", function, argument, transient)
        except Refusal:
            return None
        self.done.add(function)
        return answer

    def party(self) -> str:
        return self.chosen.choice(list(self.msps))

    def some(self) -> list[str]:
        return self.chosen.sample(self.refs, self.chosen.randint(1, 3))

    def one(self) -> dict[str, Any] | None:
        """A transfer, more likely a late one."""
        if not self.transfers:
            return None
        return transfer(self.world, self.chosen.choice(self.transfers[-4:]))

    async def step(self, kind: str) -> None:
        await getattr(self, kind)()
        self.check()

    async def offer(self) -> None:
        kind = self.chosen.choice(KINDS)
        refs = self.some()
        owner = self.chosen.choice([self.document(refs[0])["owner"], self.party()])
        argument: dict[str, Any] = {
            "id": f"T{len(self.transfers)}",
            "kind": kind,
            "what": refs,
            "from": owner,
            "to": self.party(),
        }
        if kind != "custody_only":
            argument["statement"] = dict.fromkeys(AFFIRMATIONS, True)
        if kind == "drop_shipment":
            argument["ship_to"] = self.party()
        if await self.call(owner, "OfferTransfer", argument):
            self.transfers.append(argument["id"])

    async def accept(self) -> None:
        found = self.one()
        if found:
            argument = {"id": found["id"]} | await self.price_hash(found)
            await self.call(found.get("ship_to", found["to"]), "AcceptTransfer", argument)

    async def part(self) -> None:
        found = self.one()
        if not found:
            return
        received = self.chosen.sample(found["what"], self.chosen.randint(0, len(found["what"])))
        kinds = ("shortage", "shortage", "wrong_lot", "damaged", "overage")
        exceptions = [
            {"kind": self.chosen.choice(kinds), "ref": ref}
            for ref in (found["what"] if self.chosen.random() < 0.9 else self.refs)
            if ref not in received
        ]
        argument: dict[str, Any] = {"id": found["id"], "received": received, "exceptions": exceptions}
        argument |= await self.price_hash(found)
        await self.call(found.get("ship_to", found["to"]), "AcceptTransfer", argument)

    async def confirm(self) -> None:
        found = self.one()
        if found:
            argument = {"id": found["id"]} | await self.price_hash(found)
            await self.call(found["to"], "ConfirmTransfer", argument)

    async def end(self) -> None:
        found = self.one()
        if found:
            by = {"RejectTransfer": found["to"], "CancelTransfer": found["from"], "ExpireOffer": found["to"]}
            function = self.chosen.choice(sorted(by))
            who = by[function] if self.chosen.random() < 0.8 else self.party()
            reason = {} if function == "ExpireOffer" else {"reason": "no"}
            await self.call(who, function, {"id": found["id"], **reason})

    async def resolve(self) -> None:
        found = self.one()
        if found and "exceptions" in found:
            place = self.chosen.randrange(len(found["exceptions"]))
            argument = {"id": found["id"], "exception": place, "resolution": self.chosen.choice(WAYS)}
            for gln in (found["from"], found.get("ship_to", found["to"])):
                await self.call(gln, "ResolveException", argument | {"gln": gln})

    async def price(self) -> None:
        found = self.one()
        if found:
            price = orjson.dumps({"amount": self.chosen.randint(0, 9), "currency": "EUR", "salt": "0" * 32})
            await self.call(found["from"], "RecordPrice", {"transfer": found["id"]}, price=price)

    async def price_hash(self, found: dict[str, Any]) -> dict[str, str]:
        told = await self.call(found["to"], "GetPrice", {"transfer": found["id"]})
        return {"price_hash": told["price_hash"]} if told and self.chosen.random() < 0.9 else {}

    async def wait(self) -> None:
        self.world.ledger.now += self.chosen.choice((1, 10, 31)) * DAY

    def document(self, ref: str) -> dict[str, Any]:
        return self.world.container(ref[2:]) if ref.startswith("00") else self.world.unit(ref)

    def check(self) -> None:
        """What must hold after every step."""
        for ref in self.refs:
            document = self.document(ref)
            assert document["owner"] != self.depot
            owner, custodian = self.msps[document["owner"]], self.msps[document["custodian"]]
            assert document["owner_msp"] == owner
            assert self.world.guard(ref) == owners_policy([owner, custodian], CONSORTIUM["members"])
            waiting = [name for name in self.transfers if ref in self.waits_for(transfer(self.world, name))]
            assert waiting == ([document["offer"]] if "offer" in document else [])

    @staticmethod
    def waits_for(found: dict[str, Any]) -> list[str]:
        """What is bound to a transfer: all while it is open, then what neither came nor is settled."""
        if found["status"] in ("offered", "confirmed"):
            return list(found["what"])
        received = found.get("received", found["what"])
        open_ones = [one.get("ref") for one in found.get("exceptions", []) if one["status"] == "open"]
        return [ref for ref in found["what"] if ref not in received and ref in open_ones]

    async def back(self) -> None:
        found = self.one()
        if found:
            kind = self.chosen.choice(RETURNS)
            argument = {
                "id": f"T{len(self.transfers)}",
                "kind": kind,
                "what": [self.chosen.choice(found["what"])],
                "from": found["to"],
                "to": found["from"],
                "original": found["id"],
            }
            if await self.call(found["to"], "ReturnGoods", argument):
                self.transfers.append(argument["id"])


async def live(seed: int, steps: Iterable[str]) -> set[str]:
    """A history; which functions succeeded in it."""
    trade = Trade(seed)
    await trade.begin()
    for step in steps:
        await trade.step(step)
    return trade.done


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(STEPS), min_size=10, max_size=40))
def test_whatever_is_traded_it_stays_one_persons(seed: int, steps: list[str]) -> None:
    asyncio.run(live(seed, steps))


async def test_histories_do_all_that_there_is() -> None:
    """A history in which nothing succeeds would show nothing."""
    done: set[str] = set()
    for seed in range(20):
        done |= await live(seed, random.Random(seed).choices(STEPS, k=60))
    wanted = {"OfferTransfer", "AcceptTransfer", "ConfirmTransfer", "ResolveException", "RecordPrice"}
    assert wanted | {"RejectTransfer", "CancelTransfer", "ExpireOffer", "ReturnGoods", "GetPrice"} <= done
