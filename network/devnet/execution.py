"""One transaction at one endorser, while chaincode runs it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.peer import chaincode_event_pb2, proposal_pb2, proposal_response_pb2

from network.devnet.errors import DevnetError
from network.devnet.simulation import Simulation

MAX_DEPTH = 8
MAX_QUERIES = 1_000

Changes = Iterator[kv_query_result_pb2.KeyModification]


class NotRunning(DevnetError):
    """A member's chaincode server cannot be reached, or its stream was lost."""


class Query:
    """Serialized results that are handed out a part at a time."""

    def __init__(self, results: Iterator[bytes]) -> None:
        self._results = results
        self._ahead: list[bytes] = []

    def take(self, count: int) -> tuple[list[bytes], bool]:
        """The next results, and whether there are more.

        One ahead tells; a peer too has fetched that one by then, and recorded its read.
        """
        taken = self._ahead + list(itertools.islice(self._results, count + 1 - len(self._ahead)))
        self._ahead = taken[count:]
        return taken[:count], bool(self._ahead)


@dataclass(frozen=True)
class Outcome:
    """What a chaincode answered."""

    response: proposal_response_pb2.Response
    event: chaincode_event_pb2.ChaincodeEvent | None


@dataclass
class Execution:
    """What the messages of one transaction are about.

    ``call`` runs another chaincode within it, named with its channel, and ``history`` gives a key's changes,
    the newest first. ``depth`` counts calls from chaincode to chaincode, ``queries`` are the open ones by
    their ids.
    """

    transaction_id: str
    channel: str
    proposal: proposal_pb2.SignedProposal
    simulation: Simulation
    call: Callable[[str, str, Sequence[bytes], Execution], Awaitable[Outcome]]
    history: Callable[[str, str], Changes]
    depth: int = 0
    opened: int = 0
    queries: dict[str, Query] = field(default_factory=dict)
    _calls: set[asyncio.Task[None]] = field(default_factory=set)

    def spawn(self, call: Coroutine[Any, Any, None]) -> None:
        """Run a call to another chaincode beside the stream that asked for it."""
        task = asyncio.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def end(self) -> None:
        """End the calls that still run, as happens where whoever asked for them has failed."""
        if self._calls:
            for task in self._calls:
                task.cancel()
            await asyncio.gather(*self._calls, return_exceptions=True)

    def open(self, results: Iterator[bytes]) -> str:
        """Remember a query; its id. DevnetError where too many are open."""
        if len(self.queries) >= MAX_QUERIES:
            raise DevnetError(f"more than {MAX_QUERIES} queries are open")
        self.opened += 1
        identity = str(self.opened)
        self.queries[identity] = Query(results)
        return identity
