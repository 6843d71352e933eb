"""The root of the project's errors, and the refusals of the law with their codes."""

from __future__ import annotations

import json
from enum import StrEnum


class MediLedgerError(Exception):
    """Any error that MediLedger raises on purpose; its text is one line for a person."""


class Code(StrEnum):
    """Why a transaction is refused; the same code reaches the API, a log line and a webhook."""

    INVALID_ARGUMENT = "invalid_argument"
    FUNCTION_UNKNOWN = "function_unknown"
    GTIN_CHECK_DIGIT = "gtin_check_digit"
    GLN_CHECK_DIGIT = "gln_check_digit"
    SSCC_CHECK_DIGIT = "sscc_check_digit"
    SERIAL_INVALID = "serial_invalid"
    LOT_INVALID = "lot_invalid"
    BATCH_TOO_LARGE = "batch_too_large"

    NOT_AUTHORISED = "not_authorised"
    ROLE_REQUIRED = "role_required"
    LICENCE_MISSING = "licence_missing"
    LICENCE_EXPIRED = "licence_expired"
    NOT_CUSTODIAN = "not_custodian"
    WRONG_RECEIVER = "wrong_receiver"

    PARTY_UNKNOWN = "party_unknown"
    PRODUCT_UNKNOWN = "product_unknown"
    LOT_UNKNOWN = "lot_unknown"
    UNIT_UNKNOWN = "unit_unknown"
    CONTAINER_UNKNOWN = "container_unknown"
    TRANSFER_UNKNOWN = "transfer_unknown"
    DEVICE_UNKNOWN = "device_unknown"
    ANCHOR_UNKNOWN = "anchor_unknown"
    EXCURSION_UNKNOWN = "excursion_unknown"
    PARAMETER_UNKNOWN = "parameter_unknown"

    PARTY_EXISTS = "party_exists"
    PRODUCT_EXISTS = "product_exists"
    LOT_EXISTS = "lot_exists"
    SERIAL_DUPLICATE = "serial_duplicate"
    SSCC_EXISTS = "sscc_exists"
    TRANSFER_EXISTS = "transfer_exists"
    DEVICE_EXISTS = "device_exists"
    ANCHOR_EXISTS = "anchor_exists"
    PARAMETER_EXISTS = "parameter_exists"
    TRANSFER_CLOSED = "transfer_closed"
    OFFER_PENDING = "offer_pending"
    UNIT_PACKED = "unit_packed"
    CONTAINER_PACKED = "container_packed"
    NOT_PACKED = "not_packed"
    HELD = "held"
    NOT_HELD = "not_held"
    LOT_EXPIRED = "lot_expired"
    LOT_NOT_RELEASED = "lot_not_released"
    UNIT_DISPENSED = "unit_dispensed"
    CONTAINER_UNPACKED = "container_unpacked"
    DEVICE_NOT_ATTACHED = "device_not_attached"

    @property
    def status(self) -> int:
        """The response status of a chaincode and of HTTP alike: 400, 403, 404 or 409."""
        if self in _MALFORMED:
            return 400
        if self in _FORBIDDEN:
            return 403
        return 404 if self.value.endswith("_unknown") else 409


_MALFORMED = frozenset(list(Code)[:8])
_FORBIDDEN = frozenset(list(Code)[8:14])


class Refusal(MediLedgerError):
    """A transaction that the law does not allow; nothing of it is written.

    ``field`` names the argument at fault, such as ``serials[3]``, where there is one.
    """

    def __init__(self, code: Code, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    def to_json(self) -> str:
        """As it travels in a chaincode response's message."""
        body = {"code": self.code.value, "message": self.message}
        if self.field is not None:
            body["field"] = self.field
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> Refusal | None:
        """The refusal that ``to_json`` wrote, None for any other text."""
        try:
            body = json.loads(text)
            return cls(Code(body["code"]), str(body["message"]), body.get("field"))
        except (ValueError, KeyError, TypeError):
            return None
