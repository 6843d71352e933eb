"""Endpoints for transfers, returns, and the prices of both."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

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
from gateway.transfers import service
from gateway.transfers.schemas import (
    Acceptance,
    Cancellation,
    Confirmation,
    KnownPrice,
    NewReturn,
    NewTransfer,
    Price,
    PriceCheck,
    RecordedPrice,
    Settlement,
    Transfer,
    TransferStatus,
)

router = router_for("/transfers", "Transfers")
returns = router_for("/returns", "Transfers")

ExceptionNumber = Annotated[int, Path(ge=0, lt=200, description="place in the transfer's list, from 0")]


@router.post("", status_code=201, summary="Offer a transfer", response_model=Written[Transfer])
async def offer(body: NewTransfer, write: CustodyWriter) -> Receipt:
    """Offers outermost goods to another authorised trading partner."""
    given = body.model_dump(exclude_none=True)
    return await write.custody("OfferTransfer", **{"id": write.derived_id, "from": write.gln} | given)


@returns.post("", status_code=201, summary="Return goods", response_model=Written[Transfer])
async def return_goods(body: NewReturn, write: CustodyWriter) -> Receipt:
    """Offers goods back; they are accepted, rejected or cancelled as any transfer."""
    given = body.model_dump(exclude_none=True)
    return await write.custody("ReturnGoods", **{"id": write.derived_id, "from": write.gln} | given)


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
    """As it stands on the ledger now; ``overdue`` where its offer's time is over and nobody ended it."""
    return await core.ledger.evaluate(CUSTODY, "GetTransfer", {"id": transfer_id})


@router.post("/{transfer_id}/confirm", summary="Buy a drop shipment", response_model=Written[Transfer])
async def confirm(transfer_id: Identifier, write: CustodyWriter, body: Confirmation | None = None) -> Receipt:
    """By the buyer; the third party then takes the goods in."""
    given = body.model_dump(exclude_none=True) if body else {}
    return await write.custody("ConfirmTransfer", id=transfer_id, **given)


@router.post("/{transfer_id}/accept", summary="Accept a transfer", response_model=Written[Transfer])
async def accept(transfer_id: Identifier, write: CustodyWriter, body: Acceptance | None = None) -> Receipt:
    """By who takes the goods in, in whole or in part; what did not come stays the sender's."""
    given = body.model_dump(exclude_none=True) if body else {}
    return await write.custody("AcceptTransfer", id=transfer_id, **given)


@router.post("/{transfer_id}/reject", summary="Reject a transfer", response_model=Written[Transfer])
async def reject(transfer_id: Identifier, body: Reason, write: CustodyWriter) -> Receipt:
    """By the receiver; the goods stay the sender's."""
    return await write.custody("RejectTransfer", id=transfer_id, reason=body.reason)


@router.post("/{transfer_id}/cancel", summary="Cancel a transfer", response_model=Written[Transfer])
async def cancel(transfer_id: Identifier, write: CustodyWriter, body: Cancellation | None = None) -> Receipt:
    """By the sender, as long as it is not accepted."""
    why = {"reason": body.reason} if body and body.reason else {}
    return await write.custody("CancelTransfer", id=transfer_id, **why)


@router.post("/{transfer_id}/expire", summary="End an overdue offer", response_model=Written[Transfer])
async def expire(transfer_id: Identifier, write: CustodyWriter, _: Nothing | None = None) -> Receipt:
    """By either side once its time is over; the goods are the sender's to offer anew."""
    return await write.custody("ExpireOffer", id=transfer_id)


@router.post(
    "/{transfer_id}/exceptions/{number}/resolve",
    summary="Settle an exception",
    response_model=Written[Transfer],
)
async def resolve(
    transfer_id: Identifier, number: ExceptionNumber, body: Settlement, write: CustodyWriter
) -> Receipt:
    """By the sender and by who took the goods in; it is settled when both have said the same."""
    return await write.custody(
        "ResolveException", id=transfer_id, gln=write.gln, exception=number, resolution=body.resolution
    )


@router.post("/{transfer_id}/price", summary="Lay down the price", response_model=Written[RecordedPrice])
async def record_price(transfer_id: Identifier, body: Price, core: Core, write: CustodyWriter) -> Receipt:
    """By the sender, while it is offered: both parties hold the price, everybody else its hash alone."""
    return await service.record(core, write, transfer_id, body)


@router.get("/{transfer_id}/price", summary="The price", response_model=KnownPrice)
async def get_price(transfer_id: Identifier, core: Core, _: Reader) -> Any:
    """From this member's own collection; only the two parties have it."""
    return await core.ledger.evaluate(CUSTODY, "GetPrice", {"transfer": transfer_id})


@router.post("/{transfer_id}/price/check", summary="Check a price", response_model=PriceCheck)
async def check_price(transfer_id: Identifier, body: Price, core: Core, _: Reader) -> Any:
    """Whether each side holds just this price; nothing is written."""
    return await service.check(core, transfer_id, body)
