"""What keys' own policies ask for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from network.policy import Policy, PolicyError, read, signer


@lru_cache(maxsize=4096)
def met(policy: bytes, msps: frozenset[str]) -> bool:
    """Whether peers of these members meet a policy; one that cannot be read is met by nobody."""
    found = _read(policy)
    return found is not None and _by(found, msps)


@lru_cache(maxsize=4096)
def guarded(policy: bytes, guard: str) -> bool:
    """Whether a policy cannot be met without this member, whoever else signs; without a policy it can."""
    found = _read(policy)
    return bool(policy) and (found is None or not _by(found, found.msp_ids() - {guard}))


def settled(policy: bytes) -> bool:
    """Whether nobody can meet a policy."""
    return guarded(policy, "")


def _read(policy: bytes) -> Policy | None:
    try:
        return read(policy)
    except PolicyError:
        return None


def _by(policy: Policy, msps: Iterable[str]) -> bool:
    return policy.satisfied_by([signer(msp, "peer") for msp in sorted(msps)])
