"""Who takes part in a history, and with what it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chaincode.model import gs1
from mediledger.demo.cast import ADDRESSES


def gln(number: int) -> str:
    body = f"9521234{number:05d}"
    return body + gs1.check_digit(body)


@dataclass(frozen=True)
class Actor:
    """A party, and the member that acts for it; ``licensed`` where it has a licence from the beginning."""

    name: str
    role: str
    msp_id: str
    gln: str
    licensed: bool = True


def actors(msps: dict[str, str], first: int) -> dict[str, Actor]:
    """A party of each role and two that may not trade, by name; ``msps`` are the members' MSPs by role.

    A role without a member of its own belongs to the dispenser's. ``first`` is the first GLN's item number.
    """
    roles = (
        ("maker", "manufacturer", True),
        ("repackager", "repackager", True),
        ("wholesaler", "wholesaler", True),
        ("carrier", "3pl", True),
        ("pharmacy", "dispenser", True),
        ("hospital", "dispenser", True),
        ("regulator", "regulator", True),
        ("unlicensed", "wholesaler", False),
    )
    return {
        name: Actor(name, role, msps.get(role, msps["dispenser"]), gln(first + place), licensed)
        for place, (name, role, licensed) in enumerate(roles)
    }


def registration(actor: Actor, valid_from: str, valid_to: str) -> dict[str, Any]:
    """What the regulator registers of an actor; without a licence in force where it has none."""
    licence = {
        "authority": "FDA",
        "number": f"L-{actor.gln[-6:]}",
        "jurisdiction": "US",
        "valid_from": valid_from,
        "valid_to": valid_to if actor.licensed else valid_from,
    }
    return {
        "gln": actor.gln,
        "name": actor.name.capitalize(),
        "address": ADDRESSES["wholesaler"],
        "msp_id": actor.msp_id,
        "role": actor.role,
        "licences": [licence],
    }
