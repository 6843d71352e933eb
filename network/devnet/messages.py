"""Messages out of bytes that anybody may have sent, with the words of a peer for those that are none."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

from fabric_protos.msp import identities_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError

from network.devnet import certificates
from network.devnet.certificates import CertificateRefused
from network.devnet.errors import DevnetError

UNREADABLE = "proto: cannot parse invalid wire-format data"
NO_TEXT = "string field contains invalid UTF-8"
# How deep messages may stand in one another before the search for the reason is given up.
MAX_DEPTH = 100
# Identities whose end is remembered.
MAX_REMEMBERED = 1024


class Undecodable(DevnetError):
    """Bytes that are no message of the sort ``kind``, and why, in the words of Fabric's protoutil."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"error unmarshalling {kind}: {reason}")
        self.kind = kind
        self.reason = reason


def decode(kind: type[Any], data: bytes) -> Any:
    """The message of class ``kind`` in ``data``; Undecodable."""
    try:
        return kind.FromString(data)
    except DecodeError:
        raise Undecodable(kind.DESCRIPTOR.name, reason(kind, data)) from None


def reason(kind: type[Any], data: bytes) -> str:
    """Why ``data`` is no message of class ``kind``, as Go's decoder says it of the first fault."""
    try:
        _walk(kind.DESCRIPTOR, data, 0)
    except _Fault as fault:
        return str(fault)
    return UNREADABLE


class _Fault(Exception):
    pass


def _walk(descriptor: Descriptor, data: bytes, depth: int) -> None:
    """Read fields up to the first fault."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        field = descriptor.fields_by_number.get(tag >> 3)
        kind = tag & 7
        if not 0 < tag >> 3 < 1 << 29:
            raise _Fault(UNREADABLE)
        if kind == 0:
            _, place = _varint(data, place)
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        elif kind == 2:
            size, place = _varint(data, place)
            content, place = data[place : place + size], place + size
            if place > len(data):
                raise _Fault(UNREADABLE)
            if field is not None and field.type == FieldDescriptor.TYPE_STRING:
                _text(content)
            elif field is not None and field.type == FieldDescriptor.TYPE_MESSAGE and depth < MAX_DEPTH:
                _walk(field.message_type, content, depth + 1)
        else:
            # Groups, which nothing here has: whether one is whole is the decoder's own business.
            return
        if place > len(data):
            raise _Fault(UNREADABLE)


def _text(content: bytes) -> None:
    try:
        content.decode()
    except UnicodeDecodeError:
        raise _Fault(NO_TEXT) from None


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 70:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise _Fault(UNREADABLE)


@functools.lru_cache(maxsize=MAX_REMEMBERED)
def ends(identity: bytes) -> datetime | None:
    """When the certificate of a serialized identity expires; None where it cannot be read."""
    try:
        certificate = identities_pb2.SerializedIdentity.FromString(identity).id_bytes
        return certificates.load(certificate).not_valid_after_utc
    except (DecodeError, CertificateRefused):
        return None


def go_name(enum: Any, value: int) -> str:
    """An enum's value as Go prints it: its name, or the number where it has none."""
    found = enum.DESCRIPTOR.values_by_number.get(value)
    return found.name if found else str(value)


def go_time(seconds: int) -> str:
    """A time as Go prints it in RFC 3339; where the calendar ends, the year must do."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return f"{1970 + int(seconds // 31_556_952)}-01-01T00:00:00Z"
