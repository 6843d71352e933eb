"""Signature policies for key-level endorsement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fabric_protos.common import policies_pb2
from fabric_protos.msp import msp_principal_pb2

# Name under which the peer keeps a key's policy (peer.MetaDataKeys).
VALIDATION_PARAMETER = "VALIDATION_PARAMETER"


def signature_policy(msp_ids: Iterable[str], required: int | None = None) -> bytes:
    """A policy that peers of `required` of these MSPs must meet, as a serialized SignaturePolicyEnvelope.

    Args:
        msp_ids: the organisations; their order and repetition make no difference, so that every endorser
            writes the same bytes.
        required: how many of them must endorse; all where it is absent.

    Raises:
        ValueError: no organisation, or `required` outside 1 to their number.
    """
    names = sorted(set(msp_ids))
    count = len(names) if required is None else required
    if not 1 <= count <= len(names):
        raise ValueError(f"{count} of {len(names)} organisations cannot be required")
    envelope = _of_peers(names)
    _demand(envelope.rule.n_out_of, count, range(len(names)))
    return envelope.SerializeToString(deterministic=True)


def guarded_policy(guards: Iterable[str], others: Iterable[str], required: int) -> bytes:
    """A policy that peers of all `guards` and of `required` of the `others` must meet.

    Args:
        guards: MSPs without any of which nothing is endorsed.
        others: MSPs beside them; none of them is a guard.
        required: how many of the others must endorse too, from 0 to their number.

    Raises:
        ValueError: nobody would be required, an MSP is on both sides, or `required` is out of range.
    """
    first, second = sorted(set(guards)), sorted(set(others))
    if not 0 <= required <= len(second) or not (first or required) or set(first) & set(second):
        raise ValueError(f"{first} and {required} of {second} cannot be required")
    envelope = _of_peers([*first, *second])
    rule = envelope.rule.n_out_of
    _demand(rule, len(first) + bool(required), range(len(first)))
    if required:
        _demand(rule.rules.add().n_out_of, required, range(len(first), len(first) + len(second)))
    return envelope.SerializeToString(deterministic=True)


def nobody_policy() -> bytes:
    """A policy that no endorsement meets: the key keeps its value for ever."""
    envelope = policies_pb2.SignaturePolicyEnvelope()
    envelope.rule.n_out_of.n = 1
    return envelope.SerializeToString(deterministic=True)


def _of_peers(names: Sequence[str]) -> policies_pb2.SignaturePolicyEnvelope:
    envelope = policies_pb2.SignaturePolicyEnvelope()
    for name in names:
        role = msp_principal_pb2.MSPRole(msp_identifier=name, role=msp_principal_pb2.MSPRole.PEER)
        envelope.identities.add(
            principal_classification=msp_principal_pb2.MSPPrincipal.ROLE,
            principal=role.SerializeToString(deterministic=True),
        )
    return envelope


def _demand(rule: policies_pb2.SignaturePolicy.NOutOf, count: int, positions: Iterable[int]) -> None:
    rule.n = count
    for position in positions:
        rule.rules.add(signed_by=position)


def policy_msps(policy: bytes) -> tuple[str, ...]:
    """The MSPs that a policy made by `signature_policy` names, sorted."""
    envelope = policies_pb2.SignaturePolicyEnvelope.FromString(policy)
    roles = (msp_principal_pb2.MSPRole.FromString(identity.principal) for identity in envelope.identities)
    return tuple(sorted(role.msp_identifier for role in roles))
