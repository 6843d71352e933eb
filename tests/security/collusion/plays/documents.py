"""Attempts on what is no goods: parties, settings, lots, investigations, transfers."""

from __future__ import annotations

from typing import Any

from chaincode.model import gs1, keys
from chaincode.model.directory import SETTINGS_KEY, bucket_key, with_parties
from tests.security.collusion.consortium import MSPS, Consortium, Forgery, all_but, owned_by
from tests.security.collusion.plays.play import DAY, NOT_MAKER, NOT_REGULATOR, TWO, Made, Play, entering

PLAYS: dict[str, Made] = {}
play = entering(PLAYS)


@play
async def two_forge_a_lot(c: Consortium) -> Play:
    return Play(_lot(c), TWO)


@play
async def all_others_forge_a_lot(c: Consortium) -> Play:
    return Play(_lot(c), [NOT_MAKER])


@play
async def all_others_forge_a_lot_of_their_own(c: Consortium) -> Play:
    [(key, lot)] = _lot(c).writes.items()
    mine = lot | {"manufacturer": c.glns["distributor"]}
    return Play(Forgery({key: mine}, {key: owned_by("distributor")}), [NOT_MAKER])


@play
async def two_forge_a_party(c: Consortium) -> Play:
    gln = "9521234000051"
    party = {**await c.read(keys.party_key(c.glns["distributor"]), "registry"), "gln": gln}
    return Play(Forgery({keys.party_key(gln): party}, chaincode="registry"), TWO)


@play
async def alter_a_licence(c: Consortium) -> Play:
    key = keys.party_key(c.glns["distributor"])
    party = await c.read(key, "registry")
    party["licences"][0]["valid_to"] = DAY
    return Play(Forgery({key: party}, chaincode="registry"), [NOT_REGULATOR])


@play
async def alter_the_settings(c: Consortium) -> Play:
    key = keys.parameter_key("consortium")
    settings = await c.read(key, "registry")
    settings["value"]["regulators"] = [MSPS["distributor"]]
    return Play(Forgery({key: settings}, chaincode="registry"), [NOT_REGULATOR])


@play
async def enter_a_party_in_the_directory(c: Consortium) -> Play:
    gln = "9521234000051"
    party = {**await c.read(keys.party_key(c.glns["distributor"]), "registry"), "gln": gln}
    return Play(await _entered(c, party), [NOT_REGULATOR])


@play
async def alter_a_licence_in_the_directory(c: Consortium) -> Play:
    party = await c.read(keys.party_key(c.glns["distributor"]), "registry")
    party["licences"][0]["valid_to"] = DAY
    return Play(await _entered(c, party), [NOT_REGULATOR])


@play
async def alter_the_settings_in_the_directory(c: Consortium) -> Play:
    known = await c.read(SETTINGS_KEY)
    known["settings"]["value"]["regulators"] = [MSPS["distributor"]]
    return Play(Forgery({SETTINGS_KEY: known}), [NOT_REGULATOR])


async def _entered(c: Consortium, party: dict[str, Any]) -> Forgery:
    """Custody's directory with a party that the registry does not have so."""
    key = bucket_key(party["gln"])
    return Forgery({key: with_parties(await c.read(key), [party])})


@play
async def alter_a_lot(c: Consortium) -> Play:
    key = keys.lot_key(c.gtin, c.lot)
    return Play(Forgery({key: await c.read(key) | {"expiry": DAY}}), [NOT_MAKER])


@play
async def clear_an_investigation(c: Consortium) -> Play:
    key = keys.investigation_key(await _investigated(c))
    return Play(Forgery({key: await c.read(key) | {"status": "cleared"}}), [NOT_MAKER])


@play
async def end_a_notification(c: Consortium) -> Play:
    investigation, notification = await _investigated(c), c.name("N")
    decision = {"classification": "stolen", "decision": "reported stolen"}
    await c.custody("manufacturer", "DeclareIllegitimate", {"id": investigation, **decision})
    drug = {"use": "human", "description": "prescription", "quantity": {"number": 1, "unit": "case"}}
    form = {"location": "domestic", "description": "no seal", "drug": drug}
    argument = {"id": notification, "investigation": investigation, **form}
    await c.custody("manufacturer", "NotifyIllegitimate", argument)
    key = keys.notification_key(notification)
    return Play(Forgery({key: await c.read(key) | {"status": "terminated"}}), [NOT_REGULATOR])


@play
async def accept_for_the_receiver(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    transfer = await c.offer("manufacturer", "distributor", f"00{sscc}")
    key = keys.transfer_key(transfer)
    return Play(Forgery({key: await c.read(key) | {"status": "accepted"}}), [all_but("distributor")])


async def _investigated(c: Consortium) -> str:
    """An investigation by the manufacturer of a case of its own; its id."""
    case, _ = await c.case(1)
    investigation = c.name("I")
    argument = {
        "id": investigation,
        "gln": c.glns["manufacturer"],
        "gtin": c.gtin,
        "refs": [gs1.container_ref(case)],
        "reasons": ["stolen"],
        "description": "no seal",
    }
    await c.custody("manufacturer", "OpenInvestigation", argument)
    return investigation


def _lot(c: Consortium) -> Forgery:
    lot = {
        "doc": "lot",
        "gtin": c.gtin,
        "lot": f"FORGED-{c.lot}",
        "manufacturer": c.glns["manufacturer"],
        "expiry": DAY,
        "manufactured": "2026-01-01",
        "created_at": 1,
    }
    key = keys.lot_key(c.gtin, lot["lot"])
    return Forgery({key: lot}, {key: owned_by("manufacturer")})
