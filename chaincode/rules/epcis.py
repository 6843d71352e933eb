"""Anchored event hashes."""

from __future__ import annotations

from chaincode.model.documents.epcis import EventHash
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule


@rule(Code.EVENT_HASH_EXISTS)
def not_anchored(existing: EventHash | None, field: str) -> None:
    """An event is anchored once, by one party: nobody takes over or re-dates what another stands for.

    Source: GS1 Core Business Vocabulary 2.0, section 8.9 (one hash, one event); EPCIS 2.0, section 7.4.1.4.
    """
    if existing is not None:
        raise Refusal(Code.EVENT_HASH_EXISTS, f"{existing['hash']} was anchored by {existing['gln']}", field)
