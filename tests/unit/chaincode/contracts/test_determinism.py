"""The same history leaves the same ledger, wherever an endorser runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from chaincode.contracts.trails import MAX_TRAILS

ROOT = Path(__file__).parents[4]
# What may differ from one endorser's machine to another's and must not be seen; how much each remembers.
SURROUNDINGS: tuple[tuple[dict[str, str], int], ...] = (
    ({"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}, MAX_TRAILS),
    ({"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}, 0),
    ({"PYTHONHASHSEED": "7", "TZ": "America/Adak", "PYTHONOPTIMIZE": "0", "LANG": "tr_TR.UTF-8"}, 5),
)


def test_two_runs_of_a_history_read_the_same_and_leave_the_same_ledger() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.unit.chaincode.contracts.replay", str(remembered)],
            cwd=ROOT,
            env={**os.environ, **surroundings},
            stdout=subprocess.PIPE,
            text=True,
        )
        for surroundings, remembered in SURROUNDINGS
    ]
    told = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * len(runs)
    assert len(set(told)) == 1, told
    assert int(told[0].split()[1]) > 100
