from __future__ import annotations

from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from gateway.core import mirrored
from gateway.mirror import documents

TIME = 1_789_997_600_567
DOCUMENTS: list[dict[str, Any]] = [
    {
        "doc": "party",
        "gln": "1",
        "name": "n",
        "address": {"street_address": "1", "city": "c", "postal_code": "p", "country": "CH"},
        "msp_id": "m",
        "role": "3pl",
        "licences": [],
        "registered_at": TIME,
    },
    {
        "doc": "unit",
        "gtin": "1",
        "serial": "s",
        "period": 1,
        "lot": "l",
        "status": "decommissioned",
        "parent": "p",
        "decommissioning": {"reason": "sample", "gln": "1", "at": TIME},
        "commissioned_at": TIME,
    },
    {
        "doc": "unit",
        "gtin": "1",
        "serial": "s",
        "period": 0,
        "lot": "l",
        "tray": "r",
        "status": "commissioned",
        "owner": "1",
        "owner_msp": "m",
        "custodian": "2",
        "commissioned_at": TIME,
    },
    {
        "doc": "container",
        "sscc": "1",
        "period": 0,
        "status": "packed",
        "owner": "1",
        "owner_msp": "m",
        "custodian": "2",
        "storage": {"min_mc": -1, "max_mc": 1},
        "contents": [{"gtin": "1", "lot": "l", "count": 1}],
        "levels": 1,
        "taken": ["00"],
        "packed_at": TIME,
        "packed_by": "1",
    },
    {
        "doc": "transfer",
        "id": "t",
        "what": ["00"],
        "from": "1",
        "to": "2",
        "status": "rejected",
        "offered_at": TIME,
        "closed_at": TIME,
        "reason": "r",
    },
    {
        "doc": "lot",
        "gtin": "1",
        "lot": "l",
        "manufacturer": "2",
        "expiry": "2027-02-28",
        "manufactured": "2026-02-28",
        "created_at": TIME,
        "origins": [{"gtin": "1", "lot": "k"}],
    },
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["doc"])
def test_a_row_is_the_document_that_it_came_from(document: dict[str, Any]) -> None:
    mapper = documents.MAPPERS[document["doc"]]
    row = dict(zip(mapper.columns, mapper.row(document, 1, "t"), strict=True))
    for column in mapper.table.columns:
        if isinstance(column.type, sa.JSON) and row[column.name] is not None:
            row[column.name] = orjson.loads(row[column.name])
    assert mirrored.document(mapper.table, row) == document
