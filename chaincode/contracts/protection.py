"""Endorsement policies of single keys: whose goods it is must sign, and never one member alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from chaincode.shim import guarded_policy, nobody_policy

# A document that is true for ever: no set of endorsers can write its key again.
NOBODY = nobody_policy()


def owners_policy(owners: Sequence[str], members: Sequence[str]) -> bytes:
    """The peers of all of ``owners`` (MSP ids), with so many other members' that they are a majority.

    Of no owner: any majority of ``members``.
    """
    return _policy(tuple(sorted(set(owners))), tuple(sorted(set(members))))


@lru_cache(maxsize=1024)
def _policy(owners: tuple[str, ...], members: tuple[str, ...]) -> bytes:
    others = [member for member in members if member not in owners]
    majority = len(members) // 2 + 1
    return guarded_policy(owners, others, min(max(0, majority - len(owners)), len(others)))
