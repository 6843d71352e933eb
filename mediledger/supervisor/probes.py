"""Asking a process whether it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import httpx

from network.process import CommandReady, HttpReady, ProcessSpec, Ready, TcpReady

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


async def is_ready(ready: Ready, spec: ProcessSpec) -> bool:
    """One try of a readiness probe, bounded in time; any failure of it means not yet."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            if isinstance(ready, TcpReady):
                return await _tcp(ready)
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
