"""The other end of the control socket, for tests and for ``mediledger devnet``."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from pydantic import ValidationError

from network.devnet import places
from network.devnet.control import (
    MAX_LINE_BYTES,
    AdvanceCommand,
    Answer,
    ClearCommand,
    Command,
    FaultCommand,
    Status,
    StatusCommand,
    short_path,
)
from network.devnet.errors import DevnetError
from network.devnet.faults import Call, Fault, Kind

ANSWER_SECONDS = 10.0
# A status names every member's every chaincode.
MAX_ANSWER_BYTES = 64 * MAX_LINE_BYTES


class NotRunning(DevnetError):
    """There is no devnet in this folder that could be asked."""


class DevnetControl:
    """Commands for the devnet that runs in one home; each returns the status after it.

    Each raises NotRunning where none runs, DevnetError where it refuses.
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
            async with asyncio.timeout(ANSWER_SECONDS):
                line = await self._exchange(command.model_dump_json(exclude_none=True).encode() + b"\n")
            answer = Answer.model_validate_json(line)
        except OSError as error:
            raise NotRunning(f"no devnet runs in {self._home}") from error
        except ValidationError as error:
            raise DevnetError("devnet's answer cannot be read") from error
        if answer.status is None:
            raise DevnetError(answer.error or "devnet does not say why it refuses")
        return answer.status

    async def _exchange(self, line: bytes) -> bytes:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with short_path(self._folder) as path:
                made.connect(path)
        except OSError:
            made.close()
            raise
        reader, writer = await asyncio.open_unix_connection(sock=made, limit=MAX_ANSWER_BYTES)
        try:
            writer.write(line)
            await writer.drain()
            return await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()
