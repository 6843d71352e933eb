"""Cases sent to a ledger, and what came of each: the answer and, for a transaction in a block, its code."""

from __future__ import annotations

import asyncio
import collections
import hashlib
from collections.abc import Callable, Sequence

import grpc
from fabric_protos.peer import events_pb2, transaction_pb2

from tests.integration.wire import answers, cases, forge
from tests.integration.wire.cases import Case
from tests.integration.wire.worlds import World

AT_ONCE = 16
COMMIT_SECONDS = 90.0


async def outcomes(world: World, sent: Sequence[Case]) -> list[str]:
    """Send every case; each outcome in one line.

    Transactions go one after the other. A peer's gateway drops its connection to another peer when that one
    refuses a proposal, and with it whatever else is on its way there: Fabric is asked one thing at a time.
    """
    async with world.channel() as channel:
        caller = answers.Caller(channel)
        turn, several = asyncio.Lock(), asyncio.Semaphore(AT_ONCE)
        proposing = (cases.EVALUATE, cases.ENDORSE, cases.PROCESS)

        async def one(case: Case) -> answers.Answer:
            alone = case.call == cases.SUBMIT or (world.kind == "fabric" and case.call in proposing)
            async with turn if alone else several:
                return await caller.ask(case.call, case.message)

        async def every(wanted: Callable[[Case], bool]) -> dict[Case, answers.Answer]:
            asked = [case for case in sent if wanted(case)]
            return dict(zip(asked, await asyncio.gather(*map(one, asked)), strict=True))

        found = await every(lambda case: case.call in proposing or case.call == cases.SUBMIT)
        taken = [
            case.envelope
            for case, answer in found.items()
            if case.call == cases.SUBMIT and answer.code == "OK"
        ]
        codes = await _codes(world, channel, taken) if taken else {}
        # What is told of blocks depends on which there are.
        found |= await every(lambda case: case not in found)
    return [_line(case, found[case], codes) for case in sent]


def _line(case: Case, answer: answers.Answer, codes: dict[bytes, list[str]]) -> str:
    if case.call == cases.SUBMIT and answer.code == "OK":
        return f"{answer.text}{', '.join(codes[_digest(case.envelope)])}"
    return answer.text


def _digest(envelope: bytes) -> bytes:
    return hashlib.sha256(envelope).digest()


async def _codes(world: World, channel: grpc.aio.Channel, taken: Sequence[bytes]) -> dict[bytes, list[str]]:
    """The validation codes of transactions, in the order of the blocks, by their envelopes' hashes."""
    missing = collections.Counter(map(_digest, taken))
    found: dict[bytes, list[str]] = collections.defaultdict(list)
    seek = forge.seek(world.cast.client)
    seek.info.stop.specified.number = 2**63
    stream = channel.stream_stream("/protos.Deliver/Deliver")()
    await stream.write(seek.envelope().SerializeToString())
    try:
        async with asyncio.timeout(COMMIT_SECONDS):
            while missing.total():
                block = events_pb2.DeliverResponse.FromString(await stream.read()).block
                for data, code in zip(block.data.data, block.metadata.metadata[2], strict=True):
                    digest = _digest(data)
                    found[digest].append(transaction_pb2.TxValidationCode.Name(code))
                    missing[digest] -= missing[digest] > 0
    finally:
        stream.cancel()
    return found
