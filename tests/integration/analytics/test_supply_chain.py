from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analytics import queries, supply_chain
from mediledger.system import PROJECT
from tests.integration.analytics import goods
from tests.integration.analytics.conftest import Fill
from tests.integration.analytics.goods import GTIN, MAKER, PHARMACY, WHOLESALER, at
from tests.support.chain import units

CASE, PALLET, LATE, GONE = (f"0950110153000000{end}" for end in ("10", "27", "34", "41"))


def world() -> list[dict[str, Any]]:
    """A pallet with a case of ten packs at the wholesaler, a late offer, five packs sold of twenty."""
    packed = units(GTIN, (f"P{i}" for i in range(10)), parent=CASE, owner=None, custodian=None)
    loose = units(GTIN, (f"L{i}" for i in range(15)), custodian=PHARMACY, commissioned_at=at(0))
    sold = units(
        GTIN, (f"S{i}" for i in range(5)), custodian=PHARMACY, status="dispensed", dispensed_at=at(60)
    )
    held = units(GTIN, ["H"], custodian=MAKER)
    return [
        *goods.parties(),
        goods.product(),
        *packed,
        *loose,
        *sold,
        *held,
        goods.hold(f"01{GTIN}21H"),
        goods.hold(f"00{CASE}"),
        goods.hold(f"01{GTIN}21L0", status="cleared"),
        goods.hold(f"01{GTIN}10L-1", gln=WHOLESALER),
        goods.container(CASE, parent=PALLET, owner=None, custodian=None),
        goods.container(PALLET, custodian=WHOLESALER, owner=WHOLESALER),
        goods.container(LATE),
        *units(GTIN, ["D"], parent=GONE, owner=None, custodian=None),
        goods.container(GONE, status="decommissioned"),
        goods.transfer("t1", [f"00{PALLET}"], MAKER, WHOLESALER, 4, 10),
        goods.transfer("t2", [f"01{GTIN}21L0"], MAKER, WHOLESALER, 1, 2),
        # Of two packs one did not come: it was not received there.
        goods.transfer(
            "t3",
            [f"01{GTIN}21L0", f"01{GTIN}21H"],
            WHOLESALER,
            PHARMACY,
            32,
            36,
            status="accepted_with_exceptions",
            received=[f"01{GTIN}21L0"],
        ),
        goods.transfer("t4", [f"00{LATE}"], MAKER, WHOLESALER, 4, None),
        goods.transfer("t5", [f"00{LATE}"], MAKER, WHOLESALER, 3, 4, status="cancelled"),
        goods.anchor("a1", PALLET, 4, 60, 2500, 7000),
        goods.anchor("a2", PALLET, 5, 20, 3000, 9500),
    ]


def records(frame: Any) -> list[dict[str, Any]]:
    return frame.to_dict(orient="records")


async def test_the_metrics_of_a_small_supply_chain(database: str, fill: Fill) -> None:
    await fill(*world())
    report = supply_chain(database)
    assert report.height == 2

    stock = {row["member"]: (row["product"], row["units"], row["held"]) for row in records(report.stock)}
    assert stock == {
        "Alder Pharma": ("Insulin 100 IU/ml", 1, 1),
        "Birch Distribution": ("Insulin 100 IU/ml", 10, 10),
        "Cedar <Pharmacy> & Co": ("Insulin 100 IU/ml", 15, 0),
    }
    hours = {
        (row["stage"], row["member"][:5]): (row["count"], row["median_s"] / 3600, row["p90_s"] / 3600)
        for row in records(report.dwell)
    }
    assert hours == {
        ("made to offered", "Alder"): (2, 1.5, pytest.approx(1.9)),
        ("in transit", "Alder"): (2, 3.5, pytest.approx(5.5)),
        ("in transit", "Birch"): (1, 4.0, 4.0),
        ("received to offered on", "Birch"): (1, 30.0, 30.0),
        ("received to dispensed", "Cedar"): (5, 24.0, 24.0),
    }
    [cold] = records(report.cold_chain)
    assert (cold["readings"], cold["clean_readings"], cold["anchors"], cold["excursions"]) == (80, 60, 2, 1)
    assert (cold["min_mc"], cold["max_mc"], cold["mkt_mc"]) == (2500, 9500, 6250)
    assert report.compliance == 0.75
    assert [(str(r["day"]), r["units"]) for r in records(report.dispensed)] == [("2025-10-11", 5)]
    assert records(report.transfers) == [
        {"status": "accepted", "count": 2, "late": 0},
        {"status": "accepted_with_exceptions", "count": 1, "late": 0},
        {"status": "cancelled", "count": 1, "late": 0},
        {"status": "offered", "count": 1, "late": 1},
    ]


@pytest.mark.parametrize(
    "left_out", ["party", "product", "unit", "container", "transfer", "sensor_anchor", ("transfer", "unit")]
)
async def test_any_part_may_be_missing(left_out: str | tuple[str, ...], database: str, fill: Fill) -> None:
    await fill(*(document for document in world() if document["doc"] not in left_out))
    report = supply_chain(database)
    assert Page(report.to_html()).open == []
    json.loads(report.to_json())


async def test_goods_received_and_none_dispensed_yet(database: str, fill: Fill) -> None:
    await fill(*(document for document in world() if document.get("status") != "dispensed"))
    report = supply_chain(database)
    assert report.dispensed.empty
    assert "received to dispensed" not in set(report.dwell["stage"])
    assert Page(report.to_html()).open == []


async def test_json_holds_the_same(database: str, fill: Fill) -> None:
    await fill(*world())
    told = json.loads(supply_chain(database).to_json())
    assert told["height"] == 2
    assert told["cold_chain_compliance"] == 0.75
    assert sum(row["units"] for row in told["stock"]) == 26
    assert told["dispensed"] == [{"day": "2025-10-11", "member": "Cedar <Pharmacy> & Co", "units": 5}] or (
        told["dispensed"][0]["day"].startswith("2025-10-11")
    )


def test_an_empty_mirror_has_a_report(database: str) -> None:
    report = supply_chain(database)
    assert report.empty
    assert report.compliance is None
    told = json.loads(report.to_json())
    assert told["stock"] == told["dwell"] == told["transfers"] == []
    assert "No packs are on the ledger yet." in report.to_html()


class Page(HTMLParser):
    """What a page loads, its texts, and whether its elements are closed."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.labels: list[str] = []
        self.headings: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [given[name] or "" for name in ("src", "href") if name in given]
        if tag == "svg":
            self.labels.append(given.get("aria-label") or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


async def test_the_page_stands_alone_and_is_readable_without_sight(database: str, fill: Fill) -> None:
    await fill(*world())
    html = supply_chain(database).to_html()
    page = Page(html)
    assert page.open == []
    assert page.headings[0] == "Supply chain"
    assert page.labels == [
        "Stock by member",
        "Dwell time per stage",
        "Temperatures by container",
        "Packs dispensed per day",
    ]
    # Nothing but what an SVG refers to inside itself.
    assert all(target.startswith("#") for target in page.loaded)
    assert "<script" not in html
    assert not re.search(r"url\((?!#)", html)
    assert 'lang="en"' in html
    assert "prefers-color-scheme: dark" in html
    assert "Cedar <Pharmacy> & Co" in page.text
    assert "From 2 blocks of the ledger" in html


async def test_what_is_kept_in_memory_is_bounded(
    database: str, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(*world())
    monkeypatch.setattr(queries, "MAX_MOVES", 2)
    monkeypatch.setattr(queries, "MAX_CONTAINERS", 0)
    report = supply_chain(database)
    assert {row["stage"] for row in records(report.dwell)} <= {
        "in transit",
        "made to offered",
        "received to dispensed",
    }
    assert report.cold_chain.empty


async def test_more_things_than_a_statement_has_parameters(database: str, fill: Fill) -> None:
    many = [f"01{GTIN}21N{i}" for i in range(70_000)]
    await fill(*goods.parties(), goods.transfer("t", many, MAKER, WHOLESALER, 1, 2))
    assert records(supply_chain(database).dwell)[0]["count"] == 70_000


async def test_the_command_writes_both_files(database: str, fill: Fill, tmp_path: Path) -> None:
    await fill(*world())
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "analytics", "--out", str(tmp_path / "new")],
        cwd=PROJECT,
        env=os.environ | {"MEDILEDGER_DATABASE_URL": database},
        check=True,
        timeout=60,
    )
    assert json.loads((tmp_path / "new" / "supply-chain.json").read_text())["height"] == 2
    assert "<h1>Supply chain</h1>" in (tmp_path / "new" / "supply-chain.html").read_text()
