"""A pack's custody history: its own changes merged with those of the containers it was in.

Each document's history is in ledger order, and whatever packs or unpacks writes child and container in one
transaction. So the changes of a container that belong to a child are exactly those between the two
transactions that bind them: no clock is compared, which members need not agree on. The one exception is
a hold on a container that is itself packed: nothing binds it to what its outer container did before or after
it, so only their times place it.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaincode.model import gs1
from chaincode.model.documents.trade import Transfer


@dataclass(frozen=True)
class Version:
    """One committed state of a unit or container."""

    tx_id: str
    at: int
    document: Mapping[str, Any]


def parents(history: Sequence[Version]) -> list[str]:
    """The SSCCs of the containers that something was in, each once, in order."""
    return list(dict.fromkeys(v.document["parent"] for v in history if "parent" in v.document))


def merge(
    unit: Sequence[Version],
    containers: Mapping[str, Sequence[Version]],
    transfers: Mapping[str, Transfer],
) -> list[dict[str, Any]]:
    """The unit's steps in order: ``{tx_id, at, step, ref, from?, to?, custodian?, detail?}`` each.

    ``ref`` is what it happened to: the unit, or a container it was in. ``detail`` is a lot, a container's
    ref, a transfer's id or a reason, as the step has it.

    ``containers`` has the history of every container the unit was in, directly or not, by SSCC;
    ``transfers`` the transfers that their ``offer`` fields name.
    """
    return list(_steps(None, unit, containers, transfers))


def _steps(
    before: Version | None,
    history: Sequence[Version],
    containers: Mapping[str, Sequence[Version]],
    transfers: Mapping[str, Transfer],
) -> Iterator[dict[str, Any]]:
    """The steps from the state ``before`` on; while inside a container, also the container's."""
    place = 0
    while place < len(history):
        version = history[place]
        yield from _changes(before, version, transfers)
        before = version
        place += 1
        parent = version.document.get("parent")
        if not parent:
            continue
        end = place
        while end < len(history) and history[end].document.get("parent") == parent:
            end += 1
        out = history[end].tx_id if end < len(history) else None
        start, later = _between(containers.get(parent, ()), version.tx_id, out)
        own = _own_steps(history[place - 1 : end], transfers)
        outer = _steps(start, later, containers, transfers)
        yield from heapq.merge(own, outer, key=lambda step: step["at"])
        before = history[end - 1]
        place = end


def _own_steps(history: Sequence[Version], transfers: Mapping[str, Transfer]) -> Iterator[dict[str, Any]]:
    """What changed from each version to the next."""
    for before, version in itertools.pairwise(history):
        yield from _changes(before, version, transfers)


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


def _changes(
    before: Version | None, version: Version, transfers: Mapping[str, Transfer]
) -> Iterator[dict[str, Any]]:
    was: Mapping[str, Any] = before.document if before else {}
    now = version.document
    common = {"tx_id": version.tx_id, "at": version.at, "ref": _ref(now)}
    if before is None and now["doc"] == "unit":
        yield common | {"step": "commission", "custodian": now["custodian"], "detail": now["lot"]}
        return
    if was.get("parent") != now.get("parent"):
        if "parent" in now:
            yield common | {"step": "pack", "detail": gs1.container_ref(now["parent"])}
        else:
            detail = gs1.container_ref(was["parent"])
            yield common | {"step": "unpack", "custodian": now["custodian"], "detail": detail}
    elif was.get("hold") != now.get("hold"):
        if "hold" in now:
            yield common | {"step": "quarantine", "detail": now["hold_reason"]}
        else:
            yield common | {"step": "release", "detail": was["hold_reason"]}
    if was.get("offer") != now.get("offer"):
        yield common | _offer(was, now, transfers)
    if now.get("status") == "dispensed" and was.get("status") != "dispensed":
        yield common | {"step": "dispense", "custodian": now["custodian"]}


def _offer(
    was: Mapping[str, Any], now: Mapping[str, Any], transfers: Mapping[str, Transfer]
) -> dict[str, Any]:
    transfer_id = now.get("offer") or was["offer"]
    transfer = transfers[transfer_id]
    parties = {"from": transfer["from"], "to": transfer["to"], "detail": transfer_id}
    if "offer" in now:
        return parties | {"step": "offer"}
    verbs = {"accepted": "accept", "rejected": "reject", "cancelled": "cancel"}
    return parties | {"step": verbs[transfer["status"]], "custodian": now["custodian"]}


def _ref(document: Mapping[str, Any]) -> str:
    if document["doc"] == "unit":
        return gs1.unit_ref(document["gtin"], document["serial"])
    return gs1.container_ref(document["sscc"])
