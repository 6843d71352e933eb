"""The form of event hash ids."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Code, Refusal
from chaincode.model.event_hash import event_hash

DIGEST = "d7b7387ef0ea28c725046d7c491218f0d765e84b58199cb4c1896516157f4fbb"


def test_the_form_of_the_standard() -> None:
    assert event_hash(f"ni:///sha-256;{DIGEST}?ver=CBV2.0") == f"ni:///sha-256;{DIGEST}?ver=CBV2.0"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        DIGEST,
        f"ni:///sha-256;{DIGEST}",
        f"ni:///sha-256;{DIGEST.upper()}?ver=CBV2.0",
        f"ni:///sha-256;{DIGEST[:-1]}?ver=CBV2.0",
        f"ni:///sha3-256;{DIGEST}?ver=CBV2.0",
        f"ni://example.com/sha-256;{DIGEST}?ver=CBV2.0",
        f"ni:///sha-256;{DIGEST}?ver=CBV2x0",
        f"ni:///sha-256;{DIGEST}?ver=CBV2.0\n",
    ],
)
def test_no_other(value: object) -> None:
    with pytest.raises(Refusal) as refused:
        event_hash(value, "events[3].hash")
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "events[3].hash")
