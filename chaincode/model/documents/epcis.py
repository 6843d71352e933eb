"""Documents of EPCIS events."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class EventHash(TypedDict):
    """The CBV event hash of an EPCIS event, and who stood for it when; ``event_time`` is the event's own."""

    doc: Literal["event_hash"]
    hash: str
    gln: str
    msp_id: str
    event_time: NotRequired[int]
    anchored_at: int
