"""Attempts of a seller to have back, or sell again, what the buyer owns by now."""

from __future__ import annotations

from chaincode.contracts.protection import NOBODY
from chaincode.model import gs1, keys
from tests.security.collusion.consortium import Consortium, Forgery, owned_by
from tests.security.collusion.plays.play import (
    ALL,
    NOT_BUYER,
    Later,
    Made,
    Play,
    case_of,
    entering,
    inside,
    key_of,
    owner,
    refused,
    shelved,
    tray_of,
)

PLAYS: dict[str, Made] = {}
play = entering(PLAYS)


@play
async def open_the_tray_of_what_was_sold(c: Consortium) -> Play:
    sscc, [ref, _] = await c.case(2)
    await c.ship("manufacturer", "distributor", gs1.container_ref(sscc))
    key, tray = await tray_of(c, ref)
    loose = {name: value for name, value in tray.items() if name != "parent"} | owner(c, "manufacturer")
    return Play(Forgery({key: loose}, {key: owned_by("manufacturer")}), [NOT_BUYER, ALL])


@play
async def rewrite_what_was_sold(c: Consortium) -> Play:
    ref, sscc = await shelved(c), c.sscc()
    await c.custody("manufacturer", "Pack", {"sscc": sscc, "gln": c.glns["manufacturer"], "children": [ref]})
    await c.ship("manufacturer", "distributor", gs1.container_ref(sscc))
    key = key_of(ref, 1)
    loose = {name: value for name, value in (await c.read(key)).items() if name != "parent"}
    loose |= {"status": "commissioned"} | owner(c, "pharmacy")
    return Play(Forgery({key: loose}, {key: owned_by("pharmacy")}), [NOT_BUYER, ALL])


@play
async def take_back_what_left_a_tray(c: Consortium) -> Play:
    [ref, _] = await c.units(2)
    await c.ship("manufacturer", "distributor", ref)
    key, tray = await tray_of(c, ref)
    play = refused(c, ref, Forgery({key: tray | {"left": []}}), NOT_BUYER)
    packing = {"sscc": c.sscc(), "gln": c.glns["manufacturer"], "children": [ref]}
    play.later.insert(0, lambda: c.custody("manufacturer", "Pack", packing))
    return play


@play
async def pack_twice_after_a_sale(c: Consortium) -> Play:
    [ref, _] = await c.units(2)
    await c.ship("manufacturer", "distributor", ref)
    key, tray = await tray_of(c, ref)
    sscc, forgery = await case_of(c, "manufacturer", [[tray["gtin"], tray["serial"]]])
    forgery.writes[key], forgery.policies[key] = inside(tray, sscc) | {"left": []}, NOBODY
    play = refused(c, ref, forgery, NOT_BUYER)
    unpack = {"sscc": sscc, "gln": c.glns["manufacturer"], "children": [ref]}
    play.later.append(lambda: c.custody("manufacturer", "Unpack", unpack))
    return play


@play
async def list_what_was_sold(c: Consortium) -> Play:
    sold, [ref, _] = await c.case(2)
    await c.ship("manufacturer", "distributor", gs1.container_ref(sold))
    sscc, forgery = await case_of(c, "manufacturer", [], [ref])
    unpack = {"sscc": sscc, "gln": c.glns["manufacturer"], "children": [ref]}
    later: list[Later] = [
        lambda: c.custody("manufacturer", "Unpack", unpack),
        lambda: c.ask("regulator", "GetContainer", {"sscc": sscc}),
    ]
    return Play(forgery, [NOT_BUYER], later)


@play
async def put_back_what_was_sold(c: Consortium) -> Play:
    sscc, refs = await c.case(2)
    unpack = {"sscc": sscc, "gln": c.glns["manufacturer"], "children": refs[:1]}
    await c.custody("manufacturer", "Unpack", unpack)
    await c.ship("manufacturer", "distributor", refs[0])
    key = keys.container_key(sscc)
    forgery = Forgery({key: await c.read(key) | {"taken": []}})
    return refused(c, refs[0], forgery, NOT_BUYER)
