"""One bidirectional gRPC call over a connection of its own, as an asyncio protocol.

The call to a chaincode server carries every question of every transaction. Here a message costs a small part
of what it costs in grpc.aio, since all that happens in one turn of the event loop goes out in one write.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import cast
from urllib.parse import unquote

from http2 import frames, unix_socket
from http2.frames import Http2Error
from http2.headers import HeaderReader, Headers
from http2.reader import FrameReader
from network.devnet.errors import DevnetError

# What the server may send unacknowledged.
WINDOW = 16 * 1024 * 1024
MAX_MESSAGE_BYTES = 100 * 1024 * 1024
CONNECT_SECONDS = 10.0
AGENT = "grpc-devnet"
_STREAM = 1


class Disconnected(DevnetError):
    """There is no connection, or it was lost; the message says why."""


class BidirectionalCall(asyncio.Protocol):
    """Sends messages and hands over those that arrive, until either side ends the call.

    ``on_message`` is called with the call and each message; a DevnetError that it raises ends the call.
    ``ended`` is done, with the reason, when the call is over.
    """

    def __init__(self, authority: str, path: str, on_message: OnMessage) -> None:
        self._authority = authority
        self._path = path
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._headers = HeaderReader()
        self._reader = FrameReader(self._frame, self.ended.done)
        self._message = bytearray()
        self._received = 0
        self._waiting: list[bytes] = []
        self._unsent = memoryview(b"")
        self._window = frames.DEFAULT_WINDOW
        self._stream_window = frames.DEFAULT_WINDOW
        self._initial_window = frames.DEFAULT_WINDOW
        self._flush_due = False
        self._paused = False

    def send(self, message: bytes) -> None:
        """Queue a message; a call that has ended drops it."""
        if self.ended.done():
            return
        self._waiting.append(frames.PREFIX.pack(0, len(message)) + message)
        self._schedule()

    def end(self, reason: str) -> None:
        """End the call and its connection."""
        if not self.ended.done():
            self.ended.set_result(reason)
        if self._transport is not None:
            self._transport.abort()

    # The event loop's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, and open the call."""
        self._transport = cast(asyncio.Transport, transport)
        secure = transport.get_extra_info("sslcontext") is not None
        self._transport.write(
            frames.PREFACE
            + frames.settings({frames.ENABLE_PUSH: 0, frames.INITIAL_WINDOW_SIZE: WINDOW})
            + frames.window_update(0, WINDOW - frames.DEFAULT_WINDOW)
            + frames.call_headers(_STREAM, self._authority, self._path, AGENT, secure)
        )

    def connection_lost(self, error: Exception | None) -> None:
        """End the call."""
        self.end(f"connection lost: {error}" if error else "the server closed the connection")

    def pause_writing(self) -> None:
        """The server reads too slowly: keep what is queued."""
        self._paused = True

    def resume_writing(self) -> None:
        """The server reads again."""
        self._paused = False
        self._schedule()

    def data_received(self, data: bytes) -> None:
        """Act on the frames that have arrived whole."""
        if self.ended.done():
            return
        try:
            self._reader.feed(data)
        except (Http2Error, DevnetError) as error:
            self.end(str(error))

    # Reading

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if self._headers.unfinished and kind != frames.CONTINUATION:
            raise Http2Error(frames.PROTOCOL_ERROR, "a header block was interrupted")
        if kind == frames.DATA:
            self._data(flags, stream, payload)
        elif kind == frames.WINDOW_UPDATE:
            self._widen(stream, frames.word(payload))
        elif kind == frames.HEADERS:
            self._answered(self._headers.start(flags, stream, payload))
        elif kind == frames.CONTINUATION:
            self._answered(self._headers.more(flags, stream, payload))
        elif kind == frames.SETTINGS:
            self._settings(flags, payload)
        elif kind == frames.PING and not flags & frames.ACK:
            self._write(frames.frame(frames.PING, frames.ACK, 0, payload))
        elif kind in (frames.RST_STREAM, frames.GOAWAY):
            self.end("the server ended the call")

    def _data(self, flags: int, stream: int, payload: bytes) -> None:
        if stream != _STREAM:
            raise Http2Error(frames.PROTOCOL_ERROR, "data on a stream that is not open")
        self._received += len(payload)
        if self._received > WINDOW // 2:
            # Whatever has arrived has been dealt with: the windows are renewed long before they are used up.
            for one in (0, _STREAM):
                self._write(frames.window_update(one, self._received))
            self._received = 0
        self._message += frames.unpadded(flags, payload)
        self._hand_over()
        if flags & frames.END_STREAM:
            self.end("the server closed the stream")

    def _hand_over(self) -> None:
        """Hand over the messages that have arrived whole."""
        position, end = 0, len(self._message)
        while end - position >= frames.PREFIX.size:
            compressed, length = frames.PREFIX.unpack_from(self._message, position)
            if compressed or length > MAX_MESSAGE_BYTES:
                raise Http2Error(frames.PROTOCOL_ERROR, "a message that is compressed or too large")
            start = position + frames.PREFIX.size
            if end - start < length:
                break
            position = start + length
            self._on_message(self, bytes(self._message[start:position]))
        del self._message[:position]

    def _answered(self, headers: Headers | None) -> None:
        """Take what opens or, told by its status, ends the server's answer."""
        if headers is None:
            return
        fields = headers.fields
        if "grpc-status" in fields or fields.get(":status", "200") != "200":
            status = fields.get("grpc-status", f"HTTP {fields.get(':status')}")
            self.end(f"the server ended the call: {status} {unquote(fields.get('grpc-message', ''))}".strip())

    def _settings(self, flags: int, payload: bytes) -> None:
        if flags & frames.ACK:
            return
        initial = frames.read_settings(payload).get(frames.INITIAL_WINDOW_SIZE, self._initial_window)
        self._stream_window += initial - self._initial_window
        self._initial_window = initial
        self._write(frames.frame(frames.SETTINGS, frames.ACK, 0))
        self._schedule()

    def _widen(self, stream: int, increment: int) -> None:
        if stream == _STREAM:
            self._stream_window += increment
        elif stream == 0:
            self._window += increment
        if max(self._window, self._stream_window) > frames.MAX_WINDOW:
            raise Http2Error(frames.FLOW_CONTROL_ERROR, "window too large")
        self._schedule()

    # Writing

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _schedule(self) -> None:
        if not self._flush_due and not self._paused:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write what is queued, as far as the windows reach."""
        self._flush_due = False
        if self._transport is None or self._paused or self.ended.done():
            return
        if not self._unsent:
            if not self._waiting:
                return
            self._unsent = memoryview(b"".join(self._waiting))
            self._waiting.clear()
        out: list[bytes | memoryview] = []
        while self._unsent:
            room = min(self._window, self._stream_window, frames.MAX_FRAME)
            if room <= 0:
                break
            part = self._unsent[:room]
            self._unsent = self._unsent[room:]
            self._window -= len(part)
            self._stream_window -= len(part)
            out += (frames.header(len(part), frames.DATA, 0, _STREAM), part)
        if out:
            self._transport.write(b"".join(out))
        if not self._unsent and self._waiting:
            self._schedule()


OnMessage = Callable[[BidirectionalCall, bytes], None]


async def call(
    address: str,
    tls: ssl.SSLContext | None,
    server_name: str,
    path: str,
    on_message: OnMessage,
) -> BidirectionalCall:
    """Connect to ``host:port`` or ``unix:PATH`` and open a call of the method ``path``.

    Without ``tls`` it is in clear, as it always is at a Unix socket. Disconnected where that is impossible.
    """
    loop = asyncio.get_running_loop()

    def open_call() -> BidirectionalCall:
        return BidirectionalCall(server_name, path, on_message)

    try:
        file = unix_socket.path_in(address)
        if file is not None:
            connected = unix_socket.connected(file)
            return (await loop.create_unix_connection(open_call, sock=connected))[1]
        host, _, port = address.rpartition(":")
        async with asyncio.timeout(CONNECT_SECONDS):
            _, made = await loop.create_connection(
                open_call,
                host.strip("[]"),
                int(port),
                ssl=tls,
                server_hostname=server_name if tls else None,
            )
    except TimeoutError:
        raise Disconnected("no answer") from None
    except OSError as error:
        raise Disconnected(f"cannot connect: {error.strerror or error}") from error
    return made
