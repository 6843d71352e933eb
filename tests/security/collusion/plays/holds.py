"""Attempts on holds, and on what is on hold."""

from __future__ import annotations

from chaincode.model import gs1, keys
from tests.security.collusion.consortium import MSPS, Consortium, Forgery, owned_by
from tests.security.collusion.plays.play import (
    NOT_MAKER,
    NOT_REGULATOR,
    Made,
    Play,
    entering,
    key_of,
    leaving,
    own,
)

PLAYS: dict[str, Made] = {}
play = entering(PLAYS)


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
    buyer = "pharmacy"
    sold = Forgery(await leaving(c, ref, buyer), {key_of(ref, 1): owned_by(buyer)})
    dispensing = {"gln": c.glns[buyer], "units": [ref]}
    return Play(sold, [NOT_REGULATOR], [lambda: c.custody(buyer, "Dispense", dispensing)])


@play
async def take_out_without_the_hold(c: Consortium) -> Play:
    sscc, [ref, _] = await c.case(2)
    await c.custody("regulator", "Quarantine", _seizure(c, gs1.container_ref(sscc)))
    container, loose = keys.container_key(sscc), key_of(ref, 1)
    writes = {
        container: await c.read(container) | {"taken": [ref]},
        loose: await own(c, ref, "manufacturer", taken_at=1),
    }
    return Play(Forgery(writes, {loose: owned_by("manufacturer")}), [NOT_REGULATOR])


@play
async def unmark_a_pallet(c: Consortium) -> Play:
    ref = await _seized(c)
    [outer] = (await c.ask("regulator", "GetContainer", {"sscc": ref[2:]}))["ancestors"]
    key = keys.hold_key(gs1.container_ref(outer["sscc"]))
    return Play(Forgery({key: await c.read(key) | {"inside": [], "guards": []}}), [NOT_REGULATOR])


async def _seized(c: Consortium) -> str:
    """A case on a pallet of the manufacturer's that the regulator put on hold; its ref."""
    case, _ = await c.case(1)
    ref, gln = gs1.container_ref(case), c.glns["manufacturer"]
    await c.custody("manufacturer", "Pack", {"sscc": c.sscc(), "gln": gln, "children": [ref]})
    await c.custody("regulator", "Quarantine", _seizure(c, ref))
    return ref


def _seizure(c: Consortium, ref: str) -> dict[str, str]:
    return {"ref": ref, "gln": c.glns["regulator"], "reason": "seized"}
