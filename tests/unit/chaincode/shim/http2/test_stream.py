"""Messages from chunks, frames from messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.shim.http2.stream import CallRefused, Stream
from http2.frames import HEADER, HEADER_SIZE, INTERNAL, MAX_FRAME, MAX_WINDOW, PREFIX


class Collect:
    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def receive(self, data: bytes) -> None:
        self.messages.append(data)

    def lost(self) -> None:
        raise AssertionError("not here")


def opened(window: int = MAX_WINDOW) -> tuple[Stream, Collect]:
    stream, call = Stream(1, window), Collect()
    stream.call = call
    return stream, call


def wire(message: bytes) -> bytes:
    return PREFIX.pack(0, len(message)) + message


def payloads(out: list[bytes | memoryview]) -> list[bytes]:
    """The DATA payloads of frames written as header, payload, header, payload…"""
    data, found, position = b"".join(out), [], 0
    while position < len(data):
        high, low, _, _, _ = HEADER.unpack_from(data, position)
        length = high << 8 | low
        found.append(data[position + HEADER_SIZE : position + HEADER_SIZE + length])
        position += HEADER_SIZE + length
    return found


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 30), min_size=1))
def test_messages_come_out_however_the_bytes_are_cut(messages: list[bytes], sizes: list[int]) -> None:
    stream, call = opened()
    data, position, turn = b"".join(map(wire, messages)), 0, 0
    while position < len(data):
        size = sizes[turn % len(sizes)]
        stream.data(data[position : position + size])
        position, turn = position + size, turn + 1
    assert call.messages == messages


@given(
    st.lists(st.binary(max_size=40_000), max_size=5),
    st.integers(0, 100_000),
    st.lists(st.integers(1, 50_000)),
)
def test_what_goes_out_keeps_to_the_window(messages: list[bytes], window: int, updates: list[int]) -> None:
    stream, _ = opened(window)
    for message in messages:
        stream.queue(message)
    whole, written, allowed = b"".join(map(wire, messages)), b"", window
    for update in [0, *updates]:
        stream.widen(update)
        allowed += update
        out: list[bytes | memoryview] = []
        moved = stream.take(out, MAX_WINDOW)
        parts = payloads(out)
        assert all(len(part) <= MAX_FRAME for part in parts)
        assert moved == sum(map(len, parts))
        written += b"".join(parts)
        assert written == whole[: min(allowed, len(whole))]
    assert stream.waiting == (len(written) < len(whole))


def test_the_connections_allowance_holds_too() -> None:
    stream, _ = opened()
    stream.queue(bytes(100))
    assert stream.take([], 30) == 30
    assert stream.take([], 0) == 0
    assert stream.waiting


def test_small_messages_share_a_frame() -> None:
    stream, _ = opened()
    stream.queue(b"one")
    stream.queue(b"two")
    out: list[bytes | memoryview] = []
    stream.take(out, MAX_WINDOW)
    assert payloads(out) == [wire(b"one") + wire(b"two")]


def test_the_end_follows_what_is_queued() -> None:
    stream, _ = opened(4)
    stream.queue(b"one")
    stream.finish(INTERNAL, "broken")
    stream.queue(b"too late")
    stream.finish(0)
    stream.take([], MAX_WINDOW)
    assert not stream.finished
    stream.widen(100)
    out: list[bytes | memoryview] = []
    assert stream.take(out, MAX_WINDOW) == 4
    assert stream.finished
    assert not stream.waiting
    assert bytes(out[-1]).endswith(b"broken")


def test_a_window_has_a_largest_value() -> None:
    stream, _ = opened(MAX_WINDOW)
    assert not stream.widen(1)


@pytest.mark.parametrize("prefix", [PREFIX.pack(1, 3), PREFIX.pack(0, 100 * 1024 * 1024 + 1)])
def test_compressed_and_oversized_messages_are_refused(prefix: bytes) -> None:
    stream, _ = opened()
    with pytest.raises(CallRefused):
        stream.data(prefix)


def test_nothing_is_handed_to_a_call_that_has_ended() -> None:
    stream, call = opened()

    def end(data: bytes) -> None:
        call.messages.append(data)
        stream.call = None

    call.receive = end  # type: ignore[method-assign]
    stream.data(wire(b"1") + wire(b"2"))
    assert call.messages == [b"1"]
