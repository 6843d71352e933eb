"""Endpoints for transfers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Gln, Identifier
from gateway.core.ledger import CUSTODY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.schemas import Nothing, Reason
from gateway.core.state import Core, CustodyWriter, Written
from gateway.core.submissions import Receipt
from gateway.mirror import tables
from gateway.transfers.schemas import Cancellation, NewTransfer, Transfer, TransferStatus

router = router_for("/transfers", "Transfers")


@router.post("", status_code=201, summary="Offer a transfer", response_model=Written[Transfer])
async def offer(body: NewTransfer, write: CustodyWriter) -> Receipt:
    """Offers outermost goods in this member's custody to another licensed party."""
    return await write.custody(
        "OfferTransfer",
        **{"from": write.gln},
        id=body.id or write.derived_id,
        what=body.what,
        to=body.to,
        transaction_statement=body.transaction_statement,
    )


@router.get("", summary="List transfers", response_model=Page[Transfer])
async def list_transfers(
    core: Core,
    _: Reader,
    status: TransferStatus | None = None,
    sender: Annotated[Gln | None, Query(alias="from")] = None,
    receiver: Annotated[Gln | None, Query(alias="to")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """From this member's mirror, the newest offer first."""
    transfer = tables.transfer.c
    given = {transfer.status: status, transfer.from_gln: sender, transfer.to_gln: receiver}
    where = [column == value for column, value in given.items() if value is not None]
    order = (transfer.offered_at, transfer.id)
    return await mirrored.listed(core.engine, tables.transfer, where, limit, cursor, order, descending=True)


@router.get("/{transfer_id}", summary="A transfer", response_model=Transfer)
async def get(core: Core, _: Reader, transfer_id: Identifier) -> Any:
    """As it stands on the ledger now."""
    return await core.ledger.evaluate(CUSTODY, "GetTransfer", {"id": transfer_id})


@router.post("/{transfer_id}/accept", summary="Accept a transfer", response_model=Written[Transfer])
async def accept(transfer_id: Identifier, write: CustodyWriter, _: Nothing | None = None) -> Receipt:
    """By the receiver, who then owns the goods and has them."""
    return await write.custody("AcceptTransfer", id=transfer_id)


@router.post("/{transfer_id}/reject", summary="Reject a transfer", response_model=Written[Transfer])
async def reject(transfer_id: Identifier, body: Reason, write: CustodyWriter) -> Receipt:
    """By the receiver; the goods stay the sender's."""
    return await write.custody("RejectTransfer", id=transfer_id, reason=body.reason)


@router.post("/{transfer_id}/cancel", summary="Cancel a transfer", response_model=Written[Transfer])
async def cancel(transfer_id: Identifier, write: CustodyWriter, body: Cancellation | None = None) -> Receipt:
    """By the sender, as long as it is not accepted."""
    why = {"reason": body.reason} if body and body.reason else {}
    return await write.custody("CancelTransfer", id=transfer_id, **why)
