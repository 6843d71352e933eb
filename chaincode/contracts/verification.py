"""Verification of product identifiers: the ledger's answer at once, and requests to the manufacturer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.recalled import recalls_over
from chaincode.contracts.standing import standing
from chaincode.model import gs1, keys
from chaincode.model.documents.verification import (
    CONTEXTS,
    FAILURES,
    INFORMATION,
    Verification,
    VerificationData,
    Verified,
)
from chaincode.model.errors import Code, Refusal
from chaincode.rules import clocks, parties
from chaincode.rules import verification as rules

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def verify_product(context: Context, arguments: Arguments) -> Any:
    """What the ledger says of a product identifier, as GS1's verification message, without a write.

    ``{gtin, serial, lot, expiry, corrUUID?}``. Beside the message's own fields stands ``pack``: the flags
    that its one word of additional information has no room for, absent where the pack is unknown. Without
    a ``corrUUID`` of the requester's the transaction's id makes one.

    Source: GS1 Lightweight Messaging Standard for Verification of Product Identifiers.
    """
    gtin, serial, lot, expiry = _identifier(arguments)
    correlation = _correlation(context, arguments)
    arguments.done()
    pack, recalls = await _pack(context, gtin, serial)
    if pack is None:
        responder = (await resolve(context, gtins=[gtin])).product(gtin, "gtin")["manufacturer"]
    else:
        responder = pack.lot["manufacturer"]
    answer: dict[str, Any] = {
        "verificationTimestamp": _timestamp(context.now),
        "responderGLN": responder,
        "data": rules.response(pack, lot, expiry, context.today),
        "corrUUID": correlation,
    }
    if pack is not None:
        answer["pack"] = {
            "status": pack.status,
            "expired": pack.lot["expiry"] < context.today,
            "holds": sorted(pack.holds),
            "recalls": recalls,
        }
    return answer


async def request_verification(context: Context, arguments: Arguments) -> Any:
    """Ask a product's manufacturer to verify an identifier; by an authorised trading partner or a regulator.

    ``{id, gln, gtin, serial, lot, expiry, context}``. Where the ledger's own answer is the manufacturer's
    word, the request is answered at once; else it is due in ``verification_hours``.
    """
    request_id, gln = arguments.identifier("id"), arguments.gln()
    gtin, serial, lot, expiry = _identifier(arguments)
    purpose = arguments.choice("context", CONTEXTS)
    arguments.done()
    key = keys.verification_key(request_id)
    if await context.read(key) is not None:
        raise Refusal(Code.VERIFICATION_EXISTS, f"verification {request_id} exists", "id")
    pack, _ = await _pack(context, gtin, serial)
    resolved = await resolve(context, [gln], [gtin])
    party, product = resolved.party(gln, "gln"), resolved.product(gtin, "gtin")
    responder = resolved.party(product["manufacturer"], "gtin")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    if party["role"] != "regulator":
        context.check(parties.authorised, party, parties.KEEPERS, context.today, "gln")
    ledger = rules.response(pack, lot, expiry, context.today)
    document: Verification = {
        "doc": "verification",
        "id": request_id,
        "requester": gln,
        "responder": responder["gln"],
        "gtin": gtin,
        "serial": serial,
        "lot": lot,
        "expiry": expiry,
        "context": purpose,  # type: ignore[typeddict-item]
        "status": "requested",
        "requested_at": context.now,
        "due_at": clocks.due(context.now, context.settings.parameter("verification_hours")),
        "ledger": ledger,
    }
    if rules.settled(purpose, ledger):
        document = _answered(context, document, ledger, "ledger")
    _write(context, document, [party["msp_id"], responder["msp_id"]])
    event = {"id": request_id, "gln": gln, "responder": responder["gln"], "status": document["status"]}
    context.event("VerificationRequested", event)
    return document


async def answer_verification(context: Context, arguments: Arguments) -> Any:
    """Answer a request; by the product's manufacturer, once, late too.

    ``{id, gln, verified, reason?, information?}`` in GS1's words; a reason with every negative answer.
    """
    request_id, gln, verified = arguments.identifier("id"), arguments.gln(), arguments.boolean("verified")
    answer: VerificationData = {"verified": verified}
    if not verified:
        answer["verificationFailureReason"] = arguments.choice("reason", FAILURES)
    if arguments.has("information"):
        answer["additionalInfo"] = arguments.choice("information", INFORMATION)
    arguments.done()
    document = await _verification(context, request_id)
    pack, _ = await _pack(context, document["gtin"], document["serial"])
    resolved = await resolve(context, [gln, document["requester"]])
    party = resolved.party(gln, "gln")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(rules.answered_by, party, document["responder"], "gln")
    context.check(rules.unanswered, document, "id")
    ledger = rules.response(pack, document["lot"], document["expiry"], context.today)
    context.check(rules.consistent, answer, ledger, "verified")
    requester = resolved.party(document["requester"], "id")
    answered = _answered(context, document, answer, gln)
    _write(context, answered, [requester["msp_id"], party["msp_id"]])
    context.event("VerificationAnswered", {"id": request_id, "verified": verified})
    return answered


async def get_verification(context: Context, arguments: Arguments) -> Any:
    """A request by its id, with ``overdue``: whether its answer came late or is still missing when due."""
    request_id = arguments.identifier("id")
    arguments.done()
    document = await _verification(context, request_id)
    late = clocks.overdue(document["due_at"], document.get("answered_at"), context.now)
    return {**document, "overdue": late}


async def verified_for_return(
    context: Context, refs: Sequence[str], fields: Sequence[str], gln: str, since: int
) -> None:
    """Refuse returned packs that ``gln``, who takes them back, has not had verified for it.

    ``refs`` are units'; ``since`` is when their return was offered, epoch milliseconds: a verification that
    was asked for earlier is of an earlier return.
    """
    units = [gs1.parse_ref(ref, field) for ref, field in zip(refs, fields, strict=True)]
    wanted = [keys.verified_key(unit.gtin, unit.serial, gln) for unit in units]  # type: ignore[union-attr]
    for ref, field, verified in zip(refs, fields, await context.read_all(wanted), strict=True):
        context.check(rules.returnable, verified, ref, gln, since, field)


async def _verification(context: Context, request_id: str) -> Verification:
    key = keys.verification_key(request_id)
    return await context.need(key, Code.VERIFICATION_UNKNOWN, f"verification {request_id}", "id")


def _identifier(arguments: Arguments) -> tuple[str, str, str, str]:
    return arguments.gtin(), arguments.serial(), arguments.lot(), arguments.day("expiry")


def _correlation(context: Context, arguments: Arguments) -> str:
    if not arguments.has("corrUUID"):
        digits = context.stub.tx_id[:32]
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    field, value = arguments.take("corrUUID")
    if not isinstance(value, str) or _UUID.fullmatch(value) is None:
        raise invalid(field, "is a UUID in lower-case hexadecimal digits")
    return value


def _timestamp(now: int) -> str:
    text = (_EPOCH + timedelta(milliseconds=now)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


async def _pack(context: Context, gtin: str, serial: str) -> tuple[rules.Pack | None, list[str]]:
    """What the ledger knows of a pack, and the ids of the open recalls that cover it."""
    ref = gs1.unit_ref(gtin, serial)
    try:
        unit = await standing(context, ref, "serial")
    except Refusal as refusal:
        if refusal.code != Code.UNIT_UNKNOWN:
            raise
        return None, []
    document: Any = unit.document
    holds = {hold["status"] for hold in (await holds_of(context, [unit])).over(unit)}
    lot = await context.read(keys.lot_key(gtin, document["lot"]))
    recalls = [recall["id"] for recall in await recalls_over(context, document)]
    return rules.Pack(lot, unit.status, frozenset(holds - {"cleared"}), bool(recalls)), recalls


def _answered(
    context: Context, document: Verification, answer: VerificationData, answered_by: str
) -> Verification:
    return {
        **document,
        "status": "answered",
        "answer": answer,
        "answered_by": answered_by,
        "answered_at": context.now,
    }


def _write(context: Context, document: Verification, concerned: list[str]) -> None:
    """The request, and where it is answered for a return, what the return is checked with."""
    context.write(keys.verification_key(document["id"]), document, protected_by=concerned)
    if document["context"] != "saleable_return" or "answer" not in document:
        return
    gtin, serial, gln = document["gtin"], document["serial"], document["requester"]
    verified: Verified = {
        "doc": "verified",
        "ref": gs1.unit_ref(gtin, serial),
        "gln": gln,
        "verification": document["id"],
        "answer": document["answer"],
        "requested_at": document["requested_at"],
    }
    context.write(keys.verified_key(gtin, serial, gln), verified, protected_by=concerned)
