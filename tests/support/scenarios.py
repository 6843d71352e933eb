"""How many plain-language scenarios ran on each ledger: as many on one as on the other."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

SCENARIO = "scenario on"


def note(item: pytest.Item, kind: str) -> None:
    """A scenario begins on a ledger."""
    item.user_properties.append((SCENARIO, kind))


def counts(reports: Iterable[pytest.TestReport], kinds: Iterable[str]) -> dict[str, int]:
    """Of these reports' scenarios, those that ran on each ledger."""
    found = dict.fromkeys(kinds, 0)
    for report in reports:
        kind = dict(report.user_properties).get(SCENARIO)
        if report.when == "call" and kind in found:
            found[kind] += 1
    return found
