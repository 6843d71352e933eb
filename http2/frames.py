"""Frames of HTTP/2 (RFC 9113) and of gRPC's use of it.

Section numbers are RFC 9113's; "gRPC" is the document "gRPC over HTTP2".
"""

from __future__ import annotations

import struct
from urllib.parse import quote

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

# Frame types (6).
DATA = 0
HEADERS = 1
PRIORITY = 2
RST_STREAM = 3
SETTINGS = 4
PUSH_PROMISE = 5
PING = 6
GOAWAY = 7
WINDOW_UPDATE = 8
CONTINUATION = 9

# Flags (6). ACK and END_STREAM share a bit on different frames.
ACK = 0x1
END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
WITH_PRIORITY = 0x20

# Error codes (7).
NO_ERROR = 0
PROTOCOL_ERROR = 1
FLOW_CONTROL_ERROR = 3
FRAME_SIZE_ERROR = 6
REFUSED_STREAM = 7
CANCEL = 8
COMPRESSION_ERROR = 9
ENHANCE_YOUR_CALM = 11

# Settings (6.5.2).
ENABLE_PUSH = 2
MAX_CONCURRENT_STREAMS = 3
INITIAL_WINDOW_SIZE = 4
MAX_HEADER_LIST_SIZE = 6

# Every implementation must take a frame of this size (4.2); larger ones are not asked for.
MAX_FRAME = 16_384
# What a window is before anything is said about it (6.9.2), and its largest value (6.9.1).
DEFAULT_WINDOW = 65_535
MAX_WINDOW = 2**31 - 1

# gRPC status codes.
OK = 0
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14

HEADER_SIZE = 9
# Length in 16 and 8 bits, type, flags, stream (4.1).
HEADER = struct.Struct(">HBBBI")
# Before each gRPC message: compressed or not, length.
PREFIX = struct.Struct(">BI")
SETTING = struct.Struct(">HI")
WORD = struct.Struct(">I")
TWO_WORDS = struct.Struct(">II")

_STATUS_200 = b"\x88"
_MESSAGE_LIMIT = 120


class Http2Error(Exception):
    """The other side broke the protocol; the connection must end with this error code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def header(length: int, kind: int, flags: int, stream: int) -> bytes:
    """The nine bytes before a frame's payload."""
    return HEADER.pack(length >> 8, length & 0xFF, kind, flags, stream)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A whole frame."""
    return header(len(payload), kind, flags, stream) + payload


def settings(values: dict[int, int]) -> bytes:
    """A SETTINGS frame."""
    return frame(SETTINGS, 0, 0, b"".join(SETTING.pack(name, value) for name, value in values.items()))


def read_settings(payload: bytes) -> dict[int, int]:
    """The values of a SETTINGS frame."""
    if len(payload) % SETTING.size:
        raise Http2Error(FRAME_SIZE_ERROR, "settings of an odd size")
    return dict(SETTING.iter_unpack(payload))


def word(payload: bytes) -> int:
    """The number that is a whole frame, without its reserved bit."""
    if len(payload) != WORD.size:
        raise Http2Error(FRAME_SIZE_ERROR, "a frame of the wrong size")
    return int(WORD.unpack(payload)[0]) & MAX_WINDOW


def window_update(stream: int, increment: int) -> bytes:
    """A WINDOW_UPDATE frame; stream 0 is the connection."""
    return frame(WINDOW_UPDATE, 0, stream, WORD.pack(increment))


def rst_stream(stream: int, code: int) -> bytes:
    """A RST_STREAM frame."""
    return frame(RST_STREAM, 0, stream, WORD.pack(code))


def goaway(last_stream: int, code: int) -> bytes:
    """A GOAWAY frame."""
    return frame(GOAWAY, 0, 0, TWO_WORDS.pack(last_stream, code))


def call_headers(stream: int, authority: str, path: str, agent: str, secure: bool) -> bytes:
    """The HEADERS frame that opens a gRPC call of the method ``path``; ``agent`` says who calls."""
    fields = [
        (":method", "POST"),
        (":scheme", "https" if secure else "http"),
        (":path", path),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", agent),
    ]
    return frame(HEADERS, END_HEADERS, stream, hpack.Encoder().encode(fields, huffman=False))


def response_headers(stream: int) -> bytes:
    """The HEADERS frame that opens a gRPC answer."""
    block = _STATUS_200 + _literal("content-type", "application/grpc")
    return frame(HEADERS, END_HEADERS, stream, block)


def trailers(stream: int, status: int, message: str, *, only: bool = False) -> bytes:
    """The HEADERS frame that ends a gRPC answer; `only` where nothing came before it."""
    block = _STATUS_200 + _literal("content-type", "application/grpc") if only else b""
    block += _literal("grpc-status", str(status))
    if message:
        block += _literal("grpc-message", quote(message, safe=" ")[:_MESSAGE_LIMIT])
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block)


def unpadded(flags: int, payload: bytes) -> bytes:
    """A payload without the padding that its flags announce (6.1)."""
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise Http2Error(PROTOCOL_ERROR, "padding longer than its frame")
    return payload[1 : len(payload) - payload[0]]


def _literal(name: str, value: str) -> bytes:
    """A header field that is never indexed, both strings plain and under 127 bytes (RFC 7541 6.2.2)."""
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
