"""One member's REST API as the demo calls it: logged in, and safe to repeat after any failure."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from typing import Any

import httpx

from chaincode.model.errors import MediLedgerError

# What a server answers when the outcome is open or it is busy: the same request may be sent again.
PASSING = frozenset({429, 502, 503, 504})
RETRY_FIRST_SECONDS = 0.2
RETRY_MAX_SECONDS = 3.0


class ApiError(MediLedgerError):
    """A definite refusal: ``code`` and ``status`` as in the problem document."""

    def __init__(self, method: str, path: str, problem: dict[str, Any], status: int) -> None:
        self.code: str = problem.get("code", "")
        self.status = status
        self.problem = problem
        super().__init__(f"{method} {path}: {status} {self.code}: {problem.get('detail', '')}")


class MemberApi:
    """A logged-in user of one member's gateway.

    Every POST carries an Idempotency-Key, so a request whose answer was lost is repeated, with the same key
    and for at most ``patience`` seconds, without doing anything twice.
    """

    def __init__(
        self, name: str, gln: str, url: str, user: str, password: str, patience: float = 120.0
    ) -> None:
        self.name = name
        self.gln = gln
        self.url = url
        self._credentials = {"username": user, "password": password, "grant_type": "password"}
        self._patience = patience
        self._token = ""
        self._login_lock = asyncio.Lock()
        self._client = httpx.AsyncClient(
            base_url=f"{url}/api/v1", timeout=60.0, trust_env=False, limits=httpx.Limits(max_connections=64)
        )

    async def __aenter__(self) -> MemberApi:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON at ``path``; ApiError when it is refused."""
        return (await self._send("GET", path, params=query)).json()

    async def text(self, path: str) -> str:
        """The body at ``path`` as text."""
        return (await self._send("GET", path)).text

    async def post(self, path: str, body: dict[str, Any], key: str | None = None) -> Any:
        """The JSON that answers a POST; ApiError when it is refused."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return (await self._send("POST", path, json=body, headers=headers)).json()

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        deadline = time.monotonic() + self._patience
        pause = RETRY_FIRST_SECONDS
        headers = request.pop("headers", {})
        while True:
            failure: Exception | None = None
            token = self._token
            try:
                if not token:
                    await self._login(token)
                response = await self._client.request(
                    method, path, headers=headers | {"Authorization": f"Bearer {self._token}"}, **request
                )
            except httpx.TransportError as error:
                failure = error
            else:
                if response.is_success:
                    return response
                failure = ApiError(method, path, _problem(response), response.status_code)
                if response.status_code == 401 and failure.code == "token_expired":
                    await self._login(token or self._token)
                elif not _passing(failure):
                    raise failure
            if time.monotonic() > deadline:
                raise failure
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, RETRY_MAX_SECONDS)

    async def _login(self, stale: str) -> None:
        async with self._login_lock:
            if self._token != stale:
                return
            response = await self._client.post("/auth/token", data=self._credentials)
            if response.status_code == 401:
                raise ApiError("POST", "/auth/token", _problem(response), 401)
            if response.is_success:
                self._token = response.json()["access_token"]


def _passing(error: ApiError) -> bool:
    return error.status in PASSING or error.code == "request_in_progress"


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {"detail": response.text[:200]}
    return body if isinstance(body, dict) else {"detail": str(body)[:200]}
