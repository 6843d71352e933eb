"""The other end of the control socket, for tests and for ``mediledger devnet``."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

from pydantic import ValidationError

from http2 import unix_socket
from network.devnet import places
from network.devnet.control import (
    MAX_LINE_BYTES,
    SOCKET,
    AdvanceCommand,
    Answer,
    ClearCommand,
    Command,
    FaultCommand,
    Status,
    StatusCommand,
)
from network.devnet.errors import DevnetError
from network.devnet.faults import Call, Fault, Kind

ANSWER_SECONDS = 10.0
# A status names every member's every chaincode.
MAX_ANSWER_BYTES = 64 * MAX_LINE_BYTES
_NO_ANSWER = "devnet does not answer: it hangs, or too many ask at once"


class NotRunning(DevnetError):
    """There is no devnet in this folder that could be asked."""


class DevnetControl:
    """Commands for the devnet that runs in one home; each returns the status after it.

    Each raises NotRunning where none runs, DevnetError where it refuses or does not answer.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = places.folder(home)

    async def status(self) -> Status:
        """What runs, how high the chain is, what the clock says, which faults are on."""
        return await self._send(StatusCommand())

    async def advance(self, seconds: float) -> Status:
        """Put the ledger's clock forward."""
        return await self._send(AdvanceCommand(seconds=seconds))

    async def fault(self, fault: Fault) -> Status:
        """Switch a fault on."""
        return await self._send(FaultCommand(fault=fault))

    async def delay(self, call: Call, seconds: float, count: int | None = None) -> Status:
        """Delay calls of one kind at every peer."""
        return await self.fault(Fault(kind=Kind.DELAY, call=call, seconds=seconds, count=count))

    async def clear(self, kind: Kind | None = None) -> Status:
        """Switch off the faults of one kind, or all."""
        return await self._send(ClearCommand(kind=kind))

    async def _send(self, command: Command) -> Status:
        try:
            made = unix_socket.connected(self._folder / SOCKET)
        except BlockingIOError as error:
            raise DevnetError(_NO_ANSWER) from error
        except OSError as error:
            raise NotRunning(f"no devnet runs in {self._home}") from error
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                line = await _exchange(made, command.model_dump_json(exclude_none=True).encode() + b"\n")
            answer = Answer.model_validate_json(line)
        except (OSError, ValidationError) as error:
            raise DevnetError(_NO_ANSWER) from error
        if answer.status is None:
            raise DevnetError(answer.error or "devnet does not say why it refuses")
        return answer.status


async def _exchange(made: socket.socket, line: bytes) -> bytes:
    """Send a line, and take the one that comes back."""
    reader, writer = await asyncio.open_unix_connection(sock=made, limit=MAX_ANSWER_BYTES)
    try:
        writer.write(line)
        await writer.drain()
        return await reader.readline()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
