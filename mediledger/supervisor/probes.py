"""Asking a process whether it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import httpx

from http2 import unix_socket
from network.process import CommandReady, HttpReady, ProcessSpec, Ready, SocketReady, TcpReady

PROBE_SECONDS = 3.0


def taken(port: int) -> bool:
    """Whether somebody listens on ``port`` of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose old connections linger in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def answered(path: Path) -> bool:
    """Whether somebody listens at the Unix socket at ``path``; a file that a killed server left is nobody."""
    try:
        unix_socket.connected(path).close()
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


async def is_ready(ready: Ready, spec: ProcessSpec) -> bool:
    """One try of a readiness probe, bounded in time; any failure of it means not yet."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            if isinstance(ready, TcpReady):
                return await _tcp(ready)
            if isinstance(ready, SocketReady):
                return answered(ready.path)
            if isinstance(ready, HttpReady):
                return await _http(ready)
            return await _command(ready, spec)
    except (OSError, TimeoutError, httpx.HTTPError):
        return False


async def _tcp(ready: TcpReady) -> bool:
    _, writer = await asyncio.open_connection(ready.host, ready.port)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _http(ready: HttpReady) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=PROBE_SECONDS) as client:
        return (await client.get(ready.url)).status_code == 200


async def _command(ready: CommandReady, spec: ProcessSpec) -> bool:
    process = await asyncio.create_subprocess_exec(
        *ready.argv,
        cwd=spec.cwd,
        env=dict(spec.env) or None,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
