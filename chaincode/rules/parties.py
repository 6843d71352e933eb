"""Trading partners: who acts for whom, in which role, under which licence."""

from __future__ import annotations

from collections.abc import Collection

from chaincode.model.documents.registry import Licence, Party
from chaincode.model.errors import Code, Refusal


def acting_for(party: Party, msp_id: str, field: str) -> None:
    """Only the organisation that a party belongs to acts for it."""
    if party["msp_id"] != msp_id:
        raise Refusal(Code.NOT_AUTHORISED, f"{msp_id} does not act for {party['gln']}", field)


def in_role(party: Party, roles: Collection[str], field: str) -> None:
    """The party has one of ``roles``."""
    if party["role"] not in roles:
        allowed = " or ".join(sorted(roles))
        raise Refusal(Code.ROLE_REQUIRED, f"{party['gln']} is a {party['role']}, not a {allowed}", field)


def licensed(party: Party, today: str, field: str) -> None:
    """The party is an authorised trading partner today: a licence of it is valid (FD&C Act, section 581(2)).

    ``today`` is the transaction's date, ``YYYY-MM-DD``.
    """
    if not party["licences"]:
        raise Refusal(Code.LICENCE_MISSING, f"{party['gln']} has no licence", field)
    if not any(licence["valid_from"] <= today <= licence["valid_to"] for licence in party["licences"]):
        raise Refusal(Code.LICENCE_EXPIRED, f"no licence of {party['gln']} is valid on {today}", field)


def with_licence(party: Party, licence: Licence) -> Party:
    """The party with ``licence``, in the place of one with the same authority and number."""
    identity = (licence["authority"], licence["number"])
    others = [held for held in party["licences"] if (held["authority"], held["number"]) != identity]
    return {**party, "licences": [*others, licence]}


def regulator(msp_id: str, regulators: Collection[str]) -> None:
    """The creator's organisation is one of the consortium's regulators."""
    if msp_id not in regulators:
        raise Refusal(Code.ROLE_REQUIRED, f"{msp_id} is not a regulator of this consortium")
