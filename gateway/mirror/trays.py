"""Packs in their trays: whose they are and where, one document says for a hundred rows.

A pack's first document names its tray and says nothing of this. Its row says what the newest document of the
tray does, whatever the batches of blocks are in which the two come. The row's last write is the pack's own:
where one pack leaves a tray, no other pack's row changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
import psycopg
from psycopg import sql

from chaincode.model.trays import Place
from gateway.mirror.documents import MAPPERS, Row

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

_TRAY, _UNIT = MAPPERS["tray"].columns[:-2], MAPPERS["unit"].columns
# What a pack's first document and its tray both say, and what the tray alone does.
_BORN = ("lot", "commissioned_at", "origin")
_CUSTODY = ("parent", "owner", "owner_msp", "custodian")
_NOWHERE: Row = (None,) * len(_CUSTODY)

_PERIOD, _NAMED = _UNIT.index("period"), _UNIT.index("tray")
_unit_born = itemgetter(*map(_UNIT.index, _BORN))
_tray_born = itemgetter(*map(_TRAY.index, _BORN))
_tray_custody = itemgetter(*map(_TRAY.index, _CUSTODY))
_tray_lists = itemgetter(*map(_TRAY.index, ("serials", "gone")))
# Where a pack's row has its custody, all of it together.
_START, _END = _UNIT.index(_CUSTODY[0]), _UNIT.index(_CUSTODY[-1]) + 1


class _Tray(NamedTuple):
    """What a tray says of the packs in it; a row's times are compared, which are cut to what Postgres has."""

    born: Row
    custody: Row
    inside: frozenset[str]

    @classmethod
    def of(cls, row: Row) -> _Tray:
        serials, gone = map(orjson.loads, _tray_lists(row))
        return cls(_tray_born(row), _tray_custody(row), frozenset(serials).difference(gone))


class Trays:
    """The trays that a batch writes, and those of its packs; ``before`` as the mirror had them."""

    def __init__(
        self, before: Mapping[Place, _Tray], written: Mapping[Place, _Tray], units: Iterable[Row]
    ) -> None:
        self._before = before
        self._written = written
        self._units = {unit[:2] for unit in units}

    @classmethod
    async def read(cls, connection: Connection, trays: Iterable[Row], units: Sequence[Row]) -> Trays:
        """From the rows that a batch makes, before they are written."""
        written = {(row[0], row[1]): _Tray.of(row) for row in trays}
        places = written.keys() | {(unit[0], unit[_NAMED]) for unit in units if _is_in_tray(unit)}
        return cls(await _read(connection, places) if places else {}, written, units)

    def placed(self, units: Iterable[Row]) -> Iterable[Row]:
        """The rows of packs with what their trays say of those that are in one."""
        known = {**self._before, **self._written}
        for unit in units:
            if not _is_in_tray(unit):
                yield unit
                continue
            tray = known.get((unit[0], unit[_NAMED]))
            inside = tray is not None and unit[1] in tray.inside and _unit_born(unit) == tray.born
            custody = tray.custody if tray is not None and inside else _NOWHERE
            yield (*unit[:_START], *custody, *unit[_END:])

    async def spread(self, connection: Connection) -> None:
        """Have the rows of packs that were mirrored before say what their trays say since this batch."""
        changed = {
            place: packs for place, tray in self._written.items() if (packs := self._changed(place, tray))
        }
        if changed:
            await connection.execute(
                _SPREAD,
                (
                    [gtin for gtin, _ in changed],
                    [serial for _, serial in changed],
                    [orjson.dumps(packs).decode() for packs in changed.values()],
                ),
            )

    def _changed(self, place: Place, tray: _Tray) -> list[str]:
        """The serial numbers of packs of which a tray says something else; not of those in the batch."""
        before = self._before.get(place)
        if before is None:
            packs = tray.inside
        elif before[:2] == tray[:2]:
            packs = before.inside ^ tray.inside
        else:
            packs = before.inside | tray.inside
        return [serial for serial in packs if (place[0], serial) not in self._units]


def _is_in_tray(unit: Row) -> bool:
    """Whether a pack's row is of its first document, which names its tray."""
    return not unit[_PERIOD] and unit[_NAMED] is not None


async def _read(connection: Connection, places: Iterable[Place]) -> dict[Place, _Tray]:
    gtins, serials = zip(*places, strict=True)
    cursor = await connection.execute(_READ, (list(gtins), list(serials)))
    return {(row[0], row[1]): _Tray.of(row) async for row in cursor}


_READ = sql.SQL(
    "SELECT {} FROM unnest(%s::text[], %s::text[]) AS named (gtin, serial) JOIN tray USING (gtin, serial)"
).format(
    sql.SQL(", ").join(
        # As a row for COPY has it.
        sql.SQL("{}::text").format(sql.Identifier(name))
        if name in ("serials", "gone")
        else sql.Identifier(name)
        for name in _TRAY
    )
)
_SAYS = [sql.SQL("tray.{}").format(sql.Identifier(name)) for name in (*_BORN, *_CUSTODY)]
_IS_BORN = [sql.SQL("unit.{0} IS NOT DISTINCT FROM said.{0}").format(sql.Identifier(name)) for name in _BORN]
# The packs first, whole: then nothing but their keys leads to their rows, whatever Postgres knows of a table
# that was filled just now.
_SPREAD = sql.SQL(
    "WITH said AS MATERIALIZED (SELECT changed.gtin, changed.tray, pack.serial, {},"
    " tray.serials ? pack.serial AND NOT tray.gone ? pack.serial AS inside"
    " FROM unnest(%s::text[], %s::text[], %s::jsonb[]) AS changed (gtin, tray, packs)"
    " JOIN tray ON tray.gtin = changed.gtin AND tray.serial = changed.tray"
    " CROSS JOIN jsonb_array_elements_text(changed.packs) AS pack (serial))"
    " UPDATE unit SET {} FROM said"
    " WHERE unit.gtin = said.gtin AND unit.serial = said.serial"
    " AND unit.period = 0 AND unit.tray = said.tray"
).format(
    sql.SQL(", ").join(_SAYS),
    sql.SQL(", ").join(
        sql.SQL("{0} = CASE WHEN said.inside AND {1} THEN said.{0} END").format(
            sql.Identifier(name), sql.SQL(" AND ").join(_IS_BORN)
        )
        for name in _CUSTODY
    ),
)
