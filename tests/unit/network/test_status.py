"""Health of nodes that answer, that refuse, and that are not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from network import ledger, status
from network.topology import Topology
from tests.support.ports import free_base_port


@pytest.fixture
def quiet(tmp_path: Path) -> Topology:
    """A prepared network of which nothing runs."""
    topology = Topology.load(base_port=free_base_port())
    ledger.prepare(topology, tmp_path, "devnet")
    return topology


@asynccontextmanager
async def operations(port: int, line: str, body: str) -> AsyncIterator[None]:
    """An operations endpoint that has one answer."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        yield


async def test_nothing_runs(quiet: Topology, tmp_path: Path) -> None:
    rows = await status.status(quiet, tmp_path, "fabric")
    assert [row.node for row in rows] == [
        "orderer0.regulator.mediledger.example",
        *(quiet.peer_host(organization) for organization in quiet.organizations),
    ]
    for row in rows:
        assert (row.healthy, row.height) == (False, None)
        assert row.detail


async def test_devnet_has_no_orderer_to_ask(quiet: Topology, tmp_path: Path) -> None:
    rows = await status.status(quiet, tmp_path, "devnet")
    assert [row.node for row in rows] == [quiet.peer_host(o) for o in quiet.organizations]


@pytest.mark.parametrize(
    ("line", "body", "healthy", "detail"),
    [
        ("200 OK", '{"status":"OK"}', True, ""),
        ("503 Service Unavailable", '{"status":"no quorum"}', False, '{"status":"no quorum"}'),
        ("502 Bad Gateway", "<html>", False, "<html>"),
        ("500 Oops", "x" * 5000, False, "x" * 200),
    ],
)
async def test_what_the_orderer_says(
    quiet: Topology, tmp_path: Path, line: str, body: str, healthy: bool, detail: str
) -> None:
    async with operations(quiet.orderer_operations_port, line, body):
        orderer = (await status.status(quiet, tmp_path, "fabric"))[0]
    assert (orderer.healthy, orderer.detail) == (healthy, detail)
