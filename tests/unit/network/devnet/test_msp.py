"""Whose signatures count."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from fabric_protos.msp import identities_pb2

from gateway.fabric.identity import signer_from_pem
from network.devnet.clock import Clock
from network.devnet.msp import IdentityRefused, Member, Membership
from network.devnet.nodes import Node
from network.identities import Identities
from network.policy import of_role
from network.topology import Topology
from tests.unit.network.devnet.certification import Root, creator, described, elliptic_key

ORDERS = {
    "secp256r1": int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16),
    "secp384r1": int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
}


def has_role(member: Member, role: str) -> bool:
    return of_role(member.msp_id, role) in member.principals


@pytest.fixture(scope="module")
def root() -> Root:
    return Root()


@pytest.fixture(scope="module")
def members(root: Root) -> Membership:
    return Membership([described(root)], Clock())


def test_members(
    topology: Topology, identities: Identities, membership: Membership, peers: dict[str, Node], client: Node
) -> None:
    for msp_id, peer in peers.items():
        member = membership.identify(peer.serialized)
        assert member.msp_id == msp_id
        assert has_role(member, "peer")
        member.verify(b"message", peer.sign(b"message"))
    assert has_role(membership.identify(client.serialized), "client")
    first = topology.organizations[0]
    admin = (identities.user(first, "admin") / "cert.pem").read_bytes()
    assert has_role(membership.identify(creator(first.msp_id, admin)), "admin")


def test_equal_identities_are_read_once(membership: Membership, client: Node) -> None:
    assert membership.identify(client.serialized) is membership.identify(client.serialized)


def test_another_members_certificate(
    topology: Topology, identities: Identities, membership: Membership
) -> None:
    first, second = topology.organizations[:2]
    certificate = (identities.user(first, "gateway") / "cert.pem").read_bytes()
    with pytest.raises(IdentityRefused, match="unknown authority"):
        membership.identify(creator(second.msp_id, certificate))


def test_no_such_member(membership: Membership) -> None:
    with pytest.raises(IdentityRefused, match="is not defined on channel"):
        membership.identify(creator("NobodyMSP", b""))


def test_no_such_member_with_a_certificate(
    topology: Topology, identities: Identities, membership: Membership
) -> None:
    certificate = (identities.user(topology.organizations[0], "gateway") / "cert.pem").read_bytes()
    with pytest.raises(IdentityRefused, match="NobodyMSP is not defined on channel"):
        membership.identify(creator("NobodyMSP", certificate))


@pytest.mark.parametrize("serialized", [b"", b"\xff", creator("MSP", b"no certificate")])
def test_no_identity_at_all(members: Membership, serialized: bytes) -> None:
    with pytest.raises(IdentityRefused):
        members.identify(serialized)


def test_a_namesake_of_the_authority(members: Membership) -> None:
    """The same name, another key: only the signature tells them apart."""
    with pytest.raises(IdentityRefused, match="unknown authority"):
        members.identify(Root().issue(ec.generate_private_key(ec.SECP256R1()), "client"))


@pytest.mark.parametrize("units", [(), ("pirate",), ("client", "peer")])
def test_one_role_exactly(members: Membership, root: Root, units: tuple[str, ...]) -> None:
    with pytest.raises(IdentityRefused, match="one OU of client, peer, orderer and admin"):
        members.identify(root.issue(ec.generate_private_key(ec.SECP256R1()), *units))


def test_other_units_beside_the_role(members: Membership, root: Root) -> None:
    serialized = root.issue(ec.generate_private_key(ec.SECP256R1()), "warehouse", "client")
    assert has_role(members.identify(serialized), "client")


def test_other_curves(members: Membership, root: Root) -> None:
    with pytest.raises(IdentityRefused, match="not taken"):
        members.identify(root.issue(ec.generate_private_key(ec.SECP521R1()), "client"))


@pytest.mark.parametrize(
    ("begins", "ends", "over"),
    [
        (timedelta(minutes=-2), timedelta(minutes=-1), True),
        (timedelta(minutes=-2), timedelta(minutes=1), False),
        (timedelta(days=1), timedelta(days=2), False),
    ],
)
def test_its_time_is_another_matter(
    members: Membership, root: Root, begins: timedelta, ends: timedelta, over: bool
) -> None:
    """As in Fabric: who has expired is still a member, and signs; requests are looked at by their time."""
    member = members.identify(root.issue(elliptic_key(), "client", begins=begins, ends=ends))
    assert members.expired(member) == over


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=["P-256", "P-384"])
def test_only_the_lower_s_counts(members: Membership, root: Root, curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    member = members.identify(root.issue(key, "client"))
    r, s = decode_dss_signature(key.sign(b"message", ec.ECDSA(hashes.SHA256())))
    order = ORDERS[curve.name]
    low, high = sorted((s, order - s))
    member.verify(b"message", encode_dss_signature(r, low))
    with pytest.raises(IdentityRefused, match="not the lower one"):
        member.verify(b"message", encode_dss_signature(r, high))


def test_what_the_client_signs_counts(members: Membership, root: Root) -> None:
    """Client and devnet agree on every sort of key that Fabric takes."""
    for key in (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ):
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        signer = signer_from_pem(pem)
        signature = signer(signer.hash(b"message"))
        members.identify(root.issue(key, "client")).verify(b"message", signature)


def test_ed25519(members: Membership, root: Root) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    member = members.identify(root.issue(key, "client"))
    member.verify(b"message", key.sign(b"message"))
    with pytest.raises(IdentityRefused, match="not the creator's"):
        member.verify(b"other", key.sign(b"message"))


@pytest.mark.parametrize("signature", [b"", b"\x30", b"\x30\x06\x02\x01\x01\x02\x01\x01"])
def test_no_signature(membership: Membership, client: Node, signature: bytes) -> None:
    with pytest.raises(IdentityRefused, match="not the creator's"):
        membership.identify(client.serialized).verify(b"message", signature)


def test_signature_of_another_message(membership: Membership, client: Node) -> None:
    with pytest.raises(IdentityRefused, match="not the creator's"):
        membership.identify(client.serialized).verify(b"other", client.sign(b"message"))


def test_a_certificate_with_any_bit_turned(membership: Membership, client: Node) -> None:
    identity = identities_pb2.SerializedIdentity.FromString(client.serialized)
    der = bytearray(
        x509.load_pem_x509_certificate(identity.id_bytes).public_bytes(serialization.Encoding.DER)
    )
    for bit in range(len(der) * 8):
        der[bit // 8] ^= 1 << bit % 8
        text = b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % base64.encodebytes(bytes(der))
        with pytest.raises(IdentityRefused):
            membership.identify(creator(identity.mspid, text))
        der[bit // 8] ^= 1 << bit % 8
