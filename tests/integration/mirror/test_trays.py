"""Packs in trays: their rows say what their trays do, however the blocks are cut into batches."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import psycopg
import pytest

from chaincode.model import trays
from gateway.mirror.documents import MAPPERS, DocumentError
from gateway.mirror.reader import parsed
from gateway.mirror.writer import Writer, position
from tests.support.chain import START_MS, Chain, Tx, commissioned, packed, units, written

GTIN = "09501101530010"
MAKER, OTHER = "9501101530003", "9501101530010"
CASE, SECOND = "095011015300000017", "095011015300000024"
Connection = psycopg.AsyncConnection[tuple[Any, ...]]
SHOWN = "SELECT serial, period, tray, parent, custodian FROM unit ORDER BY 1"


async def write(connection: Connection, chain: Chain, end: int | None = None) -> None:
    here = await position(connection, "medicines")
    views = [parsed(block) for block in chain.blocks[here.next_block if here else 0 : end]]
    await Writer("medicines", outbox=False).write(connection, here, views)


async def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query)).fetchall()  # type: ignore[call-overload]


async def cut(connection: Connection, chain: Chain, ends: Iterable[int]) -> list[list[tuple[Any, ...]]]:
    """All rows of packs and trays of a new mirror that gets the blocks in batches that end before these."""
    await connection.execute("TRUNCATE unit, tray, block, ledger_transaction, checkpoint")
    for end in (*ends, len(chain.blocks)):
        await write(connection, chain, end)
    return [
        await rows(connection, f"SELECT * FROM {table} ORDER BY gtin, serial")  # noqa: S608
        for table in ("unit", "tray")
    ]


def one_day() -> Chain:
    """Two trays: one is packed whole; a pack leaves the other, whose rest is packed, and some is unpacked."""
    first, *packs = commissioned(GTIN, ["A", "B", "C", "D"])
    second, *others = commissioned(GTIN, ["K", "L"])
    rest = first | {"left": ["A"]}
    chain = Chain()
    chain.add(Tx("commission", written(first, *packs, second, *others)))
    chain.add(Tx("pack", written(packed(second, SECOND))))
    chain.add(Tx("offer", written(rest, *units(GTIN, ["A"], offer="t"))))
    chain.add(
        Tx("dispense", written(rest | {"left": ["A", "D"]}, *units(GTIN, ["D"], status="dispensed"))),
        Tx("rest", written(packed(rest | {"left": ["A", "D"]}, CASE))),
    )
    chain.add(Tx("unpack", written(*units(GTIN, ["B"], custodian=OTHER, taken_at=START_MS + 5))))
    return chain


async def test_rows_are_the_same_whatever_the_batches(connection: Connection) -> None:
    chain = one_day()
    at_once = await cut(connection, chain, ())
    assert [(row[1], row[2], *row[5:10]) for row in at_once[0]] == [
        ("A", 1, None, None, MAKER, "ManufacturerMSP", MAKER),
        ("B", 1, None, None, MAKER, "ManufacturerMSP", OTHER),
        ("C", 0, "A", CASE, None, None, None),
        ("D", 1, None, None, MAKER, "ManufacturerMSP", MAKER),
        ("K", 0, "K", SECOND, None, None, None),
        ("L", 0, "K", SECOND, None, None, None),
    ]
    inner = range(1, len(chain.blocks))
    for count in inner:
        for ends in combinations(inner, count):
            assert await cut(connection, chain, ends) == at_once, ends


async def test_a_pack_in_a_later_period_is_untouched_by_its_tray(connection: Connection) -> None:
    tray, *packs = commissioned(GTIN, ["A", "B"])
    chain = Chain()
    chain.add(Tx("t1", written(tray, *packs)))
    chain.add(Tx("t2", written(tray | {"left": ["A"]}, *units(GTIN, ["A"], custodian=OTHER))))
    await write(connection, chain)
    # Not even by one that names it again.
    for last in (packed(tray | {"left": ["A"]}, CASE), packed(tray, SECOND)):
        chain.add(Tx("t3", written(last)))
        await write(connection, chain)
        assert await rows(connection, SHOWN) == [
            ("A", 1, None, None, OTHER),
            ("B", 0, "A", last["parent"], None),
        ]


async def test_a_tray_alone_brings_no_pack(connection: Connection) -> None:
    tray, *packs = commissioned(GTIN, ["A", "B"])
    chain = Chain()
    chain.add(Tx("t1", written(tray, packs[0])))
    chain.add(Tx("t2", written(packed(tray, CASE))))
    await write(connection, chain, 2)
    assert await rows(connection, SHOWN) == [("A", 0, "A", None, MAKER)]
    await write(connection, chain)
    assert await rows(connection, SHOWN) == [("A", 0, "A", CASE, None)]


@pytest.mark.parametrize(
    "change",
    [{"lot": "other"}, {"commissioned_at": 1}, {"origin": "r"}, {"serials": ["A"]}, {"left": ["B"]}],
    ids=lambda change: next(iter(change)),
)
async def test_a_tray_has_no_say_over_what_it_does_not_name(
    connection: Connection, change: dict[str, Any]
) -> None:
    tray, *packs = commissioned(GTIN, ["A", "B"])
    chain = Chain()
    chain.add(Tx("t1", written(tray, *packs)))
    chain.add(Tx("t2", written(tray | change)))
    await write(connection, chain, 2)
    assert (await rows(connection, SHOWN))[1] == ("B", 0, "A", None, MAKER)
    await write(connection, chain)
    assert (await rows(connection, SHOWN))[1] == ("B", 0, "A", None, None)


async def test_a_deleted_tray_is_kept(connection: Connection) -> None:
    """Chaincode deletes none: its packs' rows would say of nobody that they are theirs."""
    tray, pack = commissioned(GTIN, ["A"])
    chain = Chain()
    chain.add(Tx("t1", written(tray, pack)))
    chain.add(Tx("t2", [(namespace, key, None) for namespace, key, _ in written(tray)]))
    await write(connection, chain)
    assert await rows(connection, SHOWN) == [("A", 0, "A", None, MAKER)]
    assert await rows(connection, "SELECT serial FROM tray") == [("A",)]


async def test_a_malformed_tray_is_an_error_that_leaves_nothing(connection: Connection) -> None:
    tray, pack = commissioned(GTIN, ["A"])
    chain = Chain()
    chain.add(Tx("t1", written(tray, pack)))
    chain.add(Tx("t2", written(tray | {"left": "A"}, *units(GTIN, ["A"]))))
    await write(connection, chain, 2)
    with pytest.raises(DocumentError, match="block 2, transaction t2: malformed tray"):
        await write(connection, chain)
    assert await rows(connection, SHOWN) == [("A", 0, "A", None, MAKER)]


def forged(chance: random.Random) -> dict[str, Any]:
    """A document as a majority might write it: a pack's first or second one, or a tray of any packs."""
    tray = {"serial": chance.choice("AB"), "lot": chance.choice(["L-1", "L-2"])}
    if chance.random() < 0.1:
        return units(GTIN, [chance.choice("ABC")], custodian=OTHER, tray=chance.choice("AB"))[0]
    if chance.random() < 0.5:
        origin = chance.choice([None, None, "r"])
        [_, born] = commissioned(GTIN, [chance.choice("ABC")], origin=origin, lot=tray["lot"])
        return born | {"tray": tray["serial"]}
    some = chance.sample("ABC", chance.randint(1, 3))
    left = chance.sample("ABC", chance.choice([0, 0, 1]))
    made = commissioned(GTIN, some, left=left, custodian=chance.choice([MAKER, OTHER]), **tray)[0]
    return packed(made, CASE) if chance.random() < 0.3 else made


def expected(documents: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Pack, tray and custody as chaincode's own reading has it, of the last of each document."""
    newest = {(one["doc"], one["serial"], one.get("period")): one for one in documents}
    made = []
    for serial in "ABC":
        last = newest.get(("unit", serial, 1)) or newest.get(("unit", serial, 0))
        if last is not None and last["period"] == 0:
            tray: Any = newest.get(("tray", last["tray"], None))
            if tray is not None and trays.names(tray, last) and serial not in tray["left"]:
                last = dict(trays.pack_in(tray, serial))
        if last is not None:
            row = MAPPERS["unit"].row({"status": "commissioned"} | last, 0, "")
            made.append(row[1:-2])
    return made


async def test_whatever_is_written_a_row_is_what_chaincode_reads(connection: Connection) -> None:
    """In any order, in any batches, whoever forged it."""
    for seed in range(15):
        chance = random.Random(seed)
        documents = [forged(chance) for _ in range(16)]
        chain = Chain()
        for number, document in enumerate(documents):
            chain.add(Tx(f"t{number}", written(document)))
        inner = range(1, len(chain.blocks))
        made = await cut(connection, chain, sorted(chance.sample(inner, 6)))
        assert [row[1:-2] for row in made[0]] == expected(documents), seed
        assert made == await cut(connection, chain, ()) == await cut(connection, chain, inner), seed
