"""Parties and their licences: what the regulators enter, suspend and revoke."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context
from chaincode.contracts.paging import page
from chaincode.contracts.registry_directory import write_parties
from chaincode.contracts.registry_settings import load, msp_id
from chaincode.model import keys
from chaincode.model.documents.registry import ROLES, Licence, LicenceStatus, Party
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties

MAX_LICENCES = 50
MAX_NUMBER = 64


async def register_party(context: Context, arguments: Arguments) -> Any:
    """Register a member's party, with its licences; by a regulator. Its GLN is that member's for good."""
    gln, role = arguments.gln(), arguments.choice("role", ROLES)
    party: Party = {
        "doc": "party",
        "gln": gln,
        "name": arguments.text("name"),
        "address": arguments.address("address"),
        "msp_id": msp_id(arguments.take("msp_id")[1], "msp_id"),
        "role": role,  # type: ignore[typeddict-item]
        "status": "active",
        "licences": arguments.each(
            "licences", MAX_LICENCES, lambda value, field: _licence(value, field, role)
        ),
        "registered_at": context.now,
    }
    arguments.done()
    _unrepeated(party["licences"])
    [existing] = await load(context, keys.party_key(gln))
    settings = context.settings
    context.check(parties.regulator, context.msp_id, settings.regulators)
    context.check(parties.of_member, party["msp_id"], settings.members, "msp_id")
    context.check(parties.regulators_role, party["msp_id"], role, settings.regulators, "role")
    if existing is not None:
        raise Refusal(Code.PARTY_EXISTS, f"party {gln} is registered", "gln")
    await write_parties(context, party)
    context.event("PartyRegistered", {"gln": gln, "role": role})
    return party


async def update_party(context: Context, arguments: Arguments) -> Any:
    """Change a party's business name, its address, or both: ``{gln, name?, address?}``; by a regulator."""
    gln = arguments.gln()
    change: Any = {}
    if arguments.has("name"):
        change["name"] = arguments.text("name")
    if arguments.has("address"):
        change["address"] = arguments.address("address")
    arguments.done()
    if not change:
        raise invalid("name", "is required where no address is given")
    party: Any = await _supervised(context, gln)
    return await _changed(context, party | change, "PartyUpdated")


async def suspend_party(context: Context, arguments: Arguments) -> Any:
    """Suspend a party, whatever licences it has; by a regulator, who says why."""
    gln, reason = arguments.gln(), arguments.text("reason")
    arguments.done()
    party = await _supervised(context, gln)
    context.check(parties.trading_partner, party, "gln")
    context.check(parties.party_is, party, "active", "gln")
    return await _changed(context, {**party, "status": "suspended", "reason": reason}, "PartySuspended")


async def reinstate_party(context: Context, arguments: Arguments) -> Any:
    """End a party's suspension; by a regulator, who says why."""
    gln, reason = arguments.gln(), arguments.text("reason")
    arguments.done()
    party = await _supervised(context, gln)
    context.check(parties.party_is, party, "suspended", "gln")
    return await _changed(context, {**party, "status": "active", "reason": reason}, "PartyReinstated")


async def add_licence(context: Context, arguments: Arguments) -> Any:
    """Add a licence to a party, or renew the active one with its authority and number; by a regulator."""
    gln = arguments.gln()
    field, value = arguments.take("licence")
    arguments.done()
    party = await _supervised(context, gln)
    added = _licence(value, field, party["role"])
    context.check(parties.renewable, party, added["authority"], added["number"], field)
    changed = parties.with_licence(party, added)
    if len(changed["licences"]) > MAX_LICENCES:
        raise Refusal(Code.BATCH_TOO_LARGE, f"a party has at most {MAX_LICENCES} licences", field)
    return await _changed(context, changed, "LicenceAdded", added["authority"], added["number"])


async def suspend_licence(context: Context, arguments: Arguments) -> Any:
    """Suspend an active licence; by a regulator, who says why."""
    return await _licence_becomes(context, arguments, "suspended", ("active",), "LicenceSuspended")


async def reinstate_licence(context: Context, arguments: Arguments) -> Any:
    """End a licence's suspension; by a regulator, who says why."""
    return await _licence_becomes(context, arguments, "active", ("suspended",), "LicenceReinstated")


async def revoke_licence(context: Context, arguments: Arguments) -> Any:
    """Revoke a licence for good; by a regulator, who says why."""
    return await _licence_becomes(context, arguments, "revoked", ("active", "suspended"), "LicenceRevoked")


async def get_party(context: Context, arguments: Arguments) -> Any:
    """A party by GLN."""
    gln = arguments.gln()
    arguments.done()
    return await context.need(keys.party_key(gln), Code.PARTY_UNKNOWN, f"party {gln}", "gln")


async def list_parties(context: Context, arguments: Arguments) -> Any:
    """A page of parties, by GLN."""
    return await page(context, "party", arguments)


async def _supervised(context: Context, gln: str) -> Party:
    """A registered party, for a regulator to change."""
    [party] = await load(context, keys.party_key(gln))
    context.check(parties.regulator, context.msp_id, context.settings.regulators)
    if party is None:
        raise Refusal(Code.PARTY_UNKNOWN, f"party {gln} is not on the ledger", "gln")
    return party


async def _licence_becomes(
    context: Context, arguments: Arguments, status: LicenceStatus, before: Collection[str], event: str
) -> Party:
    gln, authority = arguments.gln(), arguments.text("authority")
    number, reason = arguments.text("number", MAX_NUMBER), arguments.text("reason")
    arguments.done()
    party = await _supervised(context, gln)
    context.check(parties.trading_partner, party, "gln")
    context.check(parties.licence_is, party, authority, number, before, "number")
    changed = parties.with_licence_status(party, authority, number, status, reason)
    return await _changed(context, changed, event, authority, number)


async def _changed(context: Context, party: Party, event: str, *licence: str) -> Party:
    await write_parties(context, party)
    named = dict(zip(("authority", "number"), licence, strict=False))
    context.event(event, {"gln": party["gln"], **named})
    return party


def _licence(value: Any, field: str, role: str) -> Licence:
    """An active licence, valid for a day at least; for the party's own ``role`` unless it says for which."""
    inner = Arguments(value, field)
    read: Licence = {
        "authority": inner.text("authority"),
        "number": inner.text("number", MAX_NUMBER),
        "jurisdiction": inner.text("jurisdiction", 64),
        "valid_from": inner.day("valid_from"),
        "valid_to": inner.day("valid_to"),
        "roles": sorted(inner.each("roles", len(ROLES), _role)) if inner.has("roles") else [role],  # type: ignore
        "status": "active",
    }
    inner.done()
    if read["valid_from"] > read["valid_to"]:
        raise invalid(f"{field}.valid_to", "is not before valid_from")
    return read


def _role(value: Any, field: str) -> str:
    return Arguments({field: value}).choice(field, ROLES)


def _unrepeated(licences: list[Licence]) -> None:
    """One licence is entered once."""
    seen: set[tuple[str, str]] = set()
    for place, licence in enumerate(licences):
        identity = (licence["authority"], licence["number"])
        if identity in seen:
            raise invalid(f"licences[{place}].number", "is that of another licence here")
        seen.add(identity)
