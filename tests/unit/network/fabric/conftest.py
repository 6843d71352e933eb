"""Stand-ins for Fabric's programs: small scripts that note how they were called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from network.fabric import programs
from network.fabric.processes import Layout
from network.fabric.programs import Programs
from network.topology import Topology


class Tools:
    """A folder of programs, each of which runs a script of the test's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = Programs(folder)
        self._calls = folder / "calls"
        for name in programs.NEEDED:
            self.script(name, "exit 0")

    def script(self, name: str, body: str) -> None:
        """Replace a program; in ``body``, ``$folder`` is this folder."""
        path = self.folder / name
        note = f'echo "{name} $*" >> "{self._calls}"'
        path.write_text(f'#!/bin/sh\nfolder="{self.folder}"\n{note}\n{body}\n')
        path.chmod(0o755)

    def answers(self, name: str, arguments: str, answer: Any) -> None:
        """Have a program print JSON when its arguments match a shell pattern, else nothing."""
        self.script(name, f"case \"$*\" in {arguments}) cat <<'.'\n{json.dumps(answer)}\n.\n;; esac")

    def calls(self, name: str = "") -> list[str]:
        """Every call so far, or one program's."""
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [line for line in lines if line.startswith(name)]


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    folder = tmp_path / "bin"
    folder.mkdir()
    made = Tools(folder)
    made.script(
        "configtxgen",
        'while [ "$1" != -outputBlock ]; do shift; done; cat "$FABRIC_CFG_PATH/configtx.yaml" > "$2"',
    )
    return made


@pytest.fixture
def layout(topology: Topology, tmp_path: Path) -> Layout:
    made = Layout(topology, tmp_path / "network")
    made.identities.create()
    return made
