"""The writes of one transaction on their way to the peer."""

from __future__ import annotations

from collections.abc import Callable

from fabric_protos.peer import chaincode_shim_pb2

from chaincode.shim.errors import ShimError
from chaincode.shim.limits import BATCH_BYTES, MAX_MESSAGE_BYTES
from chaincode.shim.transaction import Transaction

Message = chaincode_shim_pb2.ChaincodeMessage
WriteRecord = chaincode_shim_pb2.WriteRecord

_PUT = WriteRecord.PUT_STATE
_DELETE = WriteRecord.DEL_STATE
_PURGE = WriteRecord.PURGE_PRIVATE_DATA
_METADATA = WriteRecord.PUT_STATE_METADATA

# Records kept together where the peer takes none in batches.
_UNBATCHED = 1000
# Room for the names around a value in the largest message.
_ENVELOPE_BYTES = 1024 * 1024


class Writes:
    """Records in the order in which they were made; the peer applies them in that order.

    They are kept as the batches in which they will travel: building a record in its place costs a third of
    building it first and copying it.
    """

    __slots__ = ("_add", "_batches", "_bytes", "_left", "_limit", "_transaction")

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._limit = transaction.offers.write_batch or _UNBATCHED
        self._batches: list[chaincode_shim_pb2.WriteBatchState] = []
        # Set with the first batch: `_left` says that there is none yet.
        self._add: Callable[..., object]
        self._left = 0
        self._bytes = 0

    def put(self, key: str, value: bytes, collection: str = "") -> None:
        """Record a value; ShimError where it is empty or larger than a message."""
        if not value:
            raise ShimError("an empty value would be a deletion; use a delete")
        size = len(value)
        if size > MAX_MESSAGE_BYTES - _ENVELOPE_BYTES:
            raise ShimError(f"a value of {size} bytes does not fit a message")
        self._room(key, size)
        self._add(key=key, value=value, collection=collection, type=_PUT)

    def delete(self, key: str, collection: str) -> None:
        """Record a deletion."""
        self._room(key, 0)
        self._add(key=key, collection=collection, type=_DELETE)

    def purge(self, key: str, collection: str) -> None:
        """Record the removal of a private value with all its history."""
        self._room(key, 0)
        self._add(key=key, collection=collection, type=_PURGE)

    def metadata(self, key: str, name: str, value: bytes, collection: str) -> None:
        """Record a key's metadata entry."""
        self._room(key, len(value))
        entry = chaincode_shim_pb2.StateMetadata(metakey=name, value=value)
        self._add(key=key, collection=collection, metadata=entry, type=_METADATA)

    async def flush(self) -> None:
        """Send what is recorded: in batches where the peer offers them, else record by record."""
        batches, self._batches = self._batches, []
        self._left = 0
        for batch in batches:
            if self._transaction.offers.write_batch:
                await self._transaction.request(Message.WRITE_BATCH_STATE, batch.SerializeToString())
                continue
            for record in batch.rec:
                await self._transaction.request(*_single(record))

    def _room(self, key: str, size: int) -> None:
        """Make room for a record with `size` bytes of value, in a new batch where the last is full."""
        if not key:
            raise ShimError("a key must not be empty")
        if not self._left or self._bytes + size > BATCH_BYTES:
            batch = chaincode_shim_pb2.WriteBatchState()
            self._batches.append(batch)
            self._add = batch.rec.add
            self._left = self._limit
            self._bytes = 0
        self._left -= 1
        self._bytes += size


def _single(record: chaincode_shim_pb2.WriteRecord) -> tuple[int, bytes]:
    """A record as the message type and payload that peers before 3.1 know."""
    key, collection = record.key, record.collection
    if record.type == _PUT:
        put = chaincode_shim_pb2.PutState(key=key, value=record.value, collection=collection)
        return Message.PUT_STATE, put.SerializeToString()
    if record.type == _DELETE:
        deletion = chaincode_shim_pb2.DelState(key=key, collection=collection)
        return Message.DEL_STATE, deletion.SerializeToString()
    if record.type == _PURGE:
        purge = chaincode_shim_pb2.PurgePrivateState(key=key, collection=collection)
        return Message.PURGE_PRIVATE_DATA, purge.SerializeToString()
    metadata = chaincode_shim_pb2.PutStateMetadata(key=key, collection=collection, metadata=record.metadata)
    return Message.PUT_STATE_METADATA, metadata.SerializeToString()
