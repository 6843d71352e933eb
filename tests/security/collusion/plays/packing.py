"""Attempts on containers, and to pack and take out what is another's."""

from __future__ import annotations

from chaincode.contracts.protection import NOBODY
from chaincode.model import keys
from tests.security.collusion.consortium import Consortium, Forgery, owned_by
from tests.security.collusion.plays.play import (
    ALL,
    NOT_MAKER,
    Later,
    Made,
    Play,
    case_of,
    entering,
    inside,
    key_of,
    own,
    owner,
    refused,
    shelved,
    tray_of,
)

PLAYS: dict[str, Made] = {}
play = entering(PLAYS)


@play
async def move_a_container(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    key = keys.container_key(sscc)
    return Play(Forgery({key: await c.read(key) | owner(c, "distributor")}), [NOT_MAKER])


@play
async def pack_anothers_tray(c: Consortium) -> Play:
    [ref] = await c.units(1)
    key, tray = await tray_of(c, ref)
    sscc, forgery = await case_of(c, "distributor", [[tray["gtin"], tray["serial"]]])
    forgery.writes[key], forgery.policies[key] = inside(tray, sscc), NOBODY
    return Play(forgery, [NOT_MAKER])


@play
async def pack_anothers_pack(c: Consortium) -> Play:
    ref = await shelved(c)
    sscc, forgery = await case_of(c, "distributor", [], [ref])
    key = key_of(ref, 1)
    forgery.writes[key], forgery.policies[key] = inside(await c.read(key), sscc), NOBODY
    return Play(forgery, [NOT_MAKER])


@play
async def pack_out_of_anothers_tray(c: Consortium) -> Play:
    [ref, _] = await c.units(2)
    sscc, forgery = await case_of(c, "distributor", [], [ref])
    key = key_of(ref, 1)
    forgery.writes[key], forgery.policies[key] = inside(await own(c, ref, "distributor"), sscc), NOBODY
    return refused(c, ref, forgery)


@play
async def list_what_is_anothers(c: Consortium) -> Play:
    [ref], loose = await c.units(1), await shelved(c)
    _, tray = await tray_of(c, ref)
    sscc, forgery = await case_of(c, "distributor", [[tray["gtin"], tray["serial"]]], [loose])
    opened = {"sscc": sscc, "gln": c.glns["distributor"]}
    later: list[Later] = [
        lambda: c.ask("regulator", "GetContainer", {"sscc": sscc}),
        lambda: c.custody("distributor", "Unpack", opened),
        lambda: c.custody("distributor", "Unpack", opened | {"children": [loose]}),
    ]
    return Play(forgery, [NOT_MAKER], later)


@play
async def list_more_than_was_packed(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    [ref] = await c.units(1)
    key = keys.packing_key(sscc)
    return Play(Forgery({key: await c.read(key) | {"children": [ref]}}), [ALL])


@play
async def move_a_packed_pack(c: Consortium) -> Play:
    ref = await shelved(c)
    argument = {"sscc": c.sscc(), "gln": c.glns["manufacturer"], "children": [ref]}
    await c.custody("manufacturer", "Pack", argument)
    key = key_of(ref, 1)
    return Play(Forgery({key: await c.read(key) | {"parent": c.sscc()}}), [ALL])


@play
async def move_a_packed_tray(c: Consortium) -> Play:
    _, [ref, _] = await c.case(2)
    key, tray = await tray_of(c, ref)
    return Play(Forgery({key: tray | {"parent": c.sscc()}}), [ALL])


@play
async def dispense_a_packed_pack(c: Consortium) -> Play:
    _, [ref, _] = await c.case(2)
    key, dispensed = key_of(ref, 1), await own(c, ref, "pharmacy", status="dispensed")
    return refused(c, ref, Forgery({key: dispensed}, {key: owned_by("pharmacy")}))


@play
async def take_out_a_packed_pack(c: Consortium) -> Play:
    _, [ref, _] = await c.case(2)
    key = key_of(ref, 1)
    return refused(c, ref, Forgery({key: await own(c, ref, "pharmacy")}, {key: owned_by("pharmacy")}))


@play
async def say_that_it_was_taken_out(c: Consortium) -> Play:
    sscc, [ref, _] = await c.case(2)
    key, loose = keys.container_key(sscc), key_of(ref, 1)
    writes = {key: await c.read(key) | {"taken": [ref]}, loose: await own(c, ref, "pharmacy")}
    return Play(Forgery(writes, {loose: owned_by("pharmacy")}), [NOT_MAKER])
