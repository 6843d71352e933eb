"""How each attempt of attempts.yaml is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chaincode.contracts.protection import NOBODY
from chaincode.model import gs1, keys
from chaincode.model.directory import SETTINGS_KEY, bucket_key, with_parties
from chaincode.model.periods import packed, written
from tests.security.collusion.consortium import (
    MSPS,
    Consortium,
    Forgery,
    all_but,
    hash_of,
    owned_by,
    pairs,
    seal_of,
)

Later = Callable[[], Awaitable[Any]]


@dataclass
class Play:
    """What is forged, by whom, and which honest functions come after it."""

    forgery: Forgery
    by: Sequence[Sequence[str]]
    later: list[Later] = field(default_factory=list)


Made = Callable[[Consortium], Awaitable[Play]]
PLAYS: dict[str, Made] = {}
TWO = [list(pair) for pair in pairs()]
NOT_MAKER, NOT_REGULATOR = all_but("manufacturer"), all_but("regulator")
DAY = "2099-12-31"


def play(made: Made) -> Made:
    PLAYS[made.__name__] = made
    return made


@play
async def two_forge_a_lot(c: Consortium) -> Play:
    return Play(_lot(c), TWO)


@play
async def all_others_forge_a_lot(c: Consortium) -> Play:
    return Play(_lot(c), [NOT_MAKER])


@play
async def two_forge_a_party(c: Consortium) -> Play:
    gln = "9521234000051"
    party = {**await c.read(keys.party_key(c.glns["distributor"]), "registry"), "gln": gln}
    return Play(Forgery({keys.party_key(gln): party}, chaincode="registry"), TWO)


@play
async def two_forge_a_unit(c: Consortium) -> Play:
    return Play(await _counterfeit(c), TWO)


@play
async def all_others_forge_a_unit(c: Consortium) -> Play:
    return Play(await _counterfeit(c), [NOT_MAKER])


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
async def move_a_loose_pack(c: Consortium) -> Play:
    [ref] = await c.units(1)
    key = _key(ref)
    return Play(Forgery({key: await c.read(key) | _owner(c, "distributor")}), [NOT_MAKER])


@play
async def move_a_container(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    key = keys.container_key(sscc)
    return Play(Forgery({key: await c.read(key) | _owner(c, "distributor")}), [NOT_MAKER])


@play
async def dispense_a_loose_pack(c: Consortium) -> Play:
    [ref] = await c.units(1)
    key = _key(ref)
    return Play(Forgery({key: await c.read(key) | {"status": "dispensed"}}), [NOT_MAKER])


@play
async def dispense_a_packed_pack(c: Consortium) -> Play:
    _, refs = await c.case(2)
    dispensed = await _loose(c, refs[0], "pharmacy") | {"status": "dispensed"}
    return _refused(
        c, refs[0], Forgery({_key(refs[0], 2): dispensed}, {_key(refs[0], 2): owned_by("pharmacy")})
    )


@play
async def take_out_a_packed_pack(c: Consortium) -> Play:
    _, refs = await c.case(2)
    mine = await _loose(c, refs[0], "pharmacy")
    return _refused(c, refs[0], Forgery({_key(refs[0], 2): mine}, {_key(refs[0], 2): owned_by("pharmacy")}))


@play
async def say_that_it_was_taken_out(c: Consortium) -> Play:
    sscc, refs = await c.case(2)
    key, loose = keys.container_key(sscc), _key(refs[0], 2)
    writes = {key: await c.read(key) | {"taken": refs[:1]}, loose: await _loose(c, refs[0], "pharmacy")}
    return Play(Forgery(writes, {loose: owned_by("pharmacy")}), [NOT_MAKER])


@play
async def move_a_packed_pack(c: Consortium) -> Play:
    _, refs = await c.case(2)
    key = _key(refs[0], 1)
    return Play(Forgery({key: await c.read(key) | {"parent": c.sscc()}}), [list(MSPS)])


@play
async def pack_without_a_seal(c: Consortium) -> Play:
    [ref] = await c.units(1)
    return _refused(c, ref, await _packed(c, ref, "manufacturer"))


@play
async def pack_with_a_forged_seal(c: Consortium) -> Play:
    [ref] = await c.units(1)
    forgery = await _packed(c, ref, "manufacturer")
    forgery.private = [_seal(forgery)]
    return Play(forgery, [NOT_MAKER])


@play
async def pack_with_a_seal_of_their_own(c: Consortium) -> Play:
    [ref] = await c.units(1)
    forgery = await _packed(c, ref, "distributor")
    forgery.private = [_seal(forgery)]
    return _refused(c, ref, forgery)


@play
async def pack_twice_after_a_sale(c: Consortium) -> Play:
    sscc, refs = await c.case(2)
    await c.ship("manufacturer", "distributor", f"00{sscc}")
    forgery = await _packed(c, refs[0], "manufacturer")
    # The pack's own packed period says the first case, for ever.
    del forgery.writes[_key(refs[0], 1)], forgery.policies[_key(refs[0], 1)]
    forgery.private = [_seal(forgery)]
    second = next(document["sscc"] for document in forgery.writes.values() if document["doc"] == "packing")
    unpack = {"sscc": second, "gln": c.glns["manufacturer"], "children": refs[:1]}
    return Play(forgery, [all_but("distributor")], [lambda: c.custody("manufacturer", "Unpack", unpack)])


@play
async def break_the_seal_of_what_was_sold(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    await c.ship("manufacturer", "distributor", f"00{sscc}")
    container = await c.read(keys.container_key(sscc))
    collection, key, _ = seal_of(container, MSPS["manufacturer"])
    return Play(Forgery({}, private=[(collection, key, "broken")]), [all_but("distributor"), list(MSPS)])


@play
async def rewrite_what_was_sold(c: Consortium) -> Play:
    sscc, refs = await c.case(2)
    await c.ship("manufacturer", "distributor", f"00{sscc}")
    key = _key(refs[0])
    forgery = Forgery({key: await c.read(key) | _owner(c, "pharmacy")})
    return _refused(c, refs[0], forgery, all_but("distributor"))


@play
async def put_back_what_was_sold(c: Consortium) -> Play:
    sscc, refs = await c.case(2)
    unpack = {"sscc": sscc, "gln": c.glns["manufacturer"], "children": refs[:1]}
    await c.custody("manufacturer", "Unpack", unpack)
    await c.ship("manufacturer", "distributor", refs[0])
    key = keys.container_key(sscc)
    forgery = Forgery({key: await c.read(key) | {"taken": []}})
    return _refused(c, refs[0], forgery, all_but("distributor"))


@play
async def add_a_part_to_a_list(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    [ref] = await c.units(1)
    packing = await c.read(keys.packing_key(sscc, "0")) | {"part": "1", "children": [ref], "periods": [1]}
    inside = written(packed(await c.read(_key(ref)), sscc, "1"))
    writes = {keys.packing_key(sscc, "1"): packing, _key(ref, 1): inside}
    return _refused(c, ref, Forgery(writes, dict.fromkeys(writes, NOBODY)))


@play
async def name_another_list_than_was_sealed(c: Consortium) -> Play:
    sscc, refs = await c.case(2)
    unpack = {"sscc": sscc, "gln": c.glns["manufacturer"], "children": refs[:1]}
    await c.custody("manufacturer", "Unpack", unpack)
    await c.ship("manufacturer", "distributor", refs[0])
    key = keys.container_key(sscc)
    packing = await c.read(keys.packing_key(sscc, "0"))
    other = hash_of(packing | {"children": refs[1:], "periods": [1]})
    forgery = Forgery({key: await c.read(key) | {"parts": [other]}})
    return _refused(c, refs[0], forgery, all_but("distributor"))


@play
async def place_a_hold_of_their_own(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    ref = gs1.container_ref(sscc)
    hold = {
        "doc": "hold",
        "ref": ref,
        "status": "quarantine",
        "reason": "invented",
        "placed_by": c.glns["distributor"],
        "placed_at": 1,
        "inside": [],
        "guards": [MSPS["distributor"]],
    }
    return Play(
        Forgery({keys.hold_key(ref): hold}, {keys.hold_key(ref): owned_by("distributor")}), [NOT_MAKER]
    )


@play
async def lift_a_hold(c: Consortium) -> Play:
    sscc, _ = await c.case(2)
    ref = gs1.container_ref(sscc)
    hold = {"ref": ref, "gln": c.glns["manufacturer"], "reason": "seal broken"}
    await c.custody("manufacturer", "Quarantine", hold)
    key = keys.hold_key(ref)
    return Play(Forgery({key: await c.read(key) | {"status": "cleared", "inside": []}}), [NOT_MAKER])


@play
async def lift_a_regulators_hold(c: Consortium) -> Play:
    key = keys.hold_key(await _seized(c))
    cleared = await c.read(key) | {"status": "cleared", "guards": []}
    return Play(Forgery({key: cleared}), [NOT_REGULATOR])


@play
async def sell_what_is_held(c: Consortium) -> Play:
    [ref] = await c.units(1)
    await c.custody("regulator", "Quarantine", _seizure(c, ref))
    key, buyer = _key(ref), "pharmacy"
    sold = Forgery({key: await c.read(key) | _owner(c, buyer)}, {key: owned_by(buyer)})
    dispensing = {"gln": c.glns[buyer], "units": [ref]}
    return Play(sold, [NOT_REGULATOR], [lambda: c.custody(buyer, "Dispense", dispensing)])


@play
async def take_out_without_the_hold(c: Consortium) -> Play:
    sscc, [ref, _] = await c.case(2)
    await c.custody("regulator", "Quarantine", _seizure(c, gs1.container_ref(sscc)))
    container, loose = keys.container_key(sscc), _key(ref, 2)
    writes = {
        container: await c.read(container) | {"taken": [ref]},
        loose: await _loose(c, ref, "manufacturer"),
    }
    return Play(Forgery(writes, {loose: owned_by("manufacturer")}), [NOT_REGULATOR])


@play
async def unmark_a_pallet(c: Consortium) -> Play:
    ref = await _seized(c)
    [outer] = (await c.ask("regulator", "GetContainer", {"sscc": ref[2:]}))["ancestors"]
    key = keys.hold_key(gs1.container_ref(outer["sscc"]))
    return Play(Forgery({key: await c.read(key) | {"inside": [], "guards": []}}), [NOT_REGULATOR])


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


async def _seized(c: Consortium) -> str:
    """A case on a pallet of the manufacturer's that the regulator put on hold; its ref."""
    case, _ = await c.case(1)
    ref, gln = gs1.container_ref(case), c.glns["manufacturer"]
    await c.custody("manufacturer", "Pack", {"sscc": c.sscc(), "gln": gln, "children": [ref]})
    await c.custody("regulator", "Quarantine", _seizure(c, ref))
    return ref


def _seizure(c: Consortium, ref: str) -> dict[str, str]:
    return {"ref": ref, "gln": c.glns["regulator"], "reason": "seized"}


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


async def _counterfeit(c: Consortium) -> Forgery:
    [ref] = await c.units(1)
    key = keys.unit_key(c.gtin, f"FAKE{ref[18:]}"[:20])
    return Forgery({key: await c.read(_key(ref))}, {key: owned_by("manufacturer")})


async def _loose(c: Consortium, ref: str, member: str) -> dict[str, Any]:
    """A second loose period of a pack, owned by a member."""
    return await c.read(_key(ref)) | _owner(c, member) | {"period": 2}


async def _packed(c: Consortium, ref: str, sealer: str) -> Forgery:
    """A pack in a new container of the distributor's, whose packing list names ``sealer``."""
    sscc = c.sscc()
    case, _ = await c.case(1)
    container = await c.read(keys.container_key(case)) | {"sscc": sscc} | _owner(c, "distributor")
    packing = {
        "doc": "packing",
        "sscc": sscc,
        "part": "0",
        "children": [ref],
        "periods": [1],
        "owner": c.glns[sealer],
        "msp_id": MSPS[sealer],
    }
    container["parts"] = [hash_of(packing)]
    if sealer == "manufacturer":
        container |= _owner(c, sealer)
    writes = {
        keys.container_key(sscc): container,
        keys.packing_key(sscc, "0"): packing,
        _key(ref, 1): written(packed(await c.read(_key(ref)), sscc, "0")),
    }
    policies = {
        keys.container_key(sscc): owned_by(sealer),
        keys.packing_key(sscc, "0"): NOBODY,
        _key(ref, 1): NOBODY,
    }
    return Forgery(writes, policies)


def _seal(forgery: Forgery) -> tuple[str, str, str]:
    documents = {document["doc"]: document for document in forgery.writes.values()}
    return seal_of(documents["container"], documents["packing"]["msp_id"])


def _owner(c: Consortium, member: str) -> dict[str, str]:
    return {"owner": c.glns[member], "owner_msp": MSPS[member], "custodian": c.glns[member]}


def _key(ref: str, period: int = 0) -> str:
    return keys.period_key(ref, period)


def _refused(c: Consortium, ref: str, forgery: Forgery, by: Sequence[str] = NOT_MAKER) -> Play:
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
