"""Where Fabric's programs are looked for, and what is said when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from network.fabric import programs
from tests.unit.network.fabric.conftest import Tools


@pytest.fixture(autouse=True)
def nothing_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_the_folder_that_is_named_comes_first(tools: Tools) -> None:
    found = programs.find({"MEDILEDGER_FABRIC_BIN": str(tools.folder), "PATH": "/nowhere"})
    assert found == tools.programs
    assert found["peer"] == str(tools.folder / "peer")


def test_at_home(tools: Tools) -> None:
    home = Path.home() / ".local" / "share" / "mediledger" / "fabric" / programs.VERSION / "bin"
    home.parent.mkdir(parents=True)
    home.symlink_to(tools.folder)
    found = programs.find({"PATH": "/nowhere"})
    assert found is not None
    assert found.folder == home


def test_on_the_path(tools: Tools) -> None:
    assert programs.find({"PATH": f"/nowhere{os.pathsep}{tools.folder}"}) == tools.programs


@pytest.mark.parametrize("missing", programs.NEEDED)
def test_one_that_is_missing_or_cannot_be_run_is_enough(tools: Tools, missing: str) -> None:
    environ = {"MEDILEDGER_FABRIC_BIN": str(tools.folder), "PATH": ""}
    (tools.folder / missing).chmod(0o644)
    (tools.folder / missing).unlink()
    assert programs.find(environ) is None
    with pytest.raises(programs.FabricMissing, match=f"LEDGER=fabric needs .*{missing}") as failed:
        programs.need(environ)
    assert str(tools.folder) in str(failed.value)
    assert "\n" not in str(failed.value)
