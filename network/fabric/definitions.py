"""Chaincode definitions as the channel holds them, compared with the topology's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fabric_protos.peer import collection_pb2, policy_pb2
from fabric_protos.peer.lifecycle import lifecycle_pb2
from google.protobuf.message import DecodeError

from network.policy import Policy, PolicyError, read
from network.policy_language import parse
from network.topology import Chaincode, Collection

# What the lifecycle puts where a definition names no endorsement policy.
DEFAULT_POLICY = "/Channel/Application/Endorsement"

Rule = Policy | str | None
"""A signature policy, the name of one of the channel's, or None for what cannot be read."""


def differs(committed: lifecycle_pb2.QueryChaincodeDefinitionResult, chaincode: Chaincode) -> bool:
    """Whether the committed definition has another version, policy or collection than the topology's."""
    wanted = parse(chaincode.policy) if chaincode.policy else DEFAULT_POLICY
    return (
        committed.version != chaincode.version
        or _rule(committed.validation_parameter) != wanted
        or _committed_collections(committed.collections) != [_terms(one) for one in chaincode.collections]
    )


def collections(chaincode: Chaincode) -> list[dict[str, Any]]:
    """A chaincode's collections as ``peer lifecycle chaincode --collections-config`` reads them, in JSON."""
    return [_written(collection) for collection in chaincode.collections]


def _written(collection: Collection) -> dict[str, Any]:
    written = {
        "name": collection.name,
        "policy": collection.policy,
        "requiredPeerCount": collection.required_peer_count,
        "maxPeerCount": collection.max_peer_count,
        "blockToLive": collection.block_to_live,
        "memberOnlyRead": collection.member_only_read,
        "memberOnlyWrite": collection.member_only_write,
    }
    if collection.endorsement_policy:
        written["endorsementPolicy"] = {"signaturePolicy": collection.endorsement_policy}
    return written


def _terms(collection: Collection) -> tuple[Any, ...]:
    endorsement = parse(collection.endorsement_policy) if collection.endorsement_policy else None
    return (
        collection.name,
        parse(collection.policy),
        collection.required_peer_count,
        collection.max_peer_count,
        collection.block_to_live,
        collection.member_only_read,
        collection.member_only_write,
        endorsement,
    )


def _committed_collections(package: collection_pb2.CollectionConfigPackage) -> list[tuple[Any, ...]]:
    return [_committed_terms(one.static_collection_config) for one in package.config]


def _committed_terms(config: collection_pb2.StaticCollectionConfig) -> tuple[Any, ...]:
    endorsement = config.endorsement_policy.SerializeToString()
    return (
        config.name,
        _policy(config.member_orgs_policy.signature_policy.SerializeToString()),
        config.required_peer_count,
        config.maximum_peer_count,
        config.block_to_live,
        config.member_only_read,
        config.member_only_write,
        _rule(endorsement) if endorsement else None,
    )


def _rule(application_policy: bytes) -> Rule:
    """The rule in a serialized ApplicationPolicy."""

    def of() -> Rule:
        application = policy_pb2.ApplicationPolicy.FromString(application_policy)
        if application.WhichOneof("Type") == "channel_config_policy_reference":
            return str(application.channel_config_policy_reference)
        return read(application.signature_policy.SerializeToString())

    return _unless_unreadable(of)


def _policy(envelope: bytes) -> Rule:
    """The policy in a serialized SignaturePolicyEnvelope."""
    return _unless_unreadable(lambda: read(envelope))


def _unless_unreadable(of: Callable[[], Rule]) -> Rule:
    try:
        return of()
    except (DecodeError, PolicyError):
        return None
