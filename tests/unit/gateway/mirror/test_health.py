from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.mirror.health import health
from tests.support.ports import free_port


async def ask(port: int, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("ready", [True, False])
async def test_ready_or_not(ready: bool) -> None:
    told: dict[str, Any] = {"height": 3, "lag_ms": 12}
    port = free_port()
    async with health(port, lambda: (ready, told)):
        status, body = await ask(port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == (200 if ready else 503)
    assert json.loads(body) == told


async def test_anything_else_is_not_found_and_nonsense_is_dropped() -> None:
    port = free_port()
    async with health(port, lambda: (True, {})):
        assert (await ask(port, b"GET / HTTP/1.1\r\n\r\n"))[0] == 404
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * 20_000)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()
        assert (await ask(port, b"GET /health HTTP/1.1\r\n\r\n"))[0] == 200
