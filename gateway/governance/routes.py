"""Endpoints for the consortium's settings."""

from __future__ import annotations

from typing import Any

from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Identifier
from gateway.core.ledger import REGISTRY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.schemas import Nothing
from gateway.core.state import Core, GovernanceWriter, Written
from gateway.core.submissions import Receipt
from gateway.governance.schemas import (
    NewProposal,
    NewVote,
    Proposal,
    ProposalStatus,
    Settings,
    Standing,
    Vote,
)
from gateway.mirror import tables

router = router_for("", "Governance")


@router.get("/settings", summary="The consortium's settings", response_model=Settings)
async def settings(core: Core, _: Reader) -> Any:
    """As they stand on the ledger now, and every parameter with its bounds and source."""
    return await core.ledger.evaluate(REGISTRY, "GetSettings", {})


@router.post("/proposals", status_code=201, summary="Propose a change", response_model=Written[Proposal])
async def propose(body: NewProposal, write: GovernanceWriter) -> Receipt:
    """By a member; what a majority then approves may be enacted until the proposal expires."""
    return await write.registry(
        "Propose",
        id=body.id or write.derived_id,
        gln=write.gln,
        changes=body.changes.model_dump(exclude_none=True),
        reason=body.reason,
    )


@router.get("/proposals", summary="List proposals", response_model=Page[Proposal])
async def list_proposals(
    core: Core, _: Reader, status: ProposalStatus | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """From this member's mirror, the newest first."""
    proposal = tables.proposal.c
    where = [proposal.status == status] if status else []
    order = (proposal.proposed_at, proposal.id)
    return await mirrored.listed(core.engine, tables.proposal, where, limit, cursor, order, descending=True)


@router.get("/proposals/{proposal_id}", summary="A proposal and its votes", response_model=Standing)
async def get(core: Core, _: Reader, proposal_id: Identifier) -> Any:
    """As they stand on the ledger now."""
    return await core.ledger.evaluate(REGISTRY, "GetProposal", {"id": proposal_id})


@router.post("/proposals/{proposal_id}/votes", status_code=201, summary="Vote", response_model=Written[Vote])
async def vote(proposal_id: Identifier, body: NewVote, write: GovernanceWriter) -> Receipt:
    """This member's one vote, which it does not take back."""
    return await write.registry("Vote", id=proposal_id, gln=write.gln, approve=body.approve)


@router.post("/proposals/{proposal_id}/enact", summary="Enact a proposal", response_model=Written[Settings])
async def enact(proposal_id: Identifier, write: GovernanceWriter, _: Nothing | None = None) -> Receipt:
    """By anyone, once more than half of the members have approved."""
    return await write.registry("Enact", id=proposal_id)


@router.post(
    "/proposals/{proposal_id}/withdraw", summary="Withdraw a proposal", response_model=Written[Proposal]
)
async def withdraw(proposal_id: Identifier, write: GovernanceWriter, _: Nothing | None = None) -> Receipt:
    """By the member that made it."""
    return await write.registry("Withdraw", id=proposal_id)
