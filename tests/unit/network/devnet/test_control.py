"""The control socket by itself: where it can be, and how many it serves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from http2 import unix_socket
from network.devnet import places
from network.devnet.clock import Clock
from network.devnet.control import MAX_CLIENTS, SOCKET, ChannelStatus, Status, controlled
from network.devnet.control_client import DevnetControl, NotRunning
from network.devnet.errors import DevnetError
from network.devnet.faults import Call, Fault, Faults, Kind


@contextlib.asynccontextmanager
async def running(home: Path) -> AsyncIterator[DevnetControl]:
    """A control socket with a clock and faults behind it, and nothing else."""
    folder = places.folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    clock, faults = Clock(folder), Faults(["a"])

    def status() -> Status:
        channels = [ChannelStatus(name="c", height=1, last_hash="00")]
        return Status(
            pid=1,
            time=clock.now(),
            ahead=clock.offset,
            peers={},
            channels=channels,
            chaincodes=[],
            faults=faults.active,
        )

    async with controlled(folder, clock, faults, status):
        yield DevnetControl(home)


async def test_it_can_be_deep_in_the_file_system(tmp_path: Path) -> None:
    """An address of a Unix socket has about a hundred bytes."""
    home = tmp_path / ("deep" * 30) / ("er" * 50)
    async with running(home) as control:
        assert (await control.advance(60)).ahead == 60
        delay = Fault(kind=Kind.DELAY, call=Call.SUBMIT, seconds=1.5, count=3)
        assert (await control.fault(delay)).faults == [delay]
        assert (await control.clear()).faults == []
    assert not (places.folder(home) / SOCKET).exists()
    with pytest.raises(NotRunning):
        await control.status()
    # What a process that was killed has left is no hindrance.
    (places.folder(home) / SOCKET).touch()
    async with running(home) as control:
        assert (await control.status()).ahead == 60


async def test_it_serves_so_many_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as control:
        writers = []
        for _ in range(MAX_CLIENTS):
            made = unix_socket.connected(places.folder(tmp_path) / SOCKET)
            reader, writer = await asyncio.open_unix_connection(sock=made)
            writer.write(b'{"command": "status"}\n')
            assert await asyncio.wait_for(reader.readline(), 5)
            writers.append(writer)
        with pytest.raises(DevnetError, match="too many ask at once"):
            await control.status()
        for writer in writers:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.1)
        assert (await control.status()).pid == 1
