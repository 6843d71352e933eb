"""The first block: every member with its authorities, in Fabric's configuration format."""

from __future__ import annotations

import hashlib

import pytest
from fabric_protos.common import common_pb2, configtx_pb2, policies_pb2
from fabric_protos.msp import msp_config_pb2, msp_principal_pb2

from gateway.fabric.blocks import parse_block
from network.devnet import config
from network.devnet.clock import Clock
from network.devnet.errors import DevnetError
from network.devnet.genesis import genesis_block
from network.identities import Identities
from network.topology import Topology


def root_group(data: bytes) -> configtx_pb2.ConfigGroup:
    block = common_pb2.Block.FromString(data)
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(block.data.data[0]).payload)
    return configtx_pb2.ConfigEnvelope.FromString(payload.data).config.channel_group


def test_block(topology: Topology, identities: Identities) -> None:
    data = genesis_block(topology, topology.channels[0], identities, Clock())
    view = parse_block(common_pb2.Block.FromString(data))
    assert (view.number, view.previous_hash) == (0, b"")
    [configuration] = view.transactions
    assert (configuration.type, configuration.channel, configuration.valid) == ("CONFIG", "medicines", True)
    envelope = common_pb2.Block.FromString(data).data.data[0]
    assert view.data_hash == hashlib.sha256(envelope).digest()


def test_members(topology: Topology, identities: Identities) -> None:
    root = root_group(genesis_block(topology, topology.channels[0], identities, Clock()))
    members = root.groups["Application"].groups
    assert set(members) == {organization.msp_id for organization in topology.organizations}
    assert list(root.groups["Orderer"].groups) == ["RegulatorMSP"]
    for organization in topology.organizations:
        group = members[organization.msp_id]
        config = msp_config_pb2.MSPConfig.FromString(group.values["MSP"].value)
        msp = msp_config_pb2.FabricMSPConfig.FromString(config.config)
        folder = identities.msp(organization)
        assert (config.type, msp.name) == (0, organization.msp_id)
        assert list(msp.root_certs) == [(folder / "cacerts" / "ca.pem").read_bytes()]
        assert list(msp.tls_root_certs) == [(folder / "tlscacerts" / "tlsca.pem").read_bytes()]
        assert msp.fabric_node_ous.enable
        assert msp.fabric_node_ous.peer_ou_identifier.organizational_unit_identifier == "peer"
        assert set(group.policies) == {"Readers", "Writers", "Admins", "Endorsement"}
        endorsement = policies_pb2.SignaturePolicyEnvelope.FromString(
            group.policies["Endorsement"].policy.value
        )
        role = msp_principal_pb2.MSPRole.FromString(endorsement.identities[0].principal)
        assert (role.msp_identifier, role.role) == (organization.msp_id, msp_principal_pb2.MSPRole.PEER)


def test_it_is_read_back(topology: Topology, identities: Identities) -> None:
    data = genesis_block(topology, topology.channels[0], identities, Clock())
    assert config.channel_of(data) == topology.channel
    assert config.authorities(data) == {
        one.msp_id: [(identities.msp(one) / "cacerts" / "ca.pem").read_bytes()]
        for one in topology.organizations
    }


@pytest.mark.parametrize(
    "block", [b"", b"\xff", common_pb2.Block(data={"data": [b"\xff"]}).SerializeToString()]
)
def test_what_is_no_configuration(block: bytes) -> None:
    with pytest.raises(DevnetError, match="no configuration block"):
        config.channel_group(block)
