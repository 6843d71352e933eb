"""How many plain-language scenarios passed on each ledger."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

_LEDGER = "scenario on"


def note(item: pytest.Item, kind: str) -> None:
    """This test is a scenario, on a ledger of this kind."""
    item.user_properties.append((_LEDGER, kind))


def passed(config: pytest.Config, kinds: Iterable[str]) -> dict[str, int]:
    """The count of those that passed up to now, for each kind of ledger."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert isinstance(reporter, pytest.TerminalReporter)
    counts = dict.fromkeys(kinds, 0)
    for report in reporter.stats.get("passed", []):
        kind = dict(report.user_properties).get(_LEDGER)
        if report.when == "call" and kind in counts:
            counts[kind] += 1
    return counts
