"""Anchored event hashes."""

from __future__ import annotations

from chaincode.model.documents.epcis import EventHash
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule


@rule(Code.EVENT_HASH_EXISTS)
def not_anchored(existing: EventHash | None, field: str) -> None:
    """An event is anchored once, by one party: nobody takes over or re-dates what another stands for.

    Source: Design of MediLedger: the consortium's own, no standard sets it.
    """
    if existing is not None:
        raise Refusal(Code.EVENT_HASH_EXISTS, f"{existing['hash']} was anchored by {existing['gln']}", field)
