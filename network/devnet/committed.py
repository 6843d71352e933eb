"""A chaincode's definition as Fabric's lifecycle keeps it, out of the topology's."""

from __future__ import annotations

from collections.abc import Sequence

from fabric_protos.peer import collection_pb2, policy_pb2
from fabric_protos.peer.lifecycle import lifecycle_pb2

from network.devnet.channel_policies import ENDORSEMENT
from network.policy import envelope_of
from network.policy_language import parse
from network.topology import Collection

# Topologies are deployed once: every definition is its chaincode's first.
SEQUENCE = 1


def committed(
    version: str, policy: str | None, collections: Sequence[Collection]
) -> lifecycle_pb2.QueryChaincodeDefinitionResult:
    """The definition, without who approved it; PolicyError where a policy cannot be read."""
    return lifecycle_pb2.QueryChaincodeDefinitionResult(
        sequence=SEQUENCE,
        version=version,
        endorsement_plugin="escc",
        validation_plugin="vscc",
        validation_parameter=_rule(policy).SerializeToString(),
        collections=collection_pb2.CollectionConfigPackage(config=[_collection(one) for one in collections]),
    )


def _rule(policy: str | None) -> policy_pb2.ApplicationPolicy:
    """A signature policy, or the channel's own where there is none."""
    if policy is None:
        return policy_pb2.ApplicationPolicy(channel_config_policy_reference=ENDORSEMENT)
    return policy_pb2.ApplicationPolicy(signature_policy=envelope_of(parse(policy)))


def _collection(collection: Collection) -> collection_pb2.CollectionConfig:
    own = collection.endorsement_policy
    return collection_pb2.CollectionConfig(
        static_collection_config=collection_pb2.StaticCollectionConfig(
            name=collection.name,
            member_orgs_policy=collection_pb2.CollectionPolicyConfig(
                signature_policy=envelope_of(parse(collection.policy))
            ),
            required_peer_count=collection.required_peer_count,
            maximum_peer_count=collection.max_peer_count,
            block_to_live=collection.block_to_live,
            member_only_read=collection.member_only_read,
            member_only_write=collection.member_only_write,
            endorsement_policy=_rule(own) if own else None,
        )
    )
