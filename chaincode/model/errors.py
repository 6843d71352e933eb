"""The root of the project's errors, and the refusals of the law with their codes."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Self


class MediLedgerError(Exception):
    """Any error that MediLedger raises on purpose; its text is one line for a person."""


class Code(StrEnum):
    """Why a transaction is refused; the same code reaches the API, a log line and a webhook.

    ``status`` is the response status of a chaincode and of HTTP alike: 400 malformed, 403 not this caller,
    404 not on the ledger, 409 not in this state.
    """

    status: int

    def __new__(cls, value: str, status: int = 409) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.status = status
        return member

    INVALID_ARGUMENT = "invalid_argument", 400
    FUNCTION_UNKNOWN = "function_unknown", 400
    GTIN_CHECK_DIGIT = "gtin_check_digit", 400
    GLN_CHECK_DIGIT = "gln_check_digit", 400
    SSCC_CHECK_DIGIT = "sscc_check_digit", 400
    SERIAL_INVALID = "serial_invalid", 400
    LOT_INVALID = "lot_invalid", 400
    NDC_INVALID = "ndc_invalid", 400
    BATCH_TOO_LARGE = "batch_too_large", 400

    NOT_AUTHORISED = "not_authorised", 403
    ROLE_REQUIRED = "role_required", 403
    LICENCE_MISSING = "licence_missing", 403
    LICENCE_EXPIRED = "licence_expired", 403
    LICENCE_SUSPENDED = "licence_suspended", 403
    LICENCE_REVOKED = "licence_revoked", 403
    PARTY_SUSPENDED = "party_suspended", 403
    MAY_NOT_OWN = "may_not_own", 403
    NOT_MEMBER = "not_member", 403
    NOT_CUSTODIAN = "not_custodian", 403
    NOT_OWNER = "not_owner", 403
    WRONG_RECEIVER = "wrong_receiver", 403

    PARTY_UNKNOWN = "party_unknown", 404
    PRODUCT_UNKNOWN = "product_unknown", 404
    LOT_UNKNOWN = "lot_unknown", 404
    UNIT_UNKNOWN = "unit_unknown", 404
    CONTAINER_UNKNOWN = "container_unknown", 404
    TRANSFER_UNKNOWN = "transfer_unknown", 404
    DEVICE_UNKNOWN = "device_unknown", 404
    ANCHOR_UNKNOWN = "anchor_unknown", 404
    EXCURSION_UNKNOWN = "excursion_unknown", 404
    PARAMETER_UNKNOWN = "parameter_unknown", 404
    LICENCE_UNKNOWN = "licence_unknown", 404
    PROPOSAL_UNKNOWN = "proposal_unknown", 404
    REPACKAGING_UNKNOWN = "repackaging_unknown", 404

    EVENT_HASH_EXISTS = "event_hash_exists"
    EVENT_HASH_UNKNOWN = "event_hash_unknown", 404

    PARTY_EXISTS = "party_exists"
    PRODUCT_EXISTS = "product_exists"
    LOT_EXISTS = "lot_exists"
    SERIAL_DUPLICATE = "serial_duplicate"
    SSCC_EXISTS = "sscc_exists"
    TRANSFER_EXISTS = "transfer_exists"
    DEVICE_EXISTS = "device_exists"
    ANCHOR_EXISTS = "anchor_exists"
    PARAMETER_EXISTS = "parameter_exists"
    LICENCE_STATUS = "licence_status"
    PARTY_STATUS = "party_status"
    PARAMETER_BOUNDS = "parameter_bounds"
    PROPOSAL_EXISTS = "proposal_exists"
    PROPOSAL_CLOSED = "proposal_closed"
    PROPOSAL_EXPIRED = "proposal_expired"
    PROPOSAL_STALE = "proposal_stale"
    NOTHING_CHANGES = "nothing_changes"
    NO_REGULATOR = "no_regulator"
    NO_MAJORITY = "no_majority"
    VOTE_EXISTS = "vote_exists"
    TRANSFER_CLOSED = "transfer_closed"
    OFFER_PENDING = "offer_pending"
    UNIT_PACKED = "unit_packed"
    CONTAINER_PACKED = "container_packed"
    NOT_PACKED = "not_packed"
    HELD = "held"
    NOT_HELD = "not_held"
    LOT_EXPIRED = "lot_expired"
    UNIT_DISPENSED = "unit_dispensed"
    DECOMMISSIONED = "decommissioned"
    REPACKAGED = "repackaged"
    OWNERS_DIFFER = "owners_differ"
    STORAGE_DIFFERS = "storage_differs"
    LOTS_DIFFER = "lots_differ"
    EXPIRY_EXTENDED = "expiry_extended"
    NOT_DECOMMISSIONED = "not_decommissioned"
    REVERSAL_FORBIDDEN = "reversal_forbidden"
    REVERSAL_LATE = "reversal_late"
    REVERSAL_ELSEWHERE = "reversal_elsewhere"
    CONTAINER_UNPACKED = "container_unpacked"
    DEVICE_NOT_ATTACHED = "device_not_attached"

    RECALL_UNKNOWN = "recall_unknown", 404
    RECALL_EXISTS = "recall_exists"
    RECALL_ENDED = "recall_ended"
    RECALLED = "recalled"

    VERIFICATION_UNKNOWN = "verification_unknown", 404
    VERIFICATION_EXISTS = "verification_exists"
    VERIFICATION_ANSWERED = "verification_answered"
    VERIFICATION_CONTRADICTED = "verification_contradicted"
    NOT_VERIFIED = "not_verified"

    TRACE_REQUEST_UNKNOWN = "trace_request_unknown", 404
    TRACE_REQUEST_EXISTS = "trace_request_exists"
    TRACE_ANSWERED = "trace_answered"

    STATEMENT_INCOMPLETE = "statement_incomplete", 400
    INFORMATION_INCOMPLETE = "information_incomplete"
    SHIPMENT_DATE = "shipment_date", 400
    NOT_CONFIRMED = "not_confirmed"
    OFFER_EXPIRED = "offer_expired"
    OFFER_RUNNING = "offer_running"
    RECEIPT_MISMATCH = "receipt_mismatch"
    EXCEPTION_UNKNOWN = "exception_unknown", 404
    EXCEPTION_CLOSED = "exception_closed"
    RESOLUTION_UNFIT = "resolution_unfit"
    GOODS_MISSING = "goods_missing"
    RETURN_UNRELATED = "return_unrelated"
    PRICE_MISMATCH = "price_mismatch"
    PRICE_UNKNOWN = "price_unknown", 404

    DEVICE_ATTACHED = "device_attached"
    READINGS_INCONSISTENT = "readings_inconsistent", 400
    READINGS_IN_FUTURE = "readings_in_future"
    READINGS_ANCHORED = "readings_anchored"
    EXCURSION_OPEN = "excursion_open"
    EXCURSION_DECIDED = "excursion_decided"

    RECORD_FORGED = "record_forged"
    RULES_UNSUPPORTED = "rules_unsupported"

    HOLD_BOUND = "hold_bound"
    INVESTIGATION_UNKNOWN = "investigation_unknown", 404
    INVESTIGATION_EXISTS = "investigation_exists"
    INVESTIGATION_OPEN = "investigation_open"
    INVESTIGATION_CLOSED = "investigation_closed"
    INVESTIGATION_REQUIRED = "investigation_required"
    NOT_SUSPECT = "not_suspect"
    SAMPLE_EXISTS = "sample_exists"
    SAMPLE_MISMATCH = "sample_mismatch"
    SAMPLE_INCOMPLETE = "sample_incomplete"
    SAMPLE_FAILED = "sample_failed"
    NOTIFICATION_UNKNOWN = "notification_unknown", 404
    NOTIFICATION_EXISTS = "notification_exists"
    NOTIFICATION_CLOSED = "notification_closed"
    NOT_ILLEGITIMATE = "not_illegitimate"
    NOT_NOTIFIED = "not_notified", 403
    INCIDENT_EXISTS = "incident_exists"
    INCIDENT_MISSING = "incident_missing"
    TERMINATION_ASKED = "termination_asked"
    TERMINATION_NOT_ASKED = "termination_not_asked"
    HIGH_RISK_UNKNOWN = "high_risk_unknown", 404
    HIGH_RISK_EXISTS = "high_risk_exists"


class Refusal(MediLedgerError):
    """A transaction that the law does not allow; nothing of it is written.

    ``field`` names the argument at fault, such as ``serials[3]``, where there is one. ``rule`` names the rule
    that refused, as in ``docs/rules.md``, and ``rules`` the version of the consortium's settings by which it
    did; both are absent where an argument is malformed.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        field: str | None = None,
        *,
        rule: str | None = None,
        rules: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.rule = rule
        self.rules = rules

    def to_dict(self) -> dict[str, str | int]:
        """Code, message and whichever of the others there are."""
        found = {
            "code": self.code.value,
            "message": self.message,
            "field": self.field,
            "rule": self.rule,
            "rules": self.rules,
        }
        return {name: value for name, value in found.items() if value is not None}

    def to_json(self) -> str:
        """As it travels in a chaincode response's message."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> Refusal | None:
        """The refusal that ``to_json`` wrote, None for any other text."""
        try:
            body = json.loads(text)
            return cls(
                Code(body["code"]),
                str(body["message"]),
                body.get("field"),
                rule=body.get("rule"),
                rules=body.get("rules"),
            )
        except (ValueError, KeyError, TypeError):
            return None
