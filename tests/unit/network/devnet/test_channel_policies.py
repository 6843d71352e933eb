"""A channel's policies: any, most and all of the groups below, by their paths."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pytest
from fabric_protos.common import configtx_pb2, policies_pb2
from google.protobuf.message import Message

from network.devnet import config
from network.devnet.channel_policies import ENDORSEMENT, ORDERING_WRITERS, READERS, WRITERS, ChannelPolicies
from network.devnet.clock import Clock
from network.devnet.genesis import genesis_block
from network.identities import Identities
from network.policy import Policy, PolicyError, envelope_of, of_role, signer
from network.topology import Topology

META = policies_pb2.ImplicitMetaPolicy


def put(group: configtx_pb2.ConfigGroup, name: str, kind: int, value: Message | bytes) -> None:
    made = group.policies[name].policy
    made.type = kind
    made.value = value if isinstance(value, bytes) else value.SerializeToString()


def group(rules: Mapping[str, int], *msps: str) -> ChannelPolicies:
    """A channel whose Application asks its members by these rules."""
    root = configtx_pb2.ConfigGroup()
    application = root.groups["Application"]
    for msp in msps:
        policy = envelope_of(Policy(1, (of_role(msp, "peer"),)))
        put(application.groups[msp], "Endorsement", policies_pb2.Policy.SIGNATURE, policy)
    for name, rule in rules.items():
        meta = META(sub_policy="Endorsement", rule=rule)
        put(application, name, policies_pb2.Policy.IMPLICIT_META, meta)
    return ChannelPolicies(root)


@pytest.mark.parametrize(
    ("members", "majority"), [("A", 1), ("AB", 2), ("ABC", 2), ("ABCD", 3), ("ABCDE", 3)]
)
def test_any_most_and_all(members: str, majority: int) -> None:
    policies = group({"One": META.ANY, "Most": META.MAJORITY, "Each": META.ALL}, *members)
    for name, needed in (("One", 1), ("Most", majority), ("Each", len(members))):
        policy = policies.need(f"/Channel/Application/{name}")
        peers = [signer(msp, "peer") for msp in members]
        assert policy.satisfied_by(peers[:needed])
        assert not policy.satisfied_by(peers[: needed - 1])
        assert not policy.satisfied_by([peers[0]] * (needed - 1))


def test_nobody_below_asks_for_nobody() -> None:
    policies = group({"Most": META.MAJORITY})
    assert policies.need("/Channel/Application/Most").satisfied_by([])


def test_a_group_without_the_policy_never_agrees() -> None:
    root = configtx_pb2.ConfigGroup()
    put(root, "Readers", policies_pb2.Policy.IMPLICIT_META, META(sub_policy="Readers", rule=META.ANY))
    root.groups["Application"].SetInParent()
    policies = ChannelPolicies(root)
    assert policies.need("/Channel/Readers").failure([signer("A", "peer")]).startswith("implicit policy")
    assert policies.get("/Channel/Application/Readers") is None
    assert not policies.need("/Channel/Application/Readers").satisfied_by([signer("A", "peer")])


@pytest.mark.parametrize(
    ("kind", "value"),
    [(policies_pb2.Policy.SIGNATURE, b"\xff"), (policies_pb2.Policy.IMPLICIT_META, b"\xff"), (7, b"")],
)
def test_what_is_no_policy(kind: int, value: bytes) -> None:
    root = configtx_pb2.ConfigGroup()
    put(root, "Readers", kind, value)
    with pytest.raises(PolicyError):
        ChannelPolicies(root)


def test_the_projects_channel(topology: Topology, identities: Identities) -> None:
    genesis = genesis_block(topology, topology.channels[0], identities, Clock())
    policies = ChannelPolicies(config.channel_group(genesis))
    first, second, third, _ = (organization.msp_id for organization in topology.organizations)
    for path in (READERS, WRITERS, ORDERING_WRITERS):
        assert policies.need(path).satisfied_by([signer(first, "client")])
        assert policies.need(path).satisfied_by([signer(first, "peer")]) == (path == READERS)
        assert policies.need(path).failure([]) == "signature set did not satisfy policy"
    peers = [signer(msp, "peer") for msp in (first, second, third)]
    assert policies.need(ENDORSEMENT).satisfied_by(peers)
    assert not policies.need(ENDORSEMENT).satisfied_by(peers[:2])
    assert not policies.need(ENDORSEMENT).satisfied_by([*peers[:2], signer(third, "client")])


def test_whoever_orders_for_others(topology: Topology, identities: Identities) -> None:
    """The orderer's organisation takes part in ordering where it is no member, and in nothing else."""
    channel = dataclasses.replace(topology.channels[0], organizations=topology.organizations[:2])
    policies = ChannelPolicies(config.channel_group(genesis_block(topology, channel, identities, Clock())))
    orders = [signer(topology.orderer_organization.msp_id, "client")]
    for path in ("/Channel/Readers", ORDERING_WRITERS):
        assert policies.need(path).satisfied_by(orders)
    for path in (READERS, WRITERS):
        assert not policies.need(path).satisfied_by(orders)
        assert policies.need(path).satisfied_by([signer(topology.organizations[1].msp_id, "client")])
