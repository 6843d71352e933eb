"""The writes of one transaction on their way to the peer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from fabric_protos.peer import chaincode_shim_pb2

from chaincode.shim.errors import ShimError
from chaincode.shim.limits import BATCH_BYTES, MAX_MESSAGE_BYTES
from chaincode.shim.transaction import Transaction

Message = chaincode_shim_pb2.ChaincodeMessage
WriteRecord = chaincode_shim_pb2.WriteRecord
WriteBatchState = chaincode_shim_pb2.WriteBatchState

_PUT = WriteRecord.PUT_STATE
_DELETE = WriteRecord.DEL_STATE
_PURGE = WriteRecord.PURGE_PRIVATE_DATA
_METADATA = WriteRecord.PUT_STATE_METADATA

# Records kept together where the peer takes none in batches.
_UNBATCHED = 1000
# Room for the names around a value in the largest message.
_ENVELOPE_BYTES = 1024 * 1024


def _field(message: type, name: str) -> bytes:
    """The tag of a field that holds bytes, text or a message: its number and wire type 2."""
    return bytes([message.DESCRIPTOR.fields_by_name[name].number << 3 | 2])  # type: ignore[attr-defined]


_KEY = _field(WriteRecord, "key")
_VALUE = _field(WriteRecord, "value")
_RECORD = _field(WriteBatchState, "rec")


def _varint(number: int) -> bytes:
    """A length as protobuf writes it: seven bits a byte, the lowest first."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


# The lengths of nearly all keys, values and records.
_LENGTHS = tuple(_varint(number) for number in range(2048))


def _length(size: int) -> bytes:
    return _LENGTHS[size] if size < len(_LENGTHS) else _varint(size)


def _framed(size: int) -> bytes:
    """What stands before a record of so many bytes in its batch."""
    return _RECORD + _length(size)


def _tag_of_key(size: int) -> bytes:
    """What stands before a record's key of so many bytes."""
    if not size:
        raise ShimError("a key must not be empty")
    return _KEY + _length(size)


def _named(key: str) -> bytes:
    """A record's key."""
    name = key.encode()
    return _tag_of_key(len(name)) + name


def _valued(value: bytes) -> bytes:
    """A record's value."""
    if not value:
        raise ShimError("an empty value would be a deletion; use a delete")
    if len(value) > MAX_MESSAGE_BYTES - _ENVELOPE_BYTES:
        raise ShimError(f"a value of {len(value)} bytes does not fit a message")
    return b"%b%b%b" % (_VALUE, _length(len(value)), value)


@lru_cache(maxsize=256)
def _rest(kind: int, collection: str, name: str = "", value: bytes = b"") -> bytes:
    """A record without its key and value: the same for all records of a batch, or nearly."""
    record = WriteRecord(collection=collection, type=kind)
    if name:
        record.metadata.CopyFrom(chaincode_shim_pb2.StateMetadata(metakey=name, value=value))
    return record.SerializeToString()


class Writes:
    """Records in the order in which they were made; the peer applies them in that order.

    They are kept as the bytes in which they will travel. A commissioning writes thousands, which differ in
    their keys and values alone: putting those between bytes made once takes a tenth of the time of building
    each record with the library.
    """

    __slots__ = ("_batches", "_bytes", "_left", "_limit", "_transaction")

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._limit = transaction.offers.write_batch or _UNBATCHED
        self._batches: list[list[bytes]] = []
        # `_left` says how many records the last batch has room for, 0 where there is no batch yet.
        self._left = 0
        self._bytes = 0

    def put(self, key: str, value: bytes, collection: str = "") -> None:
        """Record a value; ShimError where it is empty or larger than a message."""
        self._append(_named(key) + _valued(value) + _rest(_PUT, collection))

    def put_all(self, entries: Iterable[tuple[str, bytes]], name: str, metadata: bytes) -> None:
        """Record values, and for each of their keys the same metadata entry; ShimError as ``put``.

        A thousand keys may get the same value: what is written of it is made once.
        """
        rest, entry = _rest(_PUT, ""), _rest(_METADATA, "", name, metadata)
        last, valued = None, b""
        # What stands before keys of a length in the two records: most have the same.
        before: dict[int, tuple[bytes, bytes]] = {}
        for key, value in entries:
            if value is not last:
                last, valued = value, _valued(value) + rest
                before = {}
            encoded = key.encode()
            size = len(encoded)
            if size not in before:
                named = _tag_of_key(size)
                of_value, of_entry = (_framed(size + len(named) + len(after)) for after in (valued, entry))
                before[size] = of_value + named, of_entry + named
            put, protect = before[size]
            self._add(b"%b%b%b" % (put, encoded, valued))
            self._add(b"%b%b%b" % (protect, encoded, entry))

    def delete(self, key: str, collection: str) -> None:
        """Record a deletion."""
        self._append(_named(key) + _rest(_DELETE, collection))

    def purge(self, key: str, collection: str) -> None:
        """Record the removal of a private value with all its history."""
        self._append(_named(key) + _rest(_PURGE, collection))

    def metadata(self, key: str, name: str, value: bytes, collection: str) -> None:
        """Record a key's metadata entry."""
        self._append(_named(key) + _rest(_METADATA, collection, name, value))

    async def flush(self) -> None:
        """Send what is recorded: in batches where the peer offers them, else record by record."""
        batches, self._batches = self._batches, []
        self._left = 0
        for batch in batches:
            if self._transaction.offers.write_batch:
                await self._transaction.request(Message.WRITE_BATCH_STATE, b"".join(batch))
                continue
            for record in WriteBatchState.FromString(b"".join(batch)).rec:
                await self._transaction.request(*_single(record))

    def _append(self, record: bytes) -> None:
        self._add(_framed(len(record)) + record)

    def _add(self, framed: bytes) -> None:
        """Keep a record as it stands in a batch, in a new one where the last is full."""
        if not self._left or self._bytes + len(framed) > BATCH_BYTES:
            self._batches.append([])
            self._left = self._limit
            self._bytes = 0
        self._batches[-1].append(framed)
        self._left -= 1
        self._bytes += len(framed)


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
