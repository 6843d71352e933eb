"""Signature policies for key-level endorsement."""

from __future__ import annotations

from collections.abc import Iterable

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
    envelope = policies_pb2.SignaturePolicyEnvelope()
    envelope.rule.n_out_of.n = count
    for position, name in enumerate(names):
        role = msp_principal_pb2.MSPRole(msp_identifier=name, role=msp_principal_pb2.MSPRole.PEER)
        envelope.identities.add(
            principal_classification=msp_principal_pb2.MSPPrincipal.ROLE,
            principal=role.SerializeToString(deterministic=True),
        )
        envelope.rule.n_out_of.rules.add(signed_by=position)
    return envelope.SerializeToString(deterministic=True)


def policy_msps(policy: bytes) -> tuple[str, ...]:
    """The MSPs that a policy made by `signature_policy` names, sorted."""
    envelope = policies_pb2.SignaturePolicyEnvelope.FromString(policy)
    roles = (msp_principal_pb2.MSPRole.FromString(identity.principal) for identity in envelope.identities)
    return tuple(sorted(role.msp_identifier for role in roles))
