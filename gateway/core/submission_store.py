"""Rows of the table ``submission``: every change is one statement, and only the row's worker may make it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.core.tables import submission

LEASE = timedelta(seconds=10)
NOBODY = uuid.UUID(int=0)
_key = tuple_(submission.c.username, submission.c.key)


@dataclass(frozen=True)
class Owner:
    """Whose request it is: a key counts for its user alone."""

    username: str
    key: str


@dataclass(frozen=True)
class Row:
    """A stored submission; which fields are set depends on ``state`` (``gateway.core.tables``)."""

    owner: Owner
    request_hash: bytes
    chaincode: str
    function: str
    state: str
    leased: bool
    tx_id: str | None
    envelope: bytes | None
    result: Any
    block_number: int | None
    refusal: dict[str, Any] | None


class LeaseLost(Exception):
    """Another worker took the row over: it goes on, this one stops."""


class SubmissionStore:
    """One worker's view; ``worker`` is made anew by every process."""

    def __init__(self, engine: AsyncEngine, worker: uuid.UUID) -> None:
        self._engine = engine
        self._worker = worker

    async def claim(self, owner: Owner, request_hash: bytes, chaincode: str, function: str) -> bool:
        """Make the row and hold it; False where the key is taken."""
        values = {
            "username": owner.username,
            "key": owner.key,
            "request_hash": request_hash,
            "chaincode": chaincode,
            "function": function,
            "state": "claimed",
            "worker": self._worker,
            "lease_until": func.now() + LEASE,
        }
        statement = pg_insert(submission).values(values).on_conflict_do_nothing()
        return await self._count(statement.returning(literal(1))) == 1

    async def take_over(self, owner: Owner) -> bool:
        """Hold a row that nobody holds any more; False where somebody does, or it is done or gone."""
        return (
            await self._count(
                update(submission)
                .where(_is(owner), submission.c.state != "done", submission.c.lease_until <= func.now())
                .values(worker=self._worker, lease_until=func.now() + LEASE)
                .returning(literal(1))
            )
            == 1
        )

    async def get(self, owner: Owner) -> Row | None:
        """The row as it is."""
        query = select(submission, (submission.c.lease_until > func.now()).label("leased")).where(_is(owner))
        async with self._engine.connect() as connection:
            found = (await connection.execute(query)).mappings().one_or_none()
        return None if found is None else _row(found)

    async def sending(self, owner: Owner, tx_id: str, envelope: bytes, result: Any) -> None:
        """Keep the signed envelope, before it is sent; LeaseLost."""
        await self._own(owner, state="sent", tx_id=tx_id, envelope=envelope, result=result)

    async def committed(self, owner: Owner, block_number: int) -> None:
        """The transaction is in a block and valid; LeaseLost. The envelope has done its work."""
        await self._own(owner, state="done", block_number=block_number, envelope=None, settled_at=func.now())

    async def refused(self, owner: Owner, refusal: dict[str, Any]) -> None:
        """The ledger's law does not allow it; LeaseLost."""
        await self._own(
            owner,
            state="done",
            refusal=refusal,
            tx_id=None,
            envelope=None,
            result=None,
            settled_at=func.now(),
        )

    async def release(self, owner: Owner) -> None:
        """Let go of a row whose outcome is open: whoever comes next settles it."""
        await self._own(owner, lease_until=func.now(), worker=NOBODY)

    async def forget(self, owner: Owner) -> None:
        """Delete a row of which nothing can be committed any more: the key is free for another try."""
        if not await self._count(delete(submission).where(self._held(owner)).returning(literal(1))):
            raise LeaseLost

    async def renew(self, owners: Collection[Owner]) -> None:
        """Hold those of ``owners``' rows that this worker holds for longer."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(submission)
                .where(
                    submission.c.worker == self._worker,
                    submission.c.state != "done",
                    _key.in_([(owner.username, owner.key) for owner in owners]),
                )
                .values(lease_until=func.now() + LEASE)
            )

    async def abandoned(self, but: Collection[Owner], limit: int) -> list[Row]:
        """Rows left open by workers that are gone, now held by this one; none of ``but``."""
        keys = [(owner.username, owner.key) for owner in but]
        free = and_(submission.c.state != "done", submission.c.lease_until <= func.now())
        if keys:
            free = and_(free, _key.not_in(keys))
        picked = (
            select(submission.c.username, submission.c.key)
            .where(free)
            .order_by(submission.c.lease_until)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte()
        )
        statement = (
            update(submission)
            .where(submission.c.username == picked.c.username, submission.c.key == picked.c.key)
            .values(worker=self._worker, lease_until=func.now() + LEASE)
            .returning(submission, literal(True).label("leased"))
        )
        async with self._engine.begin() as connection:
            return [_row(found) for found in (await connection.execute(statement)).mappings()]

    async def prune(self, older: timedelta, limit: int) -> int:
        """Delete answers settled longer ago than ``older``; how many."""
        old = (
            select(submission.c.username, submission.c.key)
            .where(submission.c.state == "done", submission.c.settled_at < func.now() - older)
            .limit(limit)
        )
        return await self._count(delete(submission).where(_key.in_(old)).returning(literal(1)))

    async def _own(self, owner: Owner, **values: Any) -> None:
        statement = update(submission).where(self._held(owner)).values(**values).returning(literal(1))
        if not await self._count(statement):
            raise LeaseLost

    def _held(self, owner: Owner) -> ColumnElement[bool]:
        return and_(_is(owner), submission.c.worker == self._worker, submission.c.state != "done")

    async def _count(self, statement: Any) -> int:
        async with self._engine.begin() as connection:
            return len((await connection.execute(statement)).all())


def _is(owner: Owner) -> ColumnElement[bool]:
    return and_(submission.c.username == owner.username, submission.c.key == owner.key)


def _row(found: Any) -> Row:
    return Row(
        Owner(found["username"], found["key"]),
        bytes(found["request_hash"]),
        found["chaincode"],
        found["function"],
        found["state"],
        found["leased"],
        found["tx_id"],
        None if found["envelope"] is None else bytes(found["envelope"]),
        found["result"],
        found["block_number"],
        found["refusal"],
    )
