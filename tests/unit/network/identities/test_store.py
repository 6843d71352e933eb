"""MSP folders as Fabric reads them: chains, node OUs, attributes, modes; and made once only."""

from __future__ import annotations

import dataclasses
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.fabric import Profile
from network.identities import Identities
from network.identities.authority import ATTRIBUTES_OID
from network.topology import Organization, Topology

USERS = {"admin": "admin", "gateway": "client", "bridge": "client"}


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def key_belongs(key: Path, to: x509.Certificate) -> bool:
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(encoding, form) == to.public_key().public_bytes(encoding, form)


def units(of: x509.Certificate) -> list[str]:
    attributes = of.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return [str(attribute.value) for attribute in attributes]


def signing_folders(topology: Topology, identities: Identities) -> list[tuple[Organization, Path, str]]:
    """Every MSP folder that signs, with the node OU that it must have."""
    found = [(topology.orderer_organization, identities.orderer() / "msp", "orderer")]
    for organization in topology.organizations:
        found.append((organization, identities.peer(organization) / "msp", "peer"))
        found += [
            (organization, identities.user(organization, user) / "msp", unit) for user, unit in USERS.items()
        ]
    return found


def test_authorities(topology: Topology, identities: Identities) -> None:
    for organization in topology.organizations:
        for path in ("cacerts/ca.pem", "tlscacerts/tlsca.pem"):
            root = certificate(identities.msp(organization) / path)
            root.verify_directly_issued_by(root)
            constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
            assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (
                True,
                True,
                0,
            )
            assert root.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_signing_folders(topology: Topology, identities: Identities) -> None:
    now = datetime.now(UTC)
    for organization, folder, unit in signing_folders(topology, identities):
        root = certificate(folder / "cacerts" / "ca.pem")
        assert root == certificate(identities.msp(organization) / "cacerts" / "ca.pem")
        leaf = certificate(folder / "signcerts" / "cert.pem")
        leaf.verify_directly_issued_by(root)
        assert leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc
        assert leaf.not_valid_after_utc <= root.not_valid_after_utc
        assert key_belongs(folder / "keystore" / "key.pem", leaf)
        assert units(leaf) == [unit]
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        assert (usage.digital_signature, usage.key_cert_sign) == (True, False)
        assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        subject = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        assert issuer.key_identifier == subject.digest


def test_node_ous(topology: Topology, identities: Identities) -> None:
    for _, folder, _ in signing_folders(topology, identities):
        ous = yaml.safe_load((folder / "config.yaml").read_text())["NodeOUs"]
        assert ous.pop("Enable") is True
        assert {name: ou["OrganizationalUnitIdentifier"] for name, ou in ous.items()} == {
            "ClientOUIdentifier": "client",
            "PeerOUIdentifier": "peer",
            "AdminOUIdentifier": "admin",
            "OrdererOUIdentifier": "orderer",
        }
        assert all((folder / ou["Certificate"]).is_file() for ou in ous.values())


@pytest.mark.parametrize(
    ("user", "duties"),
    [
        ("admin", "registry,custody,quality,sensor,compliance,governance"),
        ("gateway", "registry,custody,quality,compliance,governance"),
        ("bridge", "sensor"),
    ],
)
def test_attributes_of_users(topology: Topology, identities: Identities, user: str, duties: str) -> None:
    for organization in topology.organizations:
        folder = identities.user(organization, user)
        leaf = certificate(folder / "cert.pem")
        assert leaf == certificate(folder / "msp" / "signcerts" / "cert.pem")
        extension = leaf.extensions.get_extension_for_oid(ATTRIBUTES_OID)
        assert not extension.critical
        assert json.loads(extension.value.value) == {  # type: ignore[attr-defined]
            "attrs": {
                "mediledger.duties": duties,
                "mediledger.gln": organization.gln,
                "mediledger.role": organization.role,
            }
        }


def test_tls(topology: Topology, identities: Identities) -> None:
    nodes = [(identities.orderer(), topology.orderer_host)]
    for organization in topology.organizations:
        nodes.append((identities.peer(organization), topology.peer_host(organization)))
        chaincode = identities.organization(organization) / "chaincode"
        nodes.append((chaincode, topology.chaincode_host(organization)))
    for node, host in nodes:
        files = identities.tls(node)
        leaf = certificate(files.certificate)
        leaf.verify_directly_issued_by(certificate(files.root))
        assert key_belongs(files.key, leaf)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [host, "localhost"]
        assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
        purposes = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        assert purposes == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


def test_members_share_no_authority(topology: Topology, identities: Identities) -> None:
    roots = {
        (identities.msp(organization) / path).read_bytes()
        for organization in topology.organizations
        for path in ("cacerts/ca.pem", "tlscacerts/tlsca.pem")
    }
    assert len(roots) == 2 * len(topology.organizations)


def test_only_the_owner_reads_keys(identities: Identities) -> None:
    keys = [path for path in identities.root.rglob("*.pem") if b"PRIVATE KEY" in path.read_bytes()]
    assert len(keys) > 20
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_profiles(topology: Topology, identities: Identities) -> None:
    first = topology.organizations[0]
    profile = Profile.load(identities.profile(first, "gateway"))
    assert (profile.channel, profile.msp_id) == ("medicines", "ManufacturerMSP")
    assert [(peer.address, peer.server_name) for peer in profile.peers] == [
        ("127.0.0.1:17020", "peer0.manufacturer.mediledger.example")
    ]
    assert profile.peers[0].tls_root == identities.tls(identities.peer(first)).root.read_bytes()
    assert profile.certificate == (identities.user(first, "gateway") / "cert.pem").read_bytes()
    assert profile.key == (identities.user(first, "gateway") / "key.pem").read_bytes()
    assert len(Profile.load(identities.profile(first, "admin")).peers) == len(topology.organizations)


def test_profiles_where_tls_is_mutual(topology: Topology, tmp_path: Path) -> None:
    first = topology.organizations[0]
    assert Profile.load(made(topology, tmp_path / "usual").profile(first, "gateway")).tls is None
    identities = made(dataclasses.replace(topology, mutual_tls=True), tmp_path / "mutual")
    shown = Profile.load(identities.profile(first, "gateway")).tls
    assert shown
    root = x509.load_pem_x509_certificate(identities.tls_roots()[0].read_bytes())
    x509.load_pem_x509_certificate(shown.certificate).verify_directly_issued_by(root)
    assert shown.key == identities.tls(identities.user(first, "gateway")).key.read_bytes()


def made(topology: Topology, root: Path) -> Identities:
    identities = Identities(topology, root)
    identities.create()
    return identities


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in root.rglob("*")
        if path.is_file()
    }


def test_create_again_changes_nothing(topology: Topology, tmp_path: Path) -> None:
    made = Identities(topology, tmp_path)
    made.create()
    before = snapshot(tmp_path)
    Identities(topology, tmp_path).create()
    assert snapshot(tmp_path) == before
    assert not [name for name in before if name.endswith(".tmp")]


def test_what_an_interruption_left_out_is_made(topology: Topology, tmp_path: Path) -> None:
    made = Identities(topology, tmp_path)
    made.create()
    before = snapshot(tmp_path)
    first = topology.organizations[0]
    key = made.tls(made.peer(first)).key
    key.unlink()
    (made.user(first, "bridge") / "key.pem").unlink()
    made.create()
    after = snapshot(tmp_path)
    assert after.keys() == before.keys()
    assert key_belongs(key, certificate(made.tls(made.peer(first)).certificate))
    changed = {name for name in after if after[name] != before[name]}
    assert all("peers/peer0" in name or "users/bridge" in name for name in changed)


def test_a_member_with_an_intermediate_authority(topology: Topology, tmp_path: Path) -> None:
    first = topology.organizations[0].model_copy(update={"intermediate_ca": True})
    changed = dataclasses.replace(
        topology,
        organizations=(first, *topology.organizations[1:]),
    )
    identities = Identities(changed, tmp_path)
    identities.create()
    root = certificate(identities.msp(first) / "cacerts" / "ca.pem")
    between = certificate(identities.msp(first) / "intermediatecerts" / "ica.pem")
    between.verify_directly_issued_by(root)
    for folder in (identities.peer(first), identities.user(first, "gateway")):
        certificate(folder / "msp" / "signcerts" / "cert.pem").verify_directly_issued_by(between)
        assert (folder / "msp" / "intermediatecerts" / "ica.pem").exists()
    assert "Certificate: intermediatecerts/ica.pem" in (identities.msp(first) / "config.yaml").read_text()


def test_revoked_users(topology: Topology, tmp_path: Path) -> None:
    identities = Identities(topology, tmp_path)
    identities.create()
    first, orderers = topology.organizations[0], topology.orderer_organization
    identities.revoke(first, "bridge")
    identities.revoke(first, "admin")
    identities.revoke(orderers, "gateway")
    path = identities.msp(first) / "crls" / "crl.pem"
    revoked = x509.load_pem_x509_crl(path.read_bytes())
    authority = certificate(identities.msp(first) / "cacerts" / "ca.pem")
    assert revoked.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    users = (identities.user(first, user) / "cert.pem" for user in ("bridge", "admin"))
    gone = {certificate(path).serial_number for path in users}
    assert {one.serial_number for one in revoked} == gone
    assert (identities.peer(first) / "msp" / "crls" / "crl.pem").read_bytes() == path.read_bytes()
    assert (identities.orderer() / "msp" / "crls" / "crl.pem").exists()
    identities.create()
    assert x509.load_pem_x509_crl(path.read_bytes()).fingerprint(hashes.SHA256()) == revoked.fingerprint(
        hashes.SHA256()
    )
