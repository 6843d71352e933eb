"""Questions about what would be refused, and their answers, as the API takes and gives them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gateway.core.fields import ShortText
from gateway.core.schemas import GLN, UNIT, Request

_REFUSAL: dict[str, Any] = {
    "code": "held",
    "message": f"{UNIT} is in quarantine",
    "field": "units[0]",
    "rule": "holds.not_held",
    "rules": 1,
}


class NewCheck(Request):
    """A transaction to be looked at: a chaincode's function and its arguments, as it would be called."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"function": "Dispense", "arguments": {"gln": GLN, "units": [UNIT]}}}
    )

    chaincode: Literal["custody", "registry"] = "custody"
    function: ShortText
    arguments: dict[str, Any]


class Refused(BaseModel):
    """One refusal; ``rule`` as in the book of rules, ``rules`` the version of the consortium's settings."""

    model_config = ConfigDict(json_schema_extra={"example": _REFUSAL})

    code: str
    message: str
    field: str | None = None
    rule: str | None = None
    rules: int | None = None


class Check(BaseModel):
    """Whether the ledger would take the transaction now, and what it would refuse it for.

    All ``count`` refusals in the order in which they are found, the first hundred of them.
    """

    model_config = ConfigDict(
        json_schema_extra={"example": {"allowed": False, "count": 1, "refusals": [_REFUSAL]}}
    )

    allowed: bool
    count: int
    refusals: list[Refused]
