from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.model import keys
from gateway.mirror import documents
from gateway.mirror.documents import MAPPERS, DocumentError

GTIN = "09501101530010"
UNIT = {
    "doc": "unit",
    "gtin": GTIN,
    "serial": "S1",
    "lot": "L1",
    "status": "commissioned",
    "owner": "9501101530003",
    "custodian": "9501101530003",
    "commissioned_at": 1_760_000_000_123,
}
UNIT_KEY = keys.unit_key(GTIN, "S1")


def row(kind: str, key: str, document: Any) -> dict[str, Any]:
    made = documents.row(kind, key, orjson.dumps(document), 7, "tx")
    return dict(zip(MAPPERS[kind].columns, made, strict=True))


def test_a_unit_becomes_a_row() -> None:
    assert row("unit", UNIT_KEY, UNIT) == {
        "gtin": GTIN,
        "serial": "S1",
        "lot": "L1",
        "status": "commissioned",
        "hold": None,
        "hold_reason": None,
        "parent": None,
        "owner": "9501101530003",
        "custodian": "9501101530003",
        "offer": None,
        "commissioned_at": datetime(2025, 10, 9, 8, 53, 20, 123_000, UTC),
        "dispensed_at": None,
        "block_number": 7,
        "tx_id": "tx",
    }


def test_nested_and_renamed_fields_find_their_columns() -> None:
    storage = {"min_mc": 2000, "max_mc": 8000}
    product = {
        "doc": "product",
        "gtin": GTIN,
        "manufacturer": "9501101530003",
        "name": "Insulin",
        "strength": "100 IU/ml",
        "dosage_form": "injection",
        "ndc": "1-2-3",
        "container_size": "10 ml",
        "storage": storage,
        "registered_at": 0,
    }
    made = row("product", keys.product_key(GTIN), product)
    assert (made["min_mc"], made["max_mc"]) == (2000, 8000)

    transfer = {
        "doc": "transfer",
        "id": "t",
        "what": ["00095011015300000017"],
        "from": "a",
        "to": "b",
        "status": "offered",
        "transaction_statement": True,
        "offered_at": 1,
    }
    made = row("transfer", keys.composite("transfer", "t"), transfer)
    assert (made["from_gln"], made["to_gln"]) == ("a", "b")
    assert orjson.loads(made["what"]) == transfer["what"]

    excursion = {
        "doc": "excursion",
        "id": "e",
        "container": "c",
        "anchor": "e",
        "min_mc": 1,
        "max_mc": 2,
        "limit": storage,
        "detected_at": 1,
    }
    made = row("excursion", keys.composite("excursion", "e"), excursion)
    assert (made["limit_min_mc"], made["limit_max_mc"]) == (2000, 8000)


def test_dates_are_dates() -> None:
    lot = {
        "doc": "lot",
        "gtin": GTIN,
        "lot": "L1",
        "manufacturer": "m",
        "expiry": "2027-02-28",
        "manufactured": "2025-02-28",
        "status": "released",
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
        {"hold": 1},
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
        documents.row("unit", UNIT_KEY, value, 7, "tx")


def test_an_integer_that_no_column_holds_is_an_error() -> None:
    anchor = dict.fromkeys(("count", "min_mc", "max_mc", "mean_mc", "mkt_mc"), 0)
    anchor |= dict.fromkeys(("window_start", "window_end", "anchored_at"), 1)
    anchor |= {"doc": "sensor_anchor", "id": "a", "container": "c", "devices": [], "root": ""}
    key = keys.anchor_key("a")
    assert row("sensor_anchor", key, anchor)["count"] == 0
    with pytest.raises(DocumentError):
        row("sensor_anchor", key, anchor | {"max_mc": 2**31})


def test_nul_is_replaced_where_postgres_has_none() -> None:
    made = row("unit", UNIT_KEY, UNIT | {"hold": "quarantine", "hold_reason": "a\x00b"})
    assert made["hold_reason"] == "a\ufffdb"
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
    assert orjson.loads(made["licences"]) == [{"number": "\ufffd"}]


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_time_is_one_that_postgres_and_python_have(milliseconds: int) -> None:
    made = documents.time(milliseconds)
    assert documents.EARLIEST <= made <= documents.LATEST
    if documents.EARLIEST < made < documents.LATEST and abs(milliseconds) < 2**45:
        assert round(made.timestamp() * 1000) == milliseconds


def test_keys_that_are_not_ours_have_no_kind() -> None:
    assert documents.kind_of(UNIT_KEY) == "unit"
    assert documents.kind_of("plain") == ""
