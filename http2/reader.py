"""Cutting what arrives on a connection into frames."""

from __future__ import annotations

from collections.abc import Callable

from http2 import frames
from http2.frames import Http2Error

OnFrame = Callable[[int, int, int, bytes], None]


class FrameReader:
    """Hands over each frame once it has arrived whole: its type, flags, stream and payload."""

    def __init__(self, on_frame: OnFrame, is_over: Callable[[], bool]) -> None:
        """``is_over`` says, after each frame, whether the rest of what has arrived is not wanted any more."""
        self._on_frame = on_frame
        self._is_over = is_over
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what has arrived; Http2Error where a frame is larger than this side lets the other send."""
        if self._buffer:
            self._buffer += data
            del self._buffer[: self._read(bytes(self._buffer))]
        else:
            used = self._read(data)
            if used < len(data):
                self._buffer += data[used:]

    def _read(self, data: bytes) -> int:
        """Hand over the whole frames at the start of ``data``; returns the bytes used."""
        position, end = 0, len(data)
        while end - position >= frames.HEADER_SIZE:
            high, low, kind, flags, stream = frames.HEADER.unpack_from(data, position)
            length = high << 8 | low
            if length > frames.MAX_FRAME:
                raise Http2Error(frames.FRAME_SIZE_ERROR, "frame too large")
            start = position + frames.HEADER_SIZE
            if end - start < length:
                break
            position = start + length
            self._on_frame(kind, flags, stream & frames.MAX_WINDOW, data[start:position])
            if self._is_over():
                return end
        return position
