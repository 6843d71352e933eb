"""One gRPC call on an HTTP/2 connection."""

from __future__ import annotations

from typing import Protocol

from chaincode.shim.limits import MAX_MESSAGE_BYTES
from http2.frames import (
    DATA,
    MAX_FRAME,
    MAX_WINDOW,
    PREFIX,
    UNIMPLEMENTED,
    header,
    trailers,
)

_PREFIX_SIZE = PREFIX.size


class Call(Protocol):
    """What answers a call."""

    def receive(self, data: bytes) -> None:
        """One message; ShimError ends the call."""

    def lost(self) -> None:
        """The call is over; called once."""


class CallRefused(Exception):
    """The other side sent what gRPC allows and this server does not take; the call ends with this status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Stream:
    """Cuts the incoming bytes into messages, queues outgoing ones within the flow-control window.

    Attributes:
        window: bytes that the other side still takes on this stream; a change of its settings can make it
            negative (RFC 9113 6.9.2).
        received: bytes taken since the last WINDOW_UPDATE.
        call: what answers; None once it has ended.
        finished: whether the last frame has been written.
    """

    __slots__ = (
        "_head",
        "_inbox",
        "_outbox",
        "_trailers",
        "call",
        "finished",
        "identity",
        "received",
        "window",
    )

    def __init__(self, identity: int, window: int) -> None:
        self.identity = identity
        self.window = window
        self.received = 0
        self.call: Call | None = None
        self.finished = False
        self._inbox = bytearray()
        self._outbox: list[bytes] = []
        self._head = memoryview(b"")
        self._trailers = b""

    def data(self, chunk: bytes) -> None:
        """Take the payload of a DATA frame and hand on the messages that it completes.

        Raises:
            CallRefused: a compressed or an oversized message.
        """
        if self._inbox:
            self._inbox += chunk
            chunk = self._inbox  # type: ignore[assignment]
        position, end = 0, len(chunk)
        while end - position >= _PREFIX_SIZE:
            compressed, length = PREFIX.unpack_from(chunk, position)
            if compressed:
                raise CallRefused(UNIMPLEMENTED, "compressed messages are not taken")
            if length > MAX_MESSAGE_BYTES:
                raise CallRefused(UNIMPLEMENTED, "message too large")
            start = position + _PREFIX_SIZE
            if end - start < length:
                break
            position = start + length
            if self.call is None:
                break
            self.call.receive(bytes(chunk[start:position]))
        if self._inbox:
            del self._inbox[:position]
        elif position < end:
            self._inbox += chunk[position:]

    def queue(self, message: bytes) -> None:
        """Add one message; nothing after `finish`."""
        if not self._trailers:
            self._outbox.append(PREFIX.pack(0, len(message)))
            self._outbox.append(message)

    def finish(self, status: int, message: str = "") -> None:
        """End the call once everything queued has gone out."""
        if not self._trailers:
            self._trailers = trailers(self.identity, status, message)

    def widen(self, increment: int) -> bool:
        """Add to the window; False where it would pass its largest value."""
        self.window += increment
        return self.window <= MAX_WINDOW

    @property
    def waiting(self) -> bool:
        """Whether something is left that `take` has not moved."""
        return bool(self._head or self._outbox or (self._trailers and not self.finished))

    def take(self, out: list[bytes | memoryview], allowance: int) -> int:
        """Move what both windows let through to `out` as frames; returns the DATA bytes moved."""
        moved = 0
        while True:
            if not self._head:
                if not self._outbox:
                    break
                # Small messages share a frame: to the reader frame borders mean nothing.
                self._head = memoryview(b"".join(self._outbox))
                self._outbox.clear()
            size = min(len(self._head), MAX_FRAME, self.window, allowance - moved)
            if size <= 0:
                return moved
            out.append(header(size, DATA, 0, self.identity))
            out.append(self._head[:size])
            self._head = self._head[size:]
            self.window -= size
            moved += size
        if self._trailers and not self.finished:
            out.append(self._trailers)
            self.finished = True
        return moved
