"""A committed definition beside the topology's: the same policy in Fabric's encoding is no change."""

from __future__ import annotations

import base64

import pytest
from fabric_protos.peer import policy_pb2
from hypothesis import given
from hypothesis import strategies as st

from network.fabric.definitions import differs
from network.policy import envelope_of
from network.policy_language import parse
from network.topology import Chaincode, Topology

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


def chaincode(policy: str, version: str = "1") -> Chaincode:
    return Chaincode(name="custody", version=version, entry="a.b:c", policy=policy, probe=("get",))


def parameter(policy: str) -> str:
    made = policy_pb2.ApplicationPolicy(signature_policy=envelope_of(parse(policy)))
    return base64.b64encode(made.SerializeToString()).decode()


def test_as_a_real_peer_has_it() -> None:
    committed = {"sequence": 1, "version": "1", "validation_parameter": REAL_PARAMETER}
    assert not differs(committed, chaincode(REAL_POLICY))
    assert differs(committed, chaincode(REAL_POLICY.replace("3", "2")))
    assert differs(committed, chaincode(REAL_POLICY.replace("PharmacyMSP", "OtherMSP")))
    assert differs(committed, chaincode(REAL_POLICY, "2"))


@given(policies, policies)
def test_any_policy(one: str, other: str) -> None:
    committed = {"version": "1", "validation_parameter": parameter(one)}
    assert not differs(committed, chaincode(one))
    assert differs(committed, chaincode(other)) == (parse(one) != parse(other))


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "not base64!",
        base64.b64encode(b"\xff\xff").decode(),
        base64.b64encode(
            policy_pb2.ApplicationPolicy(
                channel_config_policy_reference="/Channel/Application/Endorsement"
            ).SerializeToString()
        ).decode(),
    ],
)
def test_what_is_no_signature_policy_is_replaced(topology: Topology, stored: str) -> None:
    assert differs({"version": "1", "validation_parameter": stored}, topology.chaincodes[1])
