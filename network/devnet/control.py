"""The control socket: how whoever runs devnet looks at it, puts its clock forward and switches faults.

One JSON object a line, and one line in answer: ``{"ok": true, "status": {...}}`` or
``{"ok": false, "error": "..."}``. The socket is its owner's alone, so there is no other check of who asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from http2 import unix_socket
from network.devnet.clock import Clock
from network.devnet.errors import DevnetError
from network.devnet.faults import Fault, Faults, Kind

log = logging.getLogger(__name__)

SOCKET = "control.sock"
MAX_LINE_BYTES = 16 * 1024
MAX_CLIENTS = 16
IDLE_SECONDS = 60.0


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StatusCommand(_Message):
    """Tell the status and change nothing."""

    command: Literal["status"] = "status"


class AdvanceCommand(_Message):
    """Put the clock forward."""

    command: Literal["advance"] = "advance"
    seconds: float


class FaultCommand(_Message):
    """Switch a fault on."""

    command: Literal["fault"] = "fault"
    fault: Fault


class ClearCommand(_Message):
    """Switch faults off: those of one kind, or all."""

    command: Literal["clear"] = "clear"
    kind: Kind | None = None


Command = StatusCommand | AdvanceCommand | FaultCommand | ClearCommand
_COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])


class ChannelStatus(_Message):
    """A channel: how many blocks it has, and the newest one's header hash (hex)."""

    name: str
    height: int
    last_hash: str


class ChaincodeStatus(_Message):
    """A member's chaincode server: where it is expected, as which package, and whether it is there."""

    member: str
    name: str
    address: str
    package_id: str
    connected: bool


class Status(_Message):
    """devnet as it is: ``time`` is its clock's, seconds since 1970, ``ahead`` how far that is ahead."""

    pid: int
    time: float
    ahead: float
    peers: dict[str, str]
    channels: list[ChannelStatus]
    chaincodes: list[ChaincodeStatus]
    faults: list[Fault]


class Answer(_Message):
    """What comes back: the status after the command, or the error that kept it from being done."""

    ok: bool
    status: Status | None = None
    error: str | None = None


@contextlib.asynccontextmanager
async def controlled(
    folder: Path, clock: Clock, faults: Faults, status: Callable[[], Status]
) -> AsyncIterator[None]:
    """Answer at the control socket in ``folder`` for as long as this is entered."""
    clients: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(clients) >= MAX_CLIENTS:
            writer.close()
            return
        clients.add(task)
        try:
            await _converse(reader, writer, lambda line: _answer(line, clock, faults, status))
        finally:
            clients.discard(task)
            writer.close()

    listening = unix_socket.listening(folder / SOCKET, MAX_CLIENTS)
    server = await asyncio.start_unix_server(serve, sock=listening, limit=MAX_LINE_BYTES)
    try:
        yield
    finally:
        server.close()
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        (folder / SOCKET).unlink(missing_ok=True)


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Callable[[bytes], Answer]
) -> None:
    """Answer one client's lines until it leaves, is silent for too long, or sends too much."""
    try:
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                line = await reader.readline()
            if not line:
                return
            writer.write(answer(line).model_dump_json(exclude_none=True).encode() + b"\n")
            async with asyncio.timeout(IDLE_SECONDS):
                await writer.drain()
    except (OSError, ValueError, TimeoutError) as error:
        log.debug("a control connection ended: %s", error)


def _answer(line: bytes, clock: Clock, faults: Faults, status: Callable[[], Status]) -> Answer:
    try:
        command = _COMMAND.validate_json(line)
        if isinstance(command, AdvanceCommand):
            clock.advance(command.seconds)
            log.warning("the clock is put forward by %g s, it is %s", command.seconds, clock.utc())
        elif isinstance(command, FaultCommand):
            faults.set(command.fault)
        elif isinstance(command, ClearCommand):
            faults.clear(command.kind)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return Answer(ok=False, error=f"{place}: {first['msg']}" if place else first["msg"])
    except DevnetError as error:
        return Answer(ok=False, error=str(error))
    return Answer(ok=True, status=status())
