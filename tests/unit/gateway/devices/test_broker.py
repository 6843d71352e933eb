from __future__ import annotations

import json

import pytest

from gateway.devices import broker
from gateway.devices.broker import BrokerAddress


def test_an_address() -> None:
    address = BrokerAddress.parse("mqtt://admin:p%40ss@broker.example:1884")
    assert address == BrokerAddress("broker.example", 1884, "admin", "p@ss")
    assert BrokerAddress.parse("mqtt://broker.example").port == 1883


@pytest.mark.parametrize("url", ["", "http://broker", "broker:1883", "mqtt://"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="MQTT URL"):
        BrokerAddress.parse(url)


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[]", b'{"responses":[1]}', b'{"responses":7}', None, b"\xff"]
)
def test_messages_that_are_no_answers(payload: object) -> None:
    assert broker._answers(payload, "mark") == []


def test_others_answers_are_left_alone() -> None:
    ours = {"command": "createRole", "correlationData": "m"}
    payload = json.dumps({"responses": [ours | {"correlationData": "other"}, ours]})
    assert broker._answers(payload, "m") == [ours]
