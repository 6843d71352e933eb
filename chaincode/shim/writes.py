"""The writes of one transaction on their way to the peer."""

from __future__ import annotations

from collections.abc import Iterator

from fabric_protos.peer import chaincode_shim_pb2

from chaincode.shim.errors import ShimError
from chaincode.shim.limits import BATCH_BYTES, MAX_MESSAGE_BYTES
from chaincode.shim.transaction import Transaction

Message = chaincode_shim_pb2.ChaincodeMessage
WriteRecord = chaincode_shim_pb2.WriteRecord

# Room for the names around a value in the largest message.
_ENVELOPE_BYTES = 1024 * 1024


class Writes:
    """Records in the order in which they were made; the peer applies them in that order."""

    __slots__ = ("_records", "_transaction")

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._records: list[chaincode_shim_pb2.WriteRecord] = []

    def put(self, key: str, value: bytes, collection: str) -> None:
        """Record a value; ShimError where it is empty or larger than a message."""
        if not value:
            raise ShimError("an empty value would be a deletion; use a delete")
        if len(value) > MAX_MESSAGE_BYTES - _ENVELOPE_BYTES:
            raise ShimError(f"a value of {len(value)} bytes does not fit a message")
        self._add(WriteRecord(key=key, value=value, collection=collection, type=WriteRecord.PUT_STATE))

    def delete(self, key: str, collection: str) -> None:
        """Record a deletion."""
        self._add(WriteRecord(key=key, collection=collection, type=WriteRecord.DEL_STATE))

    def purge(self, key: str, collection: str) -> None:
        """Record the removal of a private value with all its history."""
        self._add(WriteRecord(key=key, collection=collection, type=WriteRecord.PURGE_PRIVATE_DATA))

    def metadata(self, key: str, name: str, value: bytes, collection: str) -> None:
        """Record a key's metadata entry."""
        entry = chaincode_shim_pb2.StateMetadata(metakey=name, value=value)
        kind = WriteRecord.PUT_STATE_METADATA
        self._add(WriteRecord(key=key, collection=collection, metadata=entry, type=kind))

    async def flush(self) -> None:
        """Send what is recorded: in batches where the peer offers them, else record by record."""
        records, self._records = self._records, []
        if self._transaction.offers.write_batch:
            for batch in _batches(records, self._transaction.offers.write_batch):
                await self._transaction.request(Message.WRITE_BATCH_STATE, batch.SerializeToString())
            return
        for record in records:
            await self._transaction.request(*_single(record))

    def _add(self, record: chaincode_shim_pb2.WriteRecord) -> None:
        if not record.key:
            raise ShimError("a key must not be empty")
        self._records.append(record)


def _batches(
    records: list[chaincode_shim_pb2.WriteRecord], limit: int
) -> Iterator[chaincode_shim_pb2.WriteBatchState]:
    """Cut records into messages of at most `limit` records and about BATCH_BYTES bytes."""
    part: list[chaincode_shim_pb2.WriteRecord] = []
    size = 0
    for record in records:
        length = len(record.value)
        if part and (len(part) == limit or size + length > BATCH_BYTES):
            yield chaincode_shim_pb2.WriteBatchState(rec=part)
            part, size = [], 0
        part.append(record)
        size += length
    if part:
        yield chaincode_shim_pb2.WriteBatchState(rec=part)


def _single(record: chaincode_shim_pb2.WriteRecord) -> tuple[int, bytes]:
    """A record as the message type and payload that peers before 3.1 know."""
    key, collection = record.key, record.collection
    if record.type == WriteRecord.PUT_STATE:
        put = chaincode_shim_pb2.PutState(key=key, value=record.value, collection=collection)
        return Message.PUT_STATE, put.SerializeToString()
    if record.type == WriteRecord.DEL_STATE:
        deletion = chaincode_shim_pb2.DelState(key=key, collection=collection)
        return Message.DEL_STATE, deletion.SerializeToString()
    if record.type == WriteRecord.PURGE_PRIVATE_DATA:
        purge = chaincode_shim_pb2.PurgePrivateState(key=key, collection=collection)
        return Message.PURGE_PRIVATE_DATA, purge.SerializeToString()
    metadata = chaincode_shim_pb2.PutStateMetadata(key=key, collection=collection, metadata=record.metadata)
    return Message.PUT_STATE_METADATA, metadata.SerializeToString()
