"""Form FDA 3911 on the ledger: filed within its clock, answered by partners, ended with the regulator."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.safety import (
    DRUG,
    FORM,
    acknowledge,
    answer,
    file,
    investigate,
    report,
    respond,
)
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    MAKER,
    MSPS,
    PHARMACY,
    PRODUCT,
    REGULATOR,
    STRANGER,
    WHOLESALER,
    World,
)

HOUR = 3_600_000


async def refusal(call: Any) -> tuple[Code, str | None]:
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.code, refused.value.field


async def illegitimate(world: World, who: str = PHARMACY) -> tuple[str, Any]:
    """A pack at the dispenser that was found illegitimate; its ref and the investigation."""
    [ref] = await world.at_pharmacy()
    await investigate(world, who, ref)
    argument = {"id": "I", "classification": "stolen", "decision": "reported stolen"}
    return ref, await world.custody(who, "DeclareIllegitimate", argument)


async def look(world: World) -> Any:
    return await world.custody(WHOLESALER, "GetNotification", {"id": "N"})


async def test_a_notification_holds_the_form(world: World) -> None:
    _, found = await illegitimate(world)
    filed_at = world.ledger.now
    filed = await file(world)
    assert filed == {
        "doc": "notification",
        "id": "N",
        "kind": "illegitimate",
        "investigation": "I",
        "filer": PHARMACY,
        "role": "dispenser",
        "classification": "stolen",
        "location": "domestic",
        "gtin": PRODUCT,
        "drug": {
            **DRUG,
            "product_name": "Insulin glargine",
            "strength": "100 units/mL",
            "dosage_form": "injection, solution",
            "ndc": filed["drug"]["ndc"],
        },
        "reports": [{"kind": "initial", "description": FORM["description"], "at": filed_at}],
        "other_reports": ["medwatch_3500"],
        "partners": [WHOLESALER, MAKER],
        "determined_at": found["decided_at"],
        "notify_by": found["notify_by"],
        "filed_at": filed_at,
        "status": "open",
        "guards": sorted([MSPS[PHARMACY], MSPS[REGULATOR]]),
    }
    partners = {"kind": "illegitimate", "filer": PHARMACY, "gtin": PRODUCT, "partners": [WHOLESALER, MAKER]}
    assert world.event() == ("NotificationFiled", {"id": "N", **partners})
    policy = world.ledger.policies[("custody", keys.notification_key("N"))]
    assert policy == owners_policy([MSPS[PHARMACY], MSPS[REGULATOR]], CONSORTIUM["members"])


@pytest.mark.parametrize(("hours", "late"), [(24, False), (25, True)])
async def test_its_clock(world: World, hours: int, late: bool) -> None:
    _, found = await illegitimate(world)
    world.ledger.now = found["decided_at"] + hours * HOUR
    await file(world)
    assert (await look(world))["late"] is late
    world.ledger.now += 1000 * HOUR
    assert (await look(world))["late"] is late, "what was filed in time stays so"
    overdue = await world.custody(PHARMACY, "GetInvestigation", {"id": "I"})
    assert overdue["overdue"] is late


async def test_what_is_not_notified_of(world: World) -> None:
    [ref] = await world.at_pharmacy()
    await investigate(world, PHARMACY, ref)
    assert await refusal(file(world)) == (Code.NOT_ILLEGITIMATE, "investigation")
    assert await refusal(file(world, investigation="X")) == (Code.INVESTIGATION_UNKNOWN, "investigation")
    await world.custody(
        PHARMACY, "DeclareIllegitimate", {"id": "I", "classification": "stolen", "decision": "stolen"}
    )
    for more, code, field in (
        ({"partners": [STRANGER]}, Code.PARTY_UNKNOWN, "partners[0]"),
        ({"partners": [PHARMACY]}, Code.INVALID_ARGUMENT, "partners"),
        ({"drug": DRUG | {"use": "cats"}}, Code.INVALID_ARGUMENT, "drug.use"),
        ({"drug": DRUG | {"patient": "Jo"}}, Code.INVALID_ARGUMENT, "drug.patient"),
        ({"contact": "Jo"}, Code.INVALID_ARGUMENT, "contact"),
        ({"other_reports": ["blog"]}, Code.INVALID_ARGUMENT, "other_reports[0]"),
    ):
        assert await refusal(file(world, **more)) == (code, field)
    await file(world, partners=[MAKER])
    assert await refusal(file(world)) == (Code.NOTIFICATION_EXISTS, "investigation")
    [other] = await world.at_pharmacy()
    await investigate(world, PHARMACY, other, name="J")
    await world.custody(
        PHARMACY, "DeclareIllegitimate", {"id": "J", "classification": "stolen", "decision": "stolen"}
    )
    assert await refusal(file(world, investigation="J")) == (Code.NOTIFICATION_EXISTS, "id")


async def test_a_notification_without_partners_goes_to_the_regulator(world: World) -> None:
    await illegitimate(world)
    argument = {"id": "N", "investigation": "I", **FORM}
    assert (await world.custody(PHARMACY, "NotifyIllegitimate", argument))["partners"] == []
    assert (await look(world))["responses"] == []


async def test_partners_say_what_they_have(world: World) -> None:
    await illegitimate(world)
    await file(world)
    none = await respond(world, MAKER, 0)
    assert (none["packs"], "investigation" in none) == (0, False)
    assert world.event() == ("NotificationAnswered", {"id": "N", "gln": MAKER, "packs": 0})
    assert await refusal(respond(world, MAKER, 2)) == (Code.INVESTIGATION_REQUIRED, "investigation")
    assert await refusal(respond(world, MAKER, 2, "I")) == (Code.INVESTIGATION_REQUIRED, "investigation")
    # It receives some afterwards, holds them and says so.
    [ref] = await world.units(1)
    await investigate(world, MAKER, ref, name="MAKERS")
    await respond(world, MAKER, 1, "MAKERS")
    await respond(world, WHOLESALER, 0)
    responses = (await look(world))["responses"]
    assert [(one["gln"], one["packs"]) for one in responses] == [(WHOLESALER, 0), (MAKER, 1)]
    assert await refusal(respond(world, REGULATOR, 0)) == (Code.NOT_NOTIFIED, "gln")


async def test_its_incident_number_and_what_follows(world: World) -> None:
    await illegitimate(world)
    await file(world)
    for function in ("FollowUpNotification", "RequestTermination"):
        assert await refusal(report(world, function)) == (Code.INCIDENT_MISSING, "id")
    assert (await refusal(acknowledge(world, MAKER)))[0] is Code.ROLE_REQUIRED
    await acknowledge(world)
    assert world.event() == ("NotificationAcknowledged", {"id": "N", "incident": "FDA-2026-17"})
    assert (await refusal(acknowledge(world)))[0] is Code.INCIDENT_EXISTS
    await report(world, "FollowUpNotification")
    assert (await refusal(answer(world, "in_error")))[0] is Code.TERMINATION_NOT_ASKED
    assert (await refusal(report(world, "RequestTermination", MAKER)))[0] is Code.NOT_AUTHORISED
    asked = await report(world, "RequestTermination")
    assert [one["kind"] for one in asked["reports"]] == ["initial", "follow_up", "termination_request"]
    assert (await refusal(report(world, "RequestTermination")))[0] is Code.TERMINATION_ASKED
    assert (await refusal(answer(world, "no_longer_necessary", MAKER)))[0] is Code.ROLE_REQUIRED
    assert (await answer(world, "still_necessary"))["status"] == "open"
    await report(world, "RequestTermination")
    ended = await answer(world, "no_longer_necessary")
    assert (ended["status"], ended["outcome"]) == ("terminated", "no_longer_necessary")
    assert world.event() == ("TerminationAnswered", {"id": "N", "outcome": "no_longer_necessary"})
    for call in (respond(world, MAKER, 0), report(world, "FollowUpNotification")):
        assert (await refusal(call))[0] is Code.NOTIFICATION_CLOSED


@pytest.mark.parametrize("outcome", ["in_error", "no_longer_necessary"])
async def test_only_an_error_gives_illegitimate_goods_back(world: World, outcome: str) -> None:
    ref, _ = await illegitimate(world)
    await file(world)
    await acknowledge(world)
    await report(world, "RequestTermination")
    await answer(world, outcome)
    await world.custody(PHARMACY, "SettleHolds", {"id": "I", "refs": [ref]})
    dispensing = world.custody(PHARMACY, "Dispense", {"gln": PHARMACY, "units": [ref]})
    if outcome == "in_error":
        await dispensing
    else:
        assert (await refusal(dispensing))[0] is Code.HELD


async def raise_risk(world: World, who: str = WHOLESALER) -> Any:
    argument = {"id": "R", "gln": who, "gtin": PRODUCT, "description": "cartons for sale in a chat"}
    return await world.custody(who, "RaiseHighRisk", argument)


async def notify_risk(world: World, who: str = MAKER) -> Any:
    argument = {"id": "N", "high_risk": "R", "classification": "counterfeit", **FORM}
    return await world.custody(who, "NotifyHighRisk", argument | {"partners": [WHOLESALER]})


@pytest.mark.parametrize("who", [MAKER, WHOLESALER, REGULATOR])
async def test_a_high_risk_starts_the_manufacturers_clock(world: World, who: str) -> None:
    risk = await raise_risk(world, who)
    assert (risk["manufacturer"], risk["notify_by"]) == (MAKER, risk["raised_at"] + 24 * HOUR)
    assert risk["guards"] == sorted({MSPS[who], MSPS[MAKER]})
    assert world.event() == (
        "HighRiskRaised",
        {"id": "R", "gtin": PRODUCT, "manufacturer": MAKER, "notify_by": risk["notify_by"]},
    )
    for late in (False, True):
        world.ledger.now = risk["notify_by"] + late
        found = await world.custody(PHARMACY, "GetHighRisk", {"id": "R"})
        assert found["overdue"] is late


async def test_the_manufacturer_notifies_of_a_high_risk(world: World) -> None:
    risk = await raise_risk(world)
    assert (await refusal(notify_risk(world, WHOLESALER)))[0] is Code.NOT_AUTHORISED
    filed = await notify_risk(world)
    assert (filed["kind"], filed["high_risk"], filed["filer"]) == ("high_risk", "R", MAKER)
    assert (filed["determined_at"], filed["notify_by"]) == (risk["raised_at"], risk["notify_by"])
    found = await world.custody(PHARMACY, "GetHighRisk", {"id": "R"})
    assert (found["high_risk"]["notification"], found["overdue"]) == ("N", False)
    assert (await look(world))["late"] is False
    assert await refusal(notify_risk(world)) == (Code.NOTIFICATION_EXISTS, "high_risk")
    assert (await refusal(raise_risk(world)))[0] is Code.HIGH_RISK_EXISTS
    await acknowledge(world)
    await report(world, "RequestTermination", MAKER)
    assert (await answer(world, "in_error"))["status"] == "terminated"


@pytest.mark.parametrize(
    ("function", "code"),
    [("GetNotification", Code.NOTIFICATION_UNKNOWN), ("GetHighRisk", Code.HIGH_RISK_UNKNOWN)],
)
async def test_unknown(world: World, function: str, code: Code) -> None:
    assert await refusal(world.custody(MAKER, function, {"id": "NONE"})) == (code, "id")
