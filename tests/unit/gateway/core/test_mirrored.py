from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.core import mirrored
from gateway.mirror import documents

TIME = 1_789_997_600_567
DOCUMENTS: list[dict[str, Any]] = [
    {
        "doc": "party",
        "gln": "1",
        "name": "n",
        "msp_id": "m",
        "role": "3pl",
        "licences": [],
        "registered_at": TIME,
    },
    {
        "doc": "product",
        "gtin": "1",
        "manufacturer": "2",
        "name": "n",
        "strength": "s",
        "dosage_form": "d",
        "ndc": "n",
        "container_size": "c",
        "storage": {"min_mc": 2000, "max_mc": 8000},
        "registered_at": TIME,
    },
    {
        "doc": "unit",
        "gtin": "1",
        "serial": "s",
        "lot": "l",
        "status": "commissioned",
        "parent": "p",
        "commissioned_at": TIME,
    },
    {
        "doc": "container",
        "sscc": "1",
        "children": ["00"],
        "status": "packed",
        "owner": "1",
        "custodian": "2",
        "hold": "quarantine",
        "hold_reason": "r",
        "storage": {"min_mc": -1, "max_mc": 1},
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
        "transaction_statement": True,
        "offered_at": TIME,
        "closed_at": TIME,
        "reason": "r",
    },
    {
        "doc": "device",
        "id": "d",
        "gln": "1",
        "kind": "temperature",
        "status": "active",
        "registered_at": TIME,
    },
    {
        "doc": "sensor_anchor",
        "id": "a",
        "container": "c",
        "devices": ["d"],
        "window_start": TIME,
        "window_end": TIME,
        "root": "r",
        "count": 1,
        "min_mc": 1,
        "max_mc": 1,
        "mean_mc": 1,
        "mkt_mc": 1,
        "anchored_at": TIME,
    },
    {
        "doc": "excursion",
        "id": "e",
        "container": "c",
        "anchor": "a",
        "min_mc": 1,
        "max_mc": 2,
        "limit": {"min_mc": 3, "max_mc": 4},
        "detected_at": TIME,
    },
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["doc"])
def test_a_row_is_the_document_that_it_came_from(document: dict[str, Any]) -> None:
    mapper = documents.MAPPERS[document["doc"]]
    row = dict(zip(mapper.columns, mapper.row(document, 1, "t"), strict=True))
    for name in ("licences", "children", "what", "devices"):
        if name in row:
            row[name] = orjson.loads(row[name])
    assert mirrored.document(mapper.table, row) == document
