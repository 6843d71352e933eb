"""The members' applications in a scenario: their connections, and what was told last."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from gateway.fabric import (
    ChaincodeEvent,
    Checkpoint,
    CommitError,
    Contract,
    Deadlines,
    Events,
    FabricError,
    Gateway,
    Network,
    Profile,
    Proposal,
    Status,
    Transaction,
    connect,
)
from gateway.fabric.blocks import TransactionView, parse_block
from network import ledger
from tests.support.ledgers import Ledger

Value = TypeVar("Value")

PATIENCE = 30.0
CHANNEL = "medicines"

# In a sentence: who is named to sign, and a collection.
SIGNED = r'(?:, signed by (?P<by>[^"]+))?'
WHERE = r"""(?P<where>the collection "[^"]+"|the \w+'s own collection)"""


@dataclass
class Change:
    """A change that was sent: how it ended and what its result is."""

    status: Status
    result: bytes


@dataclass
class Applications:
    """One scenario's applications.

    Attributes:
        ledger: the ledger they are on.
        folder: where an application may keep files.
        changes: those sent, in their order.
        answer: what was told last.
        failure: how the last attempt failed, None where it did not.
        seconds: how long the last attempt took.
    """

    ledger: Ledger
    folder: Path
    changes: list[Change] = field(default_factory=list)
    answer: Any = None
    failure: Exception | None = None
    seconds: float = 0.0
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    _gateways: dict[str, Gateway] = field(default_factory=dict)
    _listening: dict[str, Events[ChaincodeEvent]] = field(default_factory=dict)
    _scenario: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        # Connections belong to the loop that there is when they are made.
        self._runner.get_loop()

    def run(self, what: Coroutine[Any, Any, Value]) -> Value:
        """Do something to its end, which comes within `PATIENCE`."""
        return self._runner.run(asyncio.wait_for(what, PATIENCE))

    def attempt(self, what: Coroutine[Any, Any, Value]) -> Value | None:
        """Do something that may fail as the client's calls do; `failure` tells how."""
        began = time.monotonic()
        self.failure = None
        try:
            return self.run(what)
        except FabricError as error:
            self.failure = error
            return None
        finally:
            self.seconds = time.monotonic() - began

    def profile(self, member: str) -> Profile:
        return ledger.member_profile(self.ledger.home, self.ledger.member(member))

    def gateway(self, member: str) -> Gateway:
        """A member's connection, or that of somebody who was introduced."""
        if member not in self._gateways:
            self.introduce(member, connect(self.profile(member)))
        return self._gateways[member]

    def introduce(self, name: str, gateway: Gateway) -> None:
        """From now on ``name``'s application has this connection; the one that it had is closed."""
        self.leave(name)
        self._gateways[name] = gateway

    def limit(self, member: str, seconds: float) -> None:
        """Connect a member anew, with one limit for each step."""
        self.introduce(member, connect(self.profile(member), Deadlines(*[seconds] * 4)))

    def leave(self, name: str) -> None:
        """End an application's connection."""
        if name in self._gateways:
            self.run(self._gateways.pop(name).close())

    def network(self, member: str, channel: str = CHANNEL) -> Network:
        return self.gateway(member).network(channel)

    def contract(self, member: str, chaincode: str) -> Contract:
        return self.network(member).contract(chaincode)

    def key(self, name: str) -> str:
        """The ledger's key for what a scenario calls ``name``: of this scenario alone."""
        return f"{self._scenario}-{name}"

    def change(self, proposal: Proposal) -> Change:
        """Have a change endorsed, send it and wait for its end, which must be VALID."""
        return self.run(self.changing(proposal))

    async def changing(self, proposal: Proposal) -> Change:
        """As `change`; FabricError as the client tells it, CommitError where it is invalid."""
        return await self.sending(await proposal.endorse())

    async def sending(self, transaction: Transaction) -> Change:
        """Send what was endorsed; FabricError as `changing`."""
        status = await (await transaction.submit()).status()
        self.changes.append(Change(status, transaction.result))
        if not status.successful:
            raise CommitError(status.transaction_id, status.code, status.name, status.block_number)
        return self.changes[-1]

    def seen(self, change: Change | None = None) -> TransactionView:
        """A change as it stands in its block; the last one by default."""
        wanted = (change or self.changes[-1]).status
        network = self.network("regulator")
        block = self.run(self._written(network, wanted.block_number))
        [found] = [one for one in parse_block(block).transactions if one.tx_id == wanted.transaction_id]
        return found

    async def _written(self, network: Network, number: int) -> Any:
        """A block, when the regulator's peer has it too."""
        async with network.block_events(start_block=number) as blocks:
            return await anext(blocks)

    def read(self, member: str, chaincode: str, name: str) -> Any:
        """What a member reads under a name."""
        self.catch_up(member)
        contract = self.contract(member, chaincode)
        return json.loads(self.run(contract.evaluate("get", self.key(name))))

    def writing(
        self, member: str, chaincode: str, name: str, value: str, named: Sequence[str] = ()
    ) -> Proposal:
        """A change that writes a note."""
        return self.contract(member, chaincode).proposal(
            "put", self.key(name), value, endorsing_organizations=named
        )

    def keeping(self, member: str, value: str, name: str, where: str, named: Sequence[str] = ()) -> Proposal:
        """A change that keeps a value in a collection."""
        return self.contract(member, "anyone").proposal(
            "put_private", where, self.key(name), transient={"value": value}, endorsing_organizations=named
        )

    def read_private(self, member: str, where: str, name: str) -> Any:
        """What a member's own peer has in a collection: the value and the proof of it."""
        self.catch_up(member)
        reading = self.contract(member, "anyone").evaluate(
            "get_private", where, self.key(name), endorsing_organizations=[msp_id(member)]
        )
        return json.loads(self.run(reading))

    def catch_up(self, member: str) -> None:
        """Wait until a member's peer has every change that was sent."""
        newest = max((change.status.block_number for change in self.changes), default=0)
        self.run(self._written(self.network(member), newest))

    async def private_values(self, member: str, number: int) -> list[str]:
        """The private values that a block brought, as far as the member's peer has them."""
        async with self.network(member).block_and_private_data_events(start_block=number) as blocks:
            block = await anext(blocks)
        return [
            write.value.decode()
            for sets in block.private_data_map.values()
            for namespace in sets.ns_pvt_rwset
            for one in namespace.collection_pvt_rwset
            for write in kv_rwset_pb2.KVRWSet.FromString(one.rwset).writes
        ]

    def in_order(self) -> list[str]:
        """The transaction ids of the changes that were sent, in the order of the blocks."""
        numbers = sorted({change.status.block_number for change in self.changes})
        sent = {change.status.transaction_id for change in self.changes}
        network = self.network("regulator")
        blocks = [parse_block(self.run(self._written(network, number))) for number in numbers]
        return [one.tx_id for block in blocks for one in block.transactions if one.tx_id in sent]

    def listen(
        self,
        member: str,
        chaincode: str,
        start_block: int | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """From now on `hear` tells what a member's application hears."""

        async def listening() -> None:
            nonlocal start_block
            if start_block is None and checkpoint is None:
                # The next block is fixed before anything else is done.
                start_block = await self.network(member).height()
            events = self.network(member).chaincode_events(chaincode, start_block, checkpoint)
            self._listening[member] = events

        self.run(listening())

    def hear(self, member: str, count: int) -> list[ChaincodeEvent]:
        """The next announcements that a member's application hears."""

        async def hearing() -> list[ChaincodeEvent]:
            return [await anext(self._listening[member]) for _ in range(count)]

        return self.run(hearing())

    async def many(self, member: str, chaincode: str, count: int) -> None:
        """Announce so many changes without waiting for each other."""
        contract = self.contract(member, chaincode)
        proposals = [contract.proposal("event", f"Change{place}", "one of many") for place in range(count)]
        await asyncio.gather(*map(self.changing, proposals))

    def close(self) -> None:
        for events in self._listening.values():
            self.run(events.aclose())
        for name in list(self._gateways):
            self.leave(name)
        self._runner.close()


async def soon(what: Awaitable[Any]) -> asyncio.Task[Any]:
    """Something that goes on while other steps are done."""
    task = asyncio.ensure_future(what)
    # One turn, in which it sends its request.
    await asyncio.sleep(0)
    return task


def names(text: str) -> list[str]:
    """Members, or quoted words, in a sentence: "the pharmacy and the regulator"."""
    quoted = re.findall(r'"([^"]*)"', text)
    return quoted or re.findall(r"the (\w+)", text)


def msp_ids(text: str) -> list[str]:
    """The MSP ids of the members in a sentence."""
    return [msp_id(name) for name in names(text)]


def msp_id(member: str) -> str:
    return f"{member.capitalize()}MSP"


def collection(text: str) -> str:
    """A collection as a sentence calls it: by name, or as a member's own."""
    quoted = re.fullmatch(r'the collection "(.+)"', text)
    if quoted:
        return quoted[1]
    owner = re.fullmatch(r"the (\w+)'s own collection", text)
    assert owner, text
    return f"_implicit_org_{msp_id(owner[1])}"


def signers(text: str | None) -> Sequence[str]:
    """Who is named to sign, from the end of a sentence; nobody where nothing is said."""
    return msp_ids(text) if text else ()
