"""Every function that writes takes a duty, and whoever is trusted with one can do no other."""

from __future__ import annotations

import pytest

from chaincode.model import duties
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import MAKER, MSPS, World

READS = ("Get", "List", "History", "Trace", "Verify", "RecallStatus", "CountRecalled", "Check")


async def functions(world: World, chaincode: str) -> list[str]:
    """The names of a chaincode's functions, as it tells whoever asks for another."""
    response = await world.ledger.respond(MSPS[MAKER], chaincode, [b"Nothing", b"{}"])
    refusal = Refusal.parse(response.message)
    assert refusal is not None
    return refusal.message.partition(" it has ")[2].split(", ")


async def allowed(world: World, chaincode: str, *held: str) -> set[str]:
    """The functions that somebody with these duties is not refused for the want of one.

    Nor because they are the registry's to call.
    """
    names = await functions(world, chaincode)
    world.ledger.duties = held
    found = set()
    for name in names:
        response = await world.ledger.respond(MSPS[MAKER], chaincode, [name.encode(), b"{}"])
        refusal = Refusal.parse(response.message)
        if refusal is None or refusal.rule not in ("authority.entrusted", "authority.asked_by"):
            found.add(name)
        else:
            assert refusal.code is Code.NOT_AUTHORISED
    return found


@pytest.mark.parametrize("chaincode", ["registry", "custody"])
async def test_without_a_duty_one_reads(world: World, chaincode: str) -> None:
    assert {name for name in await allowed(world, chaincode) if not name.startswith(READS)} == set()


@pytest.mark.parametrize("chaincode", ["registry", "custody"])
async def test_with_all_duties_one_does_everything(world: World, chaincode: str) -> None:
    names = set(await functions(world, chaincode)) - {"Enter"}
    assert await allowed(world, chaincode, *duties.DUTIES) == names


async def test_a_sensor_bridge_anchors_readings_and_nothing_else(world: World) -> None:
    reads = await allowed(world, "custody")
    assert await allowed(world, "custody", duties.SENSOR) - reads == {"AnchorReadings"}
    assert await allowed(world, "registry", duties.SENSOR) == await allowed(world, "registry")


async def test_a_refusal_names_the_duty(world: World) -> None:
    world.ledger.duties = (duties.CUSTODY,)
    with pytest.raises(Refusal, match="duty registry") as refused:
        await world.registry(MAKER, "UpdateParty", {})
    assert refused.value.code is Code.NOT_AUTHORISED
