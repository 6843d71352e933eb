"""Rows of the mirror as the ledger documents that they came from, so that a list holds what a read gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core import pages

_OWN = frozenset({"block_number", "tx_id"})


def columns(table: Table) -> list[Column[Any]]:
    """The columns that make up a document."""
    return [column for column in table.columns if column.name not in _OWN]


def document(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The ledger document of a row: times in epoch milliseconds, what is NULL absent."""
    if "document" in table.columns:
        whole: dict[str, Any] = row["document"]
        return whole
    made: dict[str, Any] = {"doc": table.name}
    for column in columns(table):
        value = row[column.name]
        if value is not None:
            made[column.name] = _plain(value)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    return value.isoformat() if isinstance(value, date) else value


async def listed(
    engine: AsyncEngine,
    table: Table,
    where: Iterable[ColumnElement[bool]],
    limit: int,
    cursor: str | None,
    order: Sequence[Column[Any]] = (),
    descending: bool = False,
) -> dict[str, Any]:
    """A page of documents of ``table``: ``{items, next?}``, by its primary key unless ``order`` says else."""
    query = select(*columns(table)).where(*where)
    keys = order or tuple(table.primary_key.columns)
    rows, following = await pages.page(engine, query, keys, limit, cursor, descending)
    return pages.answer([document(table, row) for row in rows], following)
