"""What devnet writes and reads of HTTP/2 (RFC 9113; section numbers are its own) and of gRPC over it."""

from __future__ import annotations

import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

# Frame types (6).
DATA = 0
HEADERS = 1
RST_STREAM = 3
SETTINGS = 4
PING = 6
GOAWAY = 7
WINDOW_UPDATE = 8
CONTINUATION = 9

# Flags (6). ACK and END_STREAM share a bit on different frames.
ACK = 0x1
END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITY = 0x20
_PRIORITY_BYTES = 5

# Settings (6.5.2).
ENABLE_PUSH = 2
INITIAL_WINDOW_SIZE = 4

# Every implementation takes a frame of this size (4.2), and what a window is before anything is said (6.9.2).
MAX_FRAME = 16_384
DEFAULT_WINDOW = 65_535
MAX_WINDOW = 2**31 - 1

HEADER_SIZE = 9
# Length in 16 and 8 bits, type, flags, stream (4.1).
HEADER = struct.Struct(">HBBBI")
# Before each gRPC message: compressed or not, length.
PREFIX = struct.Struct(">BI")
SETTING = struct.Struct(">HI")
WORD = struct.Struct(">I")


class ProtocolBroken(Exception):
    """The other side does not keep to the protocol; the connection must end."""


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
        raise ProtocolBroken("settings of a wrong length")
    return dict(SETTING.iter_unpack(payload))


def window_update(stream: int, increment: int) -> bytes:
    """A WINDOW_UPDATE frame; stream 0 is the connection."""
    return frame(WINDOW_UPDATE, 0, stream, WORD.pack(increment))


def word(payload: bytes) -> int:
    """The number that is a whole frame, without its reserved bit."""
    if len(payload) != WORD.size:
        raise ProtocolBroken("a number of a wrong length")
    return int(WORD.unpack(payload)[0]) & MAX_WINDOW


def call_headers(stream: int, authority: str, path: str) -> bytes:
    """The HEADERS frame that opens a gRPC call."""
    fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":path", path),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", "grpc-devnet"),
    ]
    return frame(HEADERS, END_HEADERS, stream, hpack.Encoder().encode(fields, huffman=False))


def unpadded(flags: int, payload: bytes) -> bytes:
    """A payload without the padding that its flags announce (6.1)."""
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ProtocolBroken("padding longer than its frame")
    return payload[1 : len(payload) - payload[0]]


def header_block(flags: int, payload: bytes) -> bytes:
    """The part of a HEADERS frame that is encoded headers."""
    block = unpadded(flags, payload)
    return block[_PRIORITY_BYTES:] if flags & PRIORITY else block
