"""Many clients at once: every request is answered, each once, and the mirror has all of it."""

from __future__ import annotations

import asyncio

import pytest

from mediledger.demo.api import MemberApi
from tests.support.system import RunningSystem
from tests.support.world import World

CONCURRENCY = 100


async def commission_singly(api: MemberApi, world: World, count: int) -> list[str]:
    """One request per pack, a hundred at a time; the serials."""
    serials = [f"{world.run.number:07d}L{n}" for n in range(count)]
    waiting = iter(serials)

    async def client() -> None:
        for serial in waiting:
            body = {"gtin": world.gtin, "lot": world.run.lot, "serials": [serial]}
            answer = await api.post("/commissions", body)
            assert answer["result"]["count"] == 1

    async with asyncio.TaskGroup() as group:
        for _ in range(min(CONCURRENCY, count)):
            group.create_task(client())
    return serials


async def check(running: RunningSystem, count: int) -> None:
    async with World(running) as world:
        serials = await commission_singly(world.manufacturer, world, count)
        listed: list[str] = []
        cursor: str | None = None
        for _ in range(count // 200 + 60):
            query = {"lot": world.run.lot, "limit": 200} | ({"cursor": cursor} if cursor else {})
            page = await world.manufacturer.get("/units", gtin=world.gtin, **query)
            listed += [unit["serial"] for unit in page["items"]]
            cursor = page.get("next")
            if cursor is None and len(listed) < count:
                # The mirror is a moment behind: from the start again.
                listed.clear()
                await asyncio.sleep(0.5)
            elif cursor is None:
                break
        assert sorted(listed) == sorted(serials)


async def test_three_hundred_requests_from_a_hundred_clients(running: RunningSystem) -> None:
    await check(running, 300)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_ten_thousand_requests_from_a_hundred_clients(running: RunningSystem) -> None:
    await check(running, 10_000)
