"""Four members' clients of a ledger, honest and not."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from chaincode.contracts.protection import owners_policy
from chaincode.model import canonical, gs1
from chaincode.model.documents.trade import AFFIRMATIONS
from chaincode.model.errors import Code, Refusal
from gateway.fabric import EndorseError, EvaluateError, Network, connect
from gateway.fabric.errors import chaincode_refusal
from mediledger.demo.cast import Run, Storage, party, product
from network import ledger
from tests.support.ledgers import Ledger

MSPS = {
    "manufacturer": "ManufacturerMSP",
    "distributor": "DistributorMSP",
    "pharmacy": "PharmacyMSP",
    "regulator": "RegulatorMSP",
}


# For one peer to have the blocks that another one has.
CAUGHT_UP_SECONDS = 20.0
_runs = itertools.count(int(time.time()))


@dataclass
class Forgery:
    """What a forged transaction writes: documents and policies by key."""

    writes: dict[str, Any]
    policies: dict[str, bytes] = field(default_factory=dict)
    chaincode: str = "custody"


def owned_by(*members: str) -> bytes:
    """The policy of what belongs to members."""
    return owners_policy([MSPS[member] for member in members], list(MSPS.values()))


class Consortium:
    """Calls functions as the members, forges as some of them."""

    def __init__(self, running: Ledger, stack: AsyncExitStack) -> None:
        self.running = running
        self._stack = stack
        self._numbers = itertools.count(1)
        # A run's number is seconds; tests take the next one faster than that.
        self._run = Run(next(_runs) % 10**7)
        self._networks: dict[str, Network] = {}
        self.glns = {one.name: one.gln for one in running.topology.organizations}
        article = product(running.member("manufacturer"), Storage(2, 8))
        self.product = {**article, "manufacturer": self.glns["manufacturer"]}
        self.gtin, self.lot = article["gtin"], self._run.lot

    async def open(self) -> None:
        """Connect, and enter parties, the product and a lot."""
        for one in self.running.topology.organizations:
            gateway = connect(ledger.member_profile(self.running.home, one))
            self._stack.push_async_callback(gateway.close)
            self._networks[one.name] = gateway.network(self.running.topology.channel)
        for one in self.running.topology.organizations:
            await _already(self.call("regulator", "registry", "RegisterParty", party(one)))
        await _already(self.call("manufacturer", "registry", "RegisterProduct", self.product))
        lot = {"gtin": self.gtin, "lot": self.lot, "expiry": self._run.expiry.isoformat()}
        await self.custody("manufacturer", "CreateLot", lot | {"manufactured": "2026-01-01"})

    def network(self, member: str) -> Network:
        return self._networks[member]

    async def call(self, member: str, chaincode: str, function: str, argument: Any) -> Any:
        """Submit a function as a member; its Refusal where it is refused."""
        contract = self._networks[member].contract(chaincode)
        try:
            return json.loads(await contract.submit(function, canonical.dumps(argument)))
        except EndorseError as error:
            raise _refusal(error) from error

    async def custody(self, member: str, function: str, argument: Any) -> Any:
        return await self.call(member, "custody", function, argument)

    async def ask(self, member: str, function: str, argument: Any) -> Any:
        """Evaluate a function of custody as a member; its Refusal where it is refused."""
        try:
            return json.loads(
                await self._networks[member].contract("custody").evaluate(function, canonical.dumps(argument))
            )
        except EvaluateError as error:
            raise _refusal(error) from error

    async def read(self, key: str, chaincode: str = "custody") -> Any:
        """A document as it stands on the regulator's peer, once that has what the others' peers have."""
        heights = [await network.height() for network in self._networks.values()]
        ends = time.monotonic() + CAUGHT_UP_SECONDS
        while await self._networks["regulator"].height() < max(heights):
            assert time.monotonic() < ends, "the regulator's peer lags"
            await asyncio.sleep(0.02)
        contract = self._networks["regulator"].contract(chaincode)
        return json.loads(await contract.evaluate("Read", json.dumps(key).encode()))

    async def forge(self, forgery: Forgery, members: Sequence[str]) -> tuple[str, str]:
        """Submit a forgery that these members endorse; its transaction id and validation code's name."""
        order = {
            "writes": forgery.writes,
            "policies": {key: policy.hex() for key, policy in forgery.policies.items()},
        }
        proposal = (
            self._networks[members[0]]
            .contract(forgery.chaincode)
            .proposal(
                "Forge",
                json.dumps(order).encode(),
                endorsing_organizations=[MSPS[member] for member in members],
            )
        )
        transaction = await proposal.endorse()
        status = await (await transaction.submit()).status()
        return status.transaction_id, status.name

    async def units(self, count: int) -> list[str]:
        """Commission packs; their refs."""
        serials = [f"{self._run.number:07d}C{next(self._numbers)}" for _ in range(count)]
        argument = {"gtin": self.gtin, "lot": self.lot, "serials": serials}
        await self.custody("manufacturer", "Commission", argument)
        return [gs1.unit_ref(self.gtin, serial) for serial in serials]

    def name(self, kind: str) -> str:
        """An id that no other document has."""
        return f"{kind}-{self._run.number}-{next(self._numbers)}"

    def sscc(self) -> str:
        return self._run.case(next(self._numbers))

    async def case(self, count: int) -> tuple[str, list[str]]:
        """Commission and pack; the SSCC and the packs' refs."""
        refs, sscc = await self.units(count), self.sscc()
        argument = {"sscc": sscc, "gln": self.glns["manufacturer"], "children": refs}
        await self.custody("manufacturer", "Pack", argument)
        return sscc, refs

    async def offer(self, sender: str, receiver: str, *refs: str) -> str:
        """Offer goods; the transfer's id."""
        transfer = self.name("T")
        argument = {
            "id": transfer,
            "kind": "sale",
            "what": list(refs),
            "from": self.glns[sender],
            "to": self.glns[receiver],
            "statement": dict.fromkeys(AFFIRMATIONS, True),
        }
        await self.custody(sender, "OfferTransfer", argument)
        return transfer

    async def ship(self, sender: str, receiver: str, *refs: str) -> None:
        transfer = await self.offer(sender, receiver, *refs)
        await self.custody(receiver, "AcceptTransfer", {"id": transfer})


async def _already(call: Awaitable[Any]) -> None:
    """Await a call that an earlier test may have made."""
    try:
        await call
    except Refusal as refusal:
        if refusal.code not in (Code.PARTY_EXISTS, Code.PRODUCT_EXISTS):
            raise


def all_but(*members: str) -> list[str]:
    return [member for member in MSPS if member not in members]


def pairs() -> Iterable[tuple[str, str]]:
    """Any two members."""
    return itertools.combinations(MSPS, 2)


def _refusal(error: EndorseError | EvaluateError) -> Exception:
    found = chaincode_refusal(error)
    refusal = Refusal.parse(found[1]) if found else None
    return refusal or error
