"""Transactions that nobody's honest chaincode makes, and what the audit must say of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.model import canonical, keys, trays
from chaincode.model.directory import EVERY_BUCKET, SETTINGS_KEY
from chaincode.model.periods import written
from mediledger.audit.finding import Broken
from mediledger.audit.signed import Signed, Write
from tests.unit.chaincode.contracts.world import MAKER, MSPS, PHARMACY, REGULATOR, WHOLESALER, World

EVERYBODY = frozenset(MSPS[who] for who in (MAKER, WHOLESALER, PHARMACY, REGULATOR))
NOT_MAKER = EVERYBODY - {MSPS[MAKER]}
NOT_REGULATOR = EVERYBODY - {MSPS[REGULATOR]}


def opened(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Custody's directory as a consortium is founded with these settings: its documents by their keys."""
    buckets = {
        keys.directory_key(name): {"doc": "directory", "bucket": name, "parties": {}} for name in EVERY_BUCKET
    }
    return buckets | {SETTINGS_KEY: {"doc": "directory", "bucket": "settings", "settings": settings}}


@dataclass
class Forged:
    """A transaction that nobody's honest chaincode makes."""

    writes: dict[str, Any]
    endorsers: frozenset[str] = NOT_MAKER
    policies: dict[str, bytes] = field(default_factory=dict)
    namespace: str = "custody"

    def signed(self) -> Signed:
        return Signed(
            9,
            "forged",
            MSPS[WHOLESALER],
            self.endorsers,
            tuple(
                Write(
                    self.namespace,
                    key,
                    value if value is None or isinstance(value, bytes) else canonical.dumps(written(value)),
                )
                for key, value in self.writes.items()
            ),
            {(self.namespace, key): policy for key, policy in self.policies.items()},
        )


Made = Callable[[World], Awaitable[Forged]]
Breaks = Callable[..., Callable[[Made], Made]]


def entering(cases: list[Any]) -> Breaks:
    """A decorator that enters what makes a transaction, with the rules that it breaks, into ``cases``."""

    def breaks(*broken: Broken) -> Callable[[Made], Made]:
        def enter(made: Made) -> Made:
            cases.append(pytest.param(made, set(broken), id=made.__name__))
            return made

        return enter

    return breaks


def mine(*msps: str) -> bytes:
    return owners_policy(msps, sorted(EVERYBODY))


def owner(who: str) -> dict[str, str]:
    return {"owner": who, "owner_msp": MSPS[who], "custodian": who}


def key_of(ref: str, period: int = 0) -> str:
    return keys.period_key(ref, period)


def tray_of(world: World, ref: str) -> tuple[str, dict[str, Any]]:
    """The key and the document of a pack's tray."""
    born = world.ledger.document("custody", key_of(ref))
    key = keys.tray_key(ref[2:16], born["tray"])
    return key, world.ledger.document("custody", key)


def own(world: World, ref: str, **changes: Any) -> dict[str, Any]:
    """The document of the loose period that a pack begins which leaves its tray, or is taken out with it."""
    tray: Any = tray_of(world, ref)[1]
    tray.pop("parent", None)
    return {**trays.out_of(trays.pack_in(tray, ref[18:])), **changes}


def leaving(world: World, ref: str, **changes: Any) -> dict[str, Any]:
    """What is written where a pack leaves its tray by itself, to be changed."""
    key, tray = tray_of(world, ref)
    return {key: less(tray, ref[18:]), key_of(ref, 1): own(world, ref, **changes)}


def less(tray: dict[str, Any], *serials: str) -> dict[str, Any]:
    """The document of a tray that some packs leave."""
    return tray | {"left": [*tray["left"], *serials]}


def loose(document: dict[str, Any], who: str, **changes: Any) -> dict[str, Any]:
    """The period that begins where goods with this document are taken out of a container of somebody's."""
    kept = {name: value for name, value in document.items() if name not in ("parent", "tray")}
    return {**kept, "period": document["period"] + 1, "taken_at": 1, **owner(who), **changes}


def inside(document: dict[str, Any], sscc: str) -> dict[str, Any]:
    """The document of goods that were loose, in a container."""
    without = ("offer", "owner", "owner_msp", "custodian")
    return {name: value for name, value in document.items() if name not in without} | {"parent": sscc}


def case_of(sscc: str, who: str, places: list[list[str]], *refs: str) -> Forged:
    """A new case of somebody's with its packing list."""
    case = {"doc": "container", "sscc": sscc, "period": 0, "status": "packed", "taken": [], "levels": 1}
    packing = {"doc": "packing", "sscc": sscc, "trays": places, "children": list(refs)}
    container, listed = keys.container_key(sscc), keys.packing_key(sscc)
    return Forged(
        {container: case | owner(who), listed: packing},
        EVERYBODY,
        {container: mine(MSPS[who]), listed: NOBODY},
    )


async def shelved(world: World) -> str:
    """A loose pack of the maker's that has left its tray."""
    case, [ref] = await world.case(1)
    await world.unpack(MAKER, case)
    return ref


def packed_tray(world: World, ref: str, who: str = MAKER) -> Forged:
    """The tray of a loose pack of the maker's that is packed into a new case of somebody's."""
    (key, tray), sscc = tray_of(world, ref), world.sscc()
    forged = case_of(sscc, who, [[tray["gtin"], tray["serial"]]])
    forged.writes[key], forged.policies[key] = inside(tray, sscc), NOBODY
    return forged
