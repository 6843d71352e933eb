"""Calls that wait for their turn."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from gateway.fabric.calls import Priority
from gateway.fabric.turns import Turns


async def test_no_more_at_once_than_allowed_and_all_in_the_end() -> None:
    turns = Turns(3)
    inside = most = done = 0

    async def call() -> None:
        nonlocal inside, most, done
        async with turns.turn(Priority.BEGIN):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
        done += 1

    await asyncio.gather(*(call() for _ in range(50)))
    assert (most, done) == (3, 50)


async def test_what_finishes_comes_before_what_begins() -> None:
    turns = Turns(1)
    order: list[str] = []

    async def call(name: str, priority: Priority) -> None:
        async with turns.turn(priority):
            order.append(name)

    async with turns.turn(Priority.BEGIN):
        waiting = [
            asyncio.create_task(call(name, priority))
            for name, priority in (
                ("first endorsement", Priority.BEGIN),
                ("second endorsement", Priority.BEGIN),
                ("first submission", Priority.FINISH),
                ("second submission", Priority.FINISH),
            )
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["first submission", "second submission", "first endorsement", "second endorsement"]


async def test_whoever_gives_up_takes_no_turn_with_it() -> None:
    """Cancelled at any moment, also in the one in which its turn comes."""
    random = Random(1)
    turns = Turns(2)

    async def call() -> None:
        async with turns.turn(random.choice(list(Priority))):
            for _ in range(random.randrange(3)):
                await asyncio.sleep(0)

    tasks = [asyncio.create_task(call()) for _ in range(300)]
    while not all(task.done() for task in tasks):
        random.choice(tasks).cancel()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(1), turns.turn(Priority.BEGIN), turns.turn(Priority.BEGIN):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), turns.turn(Priority.FINISH):
                raise AssertionError("a third turn of two")


def test_none_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Turns(0)
