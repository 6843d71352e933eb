"""The official client's script says the same of devnet and of Fabric: what `expected.jsonl` says."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path

from tests.integration.node.conftest import Node
from tests.support.ledgers import Ledger

FOLDER = Path(__file__).parent
SECONDS = 120


def member(consortium: Ledger, name: str) -> dict[str, str]:
    """What the script needs to know of a member: its own profile, with the names of files."""
    path = consortium.home / "network" / "profiles" / f"{name}.gateway.json"
    profile = json.loads(path.read_text())
    [peer] = profile["peers"]
    return {
        "mspId": profile["msp_id"],
        "address": peer["address"],
        "serverName": peer["server_name"],
        "tlsRoot": str((path.parent / peer["tls_root"]).resolve()),
        "certificate": str((path.parent / profile["certificate"]).resolve()),
        "key": str((path.parent / profile["key"]).resolve()),
    }


def configured(consortium: Ledger, folder: Path) -> Path:
    """The configuration that the script reads, written below ``folder``."""
    configuration = folder / "configuration.json"
    configuration.write_text(
        json.dumps(
            {
                "channel": consortium.topology.channel,
                "run": uuid.uuid4().hex,
                "directory": str(folder),
                "members": {
                    one.name: member(consortium, one.name) for one in consortium.topology.organizations
                },
            }
        )
    )
    return configuration


def test_the_script_tells_what_is_expected(consortium: Ledger, node: Node, tmp_path: Path) -> None:
    configuration = configured(consortium, tmp_path)
    done = subprocess.run(
        [node.program, node.script, configuration], capture_output=True, text=True, timeout=SECONDS
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, ""), told[-1:]
    expected = [json.loads(line) for line in (FOLDER / "expected.jsonl").read_text().splitlines()]
    for line, wanted in zip(told, expected, strict=False):
        assert line == wanted
    assert [line["step"] for line in told] == [line["step"] for line in expected]
