"""The channel's configuration as block 0: the members with their authorities and policies."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from fabric_protos.common import common_pb2, configtx_pb2, configuration_pb2, policies_pb2
from fabric_protos.msp import msp_config_pb2
from fabric_protos.orderer import configuration_pb2 as orderer_pb2
from fabric_protos.peer import configuration_pb2 as peer_pb2
from google.protobuf.message import Message

from network.devnet import block, msp_folder
from network.devnet.clock import Clock
from network.devnet.orderer import BLOCK_BYTES, DEFAULT_BATCH, MAX_ENVELOPE_BYTES
from network.identities import Identities
from network.policy import Policy, channel_rules, envelope_of, organization_rules
from network.topology import Channel, Organization, Topology

_ADMINS = "Admins"
_ANY = policies_pb2.ImplicitMetaPolicy.ANY
_MAJORITY = policies_pb2.ImplicitMetaPolicy.MAJORITY
_COMMON_RULES = {_ADMINS: _MAJORITY}
_APPLICATION_RULES = _COMMON_RULES | {"Endorsement": _MAJORITY, "LifecycleEndorsement": _MAJORITY}
_ORDERER_RULES = _COMMON_RULES | {"Readers": _ANY, "Writers": _ANY, "BlockValidation": _ANY}


def genesis_block(topology: Topology, channel: Channel, identities: Identities, clock: Clock) -> bytes:
    """A configuration block for the members of one of the topology's channels."""
    nonce = os.urandom(24)
    # A transaction's id is the hash of its nonce and its creator; nobody is this one's creator.
    id_ = hashlib.sha256(nonce).hexdigest()
    header = common_pb2.ChannelHeader(type=common_pb2.CONFIG, channel_id=channel.name, tx_id=id_)
    header.timestamp.seconds = int(clock.now())
    config = configtx_pb2.Config(sequence=0, channel_group=_channel(topology, channel, identities))
    payload = common_pb2.Payload(
        header=common_pb2.Header(
            channel_header=header.SerializeToString(),
            signature_header=common_pb2.SignatureHeader(nonce=nonce).SerializeToString(),
        ),
        data=configtx_pb2.ConfigEnvelope(config=config).SerializeToString(),
    )
    envelope = common_pb2.Envelope(payload=payload.SerializeToString()).SerializeToString()
    return block.make(0, b"", [envelope], bytes(1), None).SerializeToString()


def _channel(topology: Topology, channel: Channel, identities: Identities) -> configtx_pb2.ConfigGroup:
    root = configtx_pb2.ConfigGroup(mod_policy=_ADMINS)
    members = [organization.msp_id for organization in channel.organizations]
    _rules(root, _COMMON_RULES)
    _signatures(root, channel_rules([*members, topology.orderer_organization.msp_id]))
    _value(root, "Capabilities", _capabilities("V3_0"))
    _value(root, "HashingAlgorithm", configuration_pb2.HashingAlgorithm(name="SHA256"))
    _value(
        root,
        "BlockDataHashingStructure",
        configuration_pb2.BlockDataHashingStructure(width=2**32 - 1),
    )
    application = root.groups["Application"]
    application.mod_policy = _ADMINS
    _rules(application, _APPLICATION_RULES)
    _signatures(application, channel_rules(members))
    _value(application, "Capabilities", _capabilities("V2_5"))
    for organization in channel.organizations:
        group = application.groups[organization.msp_id]
        _organization(group, identities, organization)
        anchor = peer_pb2.AnchorPeer(host="127.0.0.1", port=topology.peer_port(organization))
        _value(group, "AnchorPeers", peer_pb2.AnchorPeers(anchor_peers=[anchor]))
    _orderer(root.groups["Orderer"], topology, identities)
    return root


def _orderer(group: configtx_pb2.ConfigGroup, topology: Topology, identities: Identities) -> None:
    group.mod_policy = _ADMINS
    _rules(group, _ORDERER_RULES)
    _value(group, "Capabilities", _capabilities("V2_0"))
    _value(group, "ConsensusType", orderer_pb2.ConsensusType(type="etcdraft"))
    batch = topology.batch or DEFAULT_BATCH
    size = orderer_pb2.BatchSize(
        max_message_count=batch.messages,
        absolute_max_bytes=MAX_ENVELOPE_BYTES,
        preferred_max_bytes=BLOCK_BYTES,
    )
    _value(group, "BatchSize", size)
    _value(group, "BatchTimeout", orderer_pb2.BatchTimeout(timeout=f"{batch.seconds * 1000:.0f}ms"))
    organization = topology.orderer_organization
    one = group.groups[organization.msp_id]
    _organization(one, identities, organization)
    address = f"127.0.0.1:{topology.orderer_port}"
    _value(one, "Endpoints", configuration_pb2.OrdererAddresses(addresses=[address]))


def _organization(
    group: configtx_pb2.ConfigGroup, identities: Identities, organization: Organization
) -> None:
    group.mod_policy = _ADMINS
    msp = msp_folder.read(organization.msp_id, identities.msp(organization))
    _value(group, "MSP", msp_config_pb2.MSPConfig(type=0, config=msp.SerializeToString()))
    _signatures(group, organization_rules(organization.msp_id))


def _signatures(group: configtx_pb2.ConfigGroup, rules: Mapping[str, Policy]) -> None:
    for name, policy in rules.items():
        _policy(group, name, policies_pb2.Policy.SIGNATURE, envelope_of(policy))


def _rules(group: configtx_pb2.ConfigGroup, rules: dict[str, int]) -> None:
    """Policies that ask for any, or the majority, of the groups below."""
    for name, rule in rules.items():
        below = "Writers" if name == "BlockValidation" else name
        below = "Endorsement" if name == "LifecycleEndorsement" else below
        meta = policies_pb2.ImplicitMetaPolicy(sub_policy=below, rule=rule)
        _policy(group, name, policies_pb2.Policy.IMPLICIT_META, meta)


def _policy(group: configtx_pb2.ConfigGroup, name: str, kind: int, policy: Message) -> None:
    group.policies[name].mod_policy = _ADMINS
    group.policies[name].policy.type = kind
    group.policies[name].policy.value = policy.SerializeToString()


def _value(group: configtx_pb2.ConfigGroup, name: str, value: Message) -> None:
    group.values[name].mod_policy = _ADMINS
    group.values[name].value = value.SerializeToString()


def _capabilities(name: str) -> configuration_pb2.Capabilities:
    return configuration_pb2.Capabilities(capabilities={name: configuration_pb2.Capability()})
