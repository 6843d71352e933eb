"""Frames of a server that keeps to the protocol, and of some that do not."""

from __future__ import annotations

import asyncio
from typing import Any

import hpack
import pytest

from http2 import frames
from network.devnet.errors import DevnetError
from network.devnet.http2 import WINDOW, BidirectionalCall


class Transport:
    """Keeps what is written."""

    def __init__(self, tls: object = None) -> None:
        self.written = bytearray()
        self.aborted = False
        self._tls = tls

    def get_extra_info(self, name: str) -> object:
        return self._tls if name == "sslcontext" else None

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        """The frames written since the last look."""
        data, self.written = bytes(self.written).removeprefix(frames.PREFACE), bytearray()
        found = []
        while data:
            high, low, kind, flags, stream = frames.HEADER.unpack_from(data)
            end = frames.HEADER_SIZE + (high << 8 | low)
            found.append((kind, flags, stream, data[frames.HEADER_SIZE : end]))
            data = data[end:]
        return found


class Side:
    """A call whose transport is ours."""

    def __init__(self, tls: object = None) -> None:
        self.messages: list[bytes] = []
        self.call = BidirectionalCall("host", "/S/M", lambda call, message: self.messages.append(message))
        self.transport = Transport(tls)
        self.call.connection_made(self.transport)  # type: ignore[arg-type]

    def data(self, payload: bytes, flags: int = 0, stream: int = 1) -> None:
        self.call.data_received(frames.frame(frames.DATA, flags, stream, payload))

    async def ended(self) -> str:
        async with asyncio.timeout(1):
            return await self.call.ended


def message(body: bytes) -> bytes:
    return frames.PREFIX.pack(0, len(body)) + body


@pytest.mark.parametrize(("tls", "scheme"), [(None, "http"), (object(), "https")])
async def test_the_greeting(tls: object, scheme: str) -> None:
    side = Side(tls)
    settings, window, headers = side.transport.frames()
    assert frames.read_settings(settings[3])[frames.INITIAL_WINDOW_SIZE] == WINDOW
    assert frames.word(window[3]) == WINDOW - frames.DEFAULT_WINDOW
    fields: Any = dict(hpack.Decoder().decode(headers[3]))
    assert (fields[":path"], fields[":authority"], fields["te"]) == ("/S/M", "host", "trailers")
    assert fields[":scheme"] == scheme


async def test_messages_in_any_pieces() -> None:
    side = Side()
    bodies = [b"", b"a", b"b" * 300, b"c" * 70_000]
    stream = b"".join(message(body) for body in bodies)
    wire = b"".join(
        frames.frame(frames.DATA, 0, 1, stream[at : at + 1000]) for at in range(0, len(stream), 1000)
    )
    for at in range(0, len(wire), 7):
        side.call.data_received(wire[at : at + 7])
    assert side.messages == bodies
    side.data(bytes([3]) + message(b"padded") + bytes(3), frames.PADDED)
    assert side.messages[-1] == b"padded"


async def test_windows_are_kept_to() -> None:
    side = Side()
    side.transport.frames()
    side.call.data_received(frames.settings({frames.INITIAL_WINDOW_SIZE: 40_000}))
    side.call.send(b"x" * 65_000)
    await asyncio.sleep(0)
    sent = side.transport.frames()
    assert sent[0][:2] == (frames.SETTINGS, frames.ACK)
    assert [len(payload) for kind, _, _, payload in sent if kind == frames.DATA] == [16_384, 16_384, 7_232]
    side.call.data_received(frames.window_update(1, 100_000))
    await asyncio.sleep(0)
    # With its prefix the message is as long as the connection's first window, all but 530 bytes.
    assert sum(len(frame[3]) for frame in side.transport.frames()) == 65_005 - 40_000
    side.call.send(b"y" * 1_000)
    await asyncio.sleep(0)
    assert sum(len(frame[3]) for frame in side.transport.frames()) == 530
    side.call.data_received(frames.window_update(0, 100_000))
    await asyncio.sleep(0)
    assert sum(len(frame[3]) for frame in side.transport.frames()) == 1_005 - 530
    side.call.pause_writing()
    side.call.send(b"later")
    await asyncio.sleep(0)
    assert side.transport.frames() == []
    side.call.resume_writing()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = b"".join(frame[3] for frame in side.transport.frames())
    assert rest == message(b"later")


async def test_what_is_received_is_let_in_again() -> None:
    side = Side()
    side.transport.frames()
    side.data(message(b"x" * 16_000))
    for _ in range(WINDOW // 2 // 16_000 + 1):
        side.data(message(b"x" * 16_000))
    updates = [(stream, frames.word(payload)) for _, _, stream, payload in side.transport.frames()]
    assert [stream for stream, _ in updates] == [0, 1]
    assert updates[0][1] > WINDOW // 2


async def test_pings_are_answered() -> None:
    side = Side()
    side.transport.frames()
    side.call.data_received(frames.frame(frames.PING, 0, 0, b"12345678"))
    side.call.data_received(frames.frame(frames.PING, frames.ACK, 0, b"12345678"))
    assert side.transport.frames() == [(frames.PING, frames.ACK, 0, b"12345678")]


def headers(fields: list[tuple[str, str]], flags: int = frames.END_HEADERS) -> bytes:
    return frames.frame(frames.HEADERS, flags, 1, hpack.Encoder().encode(fields))


async def test_headers_in_parts_and_trailers() -> None:
    side = Side()
    side.call.data_received(headers([(":status", "200"), ("content-type", "application/grpc")]))
    assert not side.call.ended.done()
    block = hpack.Encoder().encode([("grpc-status", "14"), ("grpc-message", "going%20away")])
    side.call.data_received(frames.frame(frames.HEADERS, frames.END_STREAM, 1, block[:5]))
    side.call.data_received(frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, block[5:]))
    assert await side.ended() == "the server ended the call: 14 going away"
    assert side.transport.aborted
    side.call.send(b"too late")


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (headers([(":status", "404")]), "the server ended the call: HTTP 404"),
        (frames.frame(frames.DATA, frames.END_STREAM, 1), "the server closed the stream"),
        (frames.frame(frames.RST_STREAM, 0, 1, bytes(4)), "the server ended the call"),
        (frames.frame(frames.GOAWAY, 0, 0, bytes(8)), "the server ended the call"),
        (frames.header(20_000, frames.DATA, 0, 1), "frame too large"),
        (frames.frame(frames.DATA, 0, 3, b"x"), "data on a stream that is not open"),
        (frames.frame(frames.DATA, frames.PADDED, 1, b"\x05x"), "padding longer than its frame"),
        (frames.frame(frames.DATA, 0, 1, b"\x01" + bytes(4)), "a message that is compressed or too large"),
        (frames.frame(frames.DATA, 0, 1, b"\x00" + b"\xff" * 4), "a message that is compressed or too large"),
        (frames.frame(frames.WINDOW_UPDATE, 0, 0, b"x"), "a frame of the wrong size"),
        (frames.window_update(0, 2**31 - 1), "window too large"),
        (frames.frame(frames.SETTINGS, 0, 0, b"x"), "settings of an odd size"),
        (frames.frame(frames.CONTINUATION, 0, 1), "a continuation of nothing"),
        (
            headers([("x", "y")], 0) + frames.frame(frames.PING, 0, 0, bytes(8)),
            "a header block was interrupted",
        ),
        (frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff"), ""),
    ],
)
async def test_what_ends_the_call(wire: bytes, reason: str) -> None:
    side = Side()
    side.call.data_received(wire)
    assert reason in await side.ended()
    assert side.transport.aborted


async def test_a_message_that_makes_no_sense_ends_the_call() -> None:
    def refuse(call: BidirectionalCall, body: bytes) -> None:
        raise DevnetError("nonsense")

    side = Side()
    side.call._on_message = refuse
    side.data(message(b"x"))
    assert await side.ended() == "nonsense"
    side.call.connection_lost(None)
