"""Payloads on the wire: readings from a device, acknowledgements to it. JSON, checked to the last field.

    readings  {"readings":[{"sequence":0,"at":1700000000000,"temperature_mc":5120}]}    1 to 100 of them
    acks      {"sequences":[[0,99]]}    stored: from first to last, both included
              {"rejected":[{"sequence":7,"code":"in_future"}]}    will never be stored

A rejection's sequence is null where the payload as a whole could not be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from iot_bridge.readings import MAX_SEQUENCE, Reading, Reason

MAX_READINGS = 100
# A hundred readings take some 8 KiB.
MAX_PAYLOAD_BYTES = 32 * 1024
MAX_EXCERPT = 200
# A PostgreSQL bigint of microseconds holds far more; a device's clock need not.
MAX_AT = 253_402_300_799_999
_MAX_VALUE = 2**31 - 1
_FIELDS = {"sequence", "at", "temperature_mc"}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reading that is not taken; ``sequence`` None where it could not be read."""

    sequence: int | None
    reason: Reason
    excerpt: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A payload's well-formed readings, and what of it is not."""

    readings: list[Reading] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ack:
    """The bridge's word on readings: ranges that are stored, sequences that are refused with their codes."""

    stored: tuple[tuple[int, int], ...] = ()
    rejected: tuple[tuple[int | None, str], ...] = ()


def parse_readings(payload: bytes) -> Parsed:
    """Read a device's payload. Never raises: what is wrong with it is in the answer."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _refused(payload, Reason.PAYLOAD_TOO_LARGE)
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _refused(payload, Reason.PAYLOAD_MALFORMED)
    items = body.get("readings") if type(body) is dict and len(body) == 1 else None
    if type(items) is not list or not items:
        return _refused(payload, Reason.PAYLOAD_MALFORMED)
    if len(items) > MAX_READINGS:
        return _refused(payload, Reason.BATCH_TOO_LARGE)
    parsed = Parsed()
    for item in items:
        made = _reading(item)
        if isinstance(made, Reading):
            parsed.readings.append(made)
        else:
            sequence = item.get("sequence") if type(item) is dict else None
            known = sequence if _is_integer(sequence, 0, MAX_SEQUENCE) else None
            parsed.rejections.append(Rejection(known, made, excerpt(orjson.dumps(item))))
    return parsed


def encode_readings(readings: Sequence[Reading]) -> bytes:
    """A device's payload; at most ``MAX_READINGS``."""
    return orjson.dumps(
        {
            "readings": [
                {"sequence": each.sequence, "at": each.at, "temperature_mc": each.temperature_mc}
                for each in readings
            ]
        }
    )


def encode_stored(sequences: Iterable[int]) -> bytes:
    """The acknowledgement that the readings ``sequences`` are stored."""
    return orjson.dumps({"sequences": ranges(sequences)})


def encode_rejected(rejected: Iterable[tuple[int | None, Reason]]) -> bytes:
    """The word that readings will never be stored, and why."""
    return orjson.dumps({"rejected": [{"sequence": s, "code": reason.value} for s, reason in rejected]})


def parse_ack(payload: bytes) -> Ack:
    """Read an acknowledgement; ValueError where it is none."""
    try:
        body = orjson.loads(payload)
        return Ack(
            tuple((int(first), int(last)) for first, last in body.get("sequences", ())),
            tuple((one["sequence"], str(one["code"])) for one in body.get("rejected", ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("not an acknowledgement") from error


def ranges(sequences: Iterable[int]) -> list[tuple[int, int]]:
    """Sequences as ascending ranges, both ends included."""
    made: list[tuple[int, int]] = []
    for sequence in sorted(set(sequences)):
        if made and made[-1][1] == sequence - 1:
            made[-1] = (made[-1][0], sequence)
        else:
            made.append((sequence, sequence))
    return made


def excerpt(payload: bytes) -> str:
    """The beginning of a payload as printable text that a database takes, for whoever looks into it."""
    text = payload[:MAX_EXCERPT].decode(errors="replace")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _reading(item: Any) -> Reading | Reason:
    if type(item) is not dict or item.keys() != _FIELDS:
        return Reason.READING_MALFORMED
    sequence, at, value = item["sequence"], item["at"], item["temperature_mc"]
    if not _is_integer(sequence, 0, MAX_SEQUENCE):
        return Reason.SEQUENCE_INVALID
    if not _is_integer(at, 0, MAX_AT) or not _is_integer(value, -_MAX_VALUE, _MAX_VALUE):
        return Reason.READING_MALFORMED
    return Reading(sequence, at, value)


def _is_integer(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _refused(payload: bytes, reason: Reason) -> Parsed:
    return Parsed(rejections=[Rejection(None, reason, excerpt(payload))])
