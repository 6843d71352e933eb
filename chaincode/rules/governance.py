"""How the consortium changes its own settings: a proposal, one vote a member, a strict majority.

Changes, and what stood before them, have one form: ``{group: {name: value}}``, and ``rules`` a version. Of a
member or regulator the value says whether it is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaincode.model.documents.governance import Changes, Proposal, Tally, Vote
from chaincode.model.documents.registry import SettingsValue
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import VERSIONS, rule
from chaincode.rules.parameters import PARAMETERS


@rule(Code.PARAMETER_BOUNDS)
def within_bounds(changes: Changes, field: str) -> None:
    """A parameter stays within the bounds that law and sense leave.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    for name, value in sorted(changes.get("parameters", {}).items()):
        known = PARAMETERS[name]
        if not known.minimum <= value <= known.maximum:
            message = f"{name} is from {known.minimum} to {known.maximum} {known.unit}"
            raise Refusal(Code.PARAMETER_BOUNDS, message, f"{field}.parameters.{name}")


@rule(Code.RULES_UNSUPPORTED)
def supported(version: int, field: str) -> None:
    """A version of the rules is in force only where the chaincode knows it.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if version not in VERSIONS:
        message = f"this chaincode does not know version {version} of the rules"
        raise Refusal(Code.RULES_UNSUPPORTED, message, field)


@rule(Code.NOTHING_CHANGES)
def changes_something(changes: Changes, before: Changes, field: str) -> None:
    """Every change that is proposed is one: it differs from what stands.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    stands = dict(_values(before))
    for path, value in _values(changes):
        if stands[path] == value:
            raise Refusal(Code.NOTHING_CHANGES, f"{path} is that already", f"{field}.{path}")


@rule(Code.NO_REGULATOR, Code.NOT_MEMBER)
def supervised(settings: SettingsValue, field: str) -> None:
    """The consortium always has a regulator, and its regulators are members.

    Source: Design of MediLedger: the consortium's own. What it serves: supervision as in Delegated Regulation
    (EU) 2016/161, article 44.
    """
    if not settings["regulators"]:
        raise Refusal(Code.NO_REGULATOR, "the consortium would have no regulator", field)
    for msp_id in settings["regulators"]:
        if msp_id not in settings["members"]:
            raise Refusal(Code.NOT_MEMBER, f"the regulator {msp_id} would not be a member", field)


@rule(Code.PROPOSAL_CLOSED)
def undecided(proposal: Proposal, field: str) -> None:
    """What is enacted or withdrawn is decided.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if proposal["status"] != "open":
        raise Refusal(Code.PROPOSAL_CLOSED, f"proposal {proposal['id']} is {proposal['status']}", field)


@rule(Code.PROPOSAL_EXPIRED, parameters=("proposal_days",))
def in_time(proposal: Proposal, now: int, field: str) -> None:
    """A proposal is voted on and enacted before it expires.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if now >= proposal["expires_at"]:
        raise Refusal(Code.PROPOSAL_EXPIRED, f"proposal {proposal['id']} has expired", field)


@rule(Code.NOT_AUTHORISED)
def proposers(proposal: Proposal, msp_id: str, field: str) -> None:
    """Only the member that made a proposal takes it back.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if proposal["msp_id"] != msp_id:
        raise Refusal(Code.NOT_AUTHORISED, f"the proposal is {proposal['msp_id']}'s", field)


@rule(Code.VOTE_EXISTS)
def votes_once(vote: Vote | None, field: str) -> None:
    """A member has one vote, whatever number of parties act for it, and does not take it back.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if vote is not None:
        raise Refusal(Code.VOTE_EXISTS, f"{vote['msp_id']} has voted", field)


@rule(Code.NO_MAJORITY)
def carried(counted: Tally, field: str) -> None:
    """More than half of the members of today have approved.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if counted["approved"] < counted["needed"]:
        message = f"{counted['approved']} of {counted['members']} members approve, {counted['needed']} must"
        raise Refusal(Code.NO_MAJORITY, message, field)


@rule(Code.PROPOSAL_STALE)
def unmoved(proposal: Proposal, before: Changes, field: str) -> None:
    """What a proposal changes still stands as it did when the proposal was made.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    stands = dict(_values(before))
    for path, value in _values(proposal["before"]):
        if stands[path] != value:
            raise Refusal(Code.PROPOSAL_STALE, f"{path} has changed since it was proposed", field)


def standing(settings: SettingsValue, roles: Mapping[str, str], changes: Changes) -> Changes:
    """What ``changes`` speak of, as it stands; ``roles`` by GLN are those of the parties that they name."""
    before: Any = {}
    if "parameters" in changes:
        known = settings["parameters"]
        before["parameters"] = {
            name: known.get(name, PARAMETERS[name].default) for name in changes["parameters"]
        }
    for group in ("members", "regulators"):
        if group in changes:
            before[group] = {msp_id: msp_id in settings[group] for msp_id in changes[group]}
    if "roles" in changes:
        before["roles"] = {gln: roles[gln] for gln in changes["roles"]}
    if "rules" in changes:
        before["rules"] = settings["rules"]
    return before


def applied(settings: SettingsValue, changes: Changes) -> SettingsValue:
    """The settings as ``changes`` make them."""
    return {
        "members": _changed(settings["members"], changes.get("members", {})),
        "regulators": _changed(settings["regulators"], changes.get("regulators", {})),
        "rules": changes.get("rules", settings["rules"]),
        "parameters": settings["parameters"] | changes.get("parameters", {}),
    }


def tally(votes: Sequence[Vote | None], members: Sequence[str]) -> Tally:
    """How the votes of those who are members today stand, and how many must approve."""
    counted = [vote["approve"] for vote in votes if vote is not None and vote["msp_id"] in members]
    approved = counted.count(True)
    return {
        "approved": approved,
        "rejected": len(counted) - approved,
        "members": len(members),
        "needed": len(members) // 2 + 1,
    }


def _changed(names: Sequence[str], changes: Mapping[str, bool]) -> list[str]:
    kept = {name for name in names if changes.get(name, True)}
    return sorted(kept | {name for name, belongs in changes.items() if belongs})


def _values(changes: Changes) -> Iterator[tuple[str, Any]]:
    """Path and value of each change, in order."""
    for group, value in sorted(changes.items()):
        if isinstance(value, dict):
            yield from ((f"{group}.{name}", value[name]) for name in sorted(value))
        else:
            yield group, value
