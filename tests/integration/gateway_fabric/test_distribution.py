"""The distribution of the client: built, installed where nothing else of the project is, and used."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import gateway.fabric
from tests.support.ledgers import Ledger

SOURCE = Path(gateway.fabric.__file__).parent
README = (SOURCE / "README.md").read_text()
RUN = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
import gateway.fabric
assert gateway.fabric.__file__.startswith(sys.path[0]), gateway.fabric.__file__
program = sys.argv.pop(1)
sys.argv[0] = program
runpy.run_path(program, run_name="__main__")
loaded = [name for name in sys.modules if name.partition(".")[0] in ("chaincode", "network", "iot_bridge")]
assert not loaded, loaded
"""


def pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's wheel, built from a copy: a build leaves its own files beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(folder / "built"), str(copy))
    [built] = (folder / "built").glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-index", "--no-deps", "--target", str(folder), str(wheel))
    return folder


def test_the_wheel_holds_the_client_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = {name for name in content.namelist() if ".dist-info/" not in name}
        metadata = content.read(next(n for n in content.namelist() if n.endswith("/METADATA"))).decode()
    modules = {f"gateway/fabric/{path.name}" for path in SOURCE.glob("*.py")}
    assert names == modules | {"gateway/fabric/py.typed"}
    assert "Name: mediledger-fabric-gateway" in metadata
    for needed in ("grpcio", "cryptography", "hyperledger-fabric-protos"):
        assert re.search(rf"^Requires-Dist: {needed}[=>]", metadata, re.MULTILINE), metadata
    assert 'extra == "hsm"' in metadata
    assert "# A Fabric Gateway client for asyncio" in metadata


def test_the_readmes_example_runs_as_it_stands(running: Ledger, installed: Path, tmp_path: Path) -> None:
    example = README.partition("```python\n")[2].partition("```")[0]
    assert len([line for line in example.splitlines() if line.strip()]) <= 20
    program = tmp_path / "example.py"
    program.write_text(example)
    profile = running.home / "network" / "profiles" / "manufacturer.gateway.json"
    done = subprocess.run(
        # Isolated: neither this folder nor PYTHONPATH is searched.
        [sys.executable, "-I", "-c", RUN, str(installed), str(program), str(profile)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ['"a value"', "a-key", "(404, 'no function no such function')"]
