"""The report as one page: no scripts, nothing loaded, readable in light, dark and print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from analytics import plots, queries

if TYPE_CHECKING:
    from analytics.supply_chain import Report

_environment = Environment(
    loader=PackageLoader("analytics"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(report: Report) -> str:
    """The page of a report."""
    sections = [
        _section(
            "Stock by member", report.stock, plots.stock, "Packs that are not dispensed, where they are."
        ),
        _section(
            "Dwell time per stage",
            _dwell_table(report.dwell),
            lambda _: plots.dwell(report.dwell),
            "How long goods stay, by who has them. From receipt to dispensing counts from the dispenser's "
            "newest receipt before.",
        ),
        _section(
            "Cold chain",
            _cold_chain_table(report.cold_chain),
            lambda _: plots.cold_chain(report.cold_chain),
            "Readings anchored on the ledger, by container. Clean are those of windows that stayed within "
            "the storage profile; MKT is the warmest window's mean kinetic temperature. Drawn are the newest "
            f"{plots.CONTAINERS} containers.",
        ),
        _section(
            "Dispensed per day", report.dispensed, plots.dispensed, "Packs handed to patients, by day (UTC)."
        ),
        _section(
            "Transfers",
            report.transfers,
            None,
            "Changes of ownership by their state. Late are those that have been open for more than "
            f"{queries.LATE.days} days.",
        ),
    ]
    return _environment.get_template("supply_chain.html").render(
        report=report, sections=sections, cards=_cards(report)
    )


def _cards(report: Report) -> list[tuple[str, str]]:
    compliance = report.compliance
    return [
        ("packs in stock", f"{int(report.stock['units'].sum()):,}"),
        ("packs in quarantine", f"{int(report.stock['held'].sum()):,}"),
        ("packs dispensed", f"{int(report.dispensed['units'].sum()):,}"),
        ("readings within the profile", "none yet" if compliance is None else f"{compliance:.1%}"),
        ("offers open", f"{_open(report):,}"),
        ("excursions", f"{int(report.cold_chain['excursions'].sum()):,}"),
    ]


def _open(report: Report) -> int:
    return int(report.transfers.loc[report.transfers["status"] == "offered", "count"].sum())


def _section(title: str, frame: pd.DataFrame, plot: object, explanation: str) -> dict[str, object]:
    drawn = plot(frame) if callable(plot) and not frame.empty else ""
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    numbers = [number for _, number in rows[0]] if rows else [False] * len(frame.columns)
    return {
        "title": title,
        "explanation": explanation,
        # Made by us from numbers and escaped labels.
        "plot": Markup(drawn),  # noqa: S704
        "columns": [
            (column.replace("_", " "), number) for column, number in zip(frame.columns, numbers, strict=True)
        ],
        "rows": rows,
    }


def _cell(value: object) -> tuple[str, bool]:
    """A cell's text, and whether it is a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value), False
    return (f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"), True


def _dwell_table(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        median=[_duration(s) for s in frame["median_s"]],
        **{"90_%_within": [_duration(s) for s in frame["p90_s"]]},
    )[["stage", "member", "count", "median", "90_%_within"]]


def _cold_chain_table(frame: pd.DataFrame) -> pd.DataFrame:
    celsius = {f"{name}_°C": frame[f"{name}_mc"] / 1000 for name in ("min", "max", "mkt")}
    return frame.assign(**celsius)[
        ["container", "readings", "clean_readings", "anchors", "excursions", *celsius]
    ]


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
