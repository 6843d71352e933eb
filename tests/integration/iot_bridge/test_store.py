"""The bridge's statements, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from iot_bridge import anchors, store
from iot_bridge.anchors import StoredReading
from iot_bridge.database import Connection, connect
from iot_bridge.readings import Reason
from iot_bridge.store import Arrived, DeadLetter
from tests.support.bridges import SSCC, Bench

AT = 1_700_000_000_123


@pytest.fixture
async def connection(bench: Bench) -> AsyncIterator[Connection]:
    bench.execute("TRUNCATE reading, dead_letter, anchor_submission")
    async with await connect(bench.database.url) as made:
        yield made


def arrived(sequence: int, value: int = 5000, at: int = AT) -> Arrived:
    return Arrived("d", sequence, SSCC, at, value)


async def test_a_reading_is_stored_once(connection: Connection) -> None:
    some = [arrived(n) for n in range(5)]
    assert await store.write_readings(connection, some) == (5, set())
    assert await store.write_readings(connection, [*some, arrived(9)]) == (1, set())
    assert await store.write_readings(connection, [arrived(7), arrived(7)]) == (1, set())
    assert await store.write_readings(connection, []) == (0, set())


async def test_another_measurement_of_the_same_sequence_is_told(connection: Connection) -> None:
    await store.write_readings(connection, [arrived(1), arrived(2)])
    other, later = arrived(1, value=5001), arrived(2, at=AT + 1)
    assert await store.write_readings(connection, [other, arrived(2), later, arrived(3)]) == (
        1,
        {other, later},
    )
    # Also within one batch: the first is stored.
    assert await store.write_readings(connection, [arrived(4), arrived(4, 1)]) == (1, {arrived(4, 1)})


async def test_a_reading_is_claimed_once(connection: Connection) -> None:
    await store.write_readings(connection, [arrived(n, 5000 + n, AT + n * 1000) for n in range(4)])
    readings = await store.unanchored(connection, SSCC, AT, AT + 3000)
    assert readings == [StoredReading("d", n, AT + n * 1000, 5000 + n) for n in range(3)]
    anchor = anchors.build(SSCC, await store.storage(connection, SSCC), readings)
    await store.claim(connection, anchor, readings)
    assert await store.unanchored(connection, SSCC, AT, AT + 3000) == []
    assert len(await store.unanchored(connection, SSCC, 0, AT * 2)) == 1


async def test_readings_that_another_claims_are_left_alone(bench: Bench, connection: Connection) -> None:
    await store.write_readings(connection, [arrived(n) for n in range(4)])
    async with await connect(bench.database.url) as other, connection.transaction():
        assert len(await store.unanchored(connection, SSCC, AT, AT + 1)) == 4
        async with other.transaction():
            assert await store.unanchored(other, SSCC, AT, AT + 1) == []


async def test_windows_that_nobody_waits_for(connection: Connection) -> None:
    await store.write_readings(
        connection, [arrived(1), arrived(2, at=AT + 60_000), arrived(3, at=AT + 60_001)]
    )
    number = AT // 60_000
    found = await store.orphans(connection, 60_000, 0, 10)
    assert sorted(found) == [(SSCC, number, 1), (SSCC, number + 1, 2)]
    assert await store.orphans(connection, 60_000, 60, 10) == []


async def test_dead_letters_are_bounded(
    bench: Bench, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = [DeadLetter("d", n, Reason.IN_FUTURE, "…") for n in range(20)]
    await store.write_dead_letters(connection, letters)
    await store.write_dead_letters(connection, [])
    bench.execute("UPDATE dead_letter SET received_at = now() - interval '3 days' WHERE sequence < 5")
    assert await store.prune_dead_letters(connection, 2) == 5
    monkeypatch.setattr(store, "MAX_DEAD_LETTERS", 10)
    assert await store.prune_dead_letters(connection, 2) == 5
    assert bench.query("SELECT min(sequence), max(sequence) FROM dead_letter") == [(10, 19)]
