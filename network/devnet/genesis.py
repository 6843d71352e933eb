"""The channel's configuration as block 0: the members with their authorities and policies."""

from __future__ import annotations

import os
import time

from fabric_protos.common import common_pb2, configtx_pb2, policies_pb2
from fabric_protos.msp import msp_config_pb2, msp_principal_pb2

from network.devnet.chain import make_block
from network.identities import Identities
from network.topology import Organization, Topology

_ADMINS = "Admins"


def genesis_block(topology: Topology, identities: Identities) -> bytes:
    """A configuration block for the topology's members."""
    root = configtx_pb2.ConfigGroup(mod_policy=_ADMINS)
    application = root.groups["Application"]
    application.mod_policy = _ADMINS
    for organization in topology.organizations:
        _organization(application.groups[organization.msp_id], identities, organization)
    orderer = topology.orderer_organization
    root.groups["Orderer"].mod_policy = _ADMINS
    _organization(root.groups["Orderer"].groups[orderer.msp_id], identities, orderer)
    config = configtx_pb2.ConfigEnvelope(config=configtx_pb2.Config(sequence=0, channel_group=root))
    header = common_pb2.ChannelHeader(type=common_pb2.CONFIG, channel_id=topology.channel)
    header.timestamp.seconds = int(time.time())
    payload = common_pb2.Payload(
        header=common_pb2.Header(
            channel_header=header.SerializeToString(),
            signature_header=common_pb2.SignatureHeader(nonce=os.urandom(24)).SerializeToString(),
        ),
        data=config.SerializeToString(),
    )
    envelope = common_pb2.Envelope(payload=payload.SerializeToString()).SerializeToString()
    return make_block(0, b"", [envelope], bytes(1), None).SerializeToString()


def _organization(
    group: configtx_pb2.ConfigGroup, identities: Identities, organization: Organization
) -> None:
    msp = identities.msp(organization)
    root = (msp / "cacerts" / "ca.pem").read_bytes()

    def unit(name: str) -> msp_config_pb2.FabricOUIdentifier:
        return msp_config_pb2.FabricOUIdentifier(certificate=root, organizational_unit_identifier=name)

    fabric = msp_config_pb2.FabricMSPConfig(
        name=organization.msp_id,
        root_certs=[root],
        tls_root_certs=[(msp / "tlscacerts" / "tlsca.pem").read_bytes()],
        fabric_node_ous=msp_config_pb2.FabricNodeOUs(
            enable=True,
            client_ou_identifier=unit("client"),
            peer_ou_identifier=unit("peer"),
            admin_ou_identifier=unit("admin"),
            orderer_ou_identifier=unit("orderer"),
        ),
    )
    group.mod_policy = _ADMINS
    value = group.values["MSP"]
    value.value = msp_config_pb2.MSPConfig(type=0, config=fabric.SerializeToString()).SerializeToString()
    value.mod_policy = _ADMINS
    role = msp_principal_pb2.MSPRole
    for name, kind in (
        ("Readers", role.MEMBER),
        ("Writers", role.MEMBER),
        ("Admins", role.ADMIN),
        ("Endorsement", role.PEER),
    ):
        group.policies[name].mod_policy = _ADMINS
        group.policies[name].policy.CopyFrom(_any_of(organization.msp_id, kind))


def _any_of(msp_id: str, kind: int) -> policies_pb2.Policy:
    """A signature policy that one signature in a role of an organisation satisfies."""
    role = msp_principal_pb2.MSPRole(msp_identifier=msp_id, role=kind)
    principal = msp_principal_pb2.MSPPrincipal(
        principal_classification=msp_principal_pb2.MSPPrincipal.ROLE, principal=role.SerializeToString()
    )
    rule = policies_pb2.SignaturePolicy(
        n_out_of=policies_pb2.SignaturePolicy.NOutOf(n=1, rules=[policies_pb2.SignaturePolicy(signed_by=0)])
    )
    envelope = policies_pb2.SignaturePolicyEnvelope(version=0, rule=rule, identities=[principal])
    return policies_pb2.Policy(type=policies_pb2.Policy.SIGNATURE, value=envelope.SerializeToString())
