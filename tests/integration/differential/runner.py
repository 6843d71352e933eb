"""Runs sequences on both ledgers, many beside each other in the same blocks, and compares."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.peer import proposal_pb2

from gateway.fabric import signer_from_pem
from gateway.fabric.blocks import BlockView, parse_block
from gateway.fabric.commit import code_name
from network import ledger
from network.topology import Topology
from tests.integration.chaincode.conftest import Ledger
from tests.integration.differential import plain
from tests.integration.differential.sequences import MEMBERS, Call, Sequence, final_reads
from tests.integration.differential.side import Refusal, Side
from tests.integration.differential.spoiling import spoil


@dataclass
class Lane:
    """One sequence while it is run, on keys of its own."""

    prefix: str
    sequence: Sequence
    differences: list[str] = field(default_factory=list)
    compared: bool = True
    # False from the transaction on that only one of the ledgers took: they no longer hold the same.
    alike: bool = True

    @property
    def alive(self) -> bool:
        return self.compared and self.alike

    def differs(self, difference: str, fabric: Any) -> None:
        """Keep what differs; but where Fabric's peer takes a running one for gone, nothing was compared."""
        if isinstance(fabric, Refusal) and fabric.message.startswith("failed to find any endorsing peers"):
            self.compared = False
        else:
            self.differences.append(difference)


@dataclass(frozen=True)
class Endorsed:
    """A transaction that both ledgers' peers have endorsed, with one envelope for each ledger."""

    lane: Lane
    transaction_id: str
    envelopes: tuple[common_pb2.Envelope, common_pb2.Envelope]
    what: str
    twice: bool


@dataclass
class Figures:
    """What was run and how it ended."""

    endorsed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    blocks: int = 0
    blocks_not_compared: int = 0
    seconds: Counter[str] = field(default_factory=Counter)

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Count the seconds that something takes."""
        began = time.monotonic()
        yield
        self.seconds[what] += round(time.monotonic() - began, 1)


class Runner:
    """Two ledgers, devnet the first."""

    def __init__(self, sides: tuple[Side, Side], started: Ledger) -> None:
        self._sides = sides
        self._topology: Topology = started.topology
        profiles = [ledger.member_profile(started.home, one) for one in self._topology.organizations]
        self._signers = [signer_from_pem(profile.key) for profile in profiles]
        assert self._topology.batch is not None
        self._room = self._topology.batch.messages
        self._numbers: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._fillers: list[common_pb2.Envelope] = []
        self.figures = Figures()

    async def run(self, lanes: list[Lane]) -> None:
        """Run every sequence to its end, unless it is found to differ before."""
        if not self._fillers:
            await self._prepare()
        for number in range(max(len(lane.sequence.rounds) for lane in lanes)):
            active = [lane for lane in lanes if lane.alive and number < len(lane.sequence.rounds)]
            with self.figures.timed("endorsing"):
                rounds = await asyncio.gather(*(self._endorse_round(lane, number) for lane in active))
            for place in range(max((len(blocks) for blocks in rounds), default=0)):
                groups = [blocks[place] for blocks in rounds if place < len(blocks)]
                for packed in self._pack(groups):
                    with self.figures.timed("ordering"):
                        await self._land(packed)
        with self.figures.timed("reading"):
            await asyncio.gather(*(self._compare_states(lane) for lane in lanes if lane.alive))

    async def _prepare(self) -> None:
        """A transaction that is in both chains: in a block once more, it fills a place and does nothing."""
        call = Call(0, (2,), "probe", (("put", "filler", "v"),))
        lane = Lane("", Sequence(()))
        made = await self._endorse(lane, call)
        assert made is not None, lane.differences
        self._fillers = list(made.envelopes)
        for side, envelope in zip(self._sides, made.envelopes, strict=True):
            await side.order([envelope])
            assert await side.committed(made.transaction_id)

    async def _endorse_round(self, lane: Lane, number: int) -> list[list[Endorsed]]:
        """A round's transactions as far as they are endorsed, by the block that they are to be in."""
        blocks = lane.sequence.rounds[number]
        return [
            [one for one in made if one is not None]
            for made in [
                await asyncio.gather(*(self._endorse(lane, call, f"round {number}") for call in block))
                for block in blocks
            ]
        ]

    def _proposed(self, call: Call, prefix: str) -> tuple[str, proposal_pb2.SignedProposal]:
        """One proposal for both ledgers: who signs it is a member of both."""
        program = call.program(prefix).encode()
        contract = self._sides[0].networks[call.member].contract(call.chaincode)
        if call.hidden:
            proposal = contract.proposal("run", transient={"program": program})
        else:
            proposal = contract.proposal("run", program)
        signed = proposal_pb2.SignedProposal(
            proposal_bytes=proposal.message, signature=self._sign(call.member, proposal.message)
        )
        return proposal.transaction_id, signed

    def _sign(self, member: int, message: bytes) -> bytes:
        return self._signers[member](hashlib.sha256(message).digest())

    async def _endorse(self, lane: Lane, call: Call, when: str = "") -> Endorsed | None:
        """Both ledgers' envelopes; None where both refuse, or where they differ."""
        identity, signed = self._proposed(call, lane.prefix)
        named = [MEMBERS[number] for number in call.endorsers]
        devnet, _ = self._sides
        one, other = await asyncio.gather(
            *(side.endorse(call.member, signed, identity, named) for side in self._sides)
        )
        if not named and not isinstance(one, Refusal) and not isinstance(other, Refusal):
            chosen = plain.endorsers(other)
            if set(plain.endorsers(one)) != set(chosen):
                # Whom a gateway chooses of those who would do is its own affair.
                one = await devnet.endorse(call.member, signed, identity, chosen)
        difference = plain.first_difference(*self._plain(one, other))
        if difference:
            lane.differs(f"{when}, endorsement of {call}: {difference}", other)
            return None
        if isinstance(one, Refusal) or isinstance(other, Refusal):
            self.figures.refused[one.code if isinstance(one, Refusal) else ""] += 1
            return None
        self.figures.endorsed += 1
        if call.spoiled:
            one, other = spoil(one, call.spoiled), spoil(other, call.spoiled)
        for envelope in (one, other):
            envelope.signature = self._sign(call.member, envelope.payload)
        return Endorsed(lane, identity, (one, other), f"{when}, {call}", call.twice)

    def _plain(self, *found: Any) -> Iterator[Any]:
        for one, numbers in zip(found, self._numbers, strict=True):
            yield (plain.endorsed if isinstance(one, common_pb2.Envelope) else plain.answer)(one, numbers)

    def _pack(self, groups: Iterable[list[Endorsed]]) -> Iterator[list[Endorsed]]:
        """Blocks of whole groups: what a sequence has for one block is never split."""
        packed: list[Endorsed] = []
        for group in groups:
            copies = [one for one in group for _ in range(2 if one.twice else 1) if one.lane.alive]
            if len(packed) + len(copies) > self._room:
                yield packed
                packed = []
            packed += copies
        if packed:
            yield packed

    async def _land(self, packed: list[Endorsed]) -> None:
        """Have a block of these made on both ledgers, and compare what became of each of them."""
        devnet, fabric = self._sides
        by_id = {one.transaction_id: one for one in packed}
        filling = [self._fillers[0]] * (self._room - len(packed))
        one = await self._block(devnet, [*filling, *(one.envelopes[0] for one in packed)], by_id)
        # Calls to devnet may overtake each other; Fabric's orderer takes one stream as it is sent.
        placed = [by_id.get(transaction.tx_id) for transaction in one.transactions] if one else []
        ordered = [each.envelopes[1] if each else self._fillers[1] for each in placed]
        other = await self._block(fabric, ordered, by_id) if one else None
        if one is None or other is None or _ids(one) != _ids(other):
            self.figures.blocks_not_compared += 1
            for each in packed:
                each.lane.compared = False
            return
        number = self.figures.blocks
        self.figures.blocks += 1
        self._numbers[0][one.number] = self._numbers[1][other.number] = number
        for each, left, right in zip(placed, one.transactions, other.transactions, strict=True):
            if each is not None:
                self._compare_codes(
                    each, number, code_name(left.validation_code), code_name(right.validation_code)
                )

    def _compare_codes(self, one: Endorsed, number: int, devnet: str, fabric: str) -> None:
        self.figures.codes[fabric] += 1
        if devnet != fabric:
            one.lane.alike = False
            one.lane.differences.append(
                f"{one.what}, in block {number}:\n  devnet: {devnet}\n  fabric: {fabric}"
            )

    async def _block(
        self, side: Side, envelopes: list[common_pb2.Envelope], ids: Iterable[str]
    ) -> BlockView | None:
        """The one block that holds these, once every member has it; None where there is no such block."""
        height = await side.height()
        await side.order(envelopes)
        *others, last = ids
        if not await side.committed(last):
            return None
        blocks = [parse_block(block) for block in await side.blocks(height)]
        if len(blocks) == 1 and len(blocks[0].transactions) == len(envelopes):
            return blocks[0]
        await asyncio.gather(*(side.committed(identity) for identity in others))
        return None

    async def _compare_states(self, lane: Lane) -> None:
        """Compare all that each member's peer has of a sequence's keys."""
        for chaincode, operations in final_reads(lane.sequence):
            for member, msp_id in enumerate(MEMBERS):
                call = Call(member, (member,), chaincode, operations)
                identity, signed = self._proposed(call, lane.prefix)
                found = await asyncio.gather(
                    *(side.evaluate(member, signed, identity, [msp_id]) for side in self._sides)
                )
                self.figures.reads += len(operations)
                difference = plain.first_difference(*self._plain(*found))
                if difference:
                    lane.differs(f"state at {msp_id}, {operations}: {difference}", found[1])


def _ids(block: BlockView) -> list[str]:
    return [transaction.tx_id for transaction in block.transactions]
