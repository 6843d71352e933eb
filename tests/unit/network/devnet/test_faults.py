"""Which faults make sense, and which of them takes effect."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from network.devnet.errors import DevnetError
from network.devnet.faults import Call, Fault, Faults, Kind


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "delay"},
        {"kind": "delay", "call": "endorse"},
        {"kind": "delay", "call": "endorse", "seconds": 0},
        {"kind": "delay", "call": "endorse", "seconds": 601},
        {"kind": "delay", "call": "dance", "seconds": 1},
        {"kind": "away"},
        {"kind": "disagree"},
        {"kind": "submit-unavailable", "seconds": 1},
        {"kind": "submit-unavailable", "count": 0},
        {"kind": "rain"},
    ],
)
def test_faults_that_make_no_sense(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fields)


def test_a_count_is_used_up() -> None:
    faults = Faults(["a", "b"])
    faults.set(Fault(kind=Kind.STATUS_SILENCE, member="a", count=2))
    assert faults.take(Kind.STATUS_SILENCE, "b") is None
    assert faults.take(Kind.SUBMIT_UNAVAILABLE, "a") is None
    assert faults.take(Kind.STATUS_SILENCE, "a")
    assert [fault.count for fault in faults.active] == [1]
    assert faults.take(Kind.STATUS_SILENCE, "a")
    assert not faults
    assert faults.take(Kind.STATUS_SILENCE, "a") is None


def test_a_members_own_goes_before_everybodys() -> None:
    faults = Faults(["a", "b"])
    every = Fault(kind=Kind.DELAY, call=Call.SUBMIT, seconds=1)
    own = Fault(kind=Kind.DELAY, call=Call.SUBMIT, seconds=2, member="a")
    faults.set(every)
    faults.set(own)
    assert faults.take(Kind.DELAY, "a", Call.SUBMIT) == own
    assert faults.take(Kind.DELAY, "b", Call.SUBMIT) == every
    assert faults.take(Kind.DELAY, "b", Call.ENDORSE) is None
    assert faults.clear(Kind.AWAY) == 0
    assert faults.clear(Kind.DELAY) == 2
    with pytest.raises(DevnetError, match="nobody"):
        faults.set(Fault(kind=Kind.AWAY, member="nobody"))
