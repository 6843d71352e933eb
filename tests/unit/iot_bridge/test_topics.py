from __future__ import annotations

import pytest

from iot_bridge import topics


def test_a_topic_names_its_device() -> None:
    assert topics.device_of(topics.readings("truck-7")) == "truck-7"
    assert topics.acks("truck-7") == "mediledger/v1/devices/truck-7/acks"


@pytest.mark.parametrize("topic", ["", "mediledger/v1/devices/truck-7/acks", "other/truck-7/readings"])
def test_other_topics_name_none(topic: str) -> None:
    with pytest.raises(ValueError, match="not a topic of readings"):
        topics.device_of(topic)
