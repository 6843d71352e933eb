"""Requests for transaction information, and that whom they ask has answered."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, invalid, ref
from chaincode.contracts.context import Context, acting, resolve
from chaincode.model import keys
from chaincode.model.documents.tracing import REASONS, TraceRequest
from chaincode.model.errors import Code, Refusal
from chaincode.rules import clocks, parties
from chaincode.rules import tracing as rules


async def request_trace(context: Context, arguments: Arguments) -> Any:
    """Ask a trading partner for its transaction information; by a regulator or an authorised partner.

    ``{id, gln, asked, reason}`` with ``ref``, a pack or container, or with ``gtin`` and ``lot``. Due in
    ``trace_hours``.
    """
    request_id, gln, asked = arguments.identifier("id"), arguments.gln(), arguments.gln("asked")
    about = _about(arguments)
    reason = arguments.choice("reason", REASONS)
    arguments.done()
    if gln == asked:
        raise invalid("asked", "is another party than gln")
    key = keys.trace_request_key(request_id)
    if await context.read(key) is not None:
        raise Refusal(Code.TRACE_REQUEST_EXISTS, f"trace request {request_id} exists", "id")
    resolved = await resolve(context, [gln, asked])
    requester, holder = resolved.party(gln, "gln"), resolved.party(asked, "asked")
    context.check(parties.acting_for, requester, context.msp_id, "gln")
    if requester["role"] != "regulator":
        context.check(parties.authorised, requester, parties.KEEPERS, context.today, "gln")
    context.check(rules.asked_of, holder, "asked")
    document: Any = {
        "doc": "trace_request",
        "id": request_id,
        "requester": gln,
        "asked": asked,
        **about,
        "reason": reason,
        "status": "requested",
        "requested_at": context.now,
        "due_at": clocks.due(context.now, context.settings.parameter("trace_hours")),
    }
    context.write(key, document, protected_by=[requester["msp_id"], holder["msp_id"]])
    context.event("TraceRequested", {"id": request_id, "gln": gln, "asked": asked})
    return document


async def answer_trace(context: Context, arguments: Arguments) -> Any:
    """Record that a request was answered: ``{id, gln, answer}``, the SHA-256 of what was sent; late too."""
    request_id, gln, answer = arguments.identifier("id"), arguments.gln(), arguments.digest("answer")
    arguments.done()
    request = await _request(context, request_id)
    party = await acting(context, gln)
    context.check(rules.answered_by, party, request, "gln")
    context.check(rules.unanswered, request, "id")
    answered: TraceRequest = {
        **request,
        "status": "answered",
        "answer": answer,
        "answered_at": context.now,
    }
    context.write(keys.trace_request_key(request_id), answered)
    context.event("TraceAnswered", {"id": request_id, "gln": gln})
    return answered


async def get_trace_request(context: Context, arguments: Arguments) -> Any:
    """A request by its id, with ``overdue``: whether its answer came late or is still missing when due."""
    request_id = arguments.identifier("id")
    arguments.done()
    request = await _request(context, request_id)
    late = clocks.overdue(request["due_at"], request.get("answered_at"), context.now)
    return {**request, "overdue": late}


async def _request(context: Context, request_id: str) -> TraceRequest:
    key = keys.trace_request_key(request_id)
    return await context.need(key, Code.TRACE_REQUEST_UNKNOWN, f"trace request {request_id}", "id")


def _about(arguments: Arguments) -> dict[str, str]:
    if arguments.has("ref"):
        return {"ref": ref(*reversed(arguments.take("ref")))}
    return {"gtin": arguments.gtin(), "lot": arguments.lot()}
