"""The gateway's errors, on the project's one tree: each knows its HTTP status and its code.

A Refusal of the ledger's law has both already (``chaincode.model.errors``).
"""

from __future__ import annotations

from dataclasses import dataclass

from chaincode.model.errors import MediLedgerError


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field; ``field`` as in ``serials[3]``."""

    field: str
    rule: str
    code: str = "invalid_argument"


class ApiError(MediLedgerError):
    """An answer that is not what was asked for; the text is the problem's detail."""

    status = 500
    code = "internal_error"
    title = "Internal error"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.headers = headers or {}


class TokenInvalid(ApiError):
    status = 401
    code = "token_invalid"
    title = "The access token is missing or not valid"


class TokenExpired(TokenInvalid):
    code = "token_expired"
    title = "The access token has expired"


class CredentialsInvalid(ApiError):
    status = 401
    code = "credentials_invalid"
    title = "User name or password is wrong"


class ScopeMissing(ApiError):
    status = 403
    code = "scope_missing"
    title = "The user's role does not allow this"


class BodyTooLarge(ApiError):
    status = 413
    code = "body_too_large"
    title = "The request's body is too large"


class BodyIncomplete(ApiError):
    status = 408
    code = "body_incomplete"
    title = "The request's body did not arrive in time"


class LoginThrottled(ApiError):
    status = 429
    code = "login_throttled"
    title = "Too many attempts to log in"


class KeyInvalid(ApiError):
    status = 400
    code = "idempotency_key_invalid"
    title = "The Idempotency-Key is not valid"


class KeyReused(ApiError):
    status = 422
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"


class RequestInProgress(ApiError):
    status = 409
    code = "request_in_progress"
    title = "The request with this Idempotency-Key is still being worked on"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class CursorInvalid(ApiError):
    status = 400
    code = "cursor_invalid"
    title = "The cursor is not one that this list gave"


class TransactionUnknown(ApiError):
    status = 404
    code = "transaction_unknown"
    title = "No such transaction on the ledger"


class Passing(ApiError):
    """Not now: the same request, with the same Idempotency-Key, may succeed after a while."""

    status = 503

    def __init__(self, detail: str = "", retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class Busy(Passing):
    code = "busy"
    title = "Too many requests wait for the ledger"


class RequestTimeout(Passing):
    status = 504
    code = "request_timeout"
    title = "The request took too long"


class LedgerUnavailable(Passing):
    code = "ledger_unavailable"
    title = "The ledger cannot be reached"


class LedgerConflict(Passing):
    code = "ledger_conflict"
    title = "Others keep changing what this transaction read"


class LedgerTimeout(Passing):
    status = 504
    code = "ledger_timeout"
    title = "The ledger did not answer in time"


class OutcomeOpen(Passing):
    """The transaction may still be committed; the same key learns its outcome and makes no second one."""

    status = 504
    code = "outcome_open"
    title = "The transaction was sent, its outcome is not known yet"


class LedgerFailed(Passing):
    status = 502
    code = "ledger_failed"
    title = "The ledger could not carry out the transaction"


class DatabaseUnavailable(Passing):
    code = "database_unavailable"
    title = "The database cannot be used"


class CacheUnavailable(Passing):
    code = "cache_unavailable"
    title = "Redis cannot be reached, so attempts to log in cannot be counted"


class BrokerUnavailable(Passing):
    code = "broker_unavailable"
    title = "The MQTT broker could not be set up for the device"
