from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest
from fabric_protos.peer import transaction_pb2

from gateway.mirror.documents import DocumentError
from gateway.mirror.reader import parsed
from gateway.mirror.writer import ChainBroken, Moved, Position, Writer, position
from tests.support.chain import START_MS, Chain, Tx, units, written

GTIN = "09501101530010"
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


async def write(connection: Connection, chain: Chain, start: int = 0, end: int | None = None) -> Position:
    here = await position(connection, "medicines")
    views = [parsed(block) for block in chain.blocks[start:end]]
    return await Writer("medicines").write(connection, here, views)


def transfer(name: str, status: str = "offered") -> dict[str, Any]:
    return {
        "doc": "transfer",
        "id": name,
        "from": "9501101530003",
        "to": "9501101530010",
        "status": status,
        "offered_at": START_MS,
    }


async def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query)).fetchall()  # type: ignore[call-overload]


async def test_a_block_its_events_and_the_checkpoint_arrive_together(connection: Connection) -> None:
    chain = Chain()
    chain.add(
        Tx("t1", written(*units(GTIN, ["A", "B"])), event=("UnitsCommissioned", b'{"count":2}')),
        Tx("t2", written(*units(GTIN, ["C"])), code=transaction_pb2.MVCC_READ_CONFLICT, event=("No", b"{}")),
    )
    here = await write(connection, chain)
    assert here.block_number == 1
    assert await position(connection, "medicines") == here
    assert await rows(connection, "SELECT serial, tx_id, block_number FROM unit ORDER BY 1") == [
        ("A", "t1", 1),
        ("B", "t1", 1),
    ]
    assert await rows(connection, "SELECT tx_id, topic, payload FROM outbox") == [
        ("t1", "UnitsCommissioned", {"count": 2})
    ]
    assert await rows(
        connection,
        "SELECT tx_id, position, validation_code, function, creator_msp, endorsers, event_name"
        " FROM ledger_transaction WHERE block_number = 1 ORDER BY position",
    ) == [
        (
            "t1",
            0,
            0,
            "Commission",
            "ManufacturerMSP",
            ["ManufacturerMSP", "RegulatorMSP"],
            "UnitsCommissioned",
        ),
        ("t2", 1, 11, "Commission", "ManufacturerMSP", ["ManufacturerMSP", "RegulatorMSP"], "No"),
    ]
    found = await rows(connection, "SELECT number, previous_hash, transactions FROM block ORDER BY 1")
    assert [(number, count) for number, _, count in found] == [(0, 1), (1, 2)]
    assert bytes(found[1][1]) == parsed(chain.blocks[0]).header_hash


async def test_the_last_write_of_a_key_counts_and_a_deletion_deletes(connection: Connection) -> None:
    chain = Chain()
    [a], [changed], [b] = written(transfer("A")), written(transfer("A", "accepted")), written(transfer("B"))
    chain.add(Tx("t1", [a, b]))
    chain.add(Tx("t2", [changed]), Tx("t3", [(b[0], b[1], None)]))
    await write(connection, chain)
    assert await rows(connection, "SELECT id, status, tx_id FROM transfer") == [("A", "accepted", "t2")]
    chain.add(Tx("t4", [a]), Tx("t5", [b]))
    await write(connection, chain, 3)
    assert await rows(connection, "SELECT id, status, tx_id FROM transfer ORDER BY 1") == [
        ("A", "offered", "t4"),
        ("B", "offered", "t5"),
    ]


@pytest.mark.parametrize("at_once", [True, False])
async def test_goods_are_shown_in_their_newest_period(connection: Connection, at_once: bool) -> None:
    """However the blocks are batched, whatever is written to a period that is over, and none is deleted."""
    loose = units(GTIN, ["A", "B"])
    again = units(GTIN, ["A"], period=2, custodian="9501101530010")
    late = units(GTIN, ["A"], parent="0" * 18, owner=None, owner_msp=None, custodian=None)
    chain = Chain()
    chain.add(Tx("t1", written(*loose)))
    chain.add(Tx("t2", written(*again)), Tx("t3", written(*late)))
    chain.add(Tx("t4", [(namespace, key, None) for namespace, key, _ in written(*again, loose[1])]))
    if at_once:
        await write(connection, chain)
    else:
        for end in range(1, 5):
            await write(connection, chain, end - 1, end)
    shown = "SELECT serial, period, parent, custodian, tx_id FROM unit ORDER BY 1"
    assert await rows(connection, shown) == [
        ("A", 2, None, "9501101530010", "t2"),
        ("B", 1, None, "9501101530003", "t1"),
    ]
    last = units(GTIN, ["A"], period=12)
    chain.add(Tx("t5", written(*last, *again)))
    await write(connection, chain, 4)
    assert (await rows(connection, shown))[0] == ("A", 12, None, "9501101530003", "t5")


async def test_a_block_is_not_written_twice(connection: Connection) -> None:
    chain = Chain()
    chain.add(Tx("t1", written(*units(GTIN, ["A"])), event=("E", b"{}")))
    await write(connection, chain)
    with pytest.raises(ChainBroken, match="block 1 came where block 2 follows"):
        await write(connection, chain, 1)
    assert await rows(connection, "SELECT count(*) FROM outbox") == [(1,)]


async def test_a_gap_and_another_chain_are_refused(connection: Connection) -> None:
    chain, other = Chain(), Chain("other")
    for made in (chain, other):
        made.add(Tx("t1"))
        made.add(Tx("t2"))
    with pytest.raises(ChainBroken, match="block 1 came where block 0 follows"):
        await write(connection, chain, 1)
    await write(connection, chain, 0, 1)
    with pytest.raises(ChainBroken, match="block 2 came where block 1 follows"):
        await write(connection, chain, 2)
    with pytest.raises(ChainBroken, match=r"block 1 follows .* but block 0 here is"):
        await write(connection, other, 1)
    assert await rows(connection, "SELECT block_number FROM checkpoint") == [(0,)]
    assert await rows(connection, "SELECT count(*) FROM block") == [(1,)]


async def test_a_writer_that_was_overtaken_writes_nothing(connection: Connection, database: str) -> None:
    chain = Chain()
    chain.add(Tx("t1"))
    here = await write(connection, chain, 0, 1)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as another:
        await write(another, chain, 1)
    with pytest.raises(Moved):
        await Writer("medicines").write(connection, here, [parsed(chain.blocks[1])])


async def test_a_malformed_document_leaves_no_trace_of_its_block(connection: Connection) -> None:
    chain = Chain()
    [good], [bad] = written(*units(GTIN, ["A"])), written(*units(GTIN, ["B"]))
    chain.add(Tx("t1", [good, (bad[0], bad[1], b'{"doc":"unit"}')], event=("E", b"{}")))
    await write(connection, chain, 0, 1)
    with pytest.raises(DocumentError, match="block 1, transaction t1: malformed unit"):
        await write(connection, chain, 1)
    assert await rows(connection, "SELECT serial FROM unit") == []
    assert await rows(connection, "SELECT tx_id FROM outbox") == []
    assert await rows(connection, "SELECT number FROM block") == [(0,)]
    assert (await position(connection, "medicines")).block_number == 0  # type: ignore[union-attr]


async def test_other_namespaces_and_unknown_kinds_are_passed_over_with_one_warning(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    chain = Chain()
    [unit] = written(*units(GTIN, ["A"]))
    chain.add(
        Tx(
            "t1",
            [
                ("_lifecycle", "namespaces/x", b"\x00"),
                ("bareput", unit[1], b"not json"),
                ("custody", "\x00novelty\x00r1\x00", b"{}"),
                ("custody", "\x00novelty\x00r2\x00", b"{}"),
                ("custody", f"\x00recalled\x00{GTIN}\x00r1\x00", b"{}"),
                ("custody", f"\x00recalled_product\x00{GTIN}\x00", b"{}"),
                ("custody", "plain", b"{}"),
                unit,
            ],
        )
    )
    with caplog.at_level(logging.WARNING, "gateway.mirror.writer"):
        await write(connection, chain)
    assert [record.args for record in caplog.records] == [("novelty",), ("",)]
    assert await rows(connection, "SELECT serial FROM unit") == [("A",)]


async def test_a_transaction_id_may_come_twice(connection: Connection) -> None:
    chain = Chain()
    chain.add(Tx("same", written(*units(GTIN, ["A"])), event=("E", b"{}")))
    chain.add(Tx("same", written(*units(GTIN, ["A"])), code=transaction_pb2.DUPLICATE_TXID))
    await write(connection, chain)
    assert await rows(
        connection,
        "SELECT block_number, validation_code FROM ledger_transaction WHERE tx_id = 'same' ORDER BY 1",
    ) == [(1, 0), (2, 9)]
    assert await rows(connection, "SELECT block_number FROM outbox") == [(1,)]


async def test_what_a_hostile_member_can_have_ordered_does_not_stop_the_mirror(
    connection: Connection,
) -> None:
    chain = Chain()
    chain.add(
        Tx("garbage", data=b"\xff\xff", code=transaction_pb2.BAD_PAYLOAD),
        Tx("nul\x00", function="f\x00", creator="M\x00", endorsers=["E\x00"], code=10),
        Tx("late", at_ms=2**55),
        Tx("early", at_ms=-(2**46)),
        Tx("event", event=("n\x00", b'{"a":"\\u0000","\\u0000":1}')),
        Tx("binary", event=("n", b"\xff\x00")),
        Tx("deep", event=("n", b"[" * 500 + b"]" * 500)),
        Tx("other", chaincode="bareput", event=("n", b"1")),
    )
    await write(connection, chain)
    assert await rows(connection, "SELECT count(*) FROM ledger_transaction WHERE block_number = 1") == [(8,)]
    assert await rows(
        connection, "SELECT tx_id, topic, payload FROM outbox WHERE tx_id <> 'deep' ORDER BY 1"
    ) == [
        ("binary", "n", "\ufffd\ufffd"),
        ("event", "n\ufffd", {"a": "\ufffd", "\ufffd": 1}),
    ]
    assert await rows(
        connection, "SELECT function, creator_msp FROM ledger_transaction WHERE position = 1"
    ) == [("f\ufffd", "M\ufffd")]
    assert len(await rows(connection, "SELECT at FROM ledger_transaction")) == 9


async def test_characters_that_copy_treats_specially_arrive_as_they_are(connection: Connection) -> None:
    name = "tab\t newline\n return\r back\\slash \\N \\. quote\" ' é 💊"
    chain = Chain()
    party = {
        "doc": "party",
        "gln": "9501101530003",
        "name": name,
        "msp_id": "M",
        "role": "3pl",
        "licences": [{"number": name}],
        "registered_at": START_MS,
    }
    chain.add(Tx("t", written(party, namespace="registry")))
    await write(connection, chain)
    assert await rows(connection, "SELECT name, document FROM party") == [(name, party)]
