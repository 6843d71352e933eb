from __future__ import annotations

import itertools

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_bridge import payloads
from iot_bridge.payloads import encode_readings, encode_rejected, encode_stored, parse_ack, parse_readings
from iot_bridge.readings import MAX_SEQUENCE, Reading, Reason

sequences = st.integers(0, MAX_SEQUENCE)
readings = st.builds(
    Reading, sequences, st.integers(0, payloads.MAX_AT), st.integers(-(2**31 - 1), 2**31 - 1)
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(readings, min_size=1, max_size=100))
def test_readings_come_back(made: list[Reading]) -> None:
    parsed = parse_readings(encode_readings(made))
    assert (parsed.readings, parsed.rejections) == (made, [])


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(payload: bytes) -> None:
    parsed = parse_readings(payload)
    assert not parsed.readings
    assert [one.reason for one in parsed.rejections] == [Reason.PAYLOAD_MALFORMED]
    assert len(parsed.rejections[0].excerpt) <= payloads.MAX_EXCERPT


@given(
    st.lists(
        st.fixed_dictionaries({"sequence": json_values, "at": json_values, "temperature_mc": json_values})
        | json_values,
        min_size=1,
        max_size=5,
    )
)
def test_any_json_is_taken_or_rejected(items: list[object]) -> None:
    parsed = parse_readings(orjson.dumps({"readings": items}))
    assert len(parsed.readings) + len(parsed.rejections) == len(items)
    for rejection in parsed.rejections:
        assert rejection.sequence is None or 0 <= rejection.sequence <= MAX_SEQUENCE
        assert rejection.excerpt.isprintable()


@pytest.mark.parametrize(
    ("item", "reason", "sequence"),
    [
        (b"7", Reason.READING_MALFORMED, None),
        (b'{"sequence":1,"at":1}', Reason.READING_MALFORMED, 1),
        (b'{"sequence":1,"at":1,"temperature_mc":1,"unit":"C"}', Reason.READING_MALFORMED, 1),
        (b'{"sequence":1,"at":1,"temperature_mc":5.5}', Reason.READING_MALFORMED, 1),
        (b'{"sequence":1,"at":"2026-01-01","temperature_mc":5}', Reason.READING_MALFORMED, 1),
        (b'{"sequence":1,"at":-1,"temperature_mc":5}', Reason.READING_MALFORMED, 1),
        (b'{"sequence":true,"at":1,"temperature_mc":5}', Reason.SEQUENCE_INVALID, None),
        (b'{"sequence":-1,"at":1,"temperature_mc":5}', Reason.SEQUENCE_INVALID, None),
        (b'{"sequence":9223372036854775808,"at":1,"temperature_mc":5}', Reason.SEQUENCE_INVALID, None),
    ],
)
def test_a_malformed_reading_is_named(item: bytes, reason: Reason, sequence: int | None) -> None:
    good = b'{"sequence":8,"at":1,"temperature_mc":5}'
    parsed = parse_readings(b'{"readings":[' + item + b"," + good + b"]}")
    assert parsed.readings == [Reading(8, 1, 5)]
    assert [(one.reason, one.sequence) for one in parsed.rejections] == [(reason, sequence)]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"[]", Reason.PAYLOAD_MALFORMED),
        (b'{"readings":[],"x":1}', Reason.PAYLOAD_MALFORMED),
        (b'{"readings":{}}', Reason.PAYLOAD_MALFORMED),
        (b"[" * 2000, Reason.PAYLOAD_MALFORMED),
        (orjson.dumps({"readings": [1] * 101}), Reason.BATCH_TOO_LARGE),
        (b" " * (payloads.MAX_PAYLOAD_BYTES + 1), Reason.PAYLOAD_TOO_LARGE),
    ],
)
def test_a_payload_is_refused_as_a_whole(payload: bytes, reason: Reason) -> None:
    assert [(one.reason, one.sequence) for one in parse_readings(payload).rejections] == [(reason, None)]


def test_a_full_batch_is_small_enough() -> None:
    largest = Reading(MAX_SEQUENCE, payloads.MAX_AT, -(2**31 - 1))
    assert len(encode_readings([largest] * payloads.MAX_READINGS)) <= payloads.MAX_PAYLOAD_BYTES


@given(st.sets(sequences, max_size=50))
def test_ranges_hold_the_sequences_and_nothing_else(chosen: set[int]) -> None:
    found = payloads.ranges(chosen)
    assert {n for first, last in found for n in range(first, last + 1)} == chosen
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(found))
    assert parse_ack(encode_stored(chosen)).stored == tuple(found)


def test_rejections_come_back() -> None:
    ack = parse_ack(encode_rejected([(3, Reason.IN_FUTURE), (None, Reason.PAYLOAD_MALFORMED)]))
    assert ack.rejected == ((3, "in_future"), (None, "payload_malformed"))


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"sequences":[[1]]}', b'{"rejected":[{}]}', b'{"sequences":1}']
)
def test_what_is_no_acknowledgement_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="not an acknowledgement"):
        parse_ack(payload)


@given(st.binary(max_size=500))
def test_an_excerpt_can_be_kept_in_a_database(payload: bytes) -> None:
    shown = payloads.excerpt(payload)
    assert len(shown) <= payloads.MAX_EXCERPT
    assert "\x00" not in shown
    shown.encode()
