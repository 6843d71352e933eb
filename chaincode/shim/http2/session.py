"""One HTTP/2 connection of a gRPC client, as an asyncio protocol.

It serves one bidirectional method and nothing else of HTTP, which makes a message about ten times cheaper
than in grpc.aio: all that happened in one turn of the event loop goes out in one write.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

from chaincode.shim.errors import ShimError
from chaincode.shim.http2.keepalive import Keepalive
from chaincode.shim.http2.pings import PingAnswers
from chaincode.shim.http2.stream import Call, CallRefused, Stream
from http2 import frames
from http2.frames import Http2Error
from http2.headers import MAX_HEADER_BYTES, HeaderReader, Headers
from http2.reader import FrameReader

log = logging.getLogger(__name__)

# What the other side may send unacknowledged, on a stream and on the connection.
WINDOW = 16 * 1024 * 1024
MAX_STREAMS = 16
# One server's open connections; a peer needs one.
MAX_SESSIONS = 256
# Answers (PING, SETTINGS) that may wait for a client that does not read before it is cut off.
MAX_UNREAD_BYTES = 1024 * 1024

Open = Callable[[str, Callable[[bytes], None]], Call]


class Session(asyncio.Protocol):
    """Reads frames, keeps the windows, writes frames.

    Args:
        path: the one gRPC method, `/package.Service/Method`.
        open_call: called with the client's address and a function that sends a message, for each new call.
        sessions: the connections that are open; this one adds and removes itself.
    """

    def __init__(self, path: str, open_call: Open, sessions: set[Session]) -> None:
        self._path = path
        self._open_call = open_call
        self._sessions = sessions
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._greeting = bytearray()
        self._reader = FrameReader(self._frame, lambda: self._closing)
        self._headers = HeaderReader()
        self._streams: dict[int, Stream] = {}
        self._last_stream = 0
        self._stream_window = frames.DEFAULT_WINDOW
        self._window = frames.DEFAULT_WINDOW
        self._received = 0
        self._control: list[bytes] = []
        self._control_bytes = 0
        self._ready: dict[int, Stream] = {}
        self._flush_due = False
        self._paused = False
        self._closing = False
        # Not before the connection is made: with TLS that is after a handshake, which may fail.
        self._keepalive: Keepalive
        self._pings = PingAnswers(self._answer)

    # The event loop's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet with this server's settings."""
        self._transport = cast(asyncio.Transport, transport)
        self._keepalive = Keepalive(self._ask, self._give_up)
        self._sessions.add(self)
        name = transport.get_extra_info("peername")
        # Who connects to a Unix socket has no address.
        self._peer = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "local"
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() != "h2":
            self._give_up("does not agree on HTTP/2")
            return
        if len(self._sessions) > MAX_SESSIONS:
            self._give_up("is one too many")
            return
        self._control.append(
            frames.settings(
                {
                    frames.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
                    frames.INITIAL_WINDOW_SIZE: WINDOW,
                    frames.MAX_HEADER_LIST_SIZE: MAX_HEADER_BYTES,
                }
            )
            + frames.window_update(0, WINDOW - frames.DEFAULT_WINDOW)
        )
        self._schedule()

    def connection_lost(self, error: Exception | None) -> None:
        """End every call."""
        self._keepalive.stop()
        self._pings.stop()
        self._closing = True
        for stream in list(self._streams.values()):
            self._end(stream)
        self._sessions.discard(self)

    def pause_writing(self) -> None:
        """The client reads too slowly: keep what is queued."""
        self._paused = True

    def resume_writing(self) -> None:
        """The client reads again."""
        self._paused = False
        self._schedule()

    def data_received(self, data: bytes) -> None:
        """Act on the frames that have arrived whole."""
        self._keepalive.heard = True
        if self._closing:
            return
        try:
            self._reader.feed(data if self._keepalive.greeted else self._greeted(data))
        except Http2Error as error:
            log.warning("closing connection peer=%s: %s", self._peer, error)
            self.close(error.code)

    # For the server

    def close(self, code: int = frames.NO_ERROR, reason: str = "") -> None:
        """Say goodbye, end every call with UNAVAILABLE, close once it is written."""
        if self._closing or self._transport is None:
            return
        for stream in list(self._streams.values()):
            stream.finish(frames.UNAVAILABLE, reason)
            self._ready[stream.identity] = stream
        self._control.append(frames.goaway(self._last_stream, code))
        self._flush()
        self._closing = True
        for stream in list(self._streams.values()):
            self._end(stream)
        self._transport.close()

    # Reading

    def _greeted(self, data: bytes) -> bytes:
        """Take what arrives until the client has greeted; returns what follows its greeting."""
        self._greeting += data
        size = len(frames.PREFACE)
        if not frames.PREFACE.startswith(self._greeting[:size]):
            raise Http2Error(frames.PROTOCOL_ERROR, "not an HTTP/2 client")
        if len(self._greeting) < size:
            return b""
        self._keepalive.greeted = True
        rest = bytes(self._greeting[size:])
        self._greeting.clear()
        return rest

    def _frame(self, kind: int, flags: int, identity: int, payload: bytes) -> None:
        if self._headers.unfinished and kind != frames.CONTINUATION:
            raise Http2Error(frames.PROTOCOL_ERROR, "a header block was interrupted")
        if kind == frames.DATA:
            self._data(flags, identity, payload)
        elif kind == frames.WINDOW_UPDATE:
            self._window_update(identity, payload)
        elif kind == frames.PING:
            self._ping(flags, payload)
        elif kind == frames.HEADERS:
            self._request(self._headers.start(flags, identity, payload))
        elif kind == frames.CONTINUATION:
            self._request(self._headers.more(flags, identity, payload))
        elif kind == frames.SETTINGS:
            self._settings(flags, payload)
        elif kind == frames.RST_STREAM:
            stream = self._streams.get(identity)
            if stream is not None:
                self._end(stream)
        elif kind == frames.PUSH_PROMISE:
            raise Http2Error(frames.PROTOCOL_ERROR, "a client must not push")

    def _data(self, flags: int, identity: int, payload: bytes) -> None:
        if identity == 0 or identity > self._last_stream:
            raise Http2Error(frames.PROTOCOL_ERROR, "data on a stream that is not open")
        size = len(payload)
        self._received += size
        # Whatever has arrived has been dealt with: the windows are renewed long before they are used up.
        if self._received > WINDOW // 2:
            self._answer(frames.window_update(0, self._received))
            self._received = 0
        stream = self._streams.get(identity)
        if stream is None or stream.call is None:
            return
        stream.received += size
        if stream.received > WINDOW // 2:
            self._answer(frames.window_update(identity, stream.received))
            stream.received = 0
        try:
            stream.data(frames.unpadded(flags, payload))
        except CallRefused as refusal:
            self._finish(stream, refusal.status, str(refusal))
        except ShimError as error:
            log.error("closing the stream peer=%s: %s", self._peer, error)
            self._finish(stream, frames.INTERNAL, "protocol error")
        if flags & frames.END_STREAM:
            self._finish(stream, frames.OK, "")

    def _window_update(self, identity: int, payload: bytes) -> None:
        increment = frames.word(payload)
        if increment == 0:
            raise Http2Error(frames.PROTOCOL_ERROR, "a window update of nothing")
        if identity == 0:
            self._window += increment
            if self._window > frames.MAX_WINDOW:
                raise Http2Error(frames.FLOW_CONTROL_ERROR, "window too large")
            self._schedule()
            return
        stream = self._streams.get(identity)
        if stream is not None:
            if not stream.widen(increment):
                raise Http2Error(frames.FLOW_CONTROL_ERROR, "window too large")
            self._schedule()

    def _ping(self, flags: int, payload: bytes) -> None:
        if len(payload) != 8:
            raise Http2Error(frames.FRAME_SIZE_ERROR, "a ping has eight bytes")
        if not flags & frames.ACK:
            self._pings.pinged(payload)

    def _settings(self, flags: int, payload: bytes) -> None:
        if flags & frames.ACK:
            return
        value = frames.read_settings(payload).get(frames.INITIAL_WINDOW_SIZE)
        if value is not None:
            if value > frames.MAX_WINDOW:
                raise Http2Error(frames.FLOW_CONTROL_ERROR, "window too large")
            change, self._stream_window = value - self._stream_window, value
            for stream in self._streams.values():
                if not stream.widen(change):
                    raise Http2Error(frames.FLOW_CONTROL_ERROR, "window too large")
        self._answer(frames.frame(frames.SETTINGS, frames.ACK, 0))

    def _request(self, headers: Headers | None) -> None:
        """Act on a header block: a new call, or the trailers that end one."""
        if headers is None:
            return
        identity = headers.stream
        if identity > self._last_stream:
            if identity % 2 == 0:
                raise Http2Error(frames.PROTOCOL_ERROR, "a client's streams are odd")
            self._last_stream = identity
            self._call(identity, headers.fields)
        if headers.end_stream and identity in self._streams:
            self._finish(self._streams[identity], frames.OK, "")

    def _call(self, identity: int, fields: dict[Any, Any]) -> None:
        if len(self._streams) >= MAX_STREAMS:
            self._answer(frames.rst_stream(identity, frames.REFUSED_STREAM))
            return
        if (
            fields.get(":method") != "POST"
            or fields.get(":path") != self._path
            or not fields.get("content-type", "").startswith("application/grpc")
        ):
            self._answer(frames.trailers(identity, frames.UNIMPLEMENTED, "unknown method", only=True))
            return
        stream = Stream(identity, self._stream_window)
        self._streams[identity] = stream
        self._answer(frames.response_headers(identity))

        def send(message: bytes) -> None:
            stream.queue(message)
            self._ready[identity] = stream
            if not self._flush_due:
                self._schedule()

        stream.call = self._open_call(self._peer, send)

    # Ending

    def _finish(self, stream: Stream, status: int, reason: str) -> None:
        """End a call from this side, with what is queued still going out."""
        stream.finish(status, reason)
        self._ready[stream.identity] = stream
        self._release(stream)
        self._schedule()

    def _end(self, stream: Stream) -> None:
        """The call is gone: nothing more goes out."""
        self._streams.pop(stream.identity, None)
        self._ready.pop(stream.identity, None)
        self._release(stream)

    def _release(self, stream: Stream) -> None:
        call, stream.call = stream.call, None
        if call is not None:
            call.lost()

    def _give_up(self, reason: str) -> None:
        log.warning("client %s, aborting peer=%s", reason, self._peer)
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    # Writing

    def _ask(self) -> None:
        self._answer(frames.frame(frames.PING, 0, 0, b"shimping"))

    def _answer(self, data: bytes) -> None:
        self._control.append(data)
        self._control_bytes += len(data)
        self._schedule()

    def _schedule(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write all that may be written now, in one piece."""
        self._flush_due = False
        if self._closing or self._transport is None:
            return
        if self._paused:
            if self._control_bytes > MAX_UNREAD_BYTES:
                self._give_up("asks and does not read")
            return
        out: list[bytes | memoryview] = [*self._control]
        self._control.clear()
        self._control_bytes = 0
        for stream in list(self._ready.values()):
            self._window -= stream.take(out, self._window)
            if stream.finished:
                self._end(stream)
            elif not stream.waiting:
                del self._ready[stream.identity]
        if out:
            self._transport.write(b"".join(out))
