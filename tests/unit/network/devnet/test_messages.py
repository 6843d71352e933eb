"""Why bytes are no message, in a peer's words."""

from __future__ import annotations

import datetime

import pytest
from fabric_protos.common import common_pb2

from network.devnet import messages
from network.devnet.messages import Undecodable


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x07", messages.UNREADABLE),
        (b"\x22\x05ab", messages.UNREADABLE),
        (b"\x08" + b"\xff" * 11, messages.UNREADABLE),
        (b"\x22\x02\xff\xfe", messages.NO_TEXT),
        (b"\x22\x02\xff\xfe\x07", messages.NO_TEXT),
        (b"\x1a\x02\x08\xff", messages.UNREADABLE),
    ],
)
def test_why_it_cannot_be_read(data: bytes, words: str) -> None:
    with pytest.raises(Undecodable) as caught:
        messages.decode(common_pb2.ChannelHeader, data)
    assert str(caught.value) == f"error unmarshalling ChannelHeader: {words}"


def test_what_can_be_read() -> None:
    header = common_pb2.ChannelHeader(channel_id="c", epoch=3)
    assert messages.decode(common_pb2.ChannelHeader, header.SerializeToString()) == header


def test_words_of_go() -> None:
    assert messages.go_name(common_pb2.HeaderType, 5) == "DELIVER_SEEK_INFO"
    assert messages.go_name(common_pb2.HeaderType, -5) == "-5"
    moment = int(datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC).timestamp())
    assert messages.go_time(moment) == "2026-11-24T12:00:00Z"
    assert messages.go_time(2**62).endswith("-01-01T00:00:00Z")


def test_when_an_identity_ends() -> None:
    assert messages.ends(b"\xff nobody") is None
