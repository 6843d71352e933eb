"""Finding out that the other side is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

SECONDS = 60.0
TIMEOUT = 20.0


class Keepalive:
    """Pings a side that has been silent for SECONDS and gives it up after TIMEOUT more.

    Args:
        ping: sends a PING.
        give_up: called once, with the reason, where the other side does not greet or does not answer.

    Attributes:
        heard: to be set whenever anything arrives.
        greeted: to be set when the other side has shown that it speaks the protocol.
    """

    def __init__(self, ping: Callable[[], None], give_up: Callable[[str], None]) -> None:
        self.heard = False
        self.greeted = False
        self._ping = ping
        self._give_up = give_up
        self._pinged = False
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(TIMEOUT, self._check_greeting)

    def stop(self) -> None:
        """The connection is gone."""
        self._timer.cancel()

    def _check_greeting(self) -> None:
        if not self.greeted:
            self._give_up("does not greet")
            return
        self._again(SECONDS)

    def _check(self) -> None:
        if self.heard:
            self._pinged = False
            self._again(SECONDS)
        elif self._pinged:
            self._give_up("is silent")
        else:
            self._pinged = True
            self._ping()
            self._again(TIMEOUT)

    def _again(self, delay: float) -> None:
        self.heard = False
        self._timer = self._loop.call_later(delay, self._check)
