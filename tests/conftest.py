"""Fixtures that all tests share, and the line that says on which ledgers they ran."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.support import ledgers, scenarios, system
from tests.support.ledgers import Ledger
from tests.support.system import RunningSystem
from tests.support.verified import audit_ledger

# What stands on each ledger, by the fixture's name: ended once no test that follows asks for it. pytest would
# keep it to the end of the session, and processes that do nothing still take their share of a machine.
_standing: dict[str, contextlib.ExitStack] = {}


@pytest.fixture(scope="session", params=system.kinds())
def running(request: pytest.FixtureRequest) -> Iterator[RunningSystem]:
    """A whole system, once per ledger: every test that takes it runs on each."""
    with contextlib.ExitStack() as stack:
        _standing["running"] = stack
        started = stack.enter_context(system.running(request.param))
        stack.callback(lambda: audit_ledger(started.system.topology, started.system.home))
        yield started


@pytest.fixture(scope="session", params=system.kinds())
def consortium(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The ledger of `three_members.yaml`, once per kind, for tests of what a client sees."""
    home = tmp_path_factory.mktemp(f"consortium-{request.param}")
    with contextlib.ExitStack() as stack:
        _standing["consortium"] = stack
        yield stack.enter_context(ledgers.started(request.param, ledgers.THREE_MEMBERS, home))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    wanted = nextitem.fixturenames if isinstance(nextitem, pytest.Function) else ()
    for name in [name for name in _standing if name not in wanted]:
        _standing.pop(name).close()


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
    told = scenarios.passed(terminalreporter.config, system.kinds())
    for what, found in (("tests passed on a whole system", counts), ("scenarios passed", told)):
        if any(found.values()):
            terminalreporter.write_line(f"{what}, by ledger: {_shown(found)}")
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties if report.when == "call" else ():
            if name.startswith("measured "):
                terminalreporter.write_line(f"{name}: {value} ({report.nodeid.rpartition('::')[2]})")


def _shown(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.items())
