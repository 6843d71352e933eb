"""Header blocks, which may arrive in several frames (RFC 9113 4.3)."""

from __future__ import annotations

from typing import Any, NamedTuple

import hpack

from http2 import frames
from http2.frames import Http2Error

MAX_HEADER_BYTES = 16 * 1024

_PRIORITY_BYTES = 5


class Headers(NamedTuple):
    """A whole header block of one stream."""

    stream: int
    end_stream: bool
    fields: dict[Any, Any]


class HeaderReader:
    """Puts HEADERS and its CONTINUATIONs together and decodes them with the connection's one table."""

    def __init__(self) -> None:
        self._decoder = hpack.Decoder(max_header_list_size=MAX_HEADER_BYTES)
        self._stream = 0
        self._end_stream = False
        self._block: bytearray | None = None

    @property
    def unfinished(self) -> bool:
        """Whether only a CONTINUATION may come next."""
        return self._block is not None

    def start(self, flags: int, stream: int, payload: bytes) -> Headers | None:
        """Take a HEADERS frame; the headers where it is the only one."""
        block = frames.unpadded(flags, payload)
        if flags & frames.WITH_PRIORITY:
            block = block[_PRIORITY_BYTES:]
        self._stream = stream
        self._end_stream = bool(flags & frames.END_STREAM)
        self._block = bytearray(block)
        return self._finished(flags)

    def more(self, flags: int, stream: int, payload: bytes) -> Headers | None:
        """Take a CONTINUATION frame; the headers where it is the last one."""
        if self._block is None or self._stream != stream:
            raise Http2Error(frames.PROTOCOL_ERROR, "a continuation of nothing")
        self._block += payload
        if len(self._block) > MAX_HEADER_BYTES:
            raise Http2Error(frames.ENHANCE_YOUR_CALM, "headers too large")
        return self._finished(flags)

    def _finished(self, flags: int) -> Headers | None:
        if not flags & frames.END_HEADERS or self._block is None:
            return None
        block, self._block = bytes(self._block), None
        try:
            return Headers(self._stream, self._end_stream, dict(self._decoder.decode(block)))
        except hpack.HPACKError as error:
            raise Http2Error(frames.COMPRESSION_ERROR, "headers cannot be decoded") from error
