"""kill -9 while transactions are under way: none that was acknowledged is lost, none is there twice."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator

import pytest

from tests.support.devnet import CHANNEL, Devnet, started
from tests.support.kills import kill_often

KILLS = 8


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with started(tmp_path_factory.mktemp("killed")) as made:
        yield made


async def test_kill_at_any_moment(own: Devnet) -> None:
    """A short form of tests/faults/test_devnet_kills.py."""
    tally = await kill_often(own, KILLS, random.Random(20261124))
    assert tally.kills == KILLS
    assert tally.valid > KILLS, "the load never got anywhere"
    assert tally.codes["MVCC_READ_CONFLICT"], "nobody was in anybody's way"


async def test_a_clean_stop(own: Devnet) -> None:
    async with own.gateway() as gateway:
        network = gateway.network(CHANNEL)
        await own.ready(network)
        await network.contract("notes").submit("Put", b"k", b"v")
        assert own.end("devnet", signal.SIGTERM) == 0
        own.start("devnet")
        await own.ready(network)
        assert await network.contract("notes").evaluate("Get", b"k") == b"v"
        assert await network.height() == 2
