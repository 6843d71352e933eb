"""What is read of the mirror, aggregated in the database wherever its rows are many."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import func, select

from gateway.mirror import tables as t

# What dwell times are computed over, and kept in memory: the newest things offered, the newest dispensings.
MAX_MOVES = 100_000
MAX_DISPENSINGS = 200_000
# An offer that is not answered for so long needs somebody to look.
LATE = timedelta(days=3)
MAX_CONTAINERS = 1_000


def height(connection: sa.Connection) -> int:
    """How many blocks the mirror holds."""
    return int(connection.scalar(select(func.coalesce(func.max(t.block.c.number) + 1, 0))) or 0)


def names(connection: sa.Connection) -> dict[str, str]:
    """Parties' names by GLN."""
    return {row.gln: row.name for row in connection.execute(select(t.party.c.gln, t.party.c.name))}


def stock(connection: sa.Connection) -> pd.DataFrame:
    """Units for sale or use by custodian and product: ``custodian, gtin, product, units, held``.

    A packed unit is where its outermost container is, on hold where any container around it is, and gone
    where one was decommissioned.
    """
    inner, outer = t.container.alias("inner"), t.container.alias("outer")
    top = (
        select(inner.c.sscc.label("sscc"), inner.c.custodian, _held("00" + inner.c.sscc).label("held"))
        .where(inner.c.parent.is_(None), inner.c.status == "packed")
        .cte("top", recursive=True)
    )
    top = top.union_all(
        select(outer.c.sscc, top.c.custodian, sa.or_(top.c.held, _held("00" + outer.c.sscc))).join(
            top, sa.and_(outer.c.parent == top.c.sscc, outer.c.status == "packed")
        )
    )
    custodian = func.coalesce(t.unit.c.custodian, top.c.custodian)
    name = "01" + t.unit.c.gtin
    held = sa.or_(
        _held(name + "21" + t.unit.c.serial),
        _held(name + "10" + t.unit.c.lot, custodian),
        func.coalesce(top.c.held, sa.false()),
    )
    query = (
        select(
            custodian.label("custodian"),
            t.unit.c.gtin,
            func.coalesce(t.product.c.name, t.unit.c.gtin).label("product"),
            func.count().label("units"),
            func.count().filter(held).label("held"),
        )
        .select_from(
            t.unit.outerjoin(top, top.c.sscc == t.unit.c.parent).outerjoin(
                t.product, t.product.c.gtin == t.unit.c.gtin
            )
        )
        .where(t.unit.c.status == "commissioned", sa.or_(t.unit.c.parent.is_(None), top.c.sscc.is_not(None)))
        .group_by(custodian, t.unit.c.gtin, t.product.c.name)
    )
    return _frame(connection, query)


def _held(ref: sa.ColumnElement[str], gln: sa.ColumnElement[str] | None = None) -> sa.ColumnElement[bool]:
    """Whether there is a hold on what ``ref`` names; on a lot, on what ``gln`` has of it."""
    hold = t.hold.alias()
    whose = "" if gln is None else gln
    return sa.exists().where(hold.c.ref == ref, hold.c.gln == whose, hold.c.status != "cleared")


def dispensed_per_day(connection: sa.Connection) -> pd.DataFrame:
    """Units dispensed by day of the transaction (UTC) and dispenser: ``day, custodian, units``."""
    day = func.date(func.timezone("UTC", t.unit.c.dispensed_at))
    query = (
        select(day.label("day"), t.unit.c.custodian, func.count().label("units"))
        .where(t.unit.c.status == "dispensed")
        .group_by(day, t.unit.c.custodian)
        .order_by(day)
    )
    return _frame(connection, query)


def dispensing_times(connection: sa.Connection) -> pd.DataFrame:
    """The newest dispensings, units by dispenser and second: ``custodian, at, units``."""
    at = func.date_trunc("second", t.unit.c.dispensed_at)
    query = (
        select(t.unit.c.custodian, at.label("at"), func.count().label("units"))
        .where(t.unit.c.status == "dispensed")
        .group_by(t.unit.c.custodian, at)
        .order_by(at.desc())
        .limit(MAX_DISPENSINGS)
    )
    return _frame(connection, query)


def transfers(connection: sa.Connection, now: datetime) -> pd.DataFrame:
    """Transfers by status: ``status, count, late``, late being those open for longer than ``LATE``."""
    c = t.transfer.c
    late = sa.and_(c.status == "offered", c.offered_at < now - LATE)
    query = (
        select(c.status, func.count().label("count"), func.count().filter(late).label("late"))
        .group_by(c.status)
        .order_by(c.status)
    )
    return _frame(connection, query)


def moves(connection: sa.Connection) -> pd.DataFrame:
    """The newest things offered, a row per thing and transfer.

    Columns ``ref, from_gln, to_gln, status, offered_at, closed_at, made_at``; made is when it was packed or
    commissioned. Of what was accepted with exceptions it is what was received, as accepted.
    """
    c = t.transfer.c
    what = func.coalesce(c.document["received"], c.document["what"])
    things = func.jsonb_array_elements_text(what).table_valued("ref").render_derived("things")
    status = sa.case((c.status == "accepted_with_exceptions", "accepted"), else_=c.status).label("status")
    offered = (
        select(things.c.ref, c.from_gln, c.to_gln, status, c.offered_at, c.closed_at)
        .select_from(t.transfer.join(things, sa.true()))
        .order_by(c.offered_at.desc())
        .limit(MAX_MOVES)
        .subquery()
    )
    of_container = sa.and_(
        func.left(offered.c.ref, 2) == "00", t.container.c.sscc == func.substr(offered.c.ref, 3)
    )
    of_unit = sa.and_(
        func.left(offered.c.ref, 2) == "01",
        t.unit.c.gtin == func.substr(offered.c.ref, 3, 14),
        t.unit.c.serial == func.substr(offered.c.ref, 19),
    )
    made_at = func.coalesce(t.container.c.packed_at, t.unit.c.commissioned_at)
    query = select(*offered.c, made_at.label("made_at")).select_from(
        offered.outerjoin(t.container, of_container).outerjoin(t.unit, of_unit)
    )
    return _frame(connection, query)


def cold_chain(connection: sa.Connection) -> pd.DataFrame:
    """Anchored readings by container, the newest: count, extremes, excursions, warmest window's MKT.

    Columns ``container, readings, clean_readings, anchors, excursions, min_mc, max_mc, mkt_mc, low_mc,
    high_mc, last_at``; clean are the readings of windows that stayed within the storage profile.
    """
    a = t.sensor_anchor.c
    low, high = (t.container.c.storage[name].as_integer() for name in ("min_mc", "max_mc"))
    query = (
        select(
            a.container,
            func.sum(a.count).label("readings"),
            func.coalesce(func.sum(a.count).filter(a.excursion.is_(None)), 0).label("clean_readings"),
            func.count().label("anchors"),
            func.count(a.excursion).label("excursions"),
            func.min(a.min_mc).label("min_mc"),
            func.max(a.max_mc).label("max_mc"),
            func.max(a.mkt_mc).label("mkt_mc"),
            low.label("low_mc"),
            high.label("high_mc"),
            func.max(a.window_end).label("last_at"),
        )
        .join(t.container, t.container.c.sscc == a.container)
        .group_by(a.container, low, high)
        .order_by(func.max(a.anchored_at).desc())
        .limit(MAX_CONTAINERS)
    )
    frame = _frame(connection, query)
    for column in ("readings", "clean_readings"):
        frame[column] = frame[column].astype("int64")
    return frame


def _frame(connection: sa.Connection, query: sa.Select) -> pd.DataFrame:
    result = connection.execute(query)
    frame = pd.DataFrame(result.fetchall(), columns=list(result.keys()))
    # Without rows, or with empty cells alone, a column of times would be one of objects.
    times = [name for name in frame.columns if name == "at" or name.endswith("_at")]
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in times})
