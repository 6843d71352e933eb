"""Attempts on packs in trays, and on those that have left them."""

from __future__ import annotations

from chaincode.contracts.protection import NOBODY
from chaincode.model import gs1, keys
from tests.security.collusion.consortium import Consortium, Forgery, owned_by
from tests.security.collusion.plays.play import (
    ALL,
    NOT_MAKER,
    TWO,
    Later,
    Made,
    Play,
    case_of,
    entering,
    inside,
    key_of,
    leaving,
    own,
    owner,
    refused,
    shelved,
    tray_of,
)

PLAYS: dict[str, Made] = {}
play = entering(PLAYS)


@play
async def two_forge_a_unit(c: Consortium) -> Play:
    return Play(await _counterfeit(c, "manufacturer"), TWO)


@play
async def all_others_forge_a_unit(c: Consortium) -> Play:
    return Play(await _counterfeit(c, "manufacturer"), [NOT_MAKER])


@play
async def all_others_forge_a_unit_of_their_own(c: Consortium) -> Play:
    return Play(await _counterfeit(c, "distributor"), [NOT_MAKER])


@play
async def commission_a_pack_again(c: Consortium) -> Play:
    [ref] = await c.units(1)
    tray, unit = (await _counterfeit(c, "distributor")).writes.values()
    tray |= {"serials": [tray["serial"], ref[18:]]}
    return Play(Forgery({keys.tray_key(c.gtin, tray["serial"]): tray, key_of(ref): unit}), [ALL])


@play
async def bring_in_a_forged_tray(c: Consortium) -> Play:
    [ref] = await c.units(1)
    forgery = await _forged_tray(c, ref)
    packing = {"sscc": c.sscc(), "gln": c.glns["distributor"], "children": [ref]}
    later: list[Later] = [
        lambda: c.custody("distributor", "Pack", packing),
        lambda: c.offer("distributor", "pharmacy", ref),
    ]
    return Play(forgery, [NOT_MAKER], later)


@play
async def steal_through_a_forged_tray(c: Consortium) -> Play:
    """Where the honest function believed that tray, the owner's own peer would endorse the theft."""
    ref, forgery = await shelved(c), await _counterfeit(c, "distributor")
    key, tray = next(iter(forgery.writes.items()))
    fake = gs1.unit_ref(c.gtin, tray["serial"])
    # One is left, so that the tray is not packed as a whole.
    forgery.writes[key] = tray | {"serials": [tray["serial"], ref[18:], f"{tray['serial'][:18]}-2"]}
    packing = {"sscc": c.sscc(), "gln": c.glns["distributor"], "children": [fake, ref]}
    return Play(forgery, [NOT_MAKER], [lambda: c.custody("distributor", "Pack", packing)])


@play
async def pack_a_forged_tray(c: Consortium) -> Play:
    [ref] = await c.units(1)
    [(key, tray)] = (await _forged_tray(c, ref)).writes.items()
    sscc, forgery = await case_of(c, "distributor", [[c.gtin, tray["serial"]]])
    forgery.writes[key], forgery.policies[key] = inside(tray, sscc), NOBODY
    unpack = {"sscc": sscc, "gln": c.glns["distributor"], "children": [ref]}
    return Play(forgery, [NOT_MAKER], [lambda: c.custody("distributor", "Unpack", unpack)])


@play
async def move_a_tray(c: Consortium) -> Play:
    [ref] = await c.units(1)
    key, tray = await tray_of(c, ref)
    return Play(Forgery({key: tray | owner(c, "distributor")}), [NOT_MAKER])


@play
async def take_out_of_a_tray(c: Consortium) -> Play:
    [ref] = await c.units(1)
    writes = await leaving(c, ref, "distributor")
    return Play(Forgery(writes, {key_of(ref, 1): owned_by("distributor")}), [NOT_MAKER])


@play
async def begin_a_period_without_the_tray(c: Consortium) -> Play:
    [ref, _] = await c.units(2)
    key = key_of(ref, 1)
    return refused(c, ref, Forgery({key: await own(c, ref, "distributor")}, {key: owned_by("distributor")}))


@play
async def move_a_loose_pack(c: Consortium) -> Play:
    key = key_of(await shelved(c), 1)
    return Play(Forgery({key: await c.read(key) | owner(c, "distributor")}), [NOT_MAKER])


@play
async def dispense_a_loose_pack(c: Consortium) -> Play:
    key = key_of(await shelved(c), 1)
    return Play(Forgery({key: await c.read(key) | {"status": "dispensed"}}), [NOT_MAKER])


async def _counterfeit(c: Consortium, member: str) -> Forgery:
    """A pack of a genuine lot in a tray of a member's."""
    [ref] = await c.units(1)
    serial = f"FAKE{ref[18:]}"[:20]
    _, genuine = await tray_of(c, ref)
    tray = genuine | {"serial": serial, "serials": [serial]} | owner(c, member)
    unit = await c.read(key_of(ref)) | {"tray": serial}
    place, key = keys.tray_key(c.gtin, serial), key_of(gs1.unit_ref(c.gtin, serial))
    return Forgery({place: tray, key: unit}, {place: owned_by(member), key: NOBODY})


async def _forged_tray(c: Consortium, ref: str) -> Forgery:
    """A tray of the distributor's that names a pack of the manufacturer's."""
    _, tray = await tray_of(c, ref)
    serial = f"FAKE{ref[18:]}"[:20]
    tray |= {"serial": serial, "serials": [serial, ref[18:]]} | owner(c, "distributor")
    key = keys.tray_key(c.gtin, serial)
    return Forgery({key: tray}, {key: owned_by("distributor")})
