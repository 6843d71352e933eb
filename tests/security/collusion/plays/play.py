"""What an attempt is, and what forged goods are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chaincode.contracts.protection import NOBODY
from chaincode.model import keys, trays
from chaincode.model.periods import packed, written
from tests.security.collusion.consortium import MSPS, Consortium, Forgery, all_but, owned_by, pairs

Later = Callable[[], Awaitable[Any]]


@dataclass
class Play:
    """What is forged, by whom, and which honest functions come after it."""

    forgery: Forgery
    by: Sequence[Sequence[str]]
    later: list[Later] = field(default_factory=list)


Made = Callable[[Consortium], Awaitable[Play]]
TWO = [list(pair) for pair in pairs()]
ALL = list(MSPS)
NOT_MAKER, NOT_REGULATOR, NOT_BUYER = all_but("manufacturer"), all_but("regulator"), all_but("distributor")
DAY = "2099-12-31"


def entering(plays: dict[str, Made]) -> Callable[[Made], Made]:
    """A decorator that enters how an attempt is made into ``plays``, under its name."""

    def enter(made: Made) -> Made:
        plays[made.__name__] = made
        return made

    return enter


def refused(c: Consortium, ref: str, forgery: Forgery, by: Sequence[str] = NOT_MAKER) -> Play:
    """Forged by these members; whatever anybody does with the pack afterwards is refused."""
    unit = {"gtin": ref[2:16], "serial": ref[18:]}
    later: list[Later] = [
        lambda: c.custody("pharmacy", "Dispense", {"gln": c.glns["pharmacy"], "units": [ref]}),
        lambda: c.offer("pharmacy", "distributor", ref),
        lambda: c.custody(
            "distributor", "Pack", {"sscc": c.sscc(), "gln": c.glns["distributor"], "children": [ref]}
        ),
        lambda: c.ask("regulator", "GetUnit", unit),
        lambda: c.ask("regulator", "Trace", unit),
    ]
    return Play(forgery, [by], later)


def key_of(ref: str, period: int = 0) -> str:
    return keys.period_key(ref, period)


def owner(c: Consortium, member: str) -> dict[str, str]:
    return {"owner": c.glns[member], "owner_msp": MSPS[member], "custodian": c.glns[member]}


async def tray_of(c: Consortium, ref: str) -> tuple[str, dict[str, Any]]:
    """The key and the document of a pack's tray."""
    key = keys.tray_key(ref[2:16], (await c.read(key_of(ref)))["tray"])
    return key, await c.read(key)


async def own(c: Consortium, ref: str, member: str, **changes: Any) -> dict[str, Any]:
    """What is written of the loose period of its own that a pack of a tray begins, owned by a member."""
    _, tray = await tray_of(c, ref)
    tray.pop("parent", None)
    document = trays.out_of(trays.pack_in(tray, ref[18:]))  # type: ignore[arg-type]
    return {**written(document), **owner(c, member), **changes}


async def leaving(c: Consortium, ref: str, member: str, **changes: Any) -> dict[str, Any]:
    """What is written where a pack leaves its tray to be a member's."""
    key, tray = await tray_of(c, ref)
    return {
        key: tray | {"left": [*tray["left"], ref[18:]]},
        key_of(ref, 1): await own(c, ref, member, **changes),
    }


async def shelved(c: Consortium) -> str:
    """A loose pack of the manufacturer's that has left its tray."""
    sscc, [ref] = await c.case(1)
    await c.custody("manufacturer", "Unpack", {"sscc": sscc, "gln": c.glns["manufacturer"]})
    return ref


async def case_of(
    c: Consortium, member: str, places: Sequence[Sequence[str]] = (), refs: Sequence[str] = ()
) -> tuple[str, Forgery]:
    """A new container of a member's whose list names trays and goods; its SSCC."""
    sscc, (like, _) = c.sscc(), await c.case(1)
    container, packing = keys.container_key(sscc), keys.packing_key(sscc)
    listed = {"doc": "packing", "sscc": sscc, "trays": list(map(list, places)), "children": list(refs)}
    writes = {container: await c.read(keys.container_key(like)) | {"sscc": sscc} | owner(c, member)}
    return sscc, Forgery({**writes, packing: listed}, {container: owned_by(member), packing: NOBODY})


def inside(document: dict[str, Any], sscc: str) -> dict[str, Any]:
    """What is written of goods, or a tray, that were loose, in a container."""
    return {name: value for name, value in packed(document, sscc).items() if name != "status"}
