"""Frames as bytes."""

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from http2 import frames


@given(st.integers(0, 2**24 - 1), st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**31 - 1))
def test_the_header_holds_its_fields(length: int, kind: int, flags: int, stream: int) -> None:
    data = frames.header(length, kind, flags, stream)
    assert data == length.to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4)


@given(st.binary(max_size=50), st.integers(0, 255))
def test_padding_is_taken_away(payload: bytes, padding: int) -> None:
    padded = bytes([padding]) + payload + bytes(padding)
    assert frames.unpadded(frames.PADDED, padded) == payload
    assert frames.unpadded(0, payload) == payload


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x05abc"])
def test_padding_longer_than_its_frame_is_an_error(payload: bytes) -> None:
    with pytest.raises(frames.Http2Error):
        frames.unpadded(frames.PADDED, payload)


def test_header_blocks_are_what_a_decoder_reads() -> None:
    opening = frames.response_headers(1)[frames.HEADER_SIZE :]
    assert hpack.Decoder().decode(opening) == [(":status", "200"), ("content-type", "application/grpc")]
    ending = frames.trailers(1, 12, "unknown: \u00e9%")[frames.HEADER_SIZE :]
    assert hpack.Decoder().decode(ending) == [("grpc-status", "12"), ("grpc-message", "unknown%3A %C3%A9%25")]
    alone = frames.trailers(1, 0, "", only=True)[frames.HEADER_SIZE :]
    assert hpack.Decoder().decode(alone)[-1] == ("grpc-status", "0")


def test_a_long_message_is_cut() -> None:
    block = frames.trailers(1, 13, "x" * 1000)[frames.HEADER_SIZE :]
    assert hpack.Decoder().decode(block)[-1] == ("grpc-message", "x" * 120)


def test_settings_and_updates() -> None:
    assert frames.settings({4: 7}) == bytes.fromhex("000006 04 00 00000000 0004 00000007")
    assert frames.window_update(3, 9) == bytes.fromhex("000004 08 00 00000003 00000009")
    assert frames.rst_stream(3, 8) == bytes.fromhex("000004 03 00 00000003 00000008")
    assert frames.goaway(5, 1) == bytes.fromhex("000008 07 00 00000000 00000005 00000001")
