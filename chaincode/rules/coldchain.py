"""What readings mean for the goods: what a profile does not allow, and who decides of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaincode.model import coldchain
from chaincode.model.documents.coldchain import (
    Bucket,
    Cause,
    ContainerTemperature,
    Excursion,
    ExcursionDecision,
    Readings,
    Storage,
)
from chaincode.model.documents.safety import Claim, Hold
from chaincode.model.errors import Code, Refusal
from chaincode.rules import holds
from chaincode.rules.catalogue import rule

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
# A mean kinetic temperature's window is kept in so many stretches; it is accurate to one of them.
BUCKETS = 24


@dataclass(frozen=True)
class Account:
    """A container's cold chain so far, over the records of all whose sensors watched it.

    ``outside_ms`` is the time outside the limits, in all. ``mkt_mc`` is the mean kinetic temperature over the
    profile's window up to the newest reading (over all readings where it has no window), and ``covered_ms``
    the time from the container's first reading to that one.
    """

    outside_ms: int
    mkt_mc: int
    covered_ms: int


def recorded(
    record: ContainerTemperature,
    readings: Readings,
    since: int,
    until: int,
    outside_ms: int,
    storage: Storage,
) -> ContainerTemperature:
    """``record`` with an anchor's readings added, which may be older than others in it."""
    changed: ContainerTemperature = {
        **record,
        "anchors": record["anchors"] + 1,
        "since": min(record["since"], since),
        "until": max(record["until"], until),
        "outside_ms": record["outside_ms"] + outside_ms,
        "total": coldchain.merged([record["total"], readings]),
    }
    if "mkt_window_days" in storage:
        changed["buckets"] = _in_buckets(record["buckets"], readings, _number(until, storage))
    return changed


def first_record(
    sscc: str, msp_id: str, readings: Readings, since: int, until: int, outside_ms: int, storage: Storage
) -> ContainerTemperature:
    """The record of a container's first anchor by a member."""
    kinetic = "mkt_window_days" in storage
    return {
        "doc": "container_temperature",
        "container": sscc,
        "msp_id": msp_id,
        "anchors": 1,
        "since": since,
        "until": until,
        "outside_ms": outside_ms,
        "total": readings,
        "buckets": _in_buckets([], readings, _number(until, storage)) if kinetic else [],
    }


def account(records: Sequence[ContainerTemperature], storage: Storage) -> Account:
    """The container's account; ``records`` are one or more."""
    outside_ms = sum(record["outside_ms"] for record in records)
    since, until = min(r["since"] for r in records), max(r["until"] for r in records)
    parts: list[Readings] = [record["total"] for record in records]
    if "mkt_window_days" in storage:
        newest = _number(until, storage)
        parts = [
            _readings(bucket)
            for record in records
            for bucket in record["buckets"]
            if newest - BUCKETS < bucket["number"]
        ]
    return Account(outside_ms, coldchain.mkt_mc(coldchain.merged(parts)), until - since)


def causes(
    storage: Storage,
    readings: Readings,
    outside_ms: int,
    before: Account | None,
    after: Account,
    least_covered_ms: int,
) -> list[Cause]:
    """Why an anchor is an excursion, in a fixed order; empty where it is none.

    - ``frozen``: a reading below the freeze limit, however short.
    - ``range``: a reading beyond what excursions may reach; where none are allowed, beyond the limits.
    - ``time``: outside the limits, and so for longer than is allowed in all.
    - ``mkt``: the mean kinetic temperature over its window is above its limit, which it was not ``before``,
      or these readings drive it further. It is judged once readings cover ``least_covered_ms``.

    Source: USP <659> and <1079.2>; EU GDP 2013/C 343/01, 9.2.
    """
    found: list[Cause] = []
    if "freeze_mc" in storage and readings["min_mc"] < storage["freeze_mc"]:
        found.append("frozen")
    low = storage.get("excursion_min_mc", storage["min_mc"])
    high = storage.get("excursion_max_mc", storage["max_mc"])
    if readings["min_mc"] < low or readings["max_mc"] > high:
        found.append("range")
    if outside_ms > 0 and after.outside_ms > storage.get("excursion_minutes", 0) * MINUTE_MS:
        found.append("time")
    if "mkt_max_mc" in storage:
        limit = storage["mkt_max_mc"]
        judged = after.covered_ms >= least_covered_ms
        news = before is None or before.covered_ms < least_covered_ms or before.mkt_mc <= limit
        if judged and after.mkt_mc > limit and (news or coldchain.mkt_mc(readings) > limit):
            found.append("mkt")
    return found


@rule(Code.EXCURSION_DECIDED)
def undecided(decision: ExcursionDecision, field: str) -> None:
    """An excursion is decided once.

    Source: 21 CFR 211.22(a); EU GDP 2013/C 343/01, 9.2.
    """
    if decision["status"] != "open":
        message = f"excursion {decision['id']} is decided: {decision['status']}"
        raise Refusal(Code.EXCURSION_DECIDED, message, field)


@rule(Code.EXCURSION_OPEN)
def decided(decision: ExcursionDecision, field: str) -> None:
    """Goods follow an excursion's decision once there is one.

    Source: 21 CFR 211.22(a); EU GDP 2013/C 343/01, 9.2.
    """
    if decision["status"] == "open":
        raise Refusal(Code.EXCURSION_OPEN, f"excursion {decision['id']} is not decided yet", field)


@rule(Code.NOT_HELD)
def held_by(ref: str, hold: Hold, excursion_id: str, field: str) -> None:
    """An excursion's decision ends that excursion's hold on goods, and no other.

    Source: 21 CFR 205.50(e) and 211.22(a).
    """
    if not claims_of(hold, excursion_id):
        raise Refusal(Code.NOT_HELD, f"{ref} is not on hold by excursion {excursion_id}", field)


def basis(excursion_id: str) -> str:
    """What names an excursion in a hold."""
    return f"excursion/{excursion_id}"


def claims_of(hold: Hold, excursion_id: str) -> list[Claim]:
    """The claims on goods that rest on the excursion."""
    return [claim for claim in holds.claims(hold) if claim.get("basis") == basis(excursion_id)]


@rule(Code.NOT_OWNER)
def decided_by_owner(excursion: Excursion, gln: str, field: str) -> None:
    """Of goods that were too warm or too cold, their owner's quality unit decides.

    Source: 21 CFR 205.50(e) and 211.22(a); EU GDP 2013/C 343/01, 9.2.
    """
    if excursion["owner"] != gln:
        raise Refusal(Code.NOT_OWNER, f"the goods of excursion {excursion['id']} are not {gln}'s", field)


def _in_buckets(buckets: Sequence[Bucket], readings: Readings, number: int) -> list[Bucket]:
    """``buckets`` with the readings added to ``number``, those that no window reaches any more left out."""
    parts = [readings] + [_readings(one) for one in buckets if one["number"] == number]
    others = [one for one in buckets if one["number"] != number]
    changed: Bucket = {**coldchain.merged(parts), "number": number}
    return sorted([*others, changed], key=lambda one: one["number"])[-BUCKETS:]


def _readings(bucket: Bucket) -> Readings:
    return {
        "count": bucket["count"],
        "min_mc": bucket["min_mc"],
        "max_mc": bucket["max_mc"],
        "sum_mc": bucket["sum_mc"],
        "rates": bucket["rates"],
    }


def _bucket_ms(storage: Storage) -> int:
    return storage["mkt_window_days"] * HOUR_MS * 24 // BUCKETS


def _number(until: int, storage: Storage) -> int:
    return until // _bucket_ms(storage)
