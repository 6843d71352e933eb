"""What every request passes: an id, a log line, limits of size and time, security headers, the last catch."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.core import logs, problems
from gateway.core.errors import ApiError, BodyIncomplete, BodyTooLarge, RequestTimeout

log = logging.getLogger(__name__)

DOCUMENTATION = ("/docs", "/redoc")
# A body this many times too large is not worth the bandwidth to read past it: the connection is closed.
HOPELESS = 8
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Pages of our own making: metrics with inline plots.
_PAGE_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"
# The documentation page is one inline script over Swagger UI, which this process serves as well.
_DOCUMENTATION_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
)


class Envelope:
    """The outermost layer: request id, log line, security headers, and 500 for what nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        current = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = logs.request_id.set(current)
        began = time.perf_counter()
        status = 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                _dress(headers, scope["path"], current)
                if key := scope.get("state", {}).get("idempotency_key"):
                    headers["Idempotency-Key"] = key
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except ClientDisconnect:
            status = status or 499
        except Exception:
            log.exception("unforeseen error")
            if status:
                raise
            await problems.internal()(scope, receive, dressed)
        finally:
            _log_line(scope, status, time.perf_counter() - began)
            logs.request_id.reset(token)


class Limits:
    """Takes the whole body in, up to a size and within a time, and bounds the time of the whole request."""

    def __init__(self, app: ASGIApp, body_bytes: int, seconds: float) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(deadline):
                body = await self._body(scope, receive)
        except TimeoutError:
            await _refuse(BodyIncomplete(), scope, receive, send, close=True)
            return
        except BodyTooLarge as error:
            declared = _declared(scope)
            hopeless = declared is None or declared > HOPELESS * self._body_bytes
            await _refuse(error, scope, receive, send, close=hopeless)
            return
        await self._bounded(deadline)(scope, _replay(body, receive), send)

    def _bounded(self, deadline: float) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            started = False

            async def watched(message: Message) -> None:
                nonlocal started
                started = started or message["type"] == "http.response.start"
                await send(message)

            try:
                async with asyncio.timeout_at(deadline):
                    await self._app(scope, receive, watched)
            except TimeoutError:
                if started:
                    raise
                await _refuse(RequestTimeout(), scope, receive, send, close=False)

        return run

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        too_large = BodyTooLarge(f"a body has at most {self._body_bytes} bytes")
        if (_declared(scope) or 0) > self._body_bytes:
            raise too_large
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._body_bytes:
                raise too_large
            if not message.get("more_body"):
                return b"".join(chunks)


def _declared(scope: Scope) -> int | None:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(error: ApiError, scope: Scope, receive: Receive, send: Send, close: bool) -> None:
    answer: Response = problems.from_api_error(error)
    if close:
        answer.headers["Connection"] = "close"
    await answer(scope, receive, send)


def _dress(headers: MutableHeaders, path: str, current: str) -> None:
    headers["X-Request-ID"] = current
    for name, value in _HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
    if path.startswith(DOCUMENTATION):
        policy = _DOCUMENTATION_POLICY
    elif headers.get("content-type", "").startswith("text/html"):
        policy = _PAGE_POLICY
    else:
        policy = _POLICY
    headers["Content-Security-Policy"] = policy


def _log_line(scope: Scope, status: int, seconds: float) -> None:
    """The route's template, not the path: a serial number is nobody's business who reads logs."""
    route = scope.get("route")
    user = scope.get("state", {}).get("user")
    log.log(
        logging.DEBUG if status < 400 and scope["path"].endswith(("/health", "/ready")) else logging.INFO,
        "request",
        extra={
            "method": scope["method"],
            "route": getattr(route, "path", None),
            "status": status,
            "ms": round(seconds * 1000, 1),
            "user": getattr(user, "username", None),
        },
    )
