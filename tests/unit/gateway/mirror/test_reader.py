from __future__ import annotations

import asyncio

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.peer import transaction_pb2

from gateway.fabric.blocks import parse_block
from gateway.mirror import reader
from gateway.mirror.reader import BlockError, batches, parsed
from tests.support.chain import Chain, ChainNetwork, Tx, units, written

GTIN = "09501101530010"


def chain(blocks: int, packs: int = 1) -> Chain:
    made = Chain()
    for number in range(blocks - 1):
        documents = units(GTIN, (f"{number}-{i}" for i in range(packs)))
        made.add(Tx(f"t{number}", written(*documents)))
    return made


async def test_blocks_come_in_order_and_end_where_they_were_asked_to() -> None:
    made = chain(10)
    got = [block.number async for batch in batches(ChainNetwork(made), 3, 8) for block in batch]
    assert got == [3, 4, 5, 6, 7]
    assert [batch async for batch in batches(ChainNetwork(made), 8, 8)] == []


async def test_a_batch_is_bounded_in_blocks_and_in_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH_BLOCKS", 4)
    sizes = [len(batch) async for batch in batches(ChainNetwork(chain(11)), 0, 11)]
    assert sum(sizes) == 11
    assert max(sizes) <= 4
    monkeypatch.setattr(reader, "BATCH_WRITES", 20)
    sizes = [len(batch) async for batch in batches(ChainNetwork(chain(9, packs=10)), 1, 9)]
    assert sum(sizes) == 8
    assert max(sizes) <= 2


async def test_the_ledger_is_not_read_while_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "WAITING_WRITES", 30)
    served: list[int] = []

    class Network(ChainNetwork):
        async def block_events(self, start_block: int = 0):  # type: ignore[no-untyped-def]
            async for block in super().block_events(start_block):
                served.append(block.header.number)
                yield block

    stream = batches(Network(chain(50, packs=10)), 1)
    await anext(stream)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(served) <= 10
    await stream.aclose()


async def test_a_batch_comes_as_soon_as_there_is_a_block() -> None:
    made = chain(2)
    stream = batches(ChainNetwork(made), 2)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    assert not waiting.done()
    await made.grow(Tx("later"))
    assert [block.number for block in await waiting] == [2]
    await stream.aclose()


async def test_the_readers_error_comes_after_the_blocks_before_it() -> None:
    made = chain(4)
    made.blocks[3].header.data_hash = b"x" * 32
    got = []
    with pytest.raises(BlockError, match="block 3: its data do not match its header"):
        async for batch in batches(ChainNetwork(made), 0, 4):
            got += [block.number for block in batch]
    assert got == [0, 1, 2]


async def test_a_stream_that_ends_is_an_error_to_connect_again_for() -> None:
    class Network(ChainNetwork):
        async def block_events(self, start_block: int = 0):  # type: ignore[no-untyped-def]
            yield self.chain.blocks[0]

    with pytest.raises(ConnectionError):
        async for _ in batches(Network(chain(1)), 0):
            pass


def test_a_readable_block_is_as_the_client_reads_it() -> None:
    block = chain(2, packs=3).blocks[1]
    assert parsed(block) == parse_block(block)


@pytest.mark.parametrize(
    "garbage",
    [
        Tx("bad", data=b"\xff\xff", code=transaction_pb2.BAD_PAYLOAD, at_ms=5000),
        Tx("bad", data=b"", code=transaction_pb2.NIL_TXACTION, at_ms=5000),
        Tx("bad", data=b"", type=12345, code=transaction_pb2.UNKNOWN_TX_TYPE, at_ms=5000),
    ],
)
def test_garbage_that_peers_found_invalid_is_kept_as_far_as_it_can_be_read(garbage: Tx) -> None:
    made = Chain()
    good = Tx("good", written(*units(GTIN, ["1"])))
    view = parsed(made.add(garbage, good))
    assert [t.tx_id for t in view.transactions] == ["bad", "good"]
    assert [t.index for t in view.transactions] == [0, 1]
    assert view.transactions[0].validation_code == garbage.code
    assert view.transactions[0].timestamp_ms == 5000
    assert len(view.transactions[1].writes) == 1


def test_a_wholly_unreadable_envelope_is_kept_too() -> None:
    made = Chain()
    tx = Tx("x", code=transaction_pb2.BAD_PAYLOAD)
    tx.envelope = lambda: b"\xff\xff\xff"  # type: ignore[method-assign]
    assert parsed(made.add(tx)).transactions[0].tx_id == ""


def test_a_valid_transaction_that_cannot_be_read_stops_the_mirror() -> None:
    with pytest.raises(BlockError, match="block 1: unreadable"):
        parsed(Chain().add(Tx("t", data=b"\xff\xff")))


def test_a_configuration_block_is_readable() -> None:
    view = parsed(Chain().blocks[0])
    assert view.transactions[0].type == common_pb2.HeaderType.Name(common_pb2.CONFIG)
