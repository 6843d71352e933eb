from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pandas as pd
import pytest

from analytics import plots


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("xlink:href", "href"))  # noqa: S314 - our own


@pytest.mark.parametrize("days", [1, 2, 30, 800])
def test_days_are_named_at_most_six_times(days: int) -> None:
    first = date(2026, 1, 1)
    frame = pd.DataFrame({"day": [first + timedelta(d) for d in range(days)], "member": "m", "units": 3})
    svg = plots.dispensed(frame)
    named = [element.text for element in drawn(svg).iter() if element.text and element.text.startswith("202")]
    assert 1 <= len(named) <= plots.DATES
    assert named[0] == "2026-01-01"


def test_colours_are_the_pages_own() -> None:
    svg = plots.stock(pd.DataFrame({"member": ["a"], "product": ["p"], "units": [5], "held": [2]}))
    assert "var(--accent)" in svg
    assert "var(--warn)" in svg
    assert not {"#010101", "#020202", "#030303", "#040404"} & set(svg.split('"'))


def test_a_name_cannot_become_markup() -> None:
    svg = plots.stock(pd.DataFrame({"member": ["<b>&$x^2$"], "product": ["p"], "units": [5], "held": [0]}))
    assert "<b>" not in svg
    drawn(svg)
