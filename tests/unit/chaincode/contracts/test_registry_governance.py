"""Proposals and votes: how the consortium changes its settings, and what it cannot change."""

from __future__ import annotations

from typing import Any

import pytest

from chaincode.contracts.protection import NOBODY
from chaincode.model import keys
from chaincode.model.directory import SETTINGS_KEY
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import (
    CONSORTIUM,
    MAKER,
    MSPS,
    PHARMACY,
    REGULATOR,
    STRANGER,
    WHOLESALER,
    World,
    party,
)

DAYS = {"parameters": {"proposal_days": 60}}
DAY_MS = 86_400_000


async def propose(
    world: World, changes: dict[str, Any], who: str = MAKER, name: str = "P-1"
) -> dict[str, Any]:
    argument = {"id": name, "gln": who, "changes": changes, "reason": "as agreed"}
    return await world.registry(who, "Propose", argument)


async def vote(world: World, who: str, approve: bool = True, name: str = "P-1") -> dict[str, Any]:
    return await world.registry(who, "Vote", {"id": name, "gln": who, "approve": approve})


async def enact(world: World, name: str = "P-1", who: str = PHARMACY) -> dict[str, Any]:
    return await world.registry(who, "Enact", {"id": name})


async def approved(world: World, changes: dict[str, Any], name: str = "P-1") -> None:
    """Proposed, and approved by three members of four."""
    await propose(world, changes, name=name)
    for who in (MAKER, WHOLESALER, REGULATOR):
        await vote(world, who, name=name)


async def refusal(call: Any) -> tuple[Code, str | None]:
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.code, refused.value.field


async def settings(world: World) -> dict[str, Any]:
    return await world.registry(PHARMACY, "GetSettings", {})


async def test_a_majority_changes_a_parameter(world: World) -> None:
    made = await propose(world, DAYS)
    assert made["before"] == {"parameters": {"proposal_days": 30}}
    assert made["expires_at"] - made["proposed_at"] == 30 * DAY_MS
    assert world.event() == ("ProposalMade", {"id": "P-1", "gln": MAKER})
    await vote(world, MAKER)
    await vote(world, WHOLESALER, approve=False)
    cast = await vote(world, REGULATOR)
    assert cast["approve"] is True
    assert world.event() == ("VoteCast", {"id": "P-1", "msp_id": MSPS[REGULATOR], "approve": True})
    assert await refusal(enact(world)) == (Code.NO_MAJORITY, "id"), "two of four are no majority"
    await vote(world, PHARMACY)
    changed = await enact(world)
    assert (changed["version"], changed["value"]["parameters"]) == (2, {"proposal_days": 60})
    assert world.event() == ("ProposalEnacted", {"id": "P-1", "version": 2})
    assert (await settings(world))["parameters"]["proposal_days"]["value"] == 60
    later = await propose(world, {"parameters": {"proposal_days": 7}}, name="P-2")
    assert later["expires_at"] - later["proposed_at"] == 60 * DAY_MS
    assert later["version"] == 2


async def test_settings_tell_of_every_parameter(world: World) -> None:
    found = (await settings(world))["parameters"]["proposal_days"]
    assert {name: found[name] for name in ("value", "default", "minimum", "maximum", "unit")} == {
        "value": 30,
        "default": 30,
        "minimum": 1,
        "maximum": 365,
        "unit": "days",
    }


async def test_a_proposal_and_its_votes(world: World) -> None:
    made = await propose(world, DAYS)
    cast = [await vote(world, MAKER), await vote(world, PHARMACY, approve=False)]
    found = await world.registry(WHOLESALER, "GetProposal", {"id": "P-1"})
    assert found == {
        "proposal": made,
        "votes": cast,
        "tally": {"approved": 1, "rejected": 1, "members": 4, "needed": 3},
        "expired": False,
    }
    page = await world.registry(WHOLESALER, "ListProposals", {})
    assert page == {"items": [made], "bookmark": ""}


async def test_one_vote_a_member_whatever_its_parties(world: World) -> None:
    second = party(MAKER) | {"gln": STRANGER, "role": "wholesaler"}
    await world.registry(REGULATOR, "RegisterParty", second)
    await propose(world, DAYS)
    await vote(world, MAKER)
    argument = {"id": "P-1", "gln": STRANGER, "approve": True}
    assert await refusal(world.registry(MAKER, "Vote", argument)) == (Code.VOTE_EXISTS, "id")
    vote_key = ("registry", keys.vote_key("P-1", MSPS[MAKER]))
    assert world.ledger.policies[vote_key] == NOBODY, "and nobody changes it"


async def test_votes_do_not_collide(world: World) -> None:
    await propose(world, DAYS)
    touched = []
    for who in (MAKER, WHOLESALER):
        await vote(world, who)
        transaction = world.ledger.transactions[-1]
        touched.append((transaction.reads, set(transaction.writes)))
    (reads, writes), (other_reads, other_writes) = touched
    assert not writes & (other_reads | other_writes)
    assert not other_writes & (reads | writes)


async def test_a_suspended_member_votes(world: World) -> None:
    await world.registry(REGULATOR, "SuspendParty", {"gln": PHARMACY, "reason": "inspection"})
    await propose(world, DAYS, PHARMACY)
    await vote(world, PHARMACY)


async def test_whoever_is_no_member_neither_proposes_nor_votes(world: World) -> None:
    document = world.ledger.document("registry", keys.party_key(PHARMACY))
    outside = document | {"gln": STRANGER, "msp_id": MSPS[STRANGER]}
    world.ledger.put("registry", keys.party_key(STRANGER), outside)
    await propose(world, DAYS)
    assert await refusal(vote(world, STRANGER)) == (Code.NOT_MEMBER, "gln")
    assert await refusal(propose(world, DAYS, STRANGER, "P-2")) == (Code.NOT_MEMBER, "gln")
    other = {"id": "P-1", "gln": PHARMACY, "approve": True}
    assert await refusal(world.registry(MAKER, "Vote", other)) == (Code.NOT_AUTHORISED, "gln")


async def test_the_votes_of_todays_members_count(world: World) -> None:
    await propose(world, DAYS)
    for who in (MAKER, WHOLESALER, PHARMACY):
        await vote(world, who)
    await approved(world, {"members": {MSPS[WHOLESALER]: False, "NewMSP": True, "OtherMSP": True}}, "P-2")
    await enact(world, "P-2")
    assert await refusal(enact(world)) == (Code.NO_MAJORITY, "id"), "two of five"
    await vote(world, REGULATOR)
    await enact(world)


async def test_an_expired_proposal_is_over(world: World) -> None:
    await approved(world, DAYS)
    world.ledger.now += 30 * DAY_MS
    assert await refusal(vote(world, PHARMACY)) == (Code.PROPOSAL_EXPIRED, "id")
    assert await refusal(enact(world)) == (Code.PROPOSAL_EXPIRED, "id")
    assert (await world.registry(PHARMACY, "GetProposal", {"id": "P-1"}))["expired"] is True


async def test_a_proposal_is_withdrawn_by_whoever_made_it(world: World) -> None:
    await approved(world, DAYS)
    argument = {"id": "P-1"}
    assert await refusal(world.registry(WHOLESALER, "Withdraw", argument)) == (Code.NOT_AUTHORISED, "id")
    closed = await world.registry(MAKER, "Withdraw", argument)
    assert closed["status"] == "withdrawn"
    assert world.event() == ("ProposalWithdrawn", {"id": "P-1"})
    for call in (vote(world, PHARMACY), enact(world), world.registry(MAKER, "Withdraw", argument)):
        assert await refusal(call) == (Code.PROPOSAL_CLOSED, "id")


async def test_what_is_enacted_is_enacted_once(world: World) -> None:
    await approved(world, DAYS)
    await enact(world)
    assert await refusal(enact(world)) == (Code.PROPOSAL_CLOSED, "id")
    found = (await world.registry(MAKER, "GetProposal", {"id": "P-1"}))["proposal"]
    assert (found["status"], found["enacted"]) == ("enacted", 2)


async def test_two_proposals_for_one_parameter(world: World) -> None:
    await approved(world, DAYS)
    await approved(world, {"parameters": {"proposal_days": 90}}, "P-2")
    await approved(world, {"members": {"NewMSP": True}}, "P-3")
    await enact(world)
    assert await refusal(enact(world, "P-2")) == (Code.PROPOSAL_STALE, "id")
    changed = await enact(world, "P-3")
    assert changed["value"]["parameters"] == {"proposal_days": 60}, "another field, made under version 1"
    assert (changed["version"], "NewMSP" in changed["value"]["members"]) == (3, True)


async def test_a_partys_role(world: World) -> None:
    await approved(world, {"roles": {PHARMACY: "wholesaler"}})
    await enact(world)
    found = await world.registry(MAKER, "GetParty", {"gln": PHARMACY})
    assert found["role"] == "wholesaler"
    with pytest.raises(Refusal) as refused:
        await world.offer(MAKER, PHARMACY, *await world.units(1))
    assert refused.value.code is Code.LICENCE_MISSING, "its licence is a dispenser's"


async def test_another_regulator_then_the_first_leaves(world: World) -> None:
    first, second = MSPS[REGULATOR], MSPS[MAKER]
    await approved(world, {"regulators": {second: True}})
    await enact(world)
    await approved(world, {"regulators": {first: False}, "members": {first: False}}, "P-2")
    changed = await enact(world, "P-2")
    assert changed["value"]["regulators"] == [second]
    suspension = {"gln": PHARMACY, "reason": "inspection"}
    assert (await refusal(world.registry(REGULATOR, "SuspendParty", suspension)))[0] is Code.ROLE_REQUIRED
    await world.registry(MAKER, "SuspendParty", suspension)


async def test_a_member_that_left_trades_no_more(world: World) -> None:
    refs = await world.units(1)
    await world.decide({"members": {MSPS[PHARMACY]: False}})
    with pytest.raises(Refusal, match="has left the consortium") as refused:
        await world.offer(MAKER, PHARMACY, *refs)
    assert refused.value.code is Code.PARTY_SUSPENDED
    await world.decide({"members": {MSPS[PHARMACY]: True}})
    await world.offer(MAKER, PHARMACY, *refs)


async def test_whoever_was_voted_out_as_a_regulator_is_none_in_custody_either(world: World) -> None:
    recall = {"gln": REGULATOR, "ref": (await world.units(1))[0], "reason": "suspect"}
    await world.decide({"regulators": {MSPS[MAKER]: True}})
    await world.decide({"regulators": {MSPS[REGULATOR]: False}})
    with pytest.raises(Refusal) as refused:
        await world.custody(REGULATOR, "Quarantine", recall)
    assert refused.value.code is Code.PARTY_UNKNOWN


async def test_two_proposals_that_together_leave_no_regulator(world: World) -> None:
    first, second = MSPS[REGULATOR], MSPS[MAKER]
    await approved(world, {"regulators": {second: True}})
    await enact(world)
    await approved(world, {"regulators": {first: False}}, "P-2")
    await approved(world, {"regulators": {second: False}}, "P-3")
    await enact(world, "P-2")
    assert await refusal(enact(world, "P-3")) == (Code.NO_REGULATOR, "changes.regulators")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({}, Code.INVALID_ARGUMENT, "changes"),
        ([], Code.INVALID_ARGUMENT, "changes"),
        ({"gtins": {}}, Code.INVALID_ARGUMENT, "changes.gtins"),
        ({"parameters": {}}, Code.INVALID_ARGUMENT, "changes.parameters"),
        ({"parameters": [1]}, Code.INVALID_ARGUMENT, "changes.parameters"),
        ({"parameters": {"proposal_days": "7"}}, Code.INVALID_ARGUMENT, "changes.parameters.proposal_days"),
        ({"parameters": {"proposal_days": 0}}, Code.PARAMETER_BOUNDS, "changes.parameters.proposal_days"),
        ({"parameters": {"proposal_days": 366}}, Code.PARAMETER_BOUNDS, "changes.parameters.proposal_days"),
        ({"parameters": {"proposal_days": 30}}, Code.NOTHING_CHANGES, "changes.parameters.proposal_days"),
        ({"parameters": {"hours": 7}}, Code.PARAMETER_UNKNOWN, "changes.parameters.hours"),
        ({"rules": 0}, Code.INVALID_ARGUMENT, "changes.rules"),
        ({"rules": 1}, Code.NOTHING_CHANGES, "changes.rules"),
        ({"rules": 99}, Code.RULES_UNSUPPORTED, "changes.rules"),
        ({"members": {MSPS[MAKER]: True}}, Code.NOTHING_CHANGES, f"changes.members.{MSPS[MAKER]}"),
        ({"members": {MSPS[MAKER]: 1}}, Code.INVALID_ARGUMENT, f"changes.members.{MSPS[MAKER]}"),
        ({"members": {MSPS[REGULATOR]: False}}, Code.NOT_MEMBER, "changes.regulators"),
        ({"regulators": {MSPS[REGULATOR]: False}}, Code.NO_REGULATOR, "changes.regulators"),
        ({"regulators": {"NewMSP": True}}, Code.NOT_MEMBER, "changes.regulators"),
        ({"roles": {PHARMACY: "doctor"}}, Code.INVALID_ARGUMENT, f"changes.roles.{PHARMACY}"),
        ({"roles": {PHARMACY: "dispenser"}}, Code.NOTHING_CHANGES, f"changes.roles.{PHARMACY}"),
        ({"roles": {PHARMACY: "regulator"}}, Code.ROLE_REQUIRED, f"changes.roles.{PHARMACY}"),
        ({"roles": {STRANGER: "3pl"}}, Code.PARTY_UNKNOWN, f"changes.roles.{STRANGER}"),
        ({"roles": {"1": "3pl"}}, Code.INVALID_ARGUMENT, "changes.roles.1"),
        ({"members": {f"M{n}": True for n in range(51)}}, Code.INVALID_ARGUMENT, "changes.members"),
    ],
)
async def test_what_is_not_proposed(world: World, changes: Any, code: Code, field: str) -> None:
    assert await refusal(propose(world, changes)) == (code, field)


async def test_a_proposals_id_is_taken_once(world: World) -> None:
    await propose(world, DAYS)
    assert await refusal(propose(world, {"rules": 1})) == (Code.PROPOSAL_EXISTS, "id")


@pytest.mark.parametrize("function", ["Vote", "Enact", "Withdraw", "GetProposal"])
async def test_an_unknown_proposal(world: World, function: str) -> None:
    argument: dict[str, Any] = {"id": "P-9"}
    if function == "Vote":
        argument |= {"gln": MAKER, "approve": True}
    assert await refusal(world.registry(MAKER, function, argument)) == (Code.PROPOSAL_UNKNOWN, "id")


async def test_rules_that_this_chaincode_does_not_know(world: World) -> None:
    """A member that runs an older chaincode endorses nothing, and can still see why."""
    await propose(world, DAYS)
    key = keys.parameter_key("consortium")
    document = world.ledger.document("registry", key)
    changed = document | {"value": document["value"] | {"rules": 99}}
    world.ledger.put("registry", key, changed)
    known = world.ledger.document("custody", SETTINGS_KEY)
    world.ledger.put("custody", SETTINGS_KEY, known | {"settings": changed})
    expected = (Code.RULES_UNSUPPORTED, "settings")
    assert await refusal(world.units(1)) == expected
    assert await refusal(vote(world, MAKER)) == expected
    assert await refusal(world.registry(REGULATOR, "RegisterParty", party(MAKER))) == expected
    assert (await settings(world))["value"]["rules"] == 99
    assert (await world.registry(MAKER, "GetProposal", {"id": "P-1"}))["tally"]["approved"] == 0


async def test_refusals_name_rule_and_version(world: World) -> None:
    await world.decide(DAYS)
    with pytest.raises(Refusal) as refused:
        await propose(world, {"parameters": {"proposal_days": 0}}, name="Q-1")
    assert (refused.value.rule, refused.value.rules) == ("governance.within_bounds", 2)


async def test_regulators_are_members_from_the_beginning() -> None:
    world = World()
    members = [msp for msp in CONSORTIUM["members"] if msp != MSPS[REGULATOR]]
    call = world.registry(REGULATOR, "Bootstrap", CONSORTIUM | {"members": members})
    assert await refusal(call) == (Code.NOT_MEMBER, "members")
