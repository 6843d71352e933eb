"""Answers to a client's PINGs: each gets its own, and many do not cost a write each."""

from __future__ import annotations

import asyncio

import pytest

from chaincode.shim.http2 import pings
from chaincode.shim.http2.pings import PingAnswers
from http2 import frames


class Answered:
    """What was sent, write by write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.pings = PingAnswers(self.writes.append)

    def ping(self, *numbers: int) -> None:
        for number in numbers:
            self.pings.pinged(frames.WORD.pack(number) * 2)


def acks(*numbers: int) -> bytes:
    return b"".join(frames.frame(frames.PING, frames.ACK, 0, frames.WORD.pack(n) * 2) for n in numbers)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(pings, "SECONDS", 0.05)
    return 0.05


async def test_one_is_answered_at_once(seconds: float) -> None:
    answered = Answered()
    answered.ping(1)
    assert answered.writes == [acks(1)]
    await asyncio.sleep(3 * seconds)
    answered.ping(2)
    assert answered.writes == [acks(1), acks(2)]


async def test_those_that_follow_are_answered_together(seconds: float) -> None:
    answered = Answered()
    answered.ping(1, 2, 3, 4)
    assert answered.writes == [acks(1)]
    await asyncio.sleep(1.5 * seconds)
    assert answered.writes == [acks(1), acks(2, 3, 4)]
    answered.ping(5)
    assert answered.writes == [acks(1), acks(2, 3, 4)]
    await asyncio.sleep(seconds)
    assert answered.writes == [acks(1), acks(2, 3, 4), acks(5)]


async def test_what_waits_is_bounded() -> None:
    answered = Answered()
    answered.ping(*range(1 + pings.MOST))
    assert answered.writes == [acks(0), acks(*range(1, 1 + pings.MOST))]


async def test_nothing_is_sent_once_the_connection_is_gone(seconds: float) -> None:
    answered = Answered()
    answered.ping(1, 2)
    answered.pings.stop()
    await asyncio.sleep(2 * seconds)
    assert answered.writes == [acks(1)]
