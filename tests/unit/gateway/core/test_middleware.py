from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from gateway.core.middleware import Envelope, Limits

LIMIT = 1000


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


async def never(_: Request) -> PlainTextResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def broken(_: Request) -> PlainTextResponse:
    raise RuntimeError("secret")


async def broken_later(_: Request) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("secret")

    return StreamingResponse(parts())


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    routes = [
        Route("/echo", echo, methods=["POST"]),
        Route("/never", never),
        Route("/broken", broken),
        Route("/later", broken_later),
    ]
    layers = [Middleware(Envelope), Middleware(Limits, body_bytes=LIMIT, seconds=0.2)]
    transport = httpx.ASGITransport(Starlette(routes=routes, middleware=layers))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as made:
        yield made


@pytest.mark.parametrize("size", [0, 1, LIMIT])
async def test_a_body_within_the_limit_arrives_whole(client: httpx.AsyncClient, size: int) -> None:
    answer = await client.post("/echo", content=b"x" * size)
    assert (answer.status_code, answer.content) == (200, b"x" * size)


async def test_a_body_in_parts_arrives_whole(client: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"a", b"", b"bc"):
            yield part

    assert (await client.post("/echo", content=parts())).content == b"abc"


@pytest.mark.parametrize(("size", "closes"), [(LIMIT + 1, False), (8 * LIMIT + 1, True)])
async def test_a_body_declared_too_large(client: httpx.AsyncClient, size: int, closes: bool) -> None:
    answer = await client.post("/echo", content=b"x" * size)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert ("connection" in answer.headers) is closes


async def test_a_declared_size_is_refused_unread() -> None:
    app = Limits(Starlette(), LIMIT, 1.0)
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-length", str(LIMIT + 1).encode())]
    await app({"type": "http", "headers": headers, "method": "POST", "path": "/"}, receive, send)
    assert sent[0]["status"] == 413


async def test_a_body_that_does_not_end(client: httpx.AsyncClient) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(1)
        yield b"b"

    answer = await client.post("/echo", content=slow())
    assert (answer.status_code, answer.json()["code"]) == (408, "body_incomplete")


async def test_a_request_that_does_not_end(client: httpx.AsyncClient) -> None:
    answer = await client.get("/never")
    assert (answer.status_code, answer.json()["code"]) == (504, "request_timeout")
    assert answer.headers["retry-after"] == "1"


async def test_an_unforeseen_error(client: httpx.AsyncClient) -> None:
    answer = await client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_error_after_the_answer_began_ends_the_connection(client: httpx.AsyncClient) -> None:
    with pytest.raises(RuntimeError):
        await client.get("/later")
