"""Results that the peer hands out in batches."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.peer import chaincode_shim_pb2

from chaincode.shim.transaction import Transaction

Message = chaincode_shim_pb2.ChaincodeMessage

Result = TypeVar("Result")


class KeyValue(NamedTuple):
    """One key with its committed value."""

    key: str
    value: bytes


class Modification(NamedTuple):
    """One committed change of a key; `value` is empty for a deletion."""

    tx_id: str
    timestamp_ms: int
    is_delete: bool
    value: bytes


class Page(NamedTuple):
    """Part of a range; `bookmark` asks for the next one and is empty on the last."""

    items: list[KeyValue]
    bookmark: str


def read_key_value(data: bytes) -> KeyValue:
    """Decode one result of a range."""
    result = kv_query_result_pb2.KV.FromString(data)
    return KeyValue(result.key, result.value)


def read_modification(data: bytes) -> Modification:
    """Decode one result of a history."""
    result = kv_query_result_pb2.KeyModification.FromString(data)
    stamp = result.timestamp
    at = stamp.seconds * 1000 + stamp.nanos // 1_000_000
    return Modification(result.tx_id, at, result.is_delete, result.value)


def read_page(data: bytes) -> Page:
    """Decode the answer to a range request with a page size."""
    response = chaincode_shim_pb2.QueryResponse.FromString(data)
    metadata = chaincode_shim_pb2.QueryResponseMetadata.FromString(response.metadata)
    return Page([read_key_value(result.resultBytes) for result in response.results], metadata.bookmark)


class Results(Generic[Result]):
    """An asynchronous iterator over a query; the first `async for` step sends it.

    The peer closes what is left when the transaction ends; `close` does so earlier, which a transaction that
    opens very many queries and finishes none should use.
    """

    def __init__(
        self, transaction: Transaction, kind: int, request: bytes, read: Callable[[bytes], Result]
    ) -> None:
        self._transaction = transaction
        self._kind = kind
        self._request = request
        self._read = read
        self._batch: deque[bytes] = deque()
        self._id = ""
        self._more = True

    def __aiter__(self) -> Results[Result]:
        return self

    async def __anext__(self) -> Result:
        while not self._batch:
            if not self._more:
                raise StopAsyncIteration
            await self._fetch()
        return self._read(self._batch.popleft())

    async def take(self, limit: int = sys.maxsize) -> list[Result]:
        """What is left, but no more than ``limit``, in half the time of a loop; the query is closed."""
        taken: list[bytes] = list(self._batch)
        while self._more and len(taken) < limit:
            self._batch.clear()
            await self._fetch()
            taken += self._batch
        await self.close()
        return list(map(self._read, taken[:limit]))

    async def close(self) -> None:
        """End the query; nothing more comes out of it."""
        self._batch.clear()
        if self._more and self._id:
            request = chaincode_shim_pb2.QueryStateClose(id=self._id).SerializeToString()
            await self._transaction.request(Message.QUERY_STATE_CLOSE, request)
        self._more = False

    async def _fetch(self) -> None:
        if self._id:
            following = chaincode_shim_pb2.QueryStateNext(id=self._id).SerializeToString()
            answer = await self._transaction.request(Message.QUERY_STATE_NEXT, following)
        else:
            answer = await self._transaction.request(self._kind, self._request)
        response = chaincode_shim_pb2.QueryResponse.FromString(answer)
        self._batch.extend(result.resultBytes for result in response.results)
        self._id = response.id
        self._more = response.has_more
