"""Rows of the table ``app_user``."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core.tables import app_user


async def find(engine: AsyncEngine, username: str) -> tuple[str, str] | None:
    """A user's role and password hash, None where there is no such user."""
    query = select(app_user.c.role, app_user.c.password_hash).where(app_user.c.username == username)
    async with engine.connect() as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.role, row.password_hash)


async def put(engine: AsyncEngine, username: str, role: str, password_hash: str) -> None:
    """Add a user, or give the one of that name this role and password."""
    values = {"role": role, "password_hash": password_hash, "updated_at": func.now()}
    statement = insert(app_user).values(username=username, **values)
    async with engine.begin() as connection:
        await connection.execute(statement.on_conflict_do_update(index_elements=["username"], set_=values))
