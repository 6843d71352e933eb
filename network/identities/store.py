"""The folder of identities: one subfolder per organisation, made once, kept thereafter."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaincode.model import duties
from network.addresses import Addresses, Loopback, address
from network.identities.authority import Authority, Credential
from network.topology import Organization, Topology


@dataclass(frozen=True)
class User:
    """Whom a member's authority gives an identity: its node OU, and the duties that its certificate names."""

    unit: str
    duties: tuple[str, ...]


# Whoever holds the bridge's key can anchor readings and nothing else.
USERS = {
    "admin": User("admin", duties.DUTIES),
    "gateway": User("client", tuple(duty for duty in duties.DUTIES if duty != duties.SENSOR)),
    "bridge": User("client", (duties.SENSOR,)),
}

_LOCAL = ["localhost", "127.0.0.1"]

# Which organisational unit makes a certificate a peer's, an orderer's, a client's or an admin's (node OUs).
_NODE_OUS = """NodeOUs:
  Enable: true
  ClientOUIdentifier:
    Certificate: {certifier}
    OrganizationalUnitIdentifier: client
  PeerOUIdentifier:
    Certificate: {certifier}
    OrganizationalUnitIdentifier: peer
  AdminOUIdentifier:
    Certificate: {certifier}
    OrganizationalUnitIdentifier: admin
  OrdererOUIdentifier:
    Certificate: {certifier}
    OrganizationalUnitIdentifier: orderer
"""


@dataclass(frozen=True)
class TlsFiles:
    """A TLS identity: PEM files of the certificate, its key, and the authority that issued it."""

    certificate: Path
    key: Path
    root: Path


class Identities:
    """Paths into the identities of one network, below ``root`` (HOME/network).

    ``addresses`` go into the connection profiles; on this machine's loopback by default.
    """

    def __init__(self, topology: Topology, root: Path, addresses: Addresses | None = None) -> None:
        self._topology = topology
        self._addresses = addresses or Loopback(topology)
        self.root = root

    def organization(self, organization: Organization) -> Path:
        return self.root / "organizations" / organization.name

    def msp(self, organization: Organization) -> Path:
        """The organisation's verifying MSP folder."""
        return self.organization(organization) / "msp"

    def peer(self, organization: Organization) -> Path:
        """The peer's folder, with ``msp`` and ``tls`` in it."""
        return self.organization(organization) / "peers" / "peer0"

    def orderer(self) -> Path:
        """The orderer's folder, with ``msp`` and ``tls`` in it."""
        return self.organization(self._topology.orderer_organization) / "orderers" / "orderer0"

    def user(self, organization: Organization, name: str) -> Path:
        """A user's folder, with ``msp``, ``cert.pem``, ``key.pem`` and, for mutual TLS, ``tls`` in it."""
        return self.organization(organization) / "users" / name

    def tls(self, node: Path) -> TlsFiles:
        """The TLS files in a node's folder."""
        return TlsFiles(node / "tls" / "cert.pem", node / "tls" / "key.pem", node / "tls" / "ca.pem")

    def tls_roots(self) -> list[Path]:
        """The certificates of the authorities whose TLS certificates peers take, where TLS is mutual."""
        return [self.organization(one) / "ca" / "tlsca-cert.pem" for one in self._topology.organizations]

    def chaincode_tls(self, organization: Organization) -> TlsFiles:
        """The chaincode server's TLS identity; the peer connects with its own from the same authority."""
        return self.tls(self.organization(organization) / "chaincode")

    def shared_chaincode_tls(self) -> TlsFiles:
        """The TLS identity of a chaincode server that serves every member: that of the orderer's member."""
        return self.chaincode_tls(self._topology.orderer_organization)

    def profile(self, organization: Organization, user: str) -> Path:
        """The connection profile of a user."""
        return self.root / "profiles" / f"{organization.name}.{user}.json"

    def create(self) -> None:
        """Make what is missing; what exists is kept, so that running it again changes nothing."""
        for organization in self._topology.organizations:
            self._create(organization)

    def authority(self, organization: Organization) -> Authority:
        """The authority that issues a member's identities, made where it is missing."""
        folder, domain = self.organization(organization) / "ca", self._topology.domain_of(organization)
        if not organization.intermediate_ca:
            return _authority(folder, "ca", f"ca.{domain}", domain)
        root = _authority(folder, "ca", f"ca.{domain}", domain, levels=1)
        return _authority(folder, "ica", f"ica.{domain}", domain, root)

    def revoke(self, organization: Organization, user: str) -> None:
        """Put a user's certificate on the member's revocation list, which its MSP folders then have.

        A channel that exists already has the list of its beginning.
        """
        authority = self.authority(organization)
        certificate = (self.user(organization, user) / "cert.pem").read_bytes()
        nodes = [self.peer(organization) / "msp"]
        if organization == self._topology.orderer_organization:
            nodes.append(self.orderer() / "msp")
        path = self.msp(organization) / "crls" / "crl.pem"
        made = authority.revoke([certificate], path.read_bytes() if path.exists() else None)
        for folder in (self.msp(organization), *nodes):
            _write(folder / "crls" / "crl.pem", made)

    def _create(self, organization: Organization) -> None:
        folder = self.organization(organization)
        domain = self._topology.domain_of(organization)
        authority = self.authority(organization)
        tls_authority = _authority(folder / "ca", "tlsca", f"tlsca.{domain}", domain)
        verifying = self._verifying(organization)
        _write_all(self.msp(organization), verifying)
        host = self._topology.peer_host(organization)
        self._node(self.peer(organization), host, domain, "peer", authority, tls_authority, verifying)
        if organization == self._topology.orderer_organization:
            host = self._topology.orderer_host
            self._node(self.orderer(), host, domain, "orderer", authority, tls_authority, verifying)
        chaincode = folder / "chaincode"
        if not self.tls(chaincode).key.exists():
            host = self._topology.chaincode_host(organization)
            _write_tls(chaincode, tls_authority.issue_tls(host, domain, _hosts(host)), tls_authority)
        attributes = {"mediledger.gln": organization.gln, "mediledger.role": organization.role}
        for user, entrusted in USERS.items():
            path = self.user(organization, user)
            if not (path / "key.pem").exists():
                granted = attributes | {duties.ATTRIBUTE: duties.written(entrusted.duties)}
                credential = authority.issue_identity(f"{user}@{domain}", domain, entrusted.unit, granted)
                _write_all(path / "msp", verifying)
                _signing(path / "msp", credential)
                _write(path / "cert.pem", credential.certificate)
                _write(path / "key.pem", credential.key, secret=True)
            if self._topology.mutual_tls and not self.tls(path).key.exists():
                _write_tls(path, tls_authority.issue_tls(f"{user}@{domain}", domain, _LOCAL), tls_authority)
            self._profile(organization, user)

    def _verifying(self, organization: Organization) -> dict[str, bytes]:
        """The files of an MSP folder that tell a member's certificates from others."""
        folder = self.organization(organization) / "ca"
        certifier = "intermediatecerts/ica.pem" if organization.intermediate_ca else "cacerts/ca.pem"
        files = {
            "cacerts/ca.pem": (folder / "ca-cert.pem").read_bytes(),
            "tlscacerts/tlsca.pem": (folder / "tlsca-cert.pem").read_bytes(),
            "config.yaml": _NODE_OUS.format(certifier=certifier).encode(),
        }
        if organization.intermediate_ca:
            files["intermediatecerts/ica.pem"] = (folder / "ica-cert.pem").read_bytes()
        return files

    def _node(
        self,
        path: Path,
        host: str,
        domain: str,
        unit: str,
        authority: Authority,
        tls_authority: Authority,
        verifying: Mapping[str, bytes],
    ) -> None:
        if self.tls(path).key.exists():
            return
        _write_all(path / "msp", verifying)
        _signing(path / "msp", authority.issue_identity(host, domain, unit))
        _write_tls(path, tls_authority.issue_tls(host, domain, _hosts(host)), tls_authority)

    def _profile(self, organization: Organization, user: str) -> None:
        """How a user of this organisation reaches the network: its own peer first, then the others."""
        path = self.profile(organization, user)
        others = [o for o in self._topology.organizations if o != organization]
        base = Path("..") / "organizations"
        folder = base / organization.name / "users" / user
        profile = {
            "channel": self._topology.channel,
            "msp_id": organization.msp_id,
            "organization": organization.name,
            "certificate": str(folder / "cert.pem"),
            "key": str(folder / "key.pem"),
            "peers": [
                {
                    "address": address(self._addresses.peer(one)),
                    "server_name": self._topology.peer_host(one),
                    "tls_root": str(base / one.name / "peers" / "peer0" / "tls" / "ca.pem"),
                }
                for one in ([organization] if user != "admin" else [organization, *others])
            ],
        }
        if self._topology.mutual_tls:
            shown = self.tls(folder)
            profile |= {"tls_certificate": str(shown.certificate), "tls_key": str(shown.key)}
        _write(path, json.dumps(profile, indent=1).encode() + b"\n")


def _hosts(host: str) -> list[str]:
    return [host, *_LOCAL]


def _authority(
    folder: Path,
    prefix: str,
    common_name: str,
    organization: str,
    above: Authority | None = None,
    levels: int = 0,
) -> Authority:
    certificate, key = folder / f"{prefix}-cert.pem", folder / f"{prefix}-key.pem"
    if not key.exists():
        made = Authority.create(common_name, organization, above, levels)
        _write(certificate, made.credential.certificate)
        _write(key, made.credential.key, secret=True)
    return Authority(Credential(certificate.read_bytes(), key.read_bytes()))


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        _write(folder / name, content)


def _signing(folder: Path, credential: Credential) -> None:
    _write(folder / "signcerts" / "cert.pem", credential.certificate)
    _write(folder / "keystore" / "key.pem", credential.key, secret=True)


def _write_tls(node: Path, credential: Credential, authority: Authority) -> None:
    _write(node / "tls" / "ca.pem", authority.credential.certificate)
    _write(node / "tls" / "cert.pem", credential.certificate)
    # The key last: its presence says that the rest is there.
    _write(node / "tls" / "key.pem", credential.key, secret=True)


def _write(path: Path, content: bytes, secret: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
    temporary.replace(path)
