"""Node and the official client, installed once for each state of the lock file."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
PACKAGES = (".npmrc", "package.json", "package-lock.json")
# The first release that gives a CommonJS module the ES modules it asks for, as the client does.
OLDEST = (20, 19)


@dataclass(frozen=True)
class Node:
    """Node's program and the script, beside the packages that it imports."""

    program: str
    script: Path


def _version(program: str) -> tuple[int, int]:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", told)
    assert found, told
    return int(found[1]), int(found[2])


def _installed(npm: str) -> Path:
    """The folder of the packages, below the virtual environment; made where it is missing."""
    state = hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in PACKAGES)).hexdigest()[:16]
    folder = Path(sys.prefix) / "node" / state
    if folder.exists():
        return folder
    making = folder.with_name(f"{state}-{uuid.uuid4().hex}")
    making.mkdir(parents=True)
    for name in PACKAGES:
        shutil.copy(FOLDER / name, making)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=making, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    try:
        making.rename(folder)
    except OSError:
        # Another run of the tests was first.
        shutil.rmtree(making)
    return folder


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Node with the client; the test is skipped where the machine has no Node that can run it."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("node or npm is not found")
    if _version(program) < OLDEST:
        pytest.skip(f"node is older than {OLDEST[0]}.{OLDEST[1]}")
    place = tmp_path_factory.mktemp("node")
    shutil.copy(FOLDER / "script.mjs", place)
    shutil.copytree(FOLDER / "steps", place / "steps")
    (place / "node_modules").symlink_to(_installed(npm) / "node_modules")
    return Node(program, place / "script.mjs")
