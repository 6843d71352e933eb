"""Signature policies: how many of which signers an organisation's data asks for."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from fabric_protos.common import policies_pb2
from fabric_protos.msp import identities_pb2, msp_principal_pb2
from google.protobuf.message import DecodeError

from chaincode.model.errors import MediLedgerError

Principal = tuple[str, ...]
"""An MSP id and what of it: a role, an organisational unit, one identity (see the functions ``of_...``)."""

Signer = frozenset[Principal]
"""A signer, as every principal that it is."""

MEMBER = "member"
_ROLES = {
    msp_principal_pb2.MSPRole.MEMBER: MEMBER,
    msp_principal_pb2.MSPRole.ADMIN: "admin",
    msp_principal_pb2.MSPRole.CLIENT: "client",
    msp_principal_pb2.MSPRole.PEER: "peer",
    msp_principal_pb2.MSPRole.ORDERER: "orderer",
}
_UNIT, _IDENTITY = "unit", "identity"
# Which of an organisation's roles satisfy the policies of its own in a channel's configuration.
_ORGANIZATION_RULES = {
    "Readers": ("admin", "peer", "client", "orderer"),
    "Writers": ("admin", "client", "orderer"),
    "Admins": ("admin",),
    "Endorsement": ("peer",),
}
# Up to here every set of endorsers is tried, the smallest first; beyond, one is grown.
MAX_TRIED = 12
MAX_DEPTH = 50


class PolicyError(MediLedgerError):
    """A policy that cannot be read."""


def of_role(msp_id: str, role: str) -> Principal:
    """Whoever has a role in an organisation; ``member`` is any role."""
    return msp_id, role


def of_unit(msp_id: str, unit: str, certifier: bytes) -> Principal:
    """Whoever is of an organisational unit, by the authorities with this fingerprint."""
    return msp_id, _UNIT, unit, certifier.hex()


def of_identity(msp_id: str, certificate: bytes) -> Principal:
    """Whoever has one certificate, of which this is the fingerprint."""
    return msp_id, _IDENTITY, certificate.hex()


def signer(msp_id: str, role: str) -> Signer:
    """A signer of whom no more is known than the role."""
    return frozenset({of_role(msp_id, role), of_role(msp_id, MEMBER)})


@dataclass(frozen=True)
class Policy:
    """``needed`` of the ``rules``, principals or policies, must hold, each by a signer of its own.

    The policies under one that is ``apart`` are asked each by itself, and may count the same signer: so are
    a channel's rules that ask for any, most or all of the groups below. ``label`` is what it asks those for.
    """

    needed: int
    rules: tuple[Policy | Principal, ...]
    apart: bool = False
    label: str = ""

    def satisfied_by(self, signers: Sequence[Signer]) -> bool:
        """Whether these signers, one entry each, satisfy the policy.

        Rules take signers in their order and never give one back, as in Fabric (common/cauthdsl).
        """
        return self._take(signers, [False] * len(signers))

    def takes_anyone(self) -> bool:
        """Whether any one of those that it speaks of is enough."""
        nested = (rule for rule in self.rules if isinstance(rule, Policy))
        return self.needed == 1 and all(rule.takes_anyone() for rule in nested)

    def msp_ids(self) -> frozenset[str]:
        """Whose signatures it speaks of."""
        found: set[str] = set()
        for rule in self.rules:
            found |= rule.msp_ids() if isinstance(rule, Policy) else {rule[0]}
        return frozenset(found)

    def failure(self, signers: Sequence[Signer]) -> str:
        """Why they do not satisfy it, in a peer's words; empty where they do."""
        if self.satisfied_by(signers):
            return ""
        if not self.apart:
            return "signature set did not satisfy policy"
        held = sum(isinstance(rule, Policy) and rule.satisfied_by(signers) for rule in self.rules)
        return (
            f"implicit policy evaluation failed - {held} sub-policies were satisfied, but this policy "
            f"requires {self.needed} of the '{self.label}' sub-policies to be satisfied"
        )

    def _take(self, signers: Sequence[Signer], used: list[bool]) -> bool:
        held = 0
        for rule in self.rules:
            if isinstance(rule, Policy):
                trial = used.copy()
                if rule._take(signers, trial):
                    if not self.apart:
                        used[:] = trial
                    held += 1
                continue
            for place, one in enumerate(signers):
                if not used[place] and rule in one:
                    used[place] = True
                    held += 1
                    break
        return held >= self.needed


@functools.lru_cache(maxsize=1024)
def endorsers(
    policies: frozenset[Policy], available: tuple[tuple[str, Signer], ...], first: str
) -> tuple[str, ...] | None:
    """The smallest set of organisations whose peers satisfy all policies, ``first`` in it where that helps.

    ``available`` are MSP ids in order of preference, each with its peer; None where no set of them will do.
    """
    candidates = tuple(sorted(available, key=lambda one: one[0] != first))
    if len(candidates) > MAX_TRIED:
        return _names(_thinned(policies, candidates)) if _suffices(policies, candidates) else None
    # Fewer may do where all do not: a rule in a policy uses up signers that another one needs.
    for size in range(1, len(candidates) + 1):
        for chosen in itertools.combinations(candidates, size):
            if _suffices(policies, chosen):
                return _names(chosen)
    return None


@functools.lru_cache(maxsize=256)
def smallest(
    policies: frozenset[Policy], available: tuple[tuple[str, Signer], ...]
) -> tuple[tuple[str, ...], ...]:
    """Every set of organisations whose peers satisfy all policies and none of whom can be left out.

    Of many organisations it is one such set; none where no set of them will do.
    """
    if len(available) > MAX_TRIED:
        return (_names(_thinned(policies, available)),) if _suffices(policies, available) else ()
    found: list[tuple[str, ...]] = []
    for size in range(1, len(available) + 1):
        for chosen in itertools.combinations(available, size):
            names = _names(chosen)
            if not any(set(one) <= set(names) for one in found) and _suffices(policies, chosen):
                found.append(names)
    return tuple(found)


Candidates = Sequence[tuple[str, Signer]]


def _names(candidates: Candidates) -> tuple[str, ...]:
    return tuple(name for name, _ in candidates)


def _thinned(policies: frozenset[Policy], candidates: Candidates) -> Candidates:
    """All candidates less, from the last, those that are not needed."""
    chosen = list(candidates)
    for one in reversed(candidates):
        without = [other for other in chosen if other != one]
        if _suffices(policies, without):
            chosen = without
    return chosen


def _suffices(policies: Collection[Policy], candidates: Candidates) -> bool:
    signers = [signer for _, signer in candidates]
    return all(policy.satisfied_by(signers) for policy in policies)


def organization_rules(msp_id: str) -> dict[str, Policy]:
    """An organisation's own policies in a channel's configuration, by their names there."""
    return {
        name: Policy(1, tuple(of_role(msp_id, role) for role in roles))
        for name, roles in _ORGANIZATION_RULES.items()
    }


def channel_rules(msp_ids: Iterable[str]) -> dict[str, Policy]:
    """``Readers`` and ``Writers`` of a channel, or a part of it: who is one in any of its organisations.

    Whoever adds an organisation to a channel adds it to these policies in the same update of the
    configuration: that it has such policies of its own lets nobody read or write.
    """
    # Fabric's usual implicit policies, "ANY Writers", say the same. But they ask one organisation's policy
    # after the other, and each verifies the signature anew (common/policies/implicitmeta.go): up to as many
    # times as there are members, for every proposal, every chaincode's call of another, every commit status
    # and every broadcast. Here it is verified once.
    each = [organization_rules(msp_id) for msp_id in dict.fromkeys(msp_ids)]
    return {
        name: Policy(1, tuple(rule for one in each for rule in one[name].rules))
        for name in ("Readers", "Writers")
    }


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
    kind = identity.principal_classification
    if kind == msp_principal_pb2.MSPPrincipal.ROLE:
        role = msp_principal_pb2.MSPRole.FromString(identity.principal)
        if role.role not in _ROLES:
            raise PolicyError(f"there is no role {role.role}")
        return of_role(role.msp_identifier, _ROLES[role.role])
    if kind == msp_principal_pb2.MSPPrincipal.ORGANIZATION_UNIT:
        unit = msp_principal_pb2.OrganizationUnit.FromString(identity.principal)
        return of_unit(unit.msp_identifier, unit.organizational_unit_identifier, unit.certifiers_identifier)
    if kind == msp_principal_pb2.MSPPrincipal.IDENTITY:
        named = identities_pb2.SerializedIdentity.FromString(identity.principal)
        try:
            certificate = x509.load_pem_x509_certificate(named.id_bytes)
        except ValueError as error:
            raise PolicyError("invalid identity principal, not a certificate") from error
        return of_identity(named.mspid, fingerprint(certificate))
    raise PolicyError("a principal is a role, an organisational unit or an identity")


def fingerprint(certificate: x509.Certificate) -> bytes:
    """The SHA-256 of what a certificate says.

    It leaves the signature out, which a peer may have written down in another form.
    """
    return hashlib.sha256(certificate.tbs_certificate_bytes).digest()


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
    """A policy over roles as Fabric carries it."""
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
        # Once for each time that it is named, as Fabric's own tools write it.
        principals.append(rule)
        return policies_pb2.SignaturePolicy(signed_by=len(principals) - 1)
    rules = [_written(one, principals) for one in rule.rules]
    return policies_pb2.SignaturePolicy(
        n_out_of=policies_pb2.SignaturePolicy.NOutOf(n=rule.needed, rules=rules)
    )
