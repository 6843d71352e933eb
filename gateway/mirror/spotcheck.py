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

# What the registry tells of by the fields of a key.
_REGISTRY = {"party": "GetParty", "product": "GetProduct"}
# Of these the newest state in the history that the custody chaincode tells; a unit as it stands.
_CUSTODY = (
    "unit",
    "tray",
    "lot",
    "container",
    "packing",
    "repackaging",
    "hold",
    "transfer",
    "device",
    "sensor_anchor",
    "excursion",
    "recall",
)


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
        for kind in (*_REGISTRY, *_CUSTODY):
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
            document = await _document(network, kind, row)
            if await network.height() == height:
                return tuple(row.values()) == _comparable(mapper, mapper.row(document, 0, "")[:-2])
        await asyncio.sleep(PAUSE)
    return None


async def _row(connection: Connection, mapper: Mapper, key: Sequence[str]) -> dict[str, Any]:
    condition = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in mapper.key)
    query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        _names(mapper.columns[:-2]), sql.Identifier(mapper.table.name), condition
    )
    found = await (await connection.execute(query, list(key))).fetchone()
    return dict(zip(mapper.columns, found or (), strict=False))


async def _document(network: Network, kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """The document of a row as chaincode has it."""
    key = {name: row[name] for name in MAPPERS[kind].key if row[name] != ""}
    if kind in _REGISTRY:
        return await _ask(network, "registry", _REGISTRY[kind], key)
    if kind == "unit":
        return (await _ask(network, "custody", "GetUnit", key))["unit"]
    attributes = [*key.values(), *([str(row["period"])] if row.get("period") else [])]
    told = await _ask(network, "custody", "History", {"key_type": kind, "attributes": attributes})
    return told["items"][-1]["doc"]


async def _ask(network: Network, chaincode: str, function: str, question: dict[str, Any]) -> dict[str, Any]:
    return canonical.loads(await network.contract(chaincode).evaluate(function, canonical.dumps(question)))


def _comparable(mapper: Mapper, row: Sequence[Any]) -> tuple[Any, ...]:
    """A row for COPY, in which JSON is text, as one that was read."""
    json = {column.name for column in mapper.table.columns if isinstance(column.type, sa.JSON)}
    return tuple(
        orjson.loads(value) if name in json and value is not None else value
        for name, value in zip(mapper.columns, row, strict=False)
    )


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
