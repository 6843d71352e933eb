"""Reading some documents back through chaincode, which no replay of blocks has a part in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from psycopg import sql

from chaincode.model import canonical
from gateway.fabric import Network
from gateway.mirror.documents import MAPPERS, Mapper
from gateway.mirror.writer import Connection, position

PER_KIND = 5
# The ledger may write while it is read; a document then counts only if no block came in between.
ATTEMPTS = 10
PAUSE = 0.5

# Kind of document: chaincode, function, and the field of its answer that holds the document.
_READS: dict[str, tuple[str, str, str | None]] = {
    "party": ("registry", "GetParty", None),
    "product": ("registry", "GetProduct", None),
    "lot": ("custody", "GetLot", None),
    "unit": ("custody", "GetUnit", "unit"),
    "container": ("custody", "GetContainer", "container"),
    "transfer": ("custody", "GetTransfer", None),
    "device": ("custody", "GetDevice", None),
    "sensor_anchor": ("custody", "GetAnchor", None),
    "excursion": ("custody", "GetExcursion", None),
}


@dataclass(frozen=True)
class SpotChecks:
    """How many documents were read back, and which the mirror has otherwise.

    ``unsure`` counts those during whose every reading the ledger grew.
    """

    read: int
    different: tuple[str, ...]
    unsure: int


async def spot_check(network: Network, database_url: str) -> SpotChecks:
    """Compare a few documents of each kind with what the chaincodes say of them."""
    read, unsure, different = 0, 0, []
    async with await psycopg.AsyncConnection.connect(
        database_url, autocommit=True, connect_timeout=10
    ) as connection:
        for kind in _READS:
            for key in await _sample(connection, MAPPERS[kind]):
                same = await _same(network, connection, kind, key)
                if same is None:
                    unsure += 1
                    continue
                read += 1
                if not same:
                    different.append(f"{kind} {'/'.join(key)}")
    return SpotChecks(read, tuple(different), unsure)


async def _sample(connection: Connection, mapper: Mapper) -> list[tuple[str, ...]]:
    query = sql.SQL("SELECT {} FROM {} ORDER BY random() LIMIT {}").format(
        _names(mapper.key), sql.Identifier(mapper.table.name), sql.Literal(PER_KIND)
    )
    return await (await connection.execute(query)).fetchall()


async def _same(network: Network, connection: Connection, kind: str, key: Sequence[str]) -> bool | None:
    """Whether mirror and chaincode agree on a document; None where it could not be told."""
    mapper = MAPPERS[kind]
    for _ in range(ATTEMPTS):
        height = await network.height()
        here = await position(connection, network.channel)
        if here and here.next_block == height:
            row = await _row(connection, mapper, key)
            document = await _document(network, kind, dict(zip(mapper.key, key, strict=True)))
            if await network.height() == height:
                return row == _comparable(mapper, mapper.row(document, 0, "")[:-2])
        await asyncio.sleep(PAUSE)
    return None


async def _row(connection: Connection, mapper: Mapper, key: Sequence[str]) -> tuple[Any, ...] | None:
    condition = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in mapper.key)
    query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        _names(mapper.columns[:-2]), sql.Identifier(mapper.table.name), condition
    )
    return await (await connection.execute(query, list(key))).fetchone()


async def _document(network: Network, kind: str, key: dict[str, str]) -> dict[str, Any]:
    chaincode, function, field = _READS[kind]
    answer = canonical.loads(await network.contract(chaincode).evaluate(function, canonical.dumps(key)))
    return answer[field] if field else answer


def _comparable(mapper: Mapper, row: Sequence[Any]) -> tuple[Any, ...]:
    """A row for COPY, in which JSON is text, as one that was read."""
    json = {column.name for column in mapper.table.columns if isinstance(column.type, sa.JSON)}
    return tuple(
        orjson.loads(value) if name in json else value
        for name, value in zip(mapper.columns, row, strict=False)
    )


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
