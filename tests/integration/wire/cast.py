"""Who signs: the members' own people, and strangers whom no ledger should take."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import NameOID
from fabric_protos.msp import identities_pb2

from network.devnet.nodes import Node, load_node
from network.identities import Identities
from network.topology import Topology

_PEM = serialization.Encoding.PEM
# The order of P-256's base point (FIPS 186-4, D.1.2.3).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ALGORITHM = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True)
class Cast:
    """The signers of one network. ``peers`` are in the topology's order, as are ``clients``."""

    clients: list[Node]
    admins: list[Node]
    peers: list[Node]
    orderer: Node
    strangers: dict[str, Node]

    @property
    def client(self) -> Node:
        """The first member's gateway user, who signs where nothing else is said."""
        return self.clients[0]


def load(topology: Topology, identities: Identities) -> Cast:
    """The identities of a network, and strangers made for it."""
    members = topology.organizations

    def users(name: str) -> list[Node]:
        return [load_node(one.msp_id, identities.user(one, name)) for one in members]

    clients = users("gateway")
    first = members[0]
    folder = identities.organization(first) / "ca"
    return Cast(
        clients,
        users("admin"),
        [load_node(one.msp_id, identities.peer(one)) for one in members],
        load_node(topology.orderer_organization.msp_id, identities.orderer()),
        _strangers(first.msp_id, members[1].msp_id, clients, folder),
    )


def _strangers(msp_id: str, other: str, clients: list[Node], folder: Path) -> dict[str, Node]:
    authority = x509.load_pem_x509_certificate((folder / "ca-cert.pem").read_bytes())
    key = serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    own, foreign = (identities_pb2.SerializedIdentity.FromString(one.serialized) for one in clients[:2])
    made = {
        "expired": _issued(msp_id, authority.subject, key, "client", ended=True),
        "not yet valid": _issued(msp_id, authority.subject, key, "client", begun=False),
        "without a role": _issued(msp_id, authority.subject, key, ""),
        "of two roles": _issued(msp_id, authority.subject, key, "client+peer"),
        "self-signed": _issued(msp_id, authority.subject, ec.generate_private_key(ec.SECP256R1()), "client"),
    }

    def renamed(identity: identities_pb2.SerializedIdentity, name: str, node: Node) -> Node:
        serialized = identities_pb2.SerializedIdentity(mspid=name, id_bytes=identity.id_bytes)
        return Node(serialized.SerializeToString(), node.sign)

    made["of another member"] = renamed(foreign, msp_id, clients[1])
    made["claimed for another member"] = renamed(own, other, clients[0])
    made["of an unknown member"] = renamed(own, "NobodyMSP", clients[0])
    made["of no member"] = renamed(own, "", clients[0])
    made["without a certificate"] = Node(
        identities_pb2.SerializedIdentity(mspid=msp_id).SerializeToString(), clients[0].sign
    )
    made["of words"] = Node(
        identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=b"no certificate").SerializeToString(),
        clients[0].sign,
    )
    made["garbage"] = Node(b"\xff\x01 nobody", clients[0].sign)
    return made


def _issued(
    msp_id: str,
    issuer: x509.Name,
    authority: ec.EllipticCurvePrivateKey,
    units: str,
    begun: bool = True,
    ended: bool = False,
) -> Node:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mediledger.example")]
    names += [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, one) for one in units.split("+") if one]
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, "stranger")]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * day if begun else now + day)
        .not_valid_after(now - day if ended else now + 2 * day)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(authority, hashes.SHA256())
    )
    return node(msp_id, certificate.public_bytes(_PEM), key)


def node(msp_id: str, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> Node:
    """A signer of a certificate; its signatures have the lower s."""

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, _ALGORITHM))
        return encode_dss_signature(r, min(s, ORDER - s))

    serialized = identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=certificate)
    return Node(serialized.SerializeToString(), sign)
