"""Signature policies: how many of which signers an organisation's data asks for."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fabric_protos.common import policies_pb2
from fabric_protos.msp import msp_principal_pb2
from google.protobuf.message import DecodeError

from chaincode.model.errors import MediLedgerError

Principal = tuple[str, str]
"""An MSP id and a role of it; ``member`` is any role."""

MEMBER = "member"
_ROLES = {
    msp_principal_pb2.MSPRole.MEMBER: MEMBER,
    msp_principal_pb2.MSPRole.ADMIN: "admin",
    msp_principal_pb2.MSPRole.CLIENT: "client",
    msp_principal_pb2.MSPRole.PEER: "peer",
    msp_principal_pb2.MSPRole.ORDERER: "orderer",
}
# Up to here every set of endorsers is tried, the smallest first; beyond, one is grown.
MAX_TRIED = 12
MAX_DEPTH = 50


class PolicyError(MediLedgerError):
    """A policy that cannot be read."""


@dataclass(frozen=True)
class Policy:
    """``needed`` of the ``rules``, principals or policies, must hold, each by a signer of its own."""

    needed: int
    rules: tuple[Policy | Principal, ...]

    def satisfied_by(self, signers: Sequence[Principal]) -> bool:
        """Whether these signers, one entry each, satisfy the policy.

        Rules take signers in their order and never give one back, as in Fabric (common/cauthdsl).
        """
        return self._take(signers, [False] * len(signers))

    def msp_ids(self) -> frozenset[str]:
        """Whose signatures it speaks of."""
        found: set[str] = set()
        for rule in self.rules:
            found |= rule.msp_ids() if isinstance(rule, Policy) else {rule[0]}
        return frozenset(found)

    def _take(self, signers: Sequence[Principal], used: list[bool]) -> bool:
        held = 0
        for rule in self.rules:
            if isinstance(rule, Policy):
                trial = used.copy()
                if rule._take(signers, trial):
                    used[:] = trial
                    held += 1
                continue
            for place, signer in enumerate(signers):
                if not used[place] and signer[0] == rule[0] and rule[1] in (MEMBER, signer[1]):
                    used[place] = True
                    held += 1
                    break
        return held >= self.needed


@functools.lru_cache(maxsize=1024)
def endorsers(policies: frozenset[Policy], available: tuple[str, ...], first: str) -> tuple[str, ...] | None:
    """The smallest set of organisations whose peers satisfy all policies, ``first`` in it where that helps.

    ``available`` are MSP ids in order of preference; None where no set of them will do.
    """
    candidates = tuple(sorted(available, key=lambda msp: msp != first))
    if not _suffices(policies, candidates):
        return None
    if len(candidates) > MAX_TRIED:
        return _thinned(policies, candidates)
    for size in range(1, len(candidates)):
        for chosen in itertools.combinations(candidates, size):
            if _suffices(policies, chosen):
                return chosen
    return candidates


def _thinned(policies: frozenset[Policy], candidates: tuple[str, ...]) -> tuple[str, ...]:
    """All candidates less, from the last, those that are not needed."""
    chosen = list(candidates)
    for msp in reversed(candidates):
        without = [one for one in chosen if one != msp]
        if _suffices(policies, without):
            chosen = without
    return tuple(chosen)


def _suffices(policies: Collection[Policy], msp_ids: Sequence[str]) -> bool:
    signers = [(msp, "peer") for msp in msp_ids]
    return all(policy.satisfied_by(signers) for policy in policies)


def any_peer_of(msp_id: str) -> Policy:
    """One peer of an organisation."""
    return Policy(1, ((msp_id, "peer"),))


@functools.lru_cache(maxsize=4096)
def read(envelope: bytes) -> Policy:
    """A policy out of a serialized SignaturePolicyEnvelope; PolicyError where it is none."""
    try:
        policy = policies_pb2.SignaturePolicyEnvelope.FromString(envelope)
        principals = [_principal(identity) for identity in policy.identities]
    except DecodeError as error:
        raise PolicyError("the policy cannot be decoded") from error
    rule = _rule(policy.rule, principals, 0)
    return rule if isinstance(rule, Policy) else Policy(1, (rule,))


def _principal(identity: msp_principal_pb2.MSPPrincipal) -> Principal:
    if identity.principal_classification != msp_principal_pb2.MSPPrincipal.ROLE:
        raise PolicyError("only roles are taken as principals")
    role = msp_principal_pb2.MSPRole.FromString(identity.principal)
    if role.role not in _ROLES:
        raise PolicyError(f"there is no role {role.role}")
    return role.msp_identifier, _ROLES[role.role]


def _rule(
    rule: policies_pb2.SignaturePolicy, principals: Sequence[Principal], depth: int
) -> Policy | Principal:
    kind = rule.WhichOneof("Type")
    if kind == "signed_by" and 0 <= rule.signed_by < len(principals):
        return principals[rule.signed_by]
    if kind != "n_out_of" or depth > MAX_DEPTH:
        raise PolicyError("the policy has a rule of another sort, or one too deep")
    return Policy(rule.n_out_of.n, tuple(_rule(one, principals, depth + 1) for one in rule.n_out_of.rules))


def envelope_of(policy: Policy) -> policies_pb2.SignaturePolicyEnvelope:
    """The policy as Fabric carries it."""
    principals: list[Principal] = []
    envelope = policies_pb2.SignaturePolicyEnvelope()
    envelope.rule.CopyFrom(_written(policy, principals))
    kinds = {name: number for number, name in _ROLES.items()}
    for msp_id, role in principals:
        envelope.identities.add(
            principal_classification=msp_principal_pb2.MSPPrincipal.ROLE,
            principal=msp_principal_pb2.MSPRole(msp_identifier=msp_id, role=kinds[role]).SerializeToString(),
        )
    return envelope


def _written(rule: Policy | Principal, principals: list[Principal]) -> policies_pb2.SignaturePolicy:
    if not isinstance(rule, Policy):
        if rule not in principals:
            principals.append(rule)
        return policies_pb2.SignaturePolicy(signed_by=principals.index(rule))
    rules = [_written(one, principals) for one in rule.rules]
    return policies_pb2.SignaturePolicy(
        n_out_of=policies_pb2.SignaturePolicy.NOutOf(n=rule.needed, rules=rules)
    )
