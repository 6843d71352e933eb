"""Fixtures that all tests share, and the line that says on which ledgers they ran."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import ledgers, scenarios, system
from tests.support.ledgers import Ledger
from tests.support.system import RunningSystem


@pytest.fixture(scope="session", params=system.kinds())
def running(request: pytest.FixtureRequest) -> Iterator[RunningSystem]:
    """A whole system, once per ledger: every test that takes it runs on each."""
    with system.running(request.param) as started:
        yield started


@pytest.fixture(scope="session", params=system.kinds())
def consortium(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The ledger of `three_members.yaml`, once per kind, for tests of what a client sees."""
    home = tmp_path_factory.mktemp(f"consortium-{request.param}")
    with ledgers.started(request.param, ledgers.THREE_MEMBERS, home) as started:
        yield started


def pytest_report_header() -> str:
    return f"ledgers: {', '.join(system.kinds())}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What counts the scenarios that passed runs after them."""
    items.sort(key=lambda item: item.path.name == "test_counts.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = dict.fromkeys(system.kinds(), 0)
    for report in terminalreporter.stats.get("passed", []):
        for kind in counts:
            if report.when == "call" and f"[{kind}" in report.nodeid:
                counts[kind] += 1
    terminalreporter.write_line(f"tests passed on a whole system, by ledger: {_shown(counts)}")
    told = scenarios.passed(terminalreporter.config, system.kinds())
    terminalreporter.write_line(f"scenarios passed, by ledger: {_shown(told)}")
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties if report.when == "call" else ():
            if name.startswith("measured "):
                terminalreporter.write_line(f"{name}: {value} ({report.nodeid.rpartition('::')[2]})")


def _shown(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.items())
