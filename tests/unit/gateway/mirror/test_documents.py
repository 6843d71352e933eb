from __future__ import annotations

import pkgutil
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import documents as ledger_documents
from chaincode.model import keys
from gateway.mirror import documents
from gateway.mirror.documents import MAPPERS, DocumentError

GTIN = "09501101530010"
UNIT = {
    "doc": "unit",
    "gtin": GTIN,
    "serial": "S1",
    "lot": "L1",
    "period": 0,
    "status": "commissioned",
    "owner": "9501101530003",
    "owner_msp": "ManufacturerMSP",
    "custodian": "9501101530003",
    "commissioned_at": 1_760_000_000_123,
}
UNIT_KEY = keys.unit_key(GTIN, "S1")


def row(kind: str, key: str, document: Any) -> dict[str, Any]:
    place = documents.place(kind, documents.split(key)[1], 7, "tx")
    made = documents.row(kind, place, orjson.dumps(document), 7, "tx")
    return dict(zip(MAPPERS[kind].columns, made, strict=True))


def test_a_unit_becomes_a_row() -> None:
    assert row("unit", UNIT_KEY, UNIT) == {
        "gtin": GTIN,
        "serial": "S1",
        "period": 0,
        "lot": "L1",
        "status": "commissioned",
        "tray": None,
        "parent": None,
        "owner": "9501101530003",
        "owner_msp": "ManufacturerMSP",
        "custodian": "9501101530003",
        "offer": None,
        "missing": None,
        "taken_at": None,
        "commissioned_at": datetime(2025, 10, 9, 8, 53, 20, 123_000, UTC),
        "dispensed_at": None,
        "decommissioning": None,
        "origin": None,
        "into": None,
        "block_number": 7,
        "tx_id": "tx",
    }


def test_whole_documents_and_renamed_fields_find_their_columns() -> None:
    transfer = {
        "doc": "transfer",
        "id": "t",
        "what": ["00095011015300000017"],
        "from": "a",
        "to": "b",
        "status": "offered",
        "offered_at": 1,
    }
    made = row("transfer", keys.composite("transfer", "t"), transfer)
    assert (made["from_gln"], made["to_gln"], made["closed_at"]) == ("a", "b", None)
    assert orjson.loads(made["document"]) == transfer


def test_a_key_of_a_period_belongs_to_the_row_of_its_goods() -> None:
    made = row("unit", keys.period_key(f"01{GTIN}21S1", 3), UNIT | {"period": 3})
    assert (made["serial"], made["period"]) == ("S1", 3)
    for period in (None, 0, 1, 4, "3"):
        with pytest.raises(DocumentError):
            row("unit", keys.period_key(f"01{GTIN}21S1", 3), UNIT | {"period": period})


@pytest.mark.parametrize(
    "attributes", [(), ("S1",), (GTIN, "S1", "0"), (GTIN, "S1", "-1"), (GTIN, "S1", "01")]
)
def test_a_malformed_key_is_an_error(attributes: tuple[str, ...]) -> None:
    with pytest.raises(DocumentError, match="malformed unit"):
        documents.place("unit", attributes, 7, "tx")


TRAY = {
    "doc": "tray",
    "gtin": GTIN,
    "serial": "S1",
    "lot": "L1",
    "commissioned_at": 1_760_000_000_123,
    "serials": ["S1", "S2"],
    "left": ["S2"],
    "parent": "095011015300000017",
}
PACKING = {
    "doc": "packing",
    "sscc": "095011015300000017",
    "trays": [[GTIN, "S1"]],
    "children": [f"01{GTIN}21S3"],
}


def test_a_tray_and_a_packing_list_become_rows() -> None:
    made = row("tray", keys.tray_key(GTIN, "S1"), TRAY)
    assert (made["serial"], made["serials"], made["gone"]) == ("S1", '["S1","S2"]', '["S2"]')
    assert (made["parent"], made["owner"]) == (TRAY["parent"], None)
    made = row("packing", keys.packing_key(PACKING["sscc"]), PACKING)
    assert (made["trays"], made["children"]) == (f'[["{GTIN}","S1"]]', f'["01{GTIN}21S3"]')


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "S2"},
        {"gtin": "09501101530027"},
        {"doc": "unit"},
        {"lot": None},
        {"serials": None},
        {"serials": "S1"},
        {"serials": {"S1": 1}},
        {"serials": ["S1", 2]},
        {"left": [["S1"]]},
        {"parent": 5},
    ],
)
def test_a_malformed_tray_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="block 7, transaction tx: malformed tray"):
        row("tray", keys.tray_key(GTIN, "S1"), TRAY | change)


@pytest.mark.parametrize(
    "change",
    [
        {"sscc": "0"},
        {"trays": None},
        {"trays": ["S1"]},
        {"trays": [[GTIN]]},
        {"trays": [[GTIN, 1]]},
        {"children": None},
        {"children": "S3"},
        {"children": [1]},
    ],
)
def test_a_malformed_packing_list_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="malformed packing"):
        row("packing", keys.packing_key(PACKING["sscc"]), PACKING | change)


def test_a_hold_on_a_lot_is_on_what_one_party_has() -> None:
    hold = {"doc": "hold", "ref": f"01{GTIN}21S1", "status": "quarantine", "inside": []}
    assert row("hold", keys.hold_key(hold["ref"]), hold)["gln"] == ""
    of_lot = hold | {"ref": f"01{GTIN}10L1", "gln": "9501101530003"}
    made = row("hold", keys.composite("hold", of_lot["ref"], of_lot["gln"]), of_lot)
    assert (made["ref"], made["gln"]) == (of_lot["ref"], "9501101530003")
    with pytest.raises(DocumentError):
        row("hold", keys.hold_key(of_lot["ref"]), of_lot)


def test_an_event_hash_is_filed_under_its_hash() -> None:
    value = {
        "doc": "event_hash",
        "hash": "ni:///sha-256;0?ver=CBV2.0",
        "gln": "9501101530003",
        "anchored_at": 1,
    }
    assert row("epcis", keys.composite("epcis", value["hash"]), value)["gln"] == "9501101530003"


def test_dates_are_dates() -> None:
    lot = {
        "doc": "lot",
        "gtin": GTIN,
        "lot": "L1",
        "manufacturer": "m",
        "expiry": "2027-02-28",
        "manufactured": "2025-02-28",
        "created_at": 1,
    }
    assert row("lot", keys.lot_key(GTIN, "L1"), lot)["expiry"] == date(2027, 2, 28)
    with pytest.raises(DocumentError, match="malformed lot"):
        row("lot", keys.lot_key(GTIN, "L1"), lot | {"expiry": "2027-02-30"})


@pytest.mark.parametrize(
    "change",
    [
        {"lot": None},
        {"lot": ["L1"]},
        {"lot": 5},
        {"commissioned_at": "yesterday"},
        {"commissioned_at": True},
        {"commissioned_at": 1.5},
        {"offer": 1},
        {"doc": "container"},
        {"serial": "S2"},
    ],
)
def test_a_malformed_document_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="block 7, transaction tx: malformed unit"):
        row("unit", UNIT_KEY, UNIT | change)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"1", b'"unit"', b"null", b"\xff"])
def test_what_is_no_json_object_is_an_error(value: bytes) -> None:
    with pytest.raises(DocumentError):
        documents.row("unit", ((GTIN, "S1"), 0), value, 7, "tx")


def written_alike(value: bytes) -> list[documents.Written]:
    return [(((GTIN, serial), 0), value, 7, "tx") for serial in ("S1", "S2", "S3")]


def test_units_that_are_written_alike_have_rows_of_their_own() -> None:
    born = {"doc": "unit", "period": 0, "lot": "L1", "tray": "S1", "commissioned_at": 1}
    alike = written_alike(orjson.dumps(born))
    other = (alike[0][0], orjson.dumps(born | {"lot": "L2"}), 8, "other")
    made = documents.rows("unit", [*alike, other, (((GTIN, "S4"), 0), None, 7, "tx")])
    one_by_one = [documents.row("unit", *one) for one in (*alike, other)]  # type: ignore[arg-type]
    assert made == one_by_one
    assert [found[1] for found in made] == ["S1", "S2", "S3", "S1"]


@pytest.mark.parametrize("name", ["serial", "\\u0073erial"])
def test_a_unit_that_is_written_as_another_one_denies_its_key(name: str) -> None:
    said = f'{{"doc":"unit","period":0,"lot":"L1","tray":"S1","commissioned_at":1,"{name}":"S1"}}'
    with pytest.raises(DocumentError, match="another serial"):
        documents.rows("unit", written_alike(said.encode()))


def test_an_integer_that_no_column_holds_is_an_error() -> None:
    anchor = dict.fromkeys(("count", "min_mc", "max_mc", "mean_mc", "mkt_mc"), 0)
    anchor |= dict.fromkeys(("window_start", "window_end", "anchored_at"), 1)
    anchor |= {"doc": "sensor_anchor", "id": "a", "container": "c", "devices": [], "root": ""}
    key = keys.anchor_key("a")
    assert row("sensor_anchor", key, anchor)["count"] == 0
    with pytest.raises(DocumentError):
        row("sensor_anchor", key, anchor | {"max_mc": 2**31})


def test_nul_is_replaced_where_postgres_has_none() -> None:
    made = row("unit", UNIT_KEY, UNIT | {"offer": "a\x00b"})
    assert made["offer"] == "a\ufffdb"
    party = {
        "doc": "party",
        "gln": "g",
        "name": "n\x00",
        "msp_id": "M",
        "role": "3pl",
        "licences": [{"number": "\x00"}],
        "registered_at": 1,
    }
    made = row("party", keys.party_key("g"), party)
    assert made["name"] == "n\ufffd"
    assert orjson.loads(made["document"])["licences"] == [{"number": "\ufffd"}]


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_time_is_one_that_postgres_and_python_have(milliseconds: int) -> None:
    made = documents.time(milliseconds)
    assert documents.EARLIEST <= made <= documents.LATEST
    if documents.EARLIEST < made < documents.LATEST and abs(milliseconds) < 2**45:
        assert round(made.timestamp() * 1000) == milliseconds


def test_keys_that_are_not_ours_have_no_kind() -> None:
    assert documents.split(UNIT_KEY) == ("unit", (GTIN, "S1"))
    assert documents.split("plain") == ("", ())


def kinds() -> dict[str, dict[str, Any]]:
    """The fields of every document of the ledger, by what it says that it is."""
    found = {}
    for module in pkgutil.iter_modules(ledger_documents.__path__, f"{ledger_documents.__name__}."):
        for one in vars(import_module(module.name)).values():
            fields = get_type_hints(one, include_extras=True) if is_typeddict(one) else {}
            if "doc" in fields:
                [kind] = get_args(fields["doc"])
                found[kind] = fields
    return found


@pytest.mark.parametrize(("kind", "fields"), kinds().items())
def test_every_document_of_the_ledger_is_mirrored(kind: str, fields: dict[str, Any]) -> None:
    """In a table whose columns are fields of it; but for one by which others are found or that is private."""
    if kind in documents.INDEXES or kind == "price":
        return
    [mapper] = [one for key, one in MAPPERS.items() if documents.DOC.get(key, key) == kind]
    columns = {mapper.field(name): mapper.table.columns[name] for name in mapper.columns[:-2]}
    whole = columns.pop("document", None)
    assert columns.keys() <= fields.keys()
    assert whole is not None or columns.keys() == fields.keys() - {"doc"}
    for name, column in columns.items():
        optional = get_origin(fields[name]) is NotRequired
        assert optional == (column.nullable or column.default is not None), name
