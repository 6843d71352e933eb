from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest

from gateway.fabric import FabricError
from gateway.migrations.upgrade import upgrade
from gateway.mirror import replay, worker
from gateway.mirror.worker import Progress, keep_following
from tests.support import services
from tests.support.chain import Chain, ChainNetwork, Tx, commissioned, written

GTIN = "09501101530010"
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(worker, "LONGEST_PAUSE", 0.1)


@contextlib.asynccontextmanager
async def mirroring(network: ChainNetwork, database: str) -> AsyncIterator[Progress]:
    progress = Progress()
    task = asyncio.create_task(keep_following(network, database, progress))
    try:
        yield progress
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(reached: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            answer = reached()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)


async def serials(connection: Connection) -> list[str]:
    found = await connection.execute("SELECT serial FROM unit ORDER BY 1")
    return [row[0] for row in await found.fetchall()]


def commission(tx_id: str, *serials: str) -> Tx:
    return Tx(tx_id, written(*commissioned(GTIN, serials)), event=("UnitsCommissioned", b"{}"))


async def test_it_follows_the_ledger_and_says_how_far_it_is(connection: Connection, database: str) -> None:
    chain = Chain()
    async with mirroring(ChainNetwork(chain), database) as progress:
        await until(lambda: progress.ready)
        await chain.grow(commission("t1", "A"))
        await until(lambda: progress.height == 2)
        assert progress.lag_ms > 0
        assert await serials(connection) == ["A"]


async def test_it_goes_on_where_it_stopped(connection: Connection, database: str) -> None:
    chain = Chain()
    chain.add(commission("t1", "A"))
    for serial in ("B", "C"):
        async with mirroring(ChainNetwork(chain), database) as progress:
            await until(lambda p=progress: p.height == len(chain.blocks))
        chain.add(commission(f"t{serial}", serial))
    async with mirroring(ChainNetwork(chain), database) as progress:
        await until(lambda: progress.height == 4)
    assert await serials(connection) == ["A", "B", "C"]
    count = await (await connection.execute("SELECT count(*) FROM outbox")).fetchone()
    assert count == (3,)


async def test_a_connection_that_is_cut_is_made_again(connection: Connection, database: str) -> None:
    chain = Chain()
    async with mirroring(ChainNetwork(chain), database) as progress:
        for number in range(1, 6):
            await until(lambda n=number: progress.height == n)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
            await chain.grow(commission(f"t{number}", f"S{number}"))
        await until(lambda: progress.height == 6 and progress.ready)
    assert await serials(connection) == [f"S{n}" for n in range(1, 6)]
    counts = await connection.execute("SELECT count(*), count(DISTINCT tx_id) FROM outbox")
    assert await counts.fetchone() == (5, 5)


async def test_two_mirrors_of_one_database_do_not_meet(connection: Connection, database: str) -> None:
    chain = Chain()
    async with mirroring(ChainNetwork(chain), database) as first:
        await until(lambda: first.ready)
        async with mirroring(ChainNetwork(chain), database) as second:
            await until(lambda: second.waiting == "another mirror writes this database")
            await chain.grow(commission("t1", "A"))
            await until(lambda: first.height == 2)
            assert not second.ready
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND objid = %s",
                (worker.RUN_LOCK,),
            )
            await until(lambda: first.ready != second.ready and max(first.height, second.height) == 2)
            await chain.grow(commission("t2", "B"))
            await until(lambda: max(first.height, second.height) == 3)
    assert await serials(connection) == ["A", "B"]


async def test_a_broken_chain_stops_it_until_a_rebuild(connection: Connection, database: str) -> None:
    chain, other = Chain(), Chain("other")
    for made in (chain, other):
        made.add(commission("t1", "A"))
    async with mirroring(ChainNetwork(chain), database) as progress:
        await until(lambda: progress.height == 2)
    other.add(commission("t2", "B"))
    async with mirroring(ChainNetwork(other), database) as progress:
        await until(lambda: progress.stopped is not None)
        assert "it mirrors another ledger" in str(progress.stopped)
        assert not progress.ready
        assert await serials(connection) == ["A"]
        await replay.rebuild(ChainNetwork(other), database)
        await until(lambda: progress.ready)
        await other.grow(commission("t3", "C"))
        await until(lambda: progress.height == 4)
    assert await serials(connection) == ["A", "B", "C"]


async def test_a_ledger_that_is_behind_is_waited_for_and_said(database: str) -> None:
    chain = Chain()
    chain.add(commission("t1", "A"))
    async with mirroring(ChainNetwork(chain), database) as progress:
        await until(lambda: progress.height == 2)
    behind = Chain()
    network = ChainNetwork(behind)
    async with mirroring(network, database) as progress:
        await until(lambda: "the ledger has 1 blocks and the mirror 2" in (progress.waiting or ""))
        network.chain = chain
        await until(lambda: progress.ready)


async def test_a_malformed_document_stops_it_and_loses_nothing(connection: Connection, database: str) -> None:
    chain = Chain()
    _, good = written(*commissioned(GTIN, ["A"]))
    chain.add(commission("t1", "A"))
    chain.add(Tx("bad", [(good[0], good[1], b"{}")]))
    chain.add(commission("t3", "C"))
    async with mirroring(ChainNetwork(chain), database) as progress:
        await until(lambda: progress.stopped is not None)
        assert "block 2, transaction bad: malformed unit" in str(progress.stopped)
    assert "C" not in await serials(connection)


async def test_a_ledger_that_does_not_answer_is_asked_again(database: str) -> None:
    chain = Chain()

    class Network(ChainNetwork):
        failures = 3

        def block_events(self, start_block: int = 0):  # type: ignore[no-untyped-def]
            if self.failures:
                self.failures -= 1
                raise FabricError("not now")
            return super().block_events(start_block)

    async with mirroring(Network(chain), database) as progress:
        await until(lambda: progress.ready)


async def test_a_rebuild_while_it_runs_moves_it(connection: Connection, database: str) -> None:
    chain = Chain()
    async with mirroring(ChainNetwork(chain), database) as progress:
        for number in range(1, 4):
            await chain.grow(commission(f"t{number}", f"S{number}"))
            await replay.rebuild(ChainNetwork(chain), database)
        await until(lambda: progress.ready)
        await chain.grow(commission("t4", "S4"))
        await until(lambda: progress.height == 5)
        assert (await replay.verify(ChainNetwork(chain), database)).equal
    assert await serials(connection) == ["S1", "S2", "S3", "S4"]
    counts = await connection.execute("SELECT count(*), count(DISTINCT tx_id) FROM outbox")
    assert await counts.fetchone() == (4, 4)


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Service]:
    """A server that may be killed."""
    with services.postgres(tmp_path_factory.mktemp("killed")) as service:
        upgrade(service.url)
        yield service


async def test_a_killed_postgres_is_waited_for(own: services.Service) -> None:
    chain = Chain()
    async with mirroring(ChainNetwork(chain), own.url) as progress:
        await until(lambda: progress.ready)
        await asyncio.to_thread(own.kill)
        await chain.grow(commission("t1", "A"))
        await until(lambda: not progress.ready)
        await asyncio.to_thread(own.start)
        await until(lambda: progress.height == 2 and progress.ready)
    assert (await replay.verify(ChainNetwork(chain), own.url)).equal
