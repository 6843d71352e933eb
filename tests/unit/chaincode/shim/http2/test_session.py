"""Clients that do not behave, on a bare socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import hpack
import pytest

from http2 import frames
from http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    WITH_PRIORITY,
    frame,
)
from tests.unit.chaincode.shim.conftest import Bench
from tests.unit.chaincode.shim.fake_peer import Message

CONNECT = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/protos.Chaincode/Connect"),
    (":authority", "chaincode"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
]
Frame = tuple[int, int, int, bytes]


class Client:
    """Writes raw frames and reads them back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.encoder = hpack.Encoder()

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    def headers(self, fields: list[tuple[str, str]] | None = None) -> bytes:
        return self.encoder.encode(fields or CONNECT)

    async def read(self) -> Frame | None:
        """The next frame; None at the end."""
        try:
            head = await self.reader.readexactly(frames.HEADER_SIZE)
            high, low, kind, flags, stream = frames.HEADER.unpack(head)
            return kind, flags, stream, await self.reader.readexactly(high << 8 | low)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return None

    async def until(self, kind: int, stream: int = 0) -> Frame:
        """The next frame of a type."""
        while (found := await self.read()) is not None:
            if found[0] == kind and found[2] == stream:
                return found
        raise AssertionError("the connection has ended")

    async def goodbye(self) -> int:
        """The error code with which the server closes."""
        code = -1
        while (found := await self.read()) is not None:
            if found[0] == GOAWAY:
                code = frames.TWO_WORDS.unpack(found[3])[1]
        return code


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[Client]:
    server = await bench.server()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    async with asyncio.timeout(10):
        yield Client(reader, writer)
    writer.close()


@pytest.fixture
def open_client(client: Client) -> Client:
    client.send(PREFACE, frames.settings({}), frame(HEADERS, END_HEADERS, 1, client.headers()))
    return client


async def test_a_call_begins_with_register_and_its_own_settings(open_client: Client) -> None:
    _, _, _, payload = await open_client.until(SETTINGS)
    settings = dict(frames.SETTING.iter_unpack(payload))
    assert settings[frames.INITIAL_WINDOW_SIZE] == 16 * 1024 * 1024
    _, _, _, block = await open_client.until(HEADERS, 1)
    assert (":status", "200") in hpack.Decoder().decode(block)
    _, _, _, data = await open_client.until(DATA, 1)
    assert Message.FromString(data[5:]).type == Message.REGISTER


@pytest.mark.parametrize("greeting", [b"GET / HTTP/1.1\r\n\r\n", b"GET", b"\x16\x03\x01" + bytes(40)])
async def test_other_protocols_are_closed(client: Client, greeting: bytes) -> None:
    client.send(greeting)
    assert await client.goodbye() == frames.PROTOCOL_ERROR


async def test_a_greeting_in_pieces_is_taken(client: Client) -> None:
    for byte in PREFACE + frame(PING, 0, 0, b"12345678"):
        client.send(bytes([byte]))
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.until(PING))[1:] == (ACK, 0, b"12345678")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(PING, 0, 0, b"short"), frames.FRAME_SIZE_ERROR),
        (frames.header(20_000, DATA, 0, 1), frames.FRAME_SIZE_ERROR),
        (frame(SETTINGS, 0, 0, b"12345"), frames.FRAME_SIZE_ERROR),
        (frames.settings({frames.INITIAL_WINDOW_SIZE: 2**31}), frames.FLOW_CONTROL_ERROR),
        (frames.window_update(0, 0), frames.PROTOCOL_ERROR),
        (frame(WINDOW_UPDATE, 0, 0, b"1"), frames.FRAME_SIZE_ERROR),
        (frames.window_update(0, 2**31 - 1), frames.FLOW_CONTROL_ERROR),
        (frames.window_update(1, 2**31 - 1), frames.FLOW_CONTROL_ERROR),
        (frame(DATA, 0, 0, b"x"), frames.PROTOCOL_ERROR),
        (frame(DATA, 0, 3, b"x"), frames.PROTOCOL_ERROR),
        (frame(DATA, PADDED, 1, b"\x09x"), frames.PROTOCOL_ERROR),
        (frame(PUSH_PROMISE, 0, 1, b""), frames.PROTOCOL_ERROR),
        (frame(CONTINUATION, END_HEADERS, 1, b""), frames.PROTOCOL_ERROR),
        (frame(HEADERS, 0, 3, b"") + frame(PING, 0, 0, bytes(8)), frames.PROTOCOL_ERROR),
        (frame(HEADERS, 0, 3, b"") + frame(CONTINUATION, 0, 5, b""), frames.PROTOCOL_ERROR),
        (frame(HEADERS, 0, 3, b"") + frame(CONTINUATION, 0, 3, bytes(16_384)) * 2, frames.ENHANCE_YOUR_CALM),
        (frame(HEADERS, END_HEADERS, 3, b"\xff\xff\xff\xff\xff\xff"), frames.COMPRESSION_ERROR),
        (frame(HEADERS, END_HEADERS, 2, b"\x83"), frames.PROTOCOL_ERROR),
    ],
)
async def test_a_broken_frame_ends_the_connection(open_client: Client, data: bytes, code: int) -> None:
    open_client.send(data)
    assert await open_client.goodbye() == code


async def test_the_windows_are_renewed_as_data_arrives(open_client: Client) -> None:
    open_client.send(frame(DATA, 0, 1, frames.PREFIX.pack(0, 90 * 1024 * 1024)))
    for _ in range(600):
        open_client.send(frame(DATA, 0, 1, bytes(16_384)))
    increments = {
        frames.WORD.unpack((await open_client.until(WINDOW_UPDATE, number))[3])[0] for number in (0, 0, 1)
    }
    assert all(increment > 8 * 1024 * 1024 for increment in increments)


async def test_padding_priority_and_continuations_are_understood(client: Client) -> None:
    block = client.headers()
    first = bytes([3]) + bytes(5) + block[:4] + bytes(3)
    client.send(
        PREFACE,
        frames.settings({}),
        frame(PRIORITY, 0, 1, bytes(5)),
        frame(99, 0, 0, b"unknown"),
        frame(HEADERS, PADDED | WITH_PRIORITY, 1, first),
        frame(CONTINUATION, 0, 1, block[4:10]),
        frame(CONTINUATION, END_HEADERS, 1, block[10:]),
    )
    assert Message.FromString((await client.until(DATA, 1))[3][5:]).type == Message.REGISTER


async def test_a_small_window_holds_data_back_until_it_grows(client: Client) -> None:
    client.send(
        PREFACE,
        frames.settings({frames.INITIAL_WINDOW_SIZE: 3}),
        frame(HEADERS, END_HEADERS, 1, client.headers()),
    )
    assert len((await client.until(DATA, 1))[3]) == 3
    client.send(frames.settings({frames.INITIAL_WINDOW_SIZE: 0}), frames.window_update(1, 5))
    assert len((await client.until(DATA, 1))[3]) == 2
    client.send(frames.settings({frames.INITIAL_WINDOW_SIZE: 1000}))
    assert (await client.until(DATA, 1))[3]


async def test_a_settings_change_that_overflows_a_window_is_an_error(open_client: Client) -> None:
    open_client.send(
        frames.window_update(1, 2**31 - 1 - 65_535 - 100),
        frames.settings({frames.INITIAL_WINDOW_SIZE: 2**30}),
    )
    assert await open_client.goodbye() == frames.FLOW_CONTROL_ERROR


@pytest.mark.parametrize(
    "change",
    [{":path": "/protos.Chaincode/Other"}, {":method": "GET"}, {"content-type": "text/html"}],
)
async def test_other_requests_are_unimplemented(client: Client, change: dict[str, str]) -> None:
    fields = [(name, change.get(name, value)) for name, value in CONNECT]
    client.send(
        PREFACE, frames.settings({}), frame(HEADERS, END_HEADERS | END_STREAM, 1, client.headers(fields))
    )
    _, flags, _, block = await client.until(HEADERS, 1)
    assert flags & END_STREAM
    assert ("grpc-status", "12") in hpack.Decoder().decode(block)


async def test_only_so_many_streams_are_open(client: Client) -> None:
    client.send(PREFACE, frames.settings({}))
    for number in range(17):
        client.send(frame(HEADERS, END_HEADERS, 2 * number + 1, client.headers()))
    assert frames.WORD.unpack((await client.until(RST_STREAM, 33))[3])[0] == frames.REFUSED_STREAM


async def test_a_reset_stream_is_forgotten_and_its_late_frames_ignored(open_client: Client) -> None:
    await open_client.until(DATA, 1)
    open_client.send(
        frames.rst_stream(1, frames.CANCEL),
        frames.rst_stream(1, frames.CANCEL),
        frame(DATA, 0, 1, b"late"),
        frames.window_update(1, 10),
        frame(PING, 0, 0, b"12345678"),
        frame(PING, ACK, 0, b"87654321"),
        frame(SETTINGS, ACK, 0),
    )
    assert (await open_client.until(PING))[3] == b"12345678"
    open_client.send(frame(HEADERS, END_HEADERS, 3, open_client.headers()))
    assert (await open_client.until(DATA, 3))[3]


async def test_trailers_from_the_client_end_its_call(open_client: Client) -> None:
    await open_client.until(DATA, 1)
    open_client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, open_client.headers([("x", "y")])))
    _, flags, _, _ = await open_client.until(HEADERS, 1)
    assert flags & END_STREAM


async def test_a_call_that_ends_with_its_headers_gets_its_end(client: Client) -> None:
    client.send(PREFACE, frames.settings({}), frame(HEADERS, END_HEADERS | END_STREAM, 1, client.headers()))
    await client.until(HEADERS, 1)
    _, flags, _, _ = await client.until(HEADERS, 1)
    assert flags & END_STREAM


async def test_a_client_that_never_greets_is_dropped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaincode.shim.http2.keepalive.TIMEOUT", 0.02)
    server = await bench.server()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    async with asyncio.timeout(5):
        assert await Client(reader, writer).goodbye() == -1
    writer.close()


async def test_a_silent_client_is_pinged_and_then_dropped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaincode.shim.http2.keepalive.TIMEOUT", 0.05)
    monkeypatch.setattr("chaincode.shim.http2.keepalive.SECONDS", 0.05)
    server = await bench.server()
    client = Client(*await asyncio.open_connection("127.0.0.1", server.port))
    async with asyncio.timeout(5):
        client.send(PREFACE, frames.settings({}))
        await client.until(PING)
        client.send(frame(PING, ACK, 0, b"shimping"))
        await client.until(PING)
        assert await client.goodbye() == -1
    client.writer.close()


async def test_a_client_that_asks_and_never_reads_is_cut_off(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaincode.shim.http2.session.MAX_UNREAD_BYTES", 1_000)
    server = await bench.server()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2)
    writer.write(PREFACE + frames.settings({}))
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(20):
            while True:
                writer.write(frame(PING, 0, 0, bytes(8)) * 10_000)
                await writer.drain()
    writer.close()


async def test_only_so_many_connections_are_open(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaincode.shim.http2.session.MAX_SESSIONS", 1)
    server = await bench.server()
    first = Client(*await asyncio.open_connection("127.0.0.1", server.port))
    first.send(PREFACE, frames.settings({}))
    await first.until(SETTINGS)
    second = Client(*await asyncio.open_connection("127.0.0.1", server.port))
    async with asyncio.timeout(5):
        assert await second.goodbye() == -1
    for client in (first, second):
        client.writer.close()
