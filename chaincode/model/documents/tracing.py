"""Requests for transaction information, and that they were answered."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

REASONS = ("suspect", "illegitimate", "recall")


class TraceRequest(TypedDict):
    """A request to ``asked`` about a pack or container (``ref``) or about a lot.

    The answer itself passes between the two parties; ``answer`` is its SHA-256, which proves what was said
    and when.
    """

    doc: Literal["trace_request"]
    id: str
    requester: str
    asked: str
    ref: NotRequired[str]
    gtin: NotRequired[str]
    lot: NotRequired[str]
    reason: Literal["suspect", "illegitimate", "recall"]
    status: Literal["requested", "answered"]
    requested_at: int
    due_at: int
    answer: NotRequired[str]
    answered_at: NotRequired[int]
