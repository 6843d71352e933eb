"""Short ways to investigate, to notify and to end both."""

from __future__ import annotations

from typing import Any

from tests.unit.chaincode.contracts.world import LOT, MAKER, PHARMACY, PRODUCT, REGULATOR, WHOLESALER, World

EXPIRY = "2027-06-30"
DRUG = {
    "primary_ingredient": "insulin glargine",
    "use": "human",
    "description": "prescription",
    "quantity": {"number": 1, "unit": "carton"},
    "serials": ["S1"],
    "lots": [LOT],
    "expiries": [EXPIRY],
}
FORM = {
    "location": "domestic",
    "description": "cartons without a tamper seal",
    "other_reports": ["medwatch_3500"],
    "drug": DRUG,
}


async def investigate(world: World, who: str, *refs: str, name: str = "I", **more: Any) -> Any:
    argument = {
        "id": name,
        "gln": who,
        "gtin": PRODUCT,
        "reasons": ["counterfeit", "diverted"],
        "description": "the print is blurred",
        **({"refs": list(refs)} if refs else {}),
        **more,
    }
    return await world.custody(who, "OpenInvestigation", argument)


def pack(ref: str, result: str = "good", **more: str) -> dict[str, str]:
    return {"ref": ref, "lot": LOT, "expiry": EXPIRY, "result": result, **more}


async def record(world: World, who: str, *packs: dict[str, str], name: str = "I") -> Any:
    return await world.custody(who, "RecordSample", {"id": name, "sample": list(packs)})


async def clear(world: World, who: str, name: str = "I") -> Any:
    return await world.custody(who, "ClearInvestigation", {"id": name, "decision": "a printer's fault"})


async def declare(world: World, who: str, name: str = "I") -> Any:
    argument = {"id": name, "classification": "counterfeit", "decision": "the serial is not ours"}
    return await world.custody(who, "DeclareIllegitimate", argument)


async def settle(world: World, who: str, *refs: str, name: str = "I") -> Any:
    return await world.custody(who, "SettleHolds", {"id": name, "refs": list(refs)})


async def file(world: World, who: str = PHARMACY, **more: Any) -> Any:
    argument = {"id": "N", "investigation": "I", "partners": [WHOLESALER, MAKER], **FORM, **more}
    return await world.custody(who, "NotifyIllegitimate", argument)


async def acknowledge(world: World, who: str = REGULATOR) -> Any:
    argument = {"id": "N", "gln": who, "incident": "FDA-2026-17"}
    return await world.custody(who, "AcknowledgeNotification", argument)


async def report(world: World, function: str, who: str = PHARMACY) -> Any:
    return await world.custody(who, function, {"id": "N", "description": "all packs are destroyed"})


async def answer(world: World, outcome: str, who: str = REGULATOR) -> Any:
    argument = {"id": "N", "gln": who, "outcome": outcome, "answer": "seen"}
    return await world.custody(who, "AnswerTermination", argument)


async def respond(world: World, who: str, packs: int, investigation: str = "") -> Any:
    argument: dict[str, Any] = {"id": "N", "gln": who, "packs": packs}
    if investigation:
        argument["investigation"] = investigation
    return await world.custody(who, "RespondNotification", argument)
