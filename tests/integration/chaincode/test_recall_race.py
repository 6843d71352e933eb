"""A recall that is committed while goods are on their way to a patient stops them, on the real ledgers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from chaincode.model import gs1
from chaincode.model.documents.trade import AFFIRMATIONS
from gateway.fabric import EndorseError
from mediledger.demo.cast import ADDRESSES
from tests.integration.chaincode.members import Probe

MAKER, PHARMACY, REGULATOR = "9521234000013", "9521234000037", "9521234000044"
PRODUCT, OTHER = (body + gs1.check_digit(body) for body in ("0952123400001", "0952123400002"))
LOT = "L1"


async def submit(probe: Probe, chaincode: str, function: str, argument: dict[str, Any]) -> Any:
    answer = await probe.network.contract(chaincode).submit(function, orjson.dumps(argument))
    return orjson.loads(answer)


async def custody(probe: Probe, function: str, **argument: Any) -> Any:
    return await submit(probe, "custody", function, argument)


async def dispensing(probe: Probe, ref: str) -> Any:
    """An endorsed dispensing that is not submitted yet."""
    argument = orjson.dumps({"gln": PHARMACY, "units": [ref]})
    return await probe.network.contract("custody").proposal("Dispense", argument).endorse()


def party(gln: str, msp_id: str, role: str) -> dict[str, Any]:
    licence = {
        "authority": "FDA",
        "number": gln,
        "jurisdiction": "US",
        "roles": [role],
        "valid_from": "2020-01-01",
        "valid_to": "2099-12-31",
    }
    return {
        "gln": gln,
        "name": role,
        "address": ADDRESSES[role],
        "msp_id": msp_id,
        "role": role,
        "licences": [licence],
    }


def recall(name: str, gtin: str) -> dict[str, Any]:
    return {
        "id": name,
        "gln": REGULATOR,
        "gtin": gtin,
        "kind": "recall",
        "class": "I",
        "depth": "consumer",
        "effectiveness": "A",
        "reason": "sterility",
    }


async def stocked(maker: Probe, regulator: Probe) -> None:
    """A maker and a pharmacy, of one member, and packs of two products on the pharmacy's shelf."""
    for gln, msp_id, role in (
        (MAKER, "ManufacturerMSP", "manufacturer"),
        (PHARMACY, "ManufacturerMSP", "dispenser"),
        (REGULATOR, "RegulatorMSP", "regulator"),
    ):
        await submit(regulator, "registry", "RegisterParty", party(gln, msp_id, role))
    for gtin in (PRODUCT, OTHER):
        product = {
            "gtin": gtin,
            "manufacturer": MAKER,
            "name": "Insulin glargine",
            "strength": "100 units/mL",
            "dosage_form": "injection, solution",
            "ndc": "99999-0100-10",
            "container_size": "5 x 3 mL pens",
            "storage": {"min_mc": 2_000, "max_mc": 8_000},
        }
        await submit(maker, "registry", "RegisterProduct", product)
        await custody(maker, "CreateLot", gtin=gtin, lot=LOT, expiry="2099-06-30", manufactured="2026-02-01")
        await custody(maker, "Commission", gtin=gtin, lot=LOT, serials=["S1", "S2"])
    what = [gs1.unit_ref(gtin, serial) for gtin in (PRODUCT, OTHER) for serial in ("S1", "S2")]
    offer = {"id": "T-1", "kind": "sale", "what": what, "from": MAKER, "to": PHARMACY}
    await custody(maker, "OfferTransfer", **offer, statement=dict.fromkeys(AFFIRMATIONS, True))
    await custody(maker, "AcceptTransfer", id="T-1")


async def test_a_recall_stops_a_dispensing_under_way(manufacturer: Probe, regulator: Probe) -> None:
    await stocked(manufacturer, regulator)
    recalled, free = (gs1.unit_ref(gtin, "S1") for gtin in (PRODUCT, OTHER))
    under_way = [await dispensing(manufacturer, ref) for ref in (recalled, free)]
    await submit(regulator, "custody", "StartRecall", recall("R-1", PRODUCT))
    statuses = [await (await transaction.submit()).status() for transaction in under_way]
    assert [status.name for status in statuses] == ["MVCC_READ_CONFLICT", "VALID"]
    with pytest.raises(EndorseError, match="is recalled by R-1"):
        await dispensing(manufacturer, gs1.unit_ref(PRODUCT, "S2"))
    ended = {"gln": REGULATOR, "reason": "wrong product"}
    await submit(regulator, "custody", "EndRecall", ended | {"id": "R-1"})
    # The second recall of the product is found in a range of keys, the first by one key.
    late = await dispensing(manufacturer, gs1.unit_ref(PRODUCT, "S2"))
    await submit(regulator, "custody", "StartRecall", recall("R-2", PRODUCT))
    assert (await (await late.submit()).status()).name == "PHANTOM_READ_CONFLICT"
    with pytest.raises(EndorseError, match="is recalled by R-2"):
        await dispensing(manufacturer, gs1.unit_ref(PRODUCT, "S2"))
    await submit(regulator, "custody", "EndRecall", ended | {"id": "R-2"})
    last = await dispensing(manufacturer, gs1.unit_ref(PRODUCT, "S2"))
    assert (await (await last.submit()).status()).successful
