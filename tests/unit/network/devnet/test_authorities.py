"""Certificates as a peer judges them: chains, places in the tree, units, revocation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from fabric_protos.msp import msp_config_pb2

from network.devnet import certificates
from network.devnet.authorities import Authorities
from network.devnet.certificates import CertificateRefused
from network.policy import Signer, of_role, of_unit
from tests.unit.network.devnet.certification import Root, certificate_of, described, elliptic_key

PEER, ADMIN, MEMBER = (of_role("MSP", role) for role in ("peer", "admin", "member"))


@pytest.fixture(scope="module")
def root() -> Root:
    return Root()


@pytest.fixture(scope="module")
def intermediate(root: Root) -> Root:
    return Root(root, "ica")


def judged(config: msp_config_pb2.FabricMSPConfig, serialized: bytes) -> Signer:
    """What an identity counts as; CertificateRefused."""
    authorities = Authorities(config)
    return authorities.principals(authorities.chain(certificates.load(certificate_of(serialized))))


def test_of_the_root(root: Root) -> None:
    assert {PEER, MEMBER} <= judged(described(root), root.issue(elliptic_key(), "peer"))


def test_of_an_intermediate_authority(root: Root, intermediate: Root) -> None:
    config = described(root, intermediate, certifier=intermediate)
    assert PEER in judged(config, intermediate.issue(elliptic_key(), "peer"))
    with pytest.raises(CertificateRefused, match="unknown authority"):
        judged(described(root), intermediate.issue(elliptic_key(), "peer"))


def test_of_an_authority_above_another(root: Root, intermediate: Root) -> None:
    with pytest.raises(CertificateRefused, match="not a leaf"):
        judged(described(root, intermediate), root.issue(elliptic_key(), "peer"))


def test_a_long_chain(root: Root, intermediate: Root) -> None:
    lowest = Root(intermediate, "lowest")
    assert PEER in judged(described(root, intermediate, lowest), lowest.issue(elliptic_key(), "peer"))
    flat = Root(levels=0)
    below = Root(flat, "below")
    with pytest.raises(CertificateRefused, match="unknown authority"):
        judged(described(flat, below), below.issue(elliptic_key(), "peer"))


def test_two_chains_are_one_too_many(root: Root, intermediate: Root) -> None:
    config = described(root)
    config.root_certs.append(intermediate.pem)
    config.intermediate_certs.append(intermediate.pem)
    with pytest.raises(CertificateRefused, match="single validation chain, got 2"):
        judged(config, intermediate.issue(elliptic_key(), "peer"))


def test_units_count_only_from_their_certifier(root: Root, intermediate: Root) -> None:
    other = Root(root, "other")
    config = described(root, intermediate, other, certifier=intermediate)
    with pytest.raises(CertificateRefused, match="certifiersIdentifier does not match"):
        judged(config, other.issue(elliptic_key(), "peer"))
    found = judged(config, intermediate.issue(elliptic_key(), "peer", "quality"))
    chain = [x509.load_pem_x509_certificate(one.pem) for one in (intermediate, root)]
    assert of_unit("MSP", "quality", certificates.fingerprint(chain)) in found
    stranger = described(root, certifier=Root())
    with pytest.raises(CertificateRefused, match="not in root or intermediate certs"):
        Authorities(stranger)


def test_units_that_a_member_asks_for(root: Root) -> None:
    config = described(root)
    config.organizational_unit_identifiers.add(certificate=root.pem, organizational_unit_identifier="quality")
    assert PEER in judged(config, root.issue(elliptic_key(), "peer", "quality"))
    with pytest.raises(CertificateRefused, match="organizational units"):
        judged(config, root.issue(elliptic_key(), "peer"))


def test_revoked(root: Root, intermediate: Root) -> None:
    gone, stays = (intermediate.issue(elliptic_key(), "client") for _ in range(2))
    earlier = intermediate.authority.revoke([certificate_of(intermediate.issue(elliptic_key(), "peer"))])
    lists = [intermediate.authority.revoke([certificate_of(gone)], earlier)]
    config = described(root, intermediate, revocation_list=lists)
    assert MEMBER in judged(config, stays)
    with pytest.raises(CertificateRefused, match="The certificate has been revoked"):
        judged(config, gone)


def test_a_revocation_list_of_somebody_else(root: Root) -> None:
    """Same name, other key: neither its key identifier nor its signature is the authority's."""
    serialized = root.issue(elliptic_key(), "client")
    forged = Root().authority.revoke([certificate_of(serialized)])
    assert MEMBER in judged(described(root, revocation_list=[forged]), serialized)


def test_an_authority_that_is_revoked(root: Root, intermediate: Root) -> None:
    lists = [root.authority.revoke([intermediate.pem])]
    with pytest.raises(CertificateRefused, match="revoked"):
        Authorities(described(root, intermediate, revocation_list=lists))


def test_admins_by_certificate(root: Root) -> None:
    admin = root.issue(elliptic_key(), "client")
    found = judged(described(root, admins=[certificate_of(admin)]), admin)
    assert ADMIN in found
    assert of_role("MSP", "client") in found
    assert ADMIN not in judged(described(root), admin)
    peer = root.issue(elliptic_key(), "peer")
    with pytest.raises(CertificateRefused, match="admin 0 is invalid"):
        Authorities(described(root, admins=[certificate_of(peer)]))


def test_without_node_units(root: Root) -> None:
    admin = root.issue(elliptic_key())
    config = described(root, admins=[certificate_of(admin)])
    config.fabric_node_ous.enable = False
    assert ADMIN in judged(config, admin)
    assert PEER not in judged(config, root.issue(elliptic_key(), "peer"))
    del config.admins[:]
    with pytest.raises(CertificateRefused, match="administrators must be declared"):
        Authorities(config)


def test_what_is_no_authority(root: Root) -> None:
    leaf = certificate_of(root.issue(elliptic_key(), "peer"))
    config = described(root)
    config.root_certs[0] = leaf
    with pytest.raises(CertificateRefused, match="CA attribute"):
        Authorities(config)
    del config.root_certs[:]
    with pytest.raises(CertificateRefused, match="at least one CA certificate"):
        Authorities(config)
    config.root_certs.append(b"-----BEGIN CERTIFICATE-----")
    with pytest.raises(CertificateRefused, match="cannot be read"):
        Authorities(config)


def test_an_authority_is_no_identity(root: Root) -> None:
    authorities = Authorities(described(root))
    chain = authorities.chain(x509.load_pem_x509_certificate(root.pem))
    with pytest.raises(CertificateRefused, match="authority cannot be used as an identity"):
        authorities.principals(chain)


@pytest.mark.parametrize(
    ("extension", "critical", "taken"),
    [
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False, False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False, True),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1"), b"{}"), False, True),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1"), b"{}"), True, False),
    ],
)
def test_extensions(root: Root, extension: x509.ExtensionType, critical: bool, taken: bool) -> None:
    serialized = root.issue(elliptic_key(), "client", extensions=[(extension, critical)])
    if taken:
        assert MEMBER in judged(described(root), serialized)
    else:
        with pytest.raises(CertificateRefused):
            judged(described(root), serialized)


def test_older_than_its_authority(root: Root) -> None:
    serialized = root.issue(elliptic_key(), "client", begins=timedelta(hours=-1))
    with pytest.raises(CertificateRefused, match="unknown authority"):
        judged(described(root), serialized)


def test_what_a_peer_keeps_has_the_lower_signature(root: Root) -> None:
    """Whichever of the two an authority made: the whole stays a certificate that it signed."""
    issuer = x509.load_pem_x509_certificate(root.pem)
    changed = 0
    for _ in range(16):
        made = certificates.load(certificate_of(root.issue(elliptic_key(), "client")))
        kept = certificates.canonical(made, issuer)
        read = x509.load_der_x509_certificate(kept)
        read.verify_directly_issued_by(issuer)
        assert read.tbs_certificate_bytes == made.tbs_certificate_bytes
        assert certificates.canonical(read, issuer) == kept
        assert read.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value == "client"
        changed += read.signature != made.signature
    assert 0 < changed < 16
