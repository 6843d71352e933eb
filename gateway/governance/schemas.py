"""Settings, proposals and votes as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.core.fields import Gln, Identifier, ShortText, Text
from gateway.core.schemas import GLN, TIME_MS, LedgerDocument, Request
from gateway.parties.schemas import Role

ProposalStatus = Literal["open", "enacted", "withdrawn"]
Few = Field(min_length=1, max_length=50)
_CHANGES: dict[str, Any] = {"parameters": {"proposal_days": 60}}
_PROPOSAL: dict[str, Any] = {
    "doc": "proposal",
    "id": "P-2026-7",
    "gln": GLN,
    "msp_id": "ManufacturerMSP",
    "changes": _CHANGES,
    "before": {"parameters": {"proposal_days": 30}},
    "version": 1,
    "reason": "Members ask for more time",
    "status": "open",
    "proposed_at": TIME_MS,
    "expires_at": TIME_MS + 30 * 86_400_000,
}
_VOTE: dict[str, Any] = {
    "doc": "vote",
    "proposal": "P-2026-7",
    "msp_id": "ManufacturerMSP",
    "gln": GLN,
    "approve": True,
    "voted_at": TIME_MS,
}
_SETTINGS: dict[str, Any] = {
    "doc": "param",
    "name": "consortium",
    "version": 1,
    "value": {
        "regulators": ["RegulatorMSP"],
        "members": ["ManufacturerMSP", "RegulatorMSP"],
        "rules": 1,
        "parameters": {},
    },
    "parameters": {
        "proposal_days": {
            "value": 30,
            "default": 30,
            "minimum": 1,
            "maximum": 365,
            "unit": "days",
            "meaning": "how long members may vote on a proposal, and enact it",
            "source": "the consortium's own: no law sets it",
        }
    },
}


class Changes(Request):
    """New values: parameters, the rules' version, roles by GLN; of MSP ids, who is one from now on."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANGES})

    parameters: Annotated[dict[ShortText, int], Few] | None = None
    rules: int | None = None
    members: Annotated[dict[ShortText, bool], Few] | None = None
    regulators: Annotated[dict[ShortText, bool], Few] | None = None
    roles: Annotated[dict[Gln, Role], Few] | None = None

    @model_validator(mode="after")
    def _some(self) -> Changes:
        if not self.model_dump(exclude_none=True):
            raise ValueError("names at least one change")
        return self


class NewProposal(Request):
    """A proposal; its ``id`` is made unless it is given."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"changes": _CHANGES, "reason": "Members ask for more time"}}
    )

    id: Identifier | None = None
    changes: Changes
    reason: Text


class NewVote(Request):
    """This member's vote."""

    model_config = ConfigDict(json_schema_extra={"example": {"approve": True}})

    approve: bool


class Proposal(LedgerDocument):
    """A proposal on the ledger; ``before`` is what stood when it was made. Times in epoch milliseconds."""

    model_config = ConfigDict(json_schema_extra={"example": _PROPOSAL})

    id: str
    gln: str
    msp_id: str
    changes: dict[str, Any]
    before: dict[str, Any]
    version: int
    reason: str
    status: str
    proposed_at: int
    expires_at: int


class Vote(LedgerDocument):
    """A member's vote on the ledger."""

    model_config = ConfigDict(json_schema_extra={"example": _VOTE})

    proposal: str
    msp_id: str
    gln: str
    approve: bool
    voted_at: int


class Tally(BaseModel):
    """Votes of those who are members today, and how many must approve."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"approved": 3, "rejected": 0, "members": 4, "needed": 3}}
    )

    approved: int
    rejected: int
    members: int
    needed: int


class Standing(BaseModel):
    """A proposal with its votes."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "proposal": _PROPOSAL,
                "votes": [_VOTE],
                "tally": {"approved": 1, "rejected": 0, "members": 4, "needed": 3},
                "expired": False,
            }
        }
    )

    proposal: Proposal
    votes: list[Vote]
    tally: Tally
    expired: bool


class Settings(LedgerDocument):
    """The consortium's settings; ``version`` grows by one with every proposal that is enacted."""

    model_config = ConfigDict(json_schema_extra={"example": _SETTINGS})

    name: str
    version: int
    value: dict[str, Any]
