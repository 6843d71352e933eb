"""Making reports: one at a time, in a thread, kept until the mirror has more blocks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gateway.core.progress import mirror_height
from gateway.core.state import Gateway


@dataclass(frozen=True)
class Rendered:
    """A report in both of its forms, at one height of the mirror."""

    height: int
    json: str
    html: str


class Reports:
    """The newest supply-chain report.

    Its libraries are heavy: they are loaded for the first report, not when the gateway starts.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, "report")
        self._newest: asyncio.Task[Rendered] | None = None
        self._height = -1

    async def supply_chain(self, core: Gateway) -> Rendered:
        """The report at the mirror's present height; who asks while it is being made shares it."""
        height = await mirror_height(core.engine, core.settings.channel)
        if self._newest is None or (self._newest.done() and self._stale(height)):
            url = core.settings.database_url.get_secret_value()
            self._height = height
            self._newest = asyncio.create_task(self._make(url, height))
        return await asyncio.shield(self._newest)

    def _stale(self, height: int) -> bool:
        assert self._newest is not None
        failed = self._newest.cancelled() or self._newest.exception() is not None
        return failed or self._height != height

    async def _make(self, database_url: str, height: int) -> Rendered:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _render, database_url, height)


def _render(database_url: str, height: int) -> Rendered:
    from analytics import supply_chain

    report = supply_chain(database_url)
    return Rendered(height, report.to_json(), report.to_html())
