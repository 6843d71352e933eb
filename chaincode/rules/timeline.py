"""A pack's custody history: its own changes merged with those of the containers it was in.

The states of goods in their periods, one after the other, are in ledger order, and whatever packs or
unpacks writes child and container in one transaction. So the changes of a container that belong to a child
are exactly those between the two transactions that bind them: no clock is compared, which members need not
agree on. What is told of goods by documents of their own, such as holds, only its time can place.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaincode.model import gs1
from chaincode.model.documents.safety import Claim
from chaincode.model.documents.trade import Transfer
from chaincode.rules.holds import claims

Step = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """One committed state of a document."""

    tx_id: str
    at: int
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Stay:
    """From when to when (epoch milliseconds, the end not counted) what happened to ``ref`` was the pack's."""

    ref: str
    begin: int
    end: int | None


def parents(history: Sequence[Version]) -> list[str]:
    """The SSCCs of the containers that something was in, each once, in order."""
    return list(dict.fromkeys(v.document["parent"] for v in history if "parent" in v.document))


def merge(
    unit: Sequence[Version],
    containers: Mapping[str, Sequence[Version]],
    transfers: Mapping[str, Transfer],
    asides: Mapping[str, Sequence[Step]],
) -> list[Step]:
    """The unit's steps in order: ``{tx_id, at, step, ref, from?, to?, custodian?, detail?}`` each.

    ``ref`` is what it happened to: the unit, or a container it was in. ``detail`` is a lot, a container's
    ref, a transfer's or repackaging's id or a reason, as the step has it.

    ``containers`` has the history of every container the unit was in, directly or not, by SSCC, ``transfers``
    the transfers that their ``offer`` fields name. ``asides`` are steps told by other documents, by ref and
    ordered by time; of a container's, those count that fall into the unit's stay in it. A hold that comes
    with being taken out of a container on hold is no step of its own.
    """
    ref = _ref(unit[0].document)
    stays = [Stay(ref, unit[0].at, None)]
    steps = list(_steps(None, unit, None, containers, transfers, stays))
    known = {(step["tx_id"], step["ref"]) for step in steps}
    beside = sorted(
        (
            step
            for stay in dict.fromkeys(stays)
            for step in asides.get(stay.ref, ())
            if (step["tx_id"], step["ref"]) not in known
            and stay.begin <= step["at"]
            and (stay.end is None or step["at"] < stay.end)
        ),
        key=lambda step: step["at"],
    )
    return list(heapq.merge(steps, beside, key=lambda step: step["at"]))


def holds(ref: str, history: Sequence[Version]) -> list[Step]:
    """The steps that a hold document's states tell of: each claim that came, and whether any ended.

    ``detail`` is the claim's reason, and of a ``release`` that of the goods' last one; ``basis`` what a claim
    rests on, such as an excursion or an investigation.
    """
    steps: list[Step] = []
    before: list[Claim] = []
    for version in history:
        hold: Any = version.document
        now = claims(hold)
        common = {"tx_id": version.tx_id, "at": version.at, "ref": ref}
        came = [claim for claim in now if claim not in before]
        for claim in came:
            basis = {"basis": claim["basis"]} if "basis" in claim else {}
            steps.append(common | {"step": claim["status"], "detail": claim["reason"]} | basis)
        if not came and len(now) < len(before):
            ended = next(claim for claim in before if claim not in now)
            reason = ended["reason"] if now else hold["reason"]
            steps.append(common | {"step": "release", "detail": reason})
        before = now
    return steps


def _steps(
    before: Version | None,
    history: Sequence[Version],
    end: int | None,
    containers: Mapping[str, Sequence[Version]],
    transfers: Mapping[str, Transfer],
    stays: list[Stay],
) -> Iterator[Step]:
    """The steps from the state ``before`` to the time ``end``; while packed, the container's."""
    for place, version in enumerate(history):
        yield from _changes(before, version, transfers)
        before = version
        parent = version.document.get("parent")
        if parent is None:
            continue
        out = history[place + 1] if place + 1 < len(history) else None
        until = out.at if out else end
        stays.append(Stay(gs1.container_ref(parent), version.at, until))
        start, later = _between(containers[parent], version.tx_id, out.tx_id if out else None)
        yield from _steps(start, later, until, containers, transfers, stays)


def _between(
    history: Sequence[Version], packed: str, unpacked: str | None
) -> tuple[Version | None, Sequence[Version]]:
    """The container's state when it was packed, and its later ones until what it held was taken out."""
    ids = [version.tx_id for version in history]
    if packed not in ids:
        return None, ()
    start = ids.index(packed)
    end = ids.index(unpacked) if unpacked in ids else len(history)
    return history[start], history[start + 1 : end]


def _changes(before: Version | None, version: Version, transfers: Mapping[str, Transfer]) -> Iterator[Step]:
    was: Mapping[str, Any] = before.document if before else {}
    now = version.document
    common = {"tx_id": version.tx_id, "at": version.at, "ref": _ref(now)}
    if before is None:
        if now["doc"] == "unit":
            origin = {"origin": now["origin"]} if "origin" in now else {}
            yield (
                common | {"step": "commission", "custodian": now["custodian"], "detail": now["lot"]} | origin
            )
        return
    if was.get("parent") != now.get("parent"):
        if "parent" in now:
            yield common | {"step": "pack", "detail": gs1.container_ref(now["parent"])}
        else:
            detail = gs1.container_ref(was["parent"])
            yield common | {"step": "unpack", "custodian": now["custodian"], "detail": detail}
        return
    if "missing" in now and "missing" not in was:
        yield common | {"step": "missing", "detail": now["missing"]}
    if was.get("offer") != now.get("offer"):
        yield common | _offer(was, now, transfers)
    if was.get("status") != now.get("status"):
        yield from (common | ended for ended in _ended(was, now))


def _ended(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Step]:
    by = {"custodian": now["custodian"]}
    if now["status"] == "dispensed":
        yield by | {"step": "dispense"}
    elif now["status"] == "decommissioned":
        yield by | {"step": "decommission", "detail": now["decommissioning"]["reason"]}
    elif now["status"] == "repackaged":
        yield by | {"step": "repackage", "detail": now["into"]}
    elif was["status"] == "decommissioned":
        yield by | {"step": "reverse", "detail": was["decommissioning"]["reason"]}


def _offer(was: Mapping[str, Any], now: Mapping[str, Any], transfers: Mapping[str, Transfer]) -> Step:
    transfer_id = now.get("offer") or was["offer"]
    transfer = transfers[transfer_id]
    parties = {"from": transfer["from"], "to": transfer["to"], "detail": transfer_id}
    if "offer" in now:
        return parties | {"step": "offer"}
    if any(was[side] != now[side] for side in ("owner", "custodian")):
        # Ownership without movement, or the reverse.
        apart = {"owner": now["owner"]} if now["owner"] != now["custodian"] else {}
        return parties | {"step": "accept", "custodian": now["custodian"]} | apart
    return parties | {"step": _KEPT.get(transfer["status"], "settle"), "custodian": now["custodian"]}


# How an offer ended of what stayed where it was; what was not received of one that was accepted is settled.
_KEPT = {"rejected": "reject", "cancelled": "cancel", "expired": "expire"}


def _ref(document: Mapping[str, Any]) -> str:
    if document["doc"] == "unit":
        return gs1.unit_ref(document["gtin"], document["serial"])
    return gs1.container_ref(document["sscc"])
