"""Problem documents (RFC 9457): the one form of every answer that is not a success."""

from __future__ import annotations

import http
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chaincode.model.errors import Code, Refusal
from gateway.core import logs
from gateway.core.errors import ApiError, CacheUnavailable, DatabaseUnavailable, FieldError
from gateway.core.ledger import translated
from gateway.fabric import FabricError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 50
_CODES = frozenset(Code)
_PLACES = frozenset({"body", "query", "path", "header", "cookie"})
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 415: "media_type_unsupported"}


class ProblemField(BaseModel):
    """One field that a request has wrong."""

    field: str
    rule: str
    code: str


class Problem(BaseModel):
    """A problem document (RFC 9457). ``code`` is for programs and stays; the texts are for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:mediledger:problem:gtin_check_digit",
                "title": "Gtin check digit",
                "status": 400,
                "detail": "gtin 09521234100015 ends in 5, its check digit is 0",
                "code": "gtin_check_digit",
                "instance": "urn:mediledger:request:5f2b7c1e9d0a4c7f",
                "errors": [
                    {
                        "field": "gtin",
                        "rule": "gtin 09521234100015 ends in 5, its check digit is 0",
                        "code": "gtin_check_digit",
                    }
                ],
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[ProblemField] = []


# For ``responses=``: what every endpoint may answer beside its success.
RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def response(
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as a response; ``instance`` names the request as the logs do."""
    body: dict[str, Any] = {
        "type": f"urn:mediledger:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": f"urn:mediledger:request:{logs.request_id.get()}",
    }
    if errors:
        body["errors"] = [{"field": e.field, "rule": e.rule, "code": e.code} for e in errors[:MAX_ERRORS]]
    extra = dict(headers or {})
    if status == 401:
        extra.setdefault("WWW-Authenticate", "Bearer")
    return Response(orjson.dumps(body), status, extra, MEDIA_TYPE)


def from_api_error(error: ApiError) -> Response:
    """The problem of one of the gateway's own errors."""
    return response(error.status, error.code, error.title, error.detail, error.errors, error.headers)


def from_refusal(refusal: Refusal) -> Response:
    """The problem of a refusal, from the ledger or from the checks before it."""
    code = refusal.code.value
    errors = (FieldError(refusal.field, refusal.message, code),) if refusal.field else ()
    return response(refusal.code.status, code, _title(code), refusal.message, errors)


def from_validation(errors: Iterable[Mapping[str, Any]]) -> Response:
    """The problem of a malformed request, naming each field; the first code that says more is its code."""
    found = [_field_error(error) for error in errors]
    plain = Code.INVALID_ARGUMENT.value
    first = next((one for one in found if one.code != plain), found[0])
    code = first.code
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    detail = f"{first.field}: {first.rule}{more}" if first.field else f"{first.rule}{more}"
    return response(Code(code).status, code, _title(code), detail, found)


def install(app: FastAPI) -> None:
    """Make every exception of ``app`` a problem."""

    async def api_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return from_api_error(error)

    async def refusal(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return from_refusal(error)

    async def validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return from_validation(error.errors())

    async def fabric(_: Request, error: Exception) -> Response:
        assert isinstance(error, FabricError)
        known = translated(error)
        return from_refusal(known) if isinstance(known, Refusal) else from_api_error(known)

    async def http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        title = http.HTTPStatus(error.status_code).phrase
        code = _HTTP_CODES.get(error.status_code, f"http_{error.status_code}")
        return response(error.status_code, code, title, str(error.detail), headers=error.headers)

    async def database(_: Request, error: Exception) -> Response:
        if not _is_outage(error):
            raise error
        log.warning("the database cannot be used: %s", type(error).__name__)
        return from_api_error(DatabaseUnavailable())

    async def cache(_: Request, error: Exception) -> Response:
        log.warning("Redis cannot be used: %s", type(error).__name__)
        return from_api_error(CacheUnavailable())

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(Refusal, refusal)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(FabricError, fabric)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(DBAPIError, database)
    app.add_exception_handler(PoolTimeout, database)
    app.add_exception_handler(RedisError, cache)


def internal() -> Response:
    """The problem of an error that nobody foresaw; its cause is in this member's log alone."""
    return response(500, ApiError.code, ApiError.title, "The error is in the log under the request's id")


def _is_outage(error: Exception) -> bool:
    """Whether the database is away or overloaded; else the statement itself is at fault, which is a bug."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, PoolTimeout | OperationalError | InterfaceError)


def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _field_error(error: Mapping[str, Any]) -> FieldError:
    kind = str(error["type"])
    code = kind if kind in _CODES else Code.INVALID_ARGUMENT.value
    if kind == "json_invalid":
        place = error["loc"][-1]
        return FieldError("", f"the body is not JSON: {error['ctx']['error']} at {place}", code)
    return FieldError(_field_name(error["loc"]), str(error["msg"]), code)


def _field_name(loc: Sequence[str | int]) -> str:
    """``("body", "serials", 3)`` as ``serials[3]``."""
    parts = loc[1:] if loc and loc[0] in _PLACES else loc
    name = ""
    for part in parts:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name
