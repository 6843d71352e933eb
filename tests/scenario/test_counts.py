"""Every plain-language scenario holds on every ledger; `tests.conftest` has this run last."""

from __future__ import annotations

import pytest

from tests.support import scenarios, system


def test_as_many_scenarios_passed_on_each_ledger(pytestconfig: pytest.Config) -> None:
    counts = scenarios.passed(pytestconfig, system.kinds())
    if not any(counts.values()):
        pytest.skip("no scenario was run")
    assert len(set(counts.values())) == 1, counts
