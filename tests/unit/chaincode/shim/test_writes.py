"""Records on the wire: what the library reads back is what was recorded."""

from __future__ import annotations

from typing import Any

import pytest
from fabric_protos.peer import chaincode_shim_pb2

from chaincode.shim.errors import ShimError
from chaincode.shim.limits import BATCH_BYTES, Offers
from chaincode.shim.writes import Message, WriteBatchState, WriteRecord, Writes


class Sent:
    """Keeps what is asked of the peer."""

    def __init__(self, write_batch: int) -> None:
        self.offers = Offers(write_batch=write_batch)
        self.requests: list[tuple[int, bytes]] = []

    async def request(self, kind: int, payload: bytes) -> bytes:
        self.requests.append((kind, payload))
        return b""

    def records(self) -> list[list[Any]]:
        return [list(WriteBatchState.FromString(payload).rec) for _, payload in self.requests]


@pytest.mark.parametrize("limit", [1, 7, 8])
async def test_many_values_under_one_policy_are_as_each_by_itself(limit: int) -> None:
    entries = [(f"key{number}", b"same" if number % 3 else b"other%d" % number) for number in range(50)]
    together, apart = Sent(limit), Sent(limit)
    writes = Writes(together)  # type: ignore[arg-type]
    writes.put_all(iter(entries), "POLICY", b"p")
    await writes.flush()
    writes = Writes(apart)  # type: ignore[arg-type]
    for key, value in entries:
        writes.put(key, value)
        writes.metadata(key, "POLICY", b"p", "")
    await writes.flush()
    assert together.requests == apart.requests
    assert all(len(records) <= limit for records in together.records())


@pytest.mark.parametrize(("key", "value"), [("", b"v"), ("k", b""), ("k", b"v" * 200_000_000)])
def test_what_no_peer_takes_is_refused_among_many(key: str, value: bytes) -> None:
    writes = Writes(Sent(8))  # type: ignore[arg-type]
    with pytest.raises(ShimError):
        writes.put_all([("first", b"v"), (key, value)], "POLICY", b"p")
    with pytest.raises(ShimError):
        writes.put_all([(key, value)], "POLICY", b"p")


@pytest.mark.parametrize("size", [1, 127, 128, 2047, 2048, 16_383, 16_384, 1_000_000])
async def test_any_length_is_read_back(size: int) -> None:
    sent = Sent(10)
    writes = Writes(sent)  # type: ignore[arg-type]
    key = "\x00unit\x00é" + "k" * (size % 5000)
    writes.put(key, b"v" * size)
    writes.put(key, b"v" * size, "prices")
    writes.metadata(key, "POLICY", b"p" * size, "")
    writes.metadata(key, "POLICY", b"q", "prices")
    writes.delete(key, "")
    writes.purge(key, "prices")
    await writes.flush()
    assert [kind for kind, _ in sent.requests] == [Message.WRITE_BATCH_STATE]
    entry = chaincode_shim_pb2.StateMetadata
    assert sent.records() == [
        [
            WriteRecord(key=key, value=b"v" * size, type=WriteRecord.PUT_STATE),
            WriteRecord(key=key, value=b"v" * size, collection="prices", type=WriteRecord.PUT_STATE),
            WriteRecord(
                key=key,
                metadata=entry(metakey="POLICY", value=b"p" * size),
                type=WriteRecord.PUT_STATE_METADATA,
            ),
            WriteRecord(
                key=key,
                metadata=entry(metakey="POLICY", value=b"q"),
                collection="prices",
                type=WriteRecord.PUT_STATE_METADATA,
            ),
            WriteRecord(key=key, type=WriteRecord.DEL_STATE),
            WriteRecord(key=key, collection="prices", type=WriteRecord.PURGE_PRIVATE_DATA),
        ]
    ]


async def test_a_batch_is_cut_by_its_bytes() -> None:
    sent = Sent(10)
    writes = Writes(sent)  # type: ignore[arg-type]
    half = b"v" * (BATCH_BYTES // 2 - 100)
    for key in ("a", "b", "c"):
        writes.put(key, half)
    await writes.flush()
    assert [[record.key for record in batch] for batch in sent.records()] == [["a", "b"], ["c"]]
