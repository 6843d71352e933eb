"""Trading partners: who acts for whom, in which role, under which licence.

Every function that changes a party returns a new one; what was read stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection

from chaincode.model.documents.registry import Licence, LicenceStatus, Party
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

# Who makes products and gives packages their identifiers.
MAKERS = ("manufacturer", "repackager")
# Trading partners that own what they trade; a third-party logistics provider only keeps it.
OWNERS = (*MAKERS, "wholesaler", "dispenser")
KEEPERS = (*OWNERS, "3pl")
REGULATOR = "regulator"


@rule(Code.NOT_AUTHORISED)
def acting_for(party: Party, msp_id: str, field: str) -> None:
    """Only the organisation that a party belongs to acts for it.

    Source: Design of MediLedger, "Who must sign"; authority checks as in 21 CFR part 11, section 11.10(g).
    """
    if party["msp_id"] != msp_id:
        raise Refusal(Code.NOT_AUTHORISED, f"{msp_id} does not act for {party['gln']}", field)


@rule(Code.ROLE_REQUIRED)
def in_role(party: Party, roles: Collection[str], field: str) -> None:
    """The party has one of the roles that may do this.

    Source: FD&C Act, section 581(3), (10), (16), (22), (29).
    """
    if party["role"] not in roles:
        allowed = " or ".join(sorted(roles))
        raise Refusal(Code.ROLE_REQUIRED, f"{party['gln']} is a {party['role']}, not a {allowed}", field)


@rule(
    Code.PARTY_SUSPENDED,
    Code.ROLE_REQUIRED,
    Code.LICENCE_MISSING,
    Code.LICENCE_SUSPENDED,
    Code.LICENCE_REVOKED,
    Code.LICENCE_EXPIRED,
)
def authorised(party: Party, roles: Collection[str], today: str, field: str) -> None:
    """A trading partner is authorised: not suspended, and licensed today for the role in which it acts.

    ``roles`` are those that may do what it does; ``today`` is the transaction's date, ``YYYY-MM-DD``.

    Source: FD&C Act, sections 581(2), 582(b)(3), (c)(3), (d)(3), (e)(3); Directive 2001/83/EC, articles 77
    and 80(b) and (c).
    """
    gln, role = party["gln"], party["role"]
    if party["status"] == "suspended":
        raise Refusal(Code.PARTY_SUSPENDED, f"{gln} is suspended: {party['reason']}", field)
    in_role(party, roles, field)
    covering = [licence for licence in party["licences"] if role in licence["roles"]]
    if not covering:
        raise Refusal(Code.LICENCE_MISSING, f"{gln} has no licence as a {role}", field)
    current = [licence for licence in covering if licence["valid_from"] <= today <= licence["valid_to"]]
    if any(licence["status"] == "active" for licence in current):
        return
    for status, code in (("suspended", Code.LICENCE_SUSPENDED), ("revoked", Code.LICENCE_REVOKED)):
        if any(licence["status"] == status for licence in current):
            raise Refusal(code, f"the licence of {gln} as a {role} is {status}", field)
    raise Refusal(Code.LICENCE_EXPIRED, f"no licence of {gln} as a {role} is valid on {today}", field)


@rule(Code.MAY_NOT_OWN)
def may_own(party: Party, field: str) -> None:
    """A third-party logistics provider has custody and never ownership; a regulator is no trading partner.

    Source: FD&C Act, section 581(22), (23).
    """
    if party["role"] not in OWNERS:
        raise Refusal(Code.MAY_NOT_OWN, f"{party['gln']} is a {party['role']}, which owns no product", field)


@rule(Code.ROLE_REQUIRED)
def regulator(msp_id: str, regulators: Collection[str]) -> None:
    """Only a regulator of the consortium registers, licenses and suspends parties.

    Source: FD&C Act, sections 583 and 584; Directive 2001/83/EC, article 77(1), (6).
    """
    if msp_id not in regulators:
        raise Refusal(Code.ROLE_REQUIRED, f"{msp_id} is not a regulator of this consortium")


@rule(Code.NOT_MEMBER)
def of_member(msp_id: str, members: Collection[str], field: str) -> None:
    """A party belongs to a member of the consortium, which signs for it, and votes for itself.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if msp_id not in members:
        raise Refusal(Code.NOT_MEMBER, f"{msp_id} is not a member of this consortium", field)


@rule(Code.ROLE_REQUIRED)
def regulators_role(msp_id: str, role: str, regulators: Collection[str], field: str) -> None:
    """A party in the role of a regulator belongs to one of the consortium's regulators.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if role == REGULATOR and msp_id not in regulators:
        raise Refusal(Code.ROLE_REQUIRED, f"{msp_id} is not a regulator of this consortium", field)


@rule(Code.LICENCE_REVOKED, Code.LICENCE_SUSPENDED)
def renewable(party: Party, authority: str, number: str, field: str) -> None:
    """A licence is renewed under its number while it is active: a suspended one is reinstated first.

    Source: Design of MediLedger: the consortium's own; suspension of a licence as in Directive 2001/83/EC,
    article 77(6).
    """
    held = _find(party, authority, number)
    if held is not None and held["status"] != "active":
        code = Code.LICENCE_REVOKED if held["status"] == "revoked" else Code.LICENCE_SUSPENDED
        raise Refusal(code, f"{_named(authority, number)} is {held['status']}", field)


@rule(Code.LICENCE_UNKNOWN, Code.LICENCE_STATUS)
def licence_is(party: Party, authority: str, number: str, statuses: Collection[str], field: str) -> None:
    """A licence is suspended while active, reinstated while suspended, and once revoked is so for ever.

    Source: Directive 2001/83/EC, article 77(6); 21 CFR part 205, section 205.8.
    """
    held = _find(party, authority, number)
    if held is None:
        raise Refusal(Code.LICENCE_UNKNOWN, f"{party['gln']} has no {_named(authority, number)}", field)
    if held["status"] not in statuses:
        raise Refusal(Code.LICENCE_STATUS, f"{_named(authority, number)} is {held['status']}", field)


@rule(Code.PARTY_STATUS)
def party_is(party: Party, status: str, field: str) -> None:
    """A party is suspended while active and reinstated while suspended.

    Source: Design of MediLedger: the consortium's own; the law suspends licences (parties.licence_is).
    """
    if party["status"] != status:
        raise Refusal(Code.PARTY_STATUS, f"{party['gln']} is {party['status']}", field)


@rule(Code.ROLE_REQUIRED)
def trading_partner(party: Party, field: str) -> None:
    """Trading partners are suspended and lose licences; a regulator is removed by a vote of the members.

    Source: Design of MediLedger: the consortium's own; trading partner as in FD&C Act, section 581(23).
    """
    if party["role"] not in KEEPERS:
        raise Refusal(Code.ROLE_REQUIRED, f"{party['gln']} is a {party['role']}, no trading partner", field)


def effective(party: Party, members: Collection[str], regulators: Collection[str]) -> Party | None:
    """The party as the settings leave it.

    Of a member that has left it is suspended; whoever was voted out as a regulator is a party no more, until
    the members give it another role.
    """
    if party["role"] == REGULATOR and party["msp_id"] not in regulators:
        return None
    if party["msp_id"] not in members:
        return {**party, "status": "suspended", "reason": f"{party['msp_id']} has left the consortium"}
    return party


def with_licence(party: Party, licence: Licence) -> Party:
    """The party with ``licence``, in the place of one with the same authority and number."""
    identity = (licence["authority"], licence["number"])
    others = [held for held in party["licences"] if (held["authority"], held["number"]) != identity]
    return {**party, "licences": [*others, licence]}


def with_licence_status(
    party: Party, authority: str, number: str, status: LicenceStatus, reason: str
) -> Party:
    """The party with one licence suspended, reinstated or revoked, and why."""
    changed: list[Licence] = [
        {**held, "status": status, "reason": reason}
        if (held["authority"], held["number"]) == (authority, number)
        else held
        for held in party["licences"]
    ]
    return {**party, "licences": changed}


def _find(party: Party, authority: str, number: str) -> Licence | None:
    for held in party["licences"]:
        if (held["authority"], held["number"]) == (authority, number):
            return held
    return None


def _named(authority: str, number: str) -> str:
    return f"licence {number} of {authority}"
