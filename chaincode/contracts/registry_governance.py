"""Changing the consortium's settings: proposals, votes, and what a majority enacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context
from chaincode.contracts.paging import page
from chaincode.contracts.registry_directory import write_settings
from chaincode.contracts.registry_settings import KEY, load, msp_id, use
from chaincode.model import gs1, keys
from chaincode.model.documents.governance import Changes, Proposal, Vote
from chaincode.model.documents.registry import ROLES, Party, SettingsValue
from chaincode.model.errors import Code, Refusal
from chaincode.rules import governance, parties
from chaincode.rules.parameters import PARAMETERS

MAX_CHANGES = 50
MAX_VALUE = 2**31 - 1
DAY_MS = 86_400_000

Value = TypeVar("Value")


async def propose(context: Context, arguments: Arguments) -> Any:
    """Propose changes of parameters, the rules' version, members, regulators or parties' roles; by a member.

    ``changes``: {parameters: {name: integer}, rules: version, members: {MSP id: whether it is one},
    regulators: likewise, roles: {GLN: role}}, at least one of them.
    """
    proposal_id, gln = arguments.identifier("id"), arguments.gln()
    changes, reason = _changes(arguments), arguments.text("reason")
    arguments.done()
    key = keys.proposal_key(proposal_id)
    named = _parties(changes)
    settings, existing, party, *others = await context.read_all([KEY, key, keys.party_key(gln), *named])
    days = use(context, settings).parameter("proposal_days")
    _acting_member(context, party)
    if existing is not None:
        raise Refusal(Code.PROPOSAL_EXISTS, f"proposal {proposal_id} exists", "id")
    affected = _registered(changes, others)
    before = _standing(settings["value"], affected, changes)
    context.check(governance.changes_something, changes, before, "changes")
    _lawful(context, settings["value"], affected, changes)
    proposal: Proposal = {
        "doc": "proposal",
        "id": proposal_id,
        "gln": gln,
        "msp_id": context.msp_id,
        "changes": changes,
        "before": before,
        "version": settings["version"],
        "reason": reason,
        "status": "open",
        "proposed_at": context.now,
        "expires_at": context.now + days * DAY_MS,
    }
    context.write(key, proposal)
    context.event("ProposalMade", {"id": proposal_id, "gln": gln})
    return proposal


async def vote(context: Context, arguments: Arguments) -> Any:
    """Approve or reject a proposal; once by each member, under a key of its own: no two votes collide."""
    proposal_id, gln = arguments.identifier("id"), arguments.gln()
    approve = arguments.boolean("approve")
    arguments.done()
    key = keys.vote_key(proposal_id, context.msp_id)
    proposal, earlier, party = await load(context, keys.proposal_key(proposal_id), key, keys.party_key(gln))
    _known(proposal, proposal_id)
    _acting_member(context, party)
    context.check(governance.undecided, proposal, "id")
    context.check(governance.in_time, proposal, context.now, "id")
    context.check(governance.votes_once, earlier, "id")
    cast: Vote = {
        "doc": "vote",
        "proposal": proposal_id,
        "msp_id": context.msp_id,
        "gln": gln,
        "approve": approve,
        "voted_at": context.now,
    }
    context.write_once(key, cast)
    context.event("VoteCast", {"id": proposal_id, "msp_id": context.msp_id, "approve": approve})
    return cast


async def enact(context: Context, arguments: Arguments) -> Any:
    """Put what a majority of the members has approved in force; by anyone.

    What was lawful when it was proposed must be so still, and stand as it stood then.
    """
    proposal_id = arguments.identifier("id")
    arguments.done()
    settings, proposal = await context.read_all([KEY, keys.proposal_key(proposal_id)])
    members = use(context, settings).members
    _known(proposal, proposal_id)
    changes = proposal["changes"]
    votes, others = await _votes(context, proposal_id, members, _parties(changes))
    context.check(governance.undecided, proposal, "id")
    context.check(governance.in_time, proposal, context.now, "id")
    context.check(governance.carried, governance.tally(votes, members), "id")
    affected = _registered(changes, others)
    context.check(governance.unmoved, proposal, _standing(settings["value"], affected, changes), "id")
    value = _lawful(context, settings["value"], affected, changes)
    changed = settings | {"version": settings["version"] + 1, "value": value}
    moved: list[Any] = [{**party, "role": changes["roles"][gln]} for gln, party in affected.items()]
    await write_settings(context, changed, moved)
    closed = {"status": "enacted", "closed_at": context.now, "enacted": changed["version"]}
    context.write(keys.proposal_key(proposal_id), proposal | closed)
    context.event("ProposalEnacted", {"id": proposal_id, "version": changed["version"]})
    return changed


async def withdraw(context: Context, arguments: Arguments) -> Any:
    """Take a proposal back; by the member that made it."""
    proposal_id = arguments.identifier("id")
    arguments.done()
    [proposal] = await load(context, keys.proposal_key(proposal_id))
    _known(proposal, proposal_id)
    context.check(governance.proposers, proposal, context.msp_id, "id")
    context.check(governance.undecided, proposal, "id")
    closed = proposal | {"status": "withdrawn", "closed_at": context.now}
    context.write(keys.proposal_key(proposal_id), closed)
    context.event("ProposalWithdrawn", {"id": proposal_id})
    return closed


async def get_proposal(context: Context, arguments: Arguments) -> Any:
    """A proposal, the votes of those who are members today, their tally, and whether it has expired."""
    proposal_id = arguments.identifier("id")
    arguments.done()
    settings, proposal = await context.read_all([KEY, keys.proposal_key(proposal_id)])
    _known(proposal, proposal_id)
    members = settings["value"]["members"]
    votes, _ = await _votes(context, proposal_id, members, [])
    return {
        "proposal": proposal,
        "votes": [cast for cast in votes if cast is not None],
        "tally": governance.tally(votes, members),
        "expired": context.now >= proposal["expires_at"],
    }


async def list_proposals(context: Context, arguments: Arguments) -> Any:
    """A page of proposals, by id."""
    return await page(context, "proposal", arguments)


def _acting_member(context: Context, party: Party | None) -> None:
    """Whoever acts for a member's party. Its suspension is no bar: else regulators would choose who votes."""
    if party is None:
        raise Refusal(Code.PARTY_UNKNOWN, "the party is not registered", "gln")
    context.check(parties.acting_for, party, context.msp_id, "gln")
    context.check(parties.of_member, context.msp_id, context.settings.members, "gln")


def _known(proposal: Proposal | None, proposal_id: str) -> None:
    if proposal is None:
        raise Refusal(Code.PROPOSAL_UNKNOWN, f"proposal {proposal_id} is not on the ledger", "id")


async def _votes(
    context: Context, proposal_id: str, members: Sequence[str], others: Sequence[str]
) -> tuple[list[Vote | None], list[Any]]:
    """The members' votes, and the documents of other keys."""
    asked = [keys.vote_key(proposal_id, member) for member in members]
    found = await context.read_all([*asked, *others])
    return found[: len(asked)], found[len(asked) :]


def _parties(changes: Changes) -> list[str]:
    return [keys.party_key(gln) for gln in sorted(changes.get("roles", {}))]


def _registered(changes: Changes, found: Sequence[Party | None]) -> dict[str, Party]:
    """The parties whose role changes, by GLN."""
    named: dict[str, Party] = {}
    for gln, party in zip(sorted(changes.get("roles", {})), found, strict=True):
        if party is None:
            raise Refusal(Code.PARTY_UNKNOWN, f"party {gln} is not registered", f"changes.roles.{gln}")
        named[gln] = party
    return named


def _standing(settings: SettingsValue, affected: dict[str, Party], changes: Changes) -> Changes:
    return governance.standing(settings, {gln: party["role"] for gln, party in affected.items()}, changes)


def _lawful(
    context: Context, settings: SettingsValue, affected: dict[str, Party], changes: Changes
) -> SettingsValue:
    """The settings as the changes make them, which no rule forbids."""
    changed = governance.applied(settings, changes)
    context.check(governance.within_bounds, changes, "changes")
    context.check(governance.supported, changed["rules"], "changes.rules")
    context.check(governance.supervised, changed, "changes.regulators")
    for gln, party in affected.items():
        role, field = changes["roles"][gln], f"changes.roles.{gln}"
        context.check(parties.regulators_role, party["msp_id"], role, changed["regulators"], field)
    return changed


def _changes(arguments: Arguments) -> Changes:
    field, value = arguments.take("changes")
    given = Arguments(value, field)
    changes: Any = {}
    if given.has("parameters"):
        changes["parameters"] = _each(
            given, "parameters", _parameter, lambda of, name: of.integer(name, 0, MAX_VALUE)
        )
    for group in ("members", "regulators"):
        if given.has(group):
            changes[group] = _each(given, group, msp_id, Arguments.boolean)
    if given.has("roles"):
        changes["roles"] = _each(given, "roles", gs1.gln, lambda of, name: of.choice(name, ROLES))
    if given.has("rules"):
        changes["rules"] = given.integer("rules", 1, MAX_VALUE)
    given.done()
    if not changes:
        raise invalid(field, "names at least one change")
    return changes


def _each(
    given: Arguments,
    group: str,
    name_of: Callable[[Any, str], str],
    value_of: Callable[[Arguments, str], Value],
) -> dict[str, Value]:
    """An object of one kind of value by one kind of name."""
    field, values = given.take(group)
    inner = Arguments(values, field)
    if not 1 <= len(values) <= MAX_CHANGES:
        raise invalid(field, f"has 1 to {MAX_CHANGES} entries")
    return {name_of(name, f"{field}.{name[:64]}"): value_of(inner, name) for name in sorted(values)}


def _parameter(name: str, field: str) -> str:
    if name not in PARAMETERS:
        raise Refusal(Code.PARAMETER_UNKNOWN, "no rule has such a parameter", field)
    return name
