"""Proposals to change the consortium's settings, and the members' votes on them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from chaincode.model.documents.registry import Role


class Changes(TypedDict):
    """New values by group and name, or the values that stood before.

    Of ``members`` and ``regulators`` (MSP ids) the value says whether it is one; ``roles`` are by GLN;
    ``rules`` is the version of the rules in force.
    """

    parameters: NotRequired[dict[str, int]]
    rules: NotRequired[int]
    members: NotRequired[dict[str, bool]]
    regulators: NotRequired[dict[str, bool]]
    roles: NotRequired[dict[str, Role]]


class Proposal(TypedDict):
    """``before`` is what stood when it was made, under ``version`` of the settings.

    ``enacted`` is the version that it made.
    """

    doc: Literal["proposal"]
    id: str
    gln: str
    msp_id: str
    changes: Changes
    before: Changes
    version: int
    reason: str
    status: Literal["open", "enacted", "withdrawn"]
    proposed_at: int
    expires_at: int
    closed_at: NotRequired[int]
    enacted: NotRequired[int]


class Vote(TypedDict):
    """One member's vote, cast by one of its parties."""

    doc: Literal["vote"]
    proposal: str
    msp_id: str
    gln: str
    approve: bool
    voted_at: int


class Tally(TypedDict):
    """Votes of members of today, their number, and how many must approve."""

    approved: int
    rejected: int
    members: int
    needed: int
