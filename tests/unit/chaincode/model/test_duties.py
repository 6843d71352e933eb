"""Duties in a certificate's attributes."""

from __future__ import annotations

import pytest

from chaincode.model import duties


def test_what_is_written_is_read() -> None:
    attributes = {duties.ATTRIBUTE: duties.written(duties.DUTIES), "mediledger.role": "3pl"}
    assert duties.read(attributes) == {"registry", "custody", "quality", "sensor", "compliance", "governance"}


@pytest.mark.parametrize("attributes", [{}, {"mediledger.duties": ""}, {"mediledger.role": "custody"}])
def test_no_duties(attributes: dict[str, str]) -> None:
    assert duties.read(attributes) == set()


def test_a_duty_is_a_whole_word() -> None:
    assert duties.read({"mediledger.duties": "custodyx,sensor"}) == {"custodyx", "sensor"}
