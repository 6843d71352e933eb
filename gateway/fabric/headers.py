"""The header that every signed request of Fabric's carries."""

from __future__ import annotations

import os

from fabric_protos.common import common_pb2
from fabric_protos.peer import proposal_pb2

from gateway.fabric.calls import Subject

NONCE_BYTES = 24


def nonce() -> bytes:
    """Random bytes that make a request like no other."""
    return os.urandom(NONCE_BYTES)


def header(
    kind: int, channel: str, creator: bytes, once: bytes, time_ns: int, **fields: str | bytes
) -> common_pb2.Header:
    """A header of type ``kind`` for a request of ``creator``; ``fields`` are further ones of ChannelHeader.

    ``time_ns`` is the client's time, nanoseconds since 1970; a peer takes what is within 15 minutes of its
    own.
    """
    channel_header = common_pb2.ChannelHeader(type=kind, channel_id=channel, **fields)
    stamp = channel_header.timestamp
    stamp.seconds, stamp.nanos = divmod(time_ns, 1_000_000_000)
    signature_header = common_pb2.SignatureHeader(creator=creator, nonce=once)
    return common_pb2.Header(
        channel_header=channel_header.SerializeToString(),
        signature_header=signature_header.SerializeToString(),
    )


def subject(read: common_pb2.Header) -> Subject:
    """What a header is about; DecodeError where it cannot be read."""
    channel_header = common_pb2.ChannelHeader.FromString(read.channel_header)
    extension = proposal_pb2.ChaincodeHeaderExtension.FromString(channel_header.extension)
    return Subject(channel_header.tx_id, channel_header.channel_id, extension.chaincode_id.name)
