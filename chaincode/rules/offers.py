"""Offers of goods: which kinds of change there are, who may give and take part, and how an offer ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from chaincode.model.documents.registry import Party
from chaincode.model.documents.trade import Status, Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

Action = Literal["confirm", "accept", "reject", "cancel", "expire", "resolve"]

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Kind:
    """What a kind of transfer changes.

    ``stated``: the seller gives a transaction statement with it; ``returned``: it goes back to where it was
    bought; ``unfit``: what may not be sold any more goes with it.
    """

    ownership: bool
    custody: bool
    stated: bool = False
    returned: bool = False
    unfit: bool = False
    shipped_to_third: bool = False


KINDS: Mapping[str, Kind] = {
    "sale": Kind(ownership=True, custody=True, stated=True),
    "ownership_only": Kind(ownership=True, custody=False, stated=True),
    "custody_only": Kind(ownership=False, custody=True),
    "drop_shipment": Kind(ownership=True, custody=True, stated=True, shipped_to_third=True),
    "saleable_return": Kind(ownership=True, custody=True, returned=True),
    "nonsaleable_return": Kind(ownership=True, custody=True, returned=True, unfit=True),
    "recall_return": Kind(ownership=True, custody=True, returned=True, unfit=True),
}
OFFERED_KINDS = tuple(name for name, kind in KINDS.items() if not kind.returned)
RETURN_KINDS = tuple(name for name, kind in KINDS.items() if kind.returned)

_OPEN: tuple[Status, ...] = ("offered", "confirmed")
# From which states an action leads where; what is not here is closed.
_STEPS: Mapping[Action, tuple[tuple[Status, ...], Status]] = {
    "confirm": (("offered",), "confirmed"),
    "accept": (_OPEN, "accepted"),
    "reject": (_OPEN, "rejected"),
    "cancel": (_OPEN, "cancelled"),
    "expire": (_OPEN, "expired"),
    "resolve": (("accepted_with_exceptions",), "accepted"),
}


def after(action: Action) -> Status:
    """The status that an action leads to where nothing stays open."""
    return _STEPS[action][1]


def receiver(transfer: Transfer) -> str:
    """The GLN of who takes the goods in: of a drop shipment the third party, else the buyer."""
    return transfer.get("ship_to", transfer["to"])


def parties(transfer: Transfer) -> list[str]:
    """The GLNs of everybody who takes part."""
    third = [transfer["ship_to"]] if "ship_to" in transfer else []
    return [transfer["from"], transfer["to"], *third]


@rule(Code.TRANSFER_CLOSED)
def in_state(transfer: Transfer, action: Action, field: str) -> None:
    """An offer ends once: accepted, rejected, cancelled or expired; only accepted ones have exceptions.

    Source: Design of MediLedger: the consortium's own. Offers end likewise in Restatement (Second) of
    Contracts, section 36.
    """
    if transfer["status"] not in _STEPS[action][0]:
        raise Refusal(Code.TRANSFER_CLOSED, f"transfer {transfer['id']} is {transfer['status']}", field)


@rule(Code.NOT_CONFIRMED, Code.INVALID_ARGUMENT)
def buyer_first(transfer: Transfer, action: Action, field: str) -> None:
    """What is shipped to a third party was confirmed by its buyer before the third party takes it in.

    Source: Design of MediLedger: the consortium's own; drop shipment as in FD&C Act, section 582(f)(1).
    """
    third = KINDS[transfer["kind"]].shipped_to_third
    if action == "confirm" and not third:
        message = f"a {transfer['kind']} is accepted by its receiver, not confirmed"
        raise Refusal(Code.INVALID_ARGUMENT, message, field)
    if action == "accept" and third and transfer["status"] != "confirmed":
        raise Refusal(Code.NOT_CONFIRMED, f"{transfer['to']} has not confirmed that it buys", field)


@rule(Code.OFFER_EXPIRED, parameters=("offer_days",))
def in_time(transfer: Transfer, now: int, field: str) -> None:
    """An offer is taken before its time is over.

    Source: Restatement (Second) of Contracts, section 41(1). How long is the consortium's own decision.
    """
    if now > transfer["due_at"]:
        raise Refusal(Code.OFFER_EXPIRED, f"the offer {transfer['id']} ended; offer it anew", field)


@rule(Code.OFFER_RUNNING, parameters=("offer_days",))
def overdue(transfer: Transfer, now: int, field: str) -> None:
    """Only an offer whose time is over expires; before that its sender cancels, its receiver rejects.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if now <= transfer["due_at"]:
        raise Refusal(Code.OFFER_RUNNING, f"the offer {transfer['id']} still stands", field)


@rule(Code.WRONG_RECEIVER)
def offered_to(takers: Collection[Party], msp_id: str, field: str) -> None:
    """Only those to whom goods are offered accept or reject them.

    ``takers`` are the parties that may, ``msp_id`` is the organisation that asks.

    Source: FD&C Act, section 582(c)(1)(A)(i), (d)(1)(A)(i), (e)(1)(A)(i) (accepting ownership); Restatement
    (Second) of Contracts, section 52.
    """
    if all(taker["msp_id"] != msp_id for taker in takers):
        offered = " and ".join(taker["gln"] for taker in takers)
        raise Refusal(Code.WRONG_RECEIVER, f"the transfer is offered to {offered}", field)


@rule(Code.RECORD_FORGED)
def bound(ref: str, offer: str | None, transfer: Transfer, field: str) -> None:
    """Goods change hands by the one offer that their owner bound them to.

    Source: Design of MediLedger, "Who must sign"; FD&C Act, section 582(g)(1)(B) (information names each
    package).
    """
    if offer != transfer["id"]:
        message = f"{ref} was never bound to transfer {transfer['id']} by who offered it"
        raise Refusal(Code.RECORD_FORGED, message, field)


@rule(Code.NOT_OWNER)
def sent_home(ref: str, owner: str, sender: str, receiver: str, field: str) -> None:
    """Who keeps goods for their owner hands them to that owner only; the owner sends them where it likes.

    Source: FD&C Act, section 581(22).
    """
    if sender != owner != receiver:
        message = f"{ref} is kept for {owner}, and goes to that owner only"
        raise Refusal(Code.NOT_OWNER, message, field)
