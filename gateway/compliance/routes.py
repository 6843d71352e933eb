"""The endpoint for dry runs of transactions."""

from __future__ import annotations

from typing import Any

from chaincode.model import canonical
from chaincode.model.errors import Code, Refusal
from gateway.compliance.schemas import Check, NewCheck
from gateway.core.auth import Reader
from gateway.core.routing import router_for
from gateway.core.state import Core

router = router_for("/compliance", "Compliance")


@router.post("/checks", summary="Check a transaction", response_model=Check)
async def check(core: Core, _: Reader, body: NewCheck) -> Any:
    """What the ledger would refuse if this member called the function now, and why; nothing is written."""
    question = {"function": body.function, "arguments": body.arguments}
    try:
        canonical.dumps(question)
    except (TypeError, RecursionError):
        message = "arguments are nested no deeper than is meant, their numbers integers of 64 bits"
        raise Refusal(Code.INVALID_ARGUMENT, message, "arguments") from None
    return await core.ledger.evaluate(body.chaincode, "compliance:Check", question)
