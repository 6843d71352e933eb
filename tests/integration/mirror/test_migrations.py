from __future__ import annotations

import threading

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gateway.core.tables import metadata as gateway_metadata
from gateway.migrations import upgrade as upgrading
from gateway.migrations.upgrade import engine, upgrade
from gateway.mirror import replay
from gateway.mirror.tables import MIRRORED, metadata
from tests.support.chain import Chain, ChainNetwork
from tests.support.ports import free_port


def differences(url: str) -> list[object]:
    made = engine(url)
    try:
        with made.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            both = sa.MetaData()
            for table in (*metadata.sorted_tables, *gateway_metadata.sorted_tables):
                table.to_metadata(both)
            return compare_metadata(context, both)
    finally:
        made.dispose()


def test_the_migrations_make_the_tables(database: str) -> None:
    assert differences(database) == []


async def test_a_rebuild_leaves_the_same_tables(database: str) -> None:
    await replay.rebuild(ChainNetwork(Chain()), database)
    assert differences(database) == []


def test_an_upgrade_twice_changes_nothing(database: str) -> None:
    upgrade(database)
    assert differences(database) == []


def test_upgrades_at_the_same_time_wait_for_each_other(empty_database: str) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            upgrade(empty_database)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert differences(empty_database) == []


def test_a_database_that_does_not_come_is_an_error_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "CONNECT_SECONDS", 0.5)
    with pytest.raises(sa.exc.OperationalError):
        upgrade(f"postgresql://nobody:x@127.0.0.1:{free_port()}/none")


def test_the_bridges_tables_are_no_part_of_the_mirror(database: str) -> None:
    names = {table.name for table in MIRRORED}
    assert names.isdisjoint({"reading", "anchor_submission", "dead_letter", "outbox"})
    with psycopg.connect(database) as connection:
        found = {
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }
    assert names <= found
