"""Answering the PINGs of a client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from http2 import frames

SECONDS = 0.1
MOST = 64


class PingAnswers:
    """Acknowledges a PING at once, and those that follow within SECONDS together after that time.

    A peer's gRPC (grpc-go, bdp_estimator.go) measures the bandwidth: with whatever it gets it sends a PING,
    and a window update before that, unless one is under way. Answered each at once, these cost both sides as
    much as the messages of a small transaction. With MOST unanswered the client is not waiting for answers.
    """

    def __init__(self, answer: Callable[[bytes], None]) -> None:
        """``answer`` takes frames to send."""
        self._answer = answer
        self._waiting: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def pinged(self, payload: bytes) -> None:
        """A PING with these eight bytes has arrived."""
        self._waiting.append(frames.frame(frames.PING, frames.ACK, 0, payload))
        if self._timer is None or len(self._waiting) >= MOST:
            self.stop()
            self._again()

    def stop(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        """Send what waits and wait before more is sent; where nothing waits the next is sent at once."""
        self._timer = self._loop.call_later(SECONDS, self._again) if self._waiting else None
        if self._waiting:
            self._answer(b"".join(self._waiting))
            self._waiting.clear()
