"""Lists from the mirror's tables, page by page, and what is composed of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core.state import Gateway
from gateway.mirror import tables
from network.devnet.faults import Kind
from tests.integration.gateway.desk import GLN, GTIN, Desk
from tests.integration.gateway.rows import AT, WRITTEN, container, put, tray, unit

OTHER = "9521234000020"
TX = "cd" * 32


async def walk(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(path, params=query | cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if "next" not in page:
            return items
        assert len(page["items"]) == query["limit"]
        cursor = {"cursor": page["next"]}


async def test_pages_hold_each_row_once(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    serials = sorted(f"S{number:02d}" for number in range(25))
    await put(engine, tables.unit, *(unit(serial, custodian=GLN, owner=GLN) for serial in serials))
    found = await walk(client, "/units", limit=10)
    assert [item["serial"] for item in found] == serials
    assert found[0] == {
        "doc": "unit",
        "gtin": GTIN,
        "serial": "S00",
        "period": 0,
        "lot": "L1",
        "status": "commissioned",
        "owner": GLN,
        "custodian": GLN,
        "commissioned_at": 1_789_997_600_567,
        "held": False,
    }


async def test_rows_that_come_meanwhile_shift_nothing(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await put(engine, tables.unit, *(unit(serial, custodian=GLN) for serial in ("B", "D", "F")))
    first = (await client.get("/units", params={"limit": 2})).json()
    await put(engine, tables.unit, unit("A", custodian=GLN), unit("E", custodian=GLN))
    second = (await client.get("/units", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["serial"] for item in first["items"] + second["items"]] == ["B", "D", "E", "F"]


def transfer(number: int) -> dict[str, Any]:
    # Two at the same moment: the id decides.
    at = AT + dt.timedelta(milliseconds=number // 2)
    status = "offered" if number % 2 else "accepted"
    document = {
        "doc": "transfer",
        "id": f"t{number}",
        "what": [f"01{GTIN}21A"],
        "from": GLN,
        "to": OTHER,
        "status": status,
        "offered_at": round(at.timestamp() * 1000),
    }
    return {
        "id": document["id"],
        "from_gln": GLN,
        "to_gln": OTHER,
        "status": status,
        "offered_at": at,
        "document": document,
        **WRITTEN,
    }


async def test_newest_first(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await put(engine, tables.transfer, *map(transfer, range(7)))
    found = await walk(client, "/transfers", limit=2)
    assert [item["id"] for item in found] == [f"t{number}" for number in range(6, -1, -1)]
    assert (found[0]["from"], found[0]["to"]) == (GLN, OTHER)
    offered = await walk(client, "/transfers", limit=2, status="offered", to=OTHER)
    assert [item["id"] for item in offered] == ["t5", "t3", "t1"]
    assert await walk(client, "/transfers", limit=2, to=GLN) == []


async def test_units_by_custodian_however_deep(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    pallet, case, other = "095212340000000013", "095212340000000020", "095212340000000037"
    await put(
        engine,
        tables.container,
        container(pallet, custodian=OTHER, owner=GLN),
        container(case, parent=pallet),
        container(other, custodian=GLN, owner=GLN),
    )
    await put(
        engine,
        tables.unit,
        unit("LOOSE", custodian=OTHER),
        unit("DEEP", parent=case),
        unit("SHALLOW", parent=pallet),
        unit("OURS", parent=other),
        unit("MINE", custodian=GLN),
    )
    theirs = await walk(client, "/units", limit=2, custodian=OTHER)
    assert sorted(item["serial"] for item in theirs) == ["DEEP", "LOOSE", "SHALLOW"]
    ours = await walk(client, "/units", limit=2, custodian=GLN)
    assert sorted(item["serial"] for item in ours) == ["MINE", "OURS"]


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WzFd", "WyJhIiwxXQ", "WyJcdTAwMDAiLCJhIl0", "bnVsbA"])
async def test_cursors_that_are_none(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/units", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def test_a_container_lists_what_is_in_it_now(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    first, emptied, other = "095212340000000013", "095212340000000020", "095212340000000037"
    await put(
        engine,
        tables.container,
        container(first, custodian=GLN, taken=[f"01{GTIN}21B"]),
        container(emptied, custodian=GLN, status="unpacked"),
    )
    # Of the trays on the list, one is in another container, which says so, and one is nowhere.
    listed = [[GTIN, "K"], [GTIN, "A"], [GTIN, "S"], [GTIN, "NONE"]]
    packing = {"trays": listed, "children": [f"01{GTIN}21C", f"00{emptied}"], **WRITTEN}
    await put(engine, tables.packing, *(packing | {"sscc": sscc} for sscc in (first, emptied)))
    await put(
        engine,
        tables.tray,
        tray("A", "B", "X", parent=first, gone=["X"]),
        tray("K", parent=first),
        tray("S", parent=other),
        tray("UNLISTED", parent=first),
    )
    found = await walk(client, "/containers", limit=2)
    inside = [f"01{GTIN}21{serial}" for serial in "KAC"]
    assert [one["children"] for one in found] == [[*inside, f"00{emptied}"], []]
    assert found[0]["storage"] == {"min_mc": 2000, "max_mc": 8000}
    assert "taken" not in found[0]


def hold(ref: str, status: str, gln: str = "", inside: tuple[str, ...] = ()) -> dict[str, Any]:
    document = {"doc": "hold", "ref": ref, "status": status, "inside": list(inside)}
    return {"ref": ref, "gln": gln, "status": status, "document": document, **WRITTEN}


async def test_what_is_on_hold(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """By a hold of its own, of what it is in, of what is in it, and of its lot where it is."""
    pallet, case, other = "095212340000000013", "095212340000000020", "095212340000000037"
    await put(
        engine,
        tables.container,
        container(pallet, custodian=OTHER),
        container(case, parent=pallet),
        container(other, custodian=GLN),
    )
    await put(
        engine,
        tables.unit,
        unit("OWN", custodian=GLN),
        unit("CLEARED", custodian=GLN),
        unit("DEEP", parent=case),
        unit("BESIDE", parent=other),
        unit("LOT", custodian=GLN, lot="L2"),
        unit("LOT-ELSEWHERE", custodian=OTHER, lot="L2"),
        unit("LOT-PACKED", parent=other, lot="L2"),
    )
    inside = f"01{GTIN}21BESIDE"
    await put(
        engine,
        tables.hold,
        hold(f"01{GTIN}21OWN", "quarantine"),
        hold(f"01{GTIN}21CLEARED", "cleared"),
        hold(f"00{pallet}", "suspect"),
        hold(f"00{other}", "cleared", inside=(inside,)),
        hold(f"01{GTIN}10L2", "quarantine", GLN),
    )
    units = {one["serial"] for one in await walk(client, "/units", limit=3) if one["held"]}
    assert units == {"OWN", "DEEP", "LOT", "LOT-PACKED"}
    containers = {one["sscc"] for one in await walk(client, "/containers", limit=2) if one["held"]}
    assert containers == {pallet, case, other}


async def test_readings_by_time(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    rows = [
        {
            "device_id": f"d{number % 2}",
            "sequence": number,
            "container": "095212340000000013",
            "at": AT + dt.timedelta(minutes=number),
            "value_mc": 5000 + number,
            "received_at": AT,
            "anchor_id": "a1" if number < 3 else None,
        }
        for number in range(6)
    ]
    await put(engine, tables.reading, *rows)
    path = "/containers/095212340000000013/readings"
    found = await walk(client, path, limit=4)
    assert [item["sequence"] for item in found] == list(range(6))
    assert found[0] == {
        "device_id": "d0",
        "sequence": 0,
        "container": "095212340000000013",
        "at": 1_789_997_600_567,
        "value_mc": 5000,
        "received_at": 1_789_997_600_567,
        "anchor_id": "a1",
    }
    assert "anchor_id" not in found[3]
    minute = 60_000
    since = await walk(client, path, limit=4, since=found[2]["at"], until=found[2]["at"] + 2 * minute)
    assert [item["sequence"] for item in since] == [2, 3]
    assert [i["sequence"] for i in await walk(client, "/devices/d1/readings", limit=4)] == [1, 3, 5]


def transaction(block: int, code: int = 0) -> dict[str, Any]:
    return {
        "block_number": block,
        "position": 0,
        "tx_id": TX,
        "type": "ENDORSER_TRANSACTION",
        "validation_code": code,
        "creator_msp": "AlpineMSP",
        "chaincode": "custody",
        "function": "Commission",
        "at": AT,
        "endorsers": ["AlpineMSP", "HarborMSP", "AlpineMSP"],
    }


async def test_a_trace_says_where_each_step_stands(
    client: httpx.AsyncClient, engine: AsyncEngine, desk: Desk
) -> None:
    await desk.commission()
    [commissioned] = await desk.transactions()
    row = transaction(7) | {"tx_id": commissioned.tx_id}
    # The same envelope sent twice stands in two blocks; the first is where it counted.
    await put(engine, tables.ledger_transaction, row, row | {"block_number": 9, "validation_code": 9})
    [step] = (await client.get(f"/units/{GTIN}/{desk.serial()}/trace")).json()["steps"]
    assert (step["tx_id"], step["step"], step["ref"]) == (commissioned.tx_id, "commission", desk.ref())
    at = dt.datetime.fromtimestamp(commissioned.timestamp_ms / 1000, dt.UTC)
    assert dt.datetime.fromisoformat(step["at"]) == at.replace(
        microsecond=commissioned.timestamp_ms % 1000 * 1000
    )
    assert {name: step[name] for name in ("block_number", "position", "validation_code", "creator_msp")} == {
        "block_number": 7,
        "position": 0,
        "validation_code": 0,
        "creator_msp": "AlpineMSP",
    }
    assert step["endorsers"] == ["AlpineMSP", "HarborMSP"]


async def test_a_transaction(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await put(engine, tables.ledger_transaction, transaction(7))
    found = (await client.get(f"/ledger/transactions/{TX}")).json()
    assert (found["block_number"], found["at"]) == (7, "2026-09-21T13:33:20.567Z")
    unknown = await client.get(f"/ledger/transactions/{'0' * 64}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "transaction_unknown")
    assert (await client.get("/ledger/transactions/nonsense")).status_code == 400


async def test_ready_and_how_far(
    client: httpx.AsyncClient, engine: AsyncEngine, desk: Desk, gateway: Gateway
) -> None:
    height = await desk.network.height()
    checkpoint = {
        "channel": "medicines",
        "block_number": height - 1,
        "header_hash": b"h",
        "block_at": AT,
        "mirrored_at": AT,
    }
    await put(engine, tables.checkpoint, checkpoint)
    blocks = [
        {
            "number": number,
            "header_hash": b"h",
            "previous_hash": b"p",
            "data_hash": b"d",
            "transactions": 2,
            "at": AT,
        }
        for number in range(height)
    ]
    await put(engine, tables.block, *blocks)
    assert (await client.get("/ledger")).json() == {
        "channel": "medicines",
        "height": height,
        "mirror_height": height,
        "lag_ms": 0,
        "transactions": 2 * height,
    }
    ready = await client.get("/ready", headers={"Authorization": ""})
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    await gateway.engine.dispose()
    await desk.lose(Kind.AWAY, 100)
    ready = await client.get("/ready", headers={"Authorization": ""})
    assert ready.status_code == 503
    assert ready.json()["ledger"] == "down"
    assert ready.json()["database"] == "up"
