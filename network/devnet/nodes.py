"""The members as devnet plays them: their peers' keys and addresses, their chaincode servers."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from fabric_protos.msp import identities_pb2

from network import packages
from network.addresses import Loopback, below
from network.devnet import signatures
from network.devnet.connection import ChaincodeConnection
from network.identities import Identities
from network.packages import Package
from network.topology import Organization, Topology

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Node:
    """A node's signing identity."""

    serialized: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Peer:
    """One member's peer: who it signs as, where it answers, its chaincode and that one's packages by name."""

    organization: Organization
    node: Node
    address: str
    chaincodes: dict[str, ChaincodeConnection]
    packages: dict[str, Package]

    @property
    def msp_id(self) -> str:
        return self.organization.msp_id


def load_node(msp_id: str, folder: Path) -> Node:
    """The signing identity in a node's MSP folder; the project's authority issues P-256 keys."""
    certificate = (folder / "msp" / "signcerts" / "cert.pem").read_bytes()
    key = serialization.load_pem_private_key((folder / "msp" / "keystore" / "key.pem").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder}: the node's key is not an elliptic curve key")

    fingerprint = signatures.fingerprint(key.public_key())

    def sign(message: bytes) -> bytes:
        digest = hashlib.sha256(message).digest()
        r, s = decode_dss_signature(key.sign(digest, signatures.PREHASHED))
        signature = encode_dss_signature(r, min(s, _ORDER - s))
        signatures.RIGHT.add(signatures.token(fingerprint, digest, signature))
        return signature

    serialized = identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=certificate).SerializeToString()
    return Node(serialized, sign)


def _context(identities: Identities, organization: Organization) -> ssl.SSLContext:
    """How a member's peer connects to a chaincode server for all: it shows its own TLS certificate."""
    tls = identities.tls(identities.peer(organization))
    root = identities.shared_chaincode_tls().root
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(root))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    context.load_cert_chain(tls.certificate, tls.key)
    return context


def load_peers(topology: Topology, identities: Identities) -> list[Peer]:
    """Every member's peer. Chaincode connections are made, not opened."""
    return [_peer(topology, identities, organization) for organization in topology.organizations]


def _peer(topology: Topology, identities: Identities, organization: Organization) -> Peer:
    addresses = Loopback(topology)
    shared = _context(identities, organization)
    installed = {
        chaincode.name: packages.build(identities, addresses, organization, chaincode)
        for chaincode in topology.chaincodes_of(organization)
    }
    chaincodes = {
        chaincode.name: ChaincodeConnection(
            chaincode.name,
            installed[chaincode.name].package_id,
            below(identities.root, addresses.chaincode(organization, chaincode)),
            shared if chaincode.server_tls else None,
            topology.chaincode_host(topology.orderer_organization if chaincode.server else organization),
        )
        for chaincode in topology.chaincodes_of(organization)
    }
    return Peer(
        organization,
        load_node(organization.msp_id, identities.peer(organization)),
        f"127.0.0.1:{topology.peer_port(organization)}",
        chaincodes,
        installed,
    )
