"""A committed definition beside the topology's: the same policy in Fabric's encoding is no change."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from fabric_protos.peer import collection_pb2, policy_pb2
from hypothesis import given
from hypothesis import strategies as st

from network.fabric.committed import Definition
from network.fabric.definitions import differs
from network.policy import envelope_of
from network.policy_language import parse
from network.topology import Chaincode, Collection, Topology

# Out of a real peer (3.1.5): `peer lifecycle chaincode querycommitted --name custody --output json`.
REAL_POLICY = (
    "OutOf(3, 'ManufacturerMSP.peer', 'DistributorMSP.peer', 'PharmacyMSP.peer', 'RegulatorMSP.peer')"
)
REAL_PARAMETER = (
    "CmoSFBISCAMSAggAEgIIARICCAISAggDGhUSEwoPTWFudWZhY3R1cmVyTVNQEAMaFBISCg5EaXN0cmlidXRvck1TUBADGhES"
    "DwoLUGhhcm1hY3lNU1AQAxoSEhAKDFJlZ3VsYXRvck1TUBAD"
)

msps = st.sampled_from(["ManufacturerMSP", "DistributorMSP", "PharmacyMSP", "RegulatorMSP"])
roles = st.sampled_from(["peer", "member", "client", "admin", "orderer"])
principals = st.builds(lambda msp, role: f"'{msp}.{role}'", msps, roles)
policies = st.recursive(
    st.builds(lambda one: f"OR({one})", principals),
    lambda inner: st.builds(
        lambda word, parts: f"{word}({', '.join(parts)})",
        st.sampled_from(["AND", "OR"]),
        st.lists(principals | inner, min_size=1, max_size=4),
    ),
    max_leaves=8,
)


def chaincode(policy: str | None, version: str = "1", **more: Any) -> Chaincode:
    return Chaincode(name="custody", version=version, entry="a.b:c", policy=policy, probe=("get",), **more)


def application(policy: str) -> policy_pb2.ApplicationPolicy:
    return policy_pb2.ApplicationPolicy(signature_policy=envelope_of(parse(policy)))


def definition(parameter: bytes, *collections: collection_pb2.StaticCollectionConfig) -> Definition:
    made = Definition(sequence=1, version="1", validation_parameter=parameter)
    for one in collections:
        made.collections.config.add(static_collection_config=one)
    return made


def test_as_a_real_peer_has_it() -> None:
    committed = definition(base64.b64decode(REAL_PARAMETER))
    assert not differs(committed, chaincode(REAL_POLICY))
    assert differs(committed, chaincode(REAL_POLICY.replace("3", "2")))
    assert differs(committed, chaincode(REAL_POLICY.replace("PharmacyMSP", "OtherMSP")))
    assert differs(committed, chaincode(REAL_POLICY, "2"))


@given(policies, policies)
def test_any_policy(one: str, other: str) -> None:
    committed = definition(application(one).SerializeToString())
    assert not differs(committed, chaincode(one))
    assert differs(committed, chaincode(other)) == (parse(one) != parse(other))


CHANNELS_OWN = policy_pb2.ApplicationPolicy(
    channel_config_policy_reference="/Channel/Application/Endorsement"
).SerializeToString()


@pytest.mark.parametrize("stored", [b"", b"\xff\xff", CHANNELS_OWN])
def test_what_is_no_signature_policy_is_replaced(topology: Topology, stored: bytes) -> None:
    assert differs(definition(stored), topology.chaincodes[1])


def test_without_a_policy_it_is_the_channels() -> None:
    assert not differs(definition(CHANNELS_OWN), chaincode(None))
    assert differs(definition(application("OR('AMSP.peer')").SerializeToString()), chaincode(None))
    other = policy_pb2.ApplicationPolicy(channel_config_policy_reference="/Channel/Application/Readers")
    assert differs(definition(other.SerializeToString()), chaincode(None))


WANTED = {
    "name": "prices",
    "policy": "OR('AMSP.member', 'BMSP.member')",
    "required_peer_count": 1,
    "max_peer_count": 2,
    "block_to_live": 9,
    "member_only_read": True,
    "member_only_write": True,
    "endorsement_policy": "AND('AMSP.peer', 'BMSP.peer')",
}


def stored_collection() -> collection_pb2.StaticCollectionConfig:
    config = collection_pb2.StaticCollectionConfig(
        name="prices",
        required_peer_count=1,
        maximum_peer_count=2,
        block_to_live=9,
        member_only_read=True,
        member_only_write=True,
        endorsement_policy=application("AND('AMSP.peer', 'BMSP.peer')"),
    )
    config.member_orgs_policy.signature_policy.CopyFrom(
        envelope_of(parse("OR('AMSP.member', 'BMSP.member')"))
    )
    return config


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": "other"},
        {"policy": "OR('AMSP.member')"},
        {"required_peer_count": 0},
        {"max_peer_count": 3},
        {"block_to_live": 0},
        {"member_only_read": False},
        {"member_only_write": False},
        {"endorsement_policy": None},
        {"endorsement_policy": "OR('AMSP.peer')"},
    ],
)
def test_each_term_of_a_collection_counts(change: dict[str, Any]) -> None:
    committed = definition(CHANNELS_OWN, stored_collection())
    wanted = chaincode(None, collections=(Collection(**(WANTED | change)),))
    assert differs(committed, wanted) == bool(change)
    assert differs(committed, chaincode(None))
