"""A worker's health over HTTP, on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

MAX_REQUEST_BYTES = 8192
REQUEST_SECONDS = 5.0

Report = Callable[[], tuple[bool, dict[str, Any]]]
"""Whether the worker is ready, and what it tells about itself."""


@asynccontextmanager
async def health(port: int, report: Report) -> AsyncIterator[None]:
    """Answer ``GET /health`` on 127.0.0.1:``port`` with 200 or 503 and the report as JSON."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(request, report))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # A probe that went away or was none of ours.
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, limit=MAX_REQUEST_BYTES)
    async with server:
        yield


def _response(request: bytes, report: Report) -> bytes:
    if not request.startswith(b"GET /health "):
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ready, told = report()
    body = json.dumps(told).encode()
    status = b"200 OK" if ready else b"503 Service Unavailable"
    return (
        b"HTTP/1.1 "
        + status
        + b"\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )
