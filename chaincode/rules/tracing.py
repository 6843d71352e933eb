"""Requests for transaction information, history and statement, and whose answer they take."""

from __future__ import annotations

from chaincode.model.documents.registry import Party
from chaincode.model.documents.tracing import TraceRequest
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule


@rule(Code.ROLE_REQUIRED)
def asked_of(party: Party, field: str) -> None:
    """Transaction information is asked of a trading partner, who keeps it; a regulator has none.

    Source: FD&C Act, section 582(b)(1)(B), (c)(1)(C), (d)(1)(D), (e)(1)(C), (g)(1)(D) and (E).
    """
    if party["role"] == "regulator":
        raise Refusal(Code.ROLE_REQUIRED, f"{party['gln']} is a regulator, not a trading partner", field)


@rule(Code.NOT_AUTHORISED, parameters=("trace_hours",))
def answered_by(party: Party, request: TraceRequest, field: str) -> None:
    """A trace request is answered by whom it asks, within the clock: at most 48 hours.

    Source: FD&C Act, section 582(b)(1)(B), (c)(1)(C), (e)(1)(C): one business day, at most 48 hours;
    (d)(1)(D): two business days for a dispenser.
    """
    if party["gln"] != request["asked"]:
        message = f"trace request {request['id']} asks {request['asked']}"
        raise Refusal(Code.NOT_AUTHORISED, message, field)


@rule(Code.TRACE_ANSWERED)
def unanswered(request: TraceRequest, field: str) -> None:
    """An answer, once given, stands.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if request["status"] != "requested":
        raise Refusal(Code.TRACE_ANSWERED, f"trace request {request['id']} is answered", field)
