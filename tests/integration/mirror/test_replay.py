from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from fabric_protos.peer import transaction_pb2

from chaincode.model import periods, trays
from gateway.mirror import replay
from gateway.mirror.chain import LedgerBehind
from gateway.mirror.reader import parsed
from gateway.mirror.spotcheck import spot_check
from gateway.mirror.writer import ChainBroken, Writer, position
from tests.support.chain import Chain, ChainNetwork, Tx, commissioned, units, written

GTIN = "09501101530010"
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


def chain() -> Chain:
    made = Chain()
    tray, *born = commissioned(GTIN, ["A", "B", "C"])
    made.add(Tx("t1", written(tray, *born), event=("One", b"{}")))
    dispensed = units(GTIN, ["A"], status="dispensed", dispensed_at=1)
    made.add(
        Tx("t2", written(tray | {"left": ["A"]}, *dispensed), event=("Two", b"{}")),
        Tx("t3", written(*units(GTIN, ["D"])), code=transaction_pb2.MVCC_READ_CONFLICT, event=("No", b"{}")),
    )
    return made


async def mirror(connection: Connection, made: Chain, end: int | None = None) -> None:
    here = await position(connection, "medicines")
    views = [parsed(block) for block in made.blocks[here.next_block if here else 0 : end]]
    await Writer("medicines").write(connection, here, views)


async def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query)).fetchall()  # type: ignore[call-overload]


async def test_a_rebuild_makes_what_the_mirror_had(connection: Connection, database: str) -> None:
    made = chain()
    await mirror(connection, made)
    tables = ("unit", "tray", "block", "ledger_transaction", "outbox")
    before = [await rows(connection, f"SELECT * FROM {t} ORDER BY 1, 2") for t in tables]  # noqa: S608
    assert await replay.rebuild(ChainNetwork(made), database) == replay.Rebuilt(3, 3)
    after = [await rows(connection, f"SELECT * FROM {t} ORDER BY 1, 2") for t in tables]  # noqa: S608
    assert after == before
    assert (await replay.verify(ChainNetwork(made), database)).equal


async def test_a_rebuild_of_nothing_tells_every_event(connection: Connection, database: str) -> None:
    await replay.rebuild(ChainNetwork(chain()), database)
    assert await rows(connection, "SELECT tx_id, topic FROM outbox ORDER BY id") == [
        ("t1", "One"),
        ("t2", "Two"),
    ]


async def test_a_rebuild_that_goes_further_tells_the_events_in_between_once(
    connection: Connection, database: str
) -> None:
    made = chain()
    await mirror(connection, made, 2)
    await connection.execute("DELETE FROM outbox")
    await replay.rebuild(ChainNetwork(made), database)
    assert await rows(connection, "SELECT topic FROM outbox") == [("Two",)]
    made.add(Tx("t4", event=("Three", b"{}")))
    await mirror(connection, made)
    assert await rows(connection, "SELECT topic FROM outbox ORDER BY id") == [("Two",), ("Three",)]


async def test_a_rebuild_keeps_what_is_not_the_ledgers(connection: Connection, database: str) -> None:
    await connection.execute(
        "INSERT INTO reading (device_id, sequence, container, at, value_mc) VALUES ('d', 1, 'c', %s, 5000)",
        (datetime.now(UTC),),
    )
    await replay.rebuild(ChainNetwork(chain()), database)
    assert await rows(connection, "SELECT sequence FROM reading") == [(1,)]


async def test_a_rebuild_heals_what_somebody_changed(connection: Connection, database: str) -> None:
    made = chain()
    await mirror(connection, made)
    await connection.execute(
        "UPDATE unit SET status = 'commissioned', dispensed_at = NULL WHERE serial = 'A'"
    )
    await connection.execute("DELETE FROM unit WHERE serial = 'B'")
    found = await replay.verify(ChainNetwork(made), database)
    assert not found.equal
    shown = {(d.table, d.side, '"serial":"A"' in d.row, '"serial":"B"' in d.row) for d in found.differences}
    assert shown == {
        ("unit", "mirror", True, False),
        ("unit", "ledger", True, False),
        ("unit", "ledger", False, True),
    }
    await replay.rebuild(ChainNetwork(made), database)
    assert (await replay.verify(ChainNetwork(made), database)).equal


async def test_a_rebuild_waits_for_readers_and_gives_up_with_the_old_tables_in_place(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = chain()
    await mirror(connection, made)
    monkeypatch.setattr(replay, "SWAP_SECONDS", 1)
    monkeypatch.setattr(replay, "SWAP_ATTEMPTS", 1)
    async with await psycopg.AsyncConnection.connect(database) as reader:
        await reader.execute("SELECT * FROM unit")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await replay.rebuild(ChainNetwork(made), database)
        assert len(await rows(reader, "SELECT * FROM unit")) == 3
    await replay.rebuild(ChainNetwork(made), database)
    assert await rows(connection, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'mirror_%'") == [(0,)]


async def test_verification_covers_the_blocks(connection: Connection, database: str) -> None:
    made = chain()
    await mirror(connection, made)
    await connection.execute("UPDATE block SET data_hash = '\\x00' WHERE number = 1")
    await connection.execute("UPDATE ledger_transaction SET creator_msp = 'EvilMSP' WHERE tx_id = 't3'")
    found = await replay.verify(ChainNetwork(made), database)
    assert {difference.table for difference in found.differences} == {"block", "ledger_transaction"}
    assert {t.table: t.rows for t in found.tables}["unit"] == 3


async def test_verification_stops_at_the_mirrors_height(connection: Connection, database: str) -> None:
    made = chain()
    await mirror(connection, made, 2)
    found = await replay.verify(ChainNetwork(made), database)
    assert (found.height, found.equal) == (2, True)


async def test_equal_digests_need_equal_rows(connection: Connection, database: str) -> None:
    made = chain()
    await mirror(connection, made)
    first = await replay.verify(ChainNetwork(made), database)
    again = await replay.verify(ChainNetwork(made), database)
    assert first == again
    made.add(Tx("t5", written(*units(GTIN, ["E"]))))
    await mirror(connection, made)
    more = await replay.verify(ChainNetwork(made), database)
    assert {a.table for a, b in zip(first.tables, more.tables, strict=True) if a.digest != b.digest} == {
        "block",
        "ledger_transaction",
        "unit",
    }


async def test_a_mirror_of_another_ledger_is_told_apart(connection: Connection, database: str) -> None:
    await mirror(connection, chain())
    short, other = Chain(), Chain("other")
    other.add(Tx("a"))
    other.add(Tx("b"))
    with pytest.raises(LedgerBehind, match="the ledger has 1 blocks and the mirror 3"):
        await replay.verify(ChainNetwork(short), database)
    with pytest.raises(ChainBroken, match="it mirrors another ledger"):
        await replay.verify(ChainNetwork(other), database)


def standing(network: ChainNetwork, serial: str) -> Any:
    """A unit as chaincode tells of it: A left the tray, the others are in it."""
    if serial == "A":
        return periods.whole(network.state("unit", GTIN, serial, "1"), GTIN, serial)
    return trays.pack_in(network.state("tray", GTIN, "A"), serial)


async def test_documents_are_read_back_through_the_chaincodes(connection: Connection, database: str) -> None:
    made = chain()
    packing = {"doc": "packing", "trays": [[GTIN, "A"]], "children": []}
    hold = {"doc": "hold", "status": "quarantine", "inside": [], "ref": f"01{GTIN}10L-1"}
    held = [hold | {"gln": "9501101530003"}, hold | {"ref": f"01{GTIN}21A"}]
    made.add(Tx("t4", written(*held, *(packing | {"sscc": sscc} for sscc in ("0" * 18, "1" * 18)))))
    await mirror(connection, made)
    network = ChainNetwork(made)
    network.documents["GetUnit"] = lambda asked: {"unit": standing(network, asked["serial"])}
    network.documents["History"] = lambda asked: {
        "items": [{"doc": {}}, {"doc": network.state(asked["key_type"], *asked["attributes"])}]
    }
    checks = await spot_check(network, database)
    assert (checks.read, checks.different, checks.unsure) == (8, (), 0)
    await connection.execute("UPDATE unit SET owner = 'thief' WHERE serial = 'B'")
    await connection.execute("UPDATE tray SET gone = '[]'")
    await connection.execute("UPDATE packing SET trays = '[]' WHERE sscc = %s", ("1" * 18,))
    different = (await spot_check(network, database)).different
    assert different == (f"unit {GTIN}/B", f"tray {GTIN}/A", f"packing {'1' * 18}")
