"""Keyset pages: a cursor is the sort key of a page's last row, so rows that come meanwhile shift nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Column, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core.errors import CursorInvalid

MAX_LIMIT = 200
MAX_CURSOR = 600

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="rows in a page")]
Cursor = Annotated[str | None, Query(max_length=MAX_CURSOR, description="`next` of the page before")]


class Page(BaseModel, Generic[Item]):
    """A page of a list; ``next`` is absent on the last one."""

    items: list[Item]
    next: str | None = None


async def page(
    engine: AsyncEngine,
    query: Select[Any],
    order: Sequence[Column[Any]],
    limit: int,
    cursor: str | None,
    descending: bool = False,
) -> tuple[list[Mapping[str, Any]], str | None]:
    """``limit`` rows of ``query`` after ``cursor``, by the columns ``order``, and the next cursor.

    ``order`` must be unique together, without NULL, and among the columns selected. CursorInvalid for a
    cursor that was not made here.
    """
    if cursor is not None:
        values = _decode(cursor, order)
        key = tuple_(*order)
        query = query.where(key < tuple_(*values) if descending else key > tuple_(*values))
    ordered = query.order_by(*(column.desc() if descending else column.asc() for column in order))
    async with engine.connect() as connection:
        rows = (await connection.execute(ordered.limit(limit + 1))).mappings().all()
    if len(rows) <= limit:
        return list(rows), None
    last = rows[limit - 1]
    return list(rows[:limit]), _encode([last[column.name] for column in order])


def answer(items: list[Any], following: str | None) -> dict[str, Any]:
    """A page's body; without ``next`` on the last page."""
    return {"items": items} if following is None else {"items": items, "next": following}


def _encode(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(orjson.dumps(plain)).decode().rstrip("=")


def _decode(cursor: str, order: Sequence[Column[Any]]) -> list[Any]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list):
            raise CursorInvalid
        return [_value(value, column) for value, column in zip(values, order, strict=True)]
    except (binascii.Error, ValueError, TypeError) as error:
        raise CursorInvalid from error


def _value(value: Any, column: Column[Any]) -> Any:
    wanted = column.type.python_type
    if wanted is datetime:
        return datetime.fromisoformat(value)
    if type(value) is not wanted:
        raise CursorInvalid
    if isinstance(value, int) and abs(value) >= 2**63:
        raise CursorInvalid
    if isinstance(value, str) and "\x00" in value:
        raise CursorInvalid
    return value
