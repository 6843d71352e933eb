"""Plots as inline SVG that follow the page's colours."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Matplotlib writes colours as they are; these three are then turned into the page's own, light or dark.
_INK, _FAINT, _BAR, _WARN = "#010101", "#020202", "#030303", "#040404"
_COLOURS = {_INK: "var(--ink)", _FAINT: "var(--line)", _BAR: "var(--accent)", _WARN: "var(--warn)"}
WIDTH_INCHES = 7.6
ROW_INCHES = 0.42
BAR = 0.6
CONTAINERS = 20
DATES = 6


def stock(frame: pd.DataFrame) -> str:
    """Units by member, those on hold apart."""
    by_member = frame.groupby("member")[["units", "held"]].sum().sort_values("units")

    def draw(axes: Axes) -> None:
        free = by_member["units"] - by_member["held"]
        axes.barh(by_member.index, free, height=BAR, color=_BAR, label="available")
        axes.barh(by_member.index, by_member["held"], BAR, free, color=_WARN, label="in quarantine")
        axes.set_ylim(-0.6, max(len(by_member), 2) - 0.4)
        for place, total in enumerate(by_member["units"]):
            axes.annotate(
                f"{total:,}", (total, place), (4, 0), textcoords="offset points", va="center", color=_INK
            )
        axes.margins(x=0.1)
        _legend(axes)
        axes.set_xlabel("packs")

    return _svg(draw, len(by_member), "Stock by member")


def dwell(frame: pd.DataFrame) -> str:
    """Median and 90th percentile of each stage."""
    rows = frame[::-1]
    unit, seconds = _unit(float(rows["p90_s"].max()))
    labels = [f"{stage}\n{member}" for stage, member in zip(rows["stage"], rows["member"], strict=True)]

    def draw(axes: Axes) -> None:
        axes.hlines(labels, rows["median_s"] / seconds, rows["p90_s"] / seconds, color=_FAINT, linewidth=5)
        axes.plot(rows["median_s"] / seconds, labels, "o", color=_BAR, label="median")
        axes.plot(rows["p90_s"] / seconds, labels, "|", color=_INK, markersize=12, label="90 % within")
        axes.set_xlim(left=0)
        axes.margins(y=0.8 / max(len(rows), 2))
        axes.set_xlabel(unit)
        _legend(axes)

    return _svg(draw, len(rows) * 1.3, "Dwell time per stage")


def cold_chain(frame: pd.DataFrame) -> str:
    """Each container's range of temperatures against its storage profile."""
    rows = frame.head(CONTAINERS)[::-1]
    labels = [f"…{sscc[-8:]}" for sscc in rows["container"]]

    def draw(axes: Axes) -> None:
        for place, row in enumerate(rows.itertuples()):
            axes.barh(
                place, (row.high_mc - row.low_mc) / 1000, left=row.low_mc / 1000, color=_FAINT, height=0.8
            )
            colour = _WARN if row.excursions else _BAR
            axes.hlines(place, row.min_mc / 1000, row.max_mc / 1000, color=colour, linewidth=4)
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(-0.6, max(len(rows), 2) - 0.4)
        axes.set_xlabel("°C measured (line) and allowed (band)")

    return _svg(draw, len(rows), "Temperatures by container")


def dispensed(frame: pd.DataFrame) -> str:
    """Packs dispensed per day."""
    by_day = frame.groupby("day")["units"].sum()
    days = pd.to_datetime(pd.Series(by_day.index))
    room = pd.Timedelta(days=max(1.0, (6 - len(by_day)) / 2))

    def draw(axes: Axes) -> None:
        axes.bar(days, by_day.to_numpy(), width=BAR, color=_BAR)
        named = days[:: -(-len(days) // DATES)]
        axes.set_xticks(named, [f"{day:%Y-%m-%d}" for day in named])
        axes.set_xlim(days.min() - room, days.max() + room)
        axes.set_ylabel("packs")

    return _svg(draw, 4, "Packs dispensed per day")


def _svg(draw: Callable[[Axes], None], rows: float, title: str) -> str:
    style: Any = {
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _FAINT,
        "xtick.color": _INK,
        "ytick.color": _INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(WIDTH_INCHES, 1.0 + ROW_INCHES * max(rows, 2)), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    for colour, variable in _COLOURS.items():
        svg = svg.replace(colour, variable)
    # The page scales it; a reader that does not see it gets its name.
    return re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>',
        rf'<svg viewBox="\1" role="img" aria-label="{title}">',
        svg,
        count=1,
    )


def _legend(axes: Axes) -> None:
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))


def _unit(longest_seconds: float) -> tuple[str, float]:
    for name, seconds in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if longest_seconds >= 2 * seconds:
            return name, seconds
    return "seconds", 1.0
