"""A ledger in memory: runs chaincodes with stubs that keep the shim's promises.

What chaincode.shim.Stub promises holds here too, as far as one peer decides it: a transaction does not read
its own writes, what a refused one wrote is dropped, a chaincode called by another reads its own namespace in
the same transaction, history comes newest first, a transaction that asked for a page does not write, and a
key that nobody may write keeps its value.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from chaincode.contracts.protection import NOBODY
from chaincode.model import canonical, duties
from chaincode.model.errors import Refusal
from chaincode.shim import Chaincode, ChaincodeCallError, Response, ShimError
from chaincode.shim.creator import Creator
from chaincode.shim.keys import SEPARATOR, create_composite_key, prefix_range
from chaincode.shim.query import KeyValue, Modification, Page
from tests.unit.chaincode.shim.certificates import issue

# Chaincode that runs on many ledgers, one after the other, knows them by their channels.
_NUMBERS = itertools.count()
Key = tuple[str, str]


class Invalid(Exception):
    """Every peer would find the transaction invalid: it writes what nobody may write."""


@dataclass(frozen=True)
class Event:
    name: str
    payload: bytes


@lru_cache
def creator(msp_id: str, named: tuple[str, ...] = duties.DUTIES) -> Creator:
    """Somebody of an organisation, whose certificate names these duties."""
    return Creator(msp_id, issue("somebody", attributes={duties.ATTRIBUTE: duties.written(named)}).pem)


@dataclass
class Transaction:
    """What all chaincodes of one transaction share."""

    tx_id: str
    at: int
    creator: Creator
    transient: dict[str, bytes] = field(default_factory=dict)
    # The chaincode that the client called.
    called: str = ""
    reads: set[Key] = field(default_factory=set)
    # Chaincode, first key, and the key after the last.
    ranges: list[tuple[str, str, str]] = field(default_factory=list)
    writes: dict[Key, bytes] = field(default_factory=dict)
    policies: dict[Key, bytes] = field(default_factory=dict)
    private: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    # Private values that nobody may write again.
    fixed: set[tuple[str, str, str]] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    # The chaincode that sent each message to its peer before the writes.
    messages: list[str] = field(default_factory=list)
    paged: bool = False

    def undone_by(self, other: Transaction) -> bool:
        """Whether it is invalid where ``other``, endorsed on the same state, is committed first."""
        return not other.writes.keys().isdisjoint(self.reads) or any(
            name == space and first <= key < last
            for name, key in other.writes
            for space, first, last in self.ranges
        )


@dataclass(frozen=True)
class FakeResults:
    """The part of Results that the contracts use."""

    stub: FakeStub
    start: str
    end: str

    async def take(self, limit: int) -> list[KeyValue]:
        return self.stub.between(self.start, self.end, limit)


class FakeStub:
    """The part of Stub that the contracts use."""

    def __init__(self, ledger: Ledger, transaction: Transaction, name: str, args: Sequence[bytes]) -> None:
        self._ledger = ledger
        self._transaction = transaction
        self._name = name
        self.args = list(args)
        self.channel_id = ledger.channel
        self.is_init = False
        self.transient = transaction.transient
        self.event: Event | None = None

    @property
    def function(self) -> str:
        return self.args[0].decode() if self.args else ""

    @property
    def params(self) -> list[bytes]:
        return self.args[1:]

    @property
    def tx_id(self) -> str:
        return self._transaction.tx_id

    @property
    def called(self) -> str:
        return self._transaction.called

    @property
    def timestamp_ms(self) -> int:
        return self._transaction.at

    @property
    def creator(self) -> Creator:
        return self._transaction.creator

    def _send(self) -> None:
        self._transaction.messages.append(self._name)

    async def get_state(self, key: str) -> bytes | None:
        return (await self.get_states([key]))[0]

    async def get_states(self, keys: Sequence[str]) -> list[bytes | None]:
        self._send()
        self._transaction.reads.update((self._name, key) for key in keys)
        return [self._ledger.state.get((self._name, key)) for key in keys]

    def put_state(self, key: str, value: bytes) -> None:
        if not key or not value:
            raise ShimError("neither key nor value is empty")
        assert type(value) is bytes
        self._transaction.writes[(self._name, key)] = value

    def put_states(self, entries: Iterable[tuple[str, bytes]], policy: bytes) -> None:
        for key, value in entries:
            self.put_state(key, value)
            self.set_validation_parameter(key, policy)

    async def get_private_hash(self, collection: str, key: str) -> bytes | None:
        self._send()
        value = self._ledger.private.get((collection, self._name, key))
        return None if value is None else hashlib.sha256(value).digest()

    async def get_private(self, collection: str, key: str) -> bytes | None:
        self._send()
        return self._ledger.private.get((collection, self._name, key))

    def put_private(self, collection: str, key: str, value: bytes) -> None:
        assert collection and key and value
        self._transaction.private[(collection, self._name, key)] = value

    def set_validation_parameter(self, key: str, policy: bytes, collection: str = "") -> None:
        assert policy
        if collection:
            # Of private values only the fixed ones have a policy.
            assert policy == NOBODY and (collection, self._name, key) in self._transaction.private
            self._transaction.fixed.add((collection, self._name, key))
            return
        where = (self._name, key)
        # Peers end at a policy of a key that the same transaction neither reads nor writes.
        assert where in self._transaction.reads or where in self._transaction.writes
        self._transaction.policies[where] = policy

    async def state_by_partial_key(
        self, object_type: str, attributes: Sequence[str], page_size: int = 0, bookmark: str = ""
    ) -> Page:
        self._send()
        start, end = prefix_range(object_type, attributes)
        self._transaction.paged = self._transaction.paged or bool(page_size)
        if not page_size:
            self._transaction.ranges.append((self._name, start, end))
        found = sorted(
            key for name, key in self._ledger.state if name == self._name and (bookmark or start) <= key < end
        )
        size = page_size or len(found)
        items = [KeyValue(key, self._ledger.state[(self._name, key)]) for key in found[:size]]
        return Page(items, found[size] if len(found) > size else "")

    async def iterate_prefix(self, object_type: str, attributes: Sequence[str]) -> AsyncIterator[KeyValue]:
        for item in (await self.state_by_partial_key(object_type, attributes)).items:
            yield item

    def iterate_between(self, object_type: str, first: Sequence[str], last: Sequence[str]) -> FakeResults:
        start, end = create_composite_key(object_type, first), create_composite_key(object_type, last)
        return FakeResults(self, start, end + SEPARATOR)

    def between(self, start: str, end: str, limit: int) -> list[KeyValue]:
        """What a peer hands out of a range, a hundred at a time."""
        space = [key for name, key in self._ledger.state if name == self._name and start <= key < end]
        found = sorted(space)[:limit]
        self._transaction.ranges.append(
            (self._name, start, f"{found[-1]}\x00" if len(found) == limit else end)
        )
        for _ in range(1 + len(found) // 100):
            self._send()
        return [KeyValue(key, self._ledger.state[(self._name, key)]) for key in found]

    async def history(self, key: str) -> AsyncIterator[Modification]:
        for modification in reversed(self._ledger.history.get((self._name, key), [])):
            yield modification

    async def invoke_chaincode(self, name: str, args: Sequence[bytes], channel: str = "") -> bytes:
        assert channel in ("", self.channel_id)
        self._send()
        self._transaction.calls.append(f"{name}.{args[0].decode()}")
        response, _ = await self._ledger.run(self._transaction, name, args)
        if response.status >= 400:
            raise ChaincodeCallError(name, response.status, response.message)
        return response.payload

    def set_event(self, name: str, payload: bytes) -> None:
        assert name
        self.event = Event(name, payload)


class Ledger:
    """State and history of one channel.

    ``now`` is the time of the next transaction, epoch milliseconds; each one moves it on by a second.
    ``duties`` are those that the certificate of whoever sends it names.
    """

    def __init__(self, chaincodes: Mapping[str, Chaincode], now: int) -> None:
        self._chaincodes = chaincodes
        self.channel = f"medicines{next(_NUMBERS)}"
        self.now = now
        self.duties: tuple[str, ...] = duties.DUTIES
        self.state: dict[Key, bytes] = {}
        self.history: dict[Key, list[Modification]] = {}
        self.policies: dict[Key, bytes] = {}
        self.private: dict[tuple[str, str, str], bytes] = {}
        self.fixed: set[tuple[str, str, str]] = set()
        self.transactions: list[Transaction] = []
        self.event: Event | None = None

    async def run(
        self, transaction: Transaction, name: str, args: Sequence[bytes]
    ) -> tuple[Response, Event | None]:
        stub = FakeStub(self, transaction, name, args)
        response = await self._chaincodes[name].invoke(stub)  # type: ignore[arg-type]
        return response, stub.event

    async def respond(
        self, msp_id: str, name: str, args: Sequence[bytes], transient: Mapping[str, bytes] | None = None
    ) -> Response:
        """Run one transaction and commit what it wrote, unless it was refused."""
        number = len(self.transactions)
        tx_id = hashlib.sha256(f"{number}".encode()).hexdigest()
        transaction = Transaction(tx_id, self.now, creator(msp_id, self.duties), dict(transient or {}), name)
        self.transactions.append(transaction)
        self.now += 1000
        self.event = None
        response, event = await self.run(transaction, name, args)
        if response.status < 400:
            assert not (transaction.paged and transaction.writes)
            self.event = event
            self._commit(transaction)
        return response

    async def call(
        self,
        msp_id: str,
        name: str,
        function: str,
        argument: Any,
        transient: Mapping[str, bytes] | None = None,
    ) -> Any:
        """The result of a transaction function; raises its Refusal."""
        args = [function.encode(), orjson.dumps(argument)]
        return _result(await self.respond(msp_id, name, args, transient))

    async def ask(self, msp_id: str, name: str, function: str, argument: Any) -> Any:
        """The result of a function that writes nothing, as evaluated by a peer; no time passes."""
        transaction = Transaction("asked", self.now, creator(msp_id, self.duties), {}, name)
        response, _ = await self.run(transaction, name, [function.encode(), orjson.dumps(argument)])
        assert not transaction.writes
        return _result(response)

    def document(self, name: str, key: str) -> Any:
        """A committed document, None where there is none."""
        value = self.state.get((name, key))
        return None if value is None else orjson.loads(value)

    def put(self, name: str, key: str, document: Any) -> None:
        """Commit a document that no transaction function would write."""
        transaction = Transaction(f"direct-{len(self.transactions)}", self.now, Creator("", b""))
        self.transactions.append(transaction)
        transaction.writes[(name, key)] = canonical.dumps(document)
        self._commit(transaction)

    def _commit(self, transaction: Transaction) -> None:
        settled = [
            key for key in transaction.writes if self.policies.get(key) == NOBODY and key in self.state
        ]
        settled += [place[1:] for place in transaction.private if place in self.fixed]
        if settled:
            self.transactions.remove(transaction)
            raise Invalid(f"{settled[0]} cannot change any more")
        self.fixed |= transaction.fixed
        for key, value in transaction.writes.items():
            self.state[key] = value
            change = Modification(transaction.tx_id, transaction.at, False, value)
            self.history.setdefault(key, []).append(change)
        self.policies |= transaction.policies
        self.private |= transaction.private


def _result(response: Response) -> Any:
    """What a function returned; raises its Refusal."""
    if response.status >= 400:
        refusal = Refusal.parse(response.message)
        assert refusal is not None, response
        assert refusal.code.status == response.status
        raise refusal
    result = orjson.loads(response.payload)
    assert canonical.dumps(result) == response.payload
    return result
