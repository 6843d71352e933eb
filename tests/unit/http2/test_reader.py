"""Frames come out as they were written, however the bytes arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from http2 import frames
from http2.reader import FrameReader

Frame = tuple[int, int, int, bytes]
written = st.tuples(
    st.integers(0, 255), st.integers(0, 255), st.integers(0, frames.MAX_WINDOW), st.binary(max_size=60)
)


@given(st.lists(written, max_size=12), st.lists(st.integers(1, 50), min_size=1))
def test_in_any_pieces(sent: list[Frame], sizes: list[int]) -> None:
    found: list[Frame] = []
    reader = FrameReader(lambda *frame: found.append(frame), lambda: False)
    data = b"".join(frames.frame(*frame) for frame in sent)
    place = 0
    while data:
        size = sizes[place % len(sizes)]
        reader.feed(data[:size])
        data, place = data[size:], place + 1
    assert found == sent


def test_nothing_more_once_it_is_over() -> None:
    found: list[Frame] = []
    reader = FrameReader(lambda *frame: found.append(frame), lambda: bool(found))
    reader.feed(frames.frame(frames.PING, 0, 0, bytes(8)) * 3)
    assert len(found) == 1


def test_a_frame_that_is_too_large() -> None:
    reader = FrameReader(lambda *_: None, lambda: False)
    with pytest.raises(frames.Http2Error, match="frame too large"):
        reader.feed(frames.header(frames.MAX_FRAME + 1, frames.DATA, 0, 1))
