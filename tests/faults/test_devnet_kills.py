"""200 times kill -9 of devnet at random moments under load: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.devnet import Devnet
from tests.support.kills import Tally, kill_often

KILLS = 200
# The whole chain is replayed after each kill, which takes longer the longer it is.
KILLS_A_LEDGER = 20


@pytest.mark.slow
@pytest.mark.timeout(1500)
async def test_many_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(4)
    tally = Tally()
    while tally.kills < KILLS:
        devnet = Devnet(tmp_path / str(tally.kills))
        try:
            devnet.start()
            tally.add(await kill_often(devnet, KILLS_A_LEDGER, chance))
        finally:
            devnet.stop()
        with capsys.disabled():
            print(f"\n{tally}", end="")  # noqa: T201 - how far it is, over many minutes
    assert tally.kills == KILLS
    assert tally.acknowledged > KILLS
