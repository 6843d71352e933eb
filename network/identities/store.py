"""The folder of identities: one subfolder per organisation, made once, kept thereafter."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from network.addresses import Addresses, Loopback, address
from network.identities.authority import Authority, Credential
from network.topology import Organization, Topology

USERS = {"admin": "admin", "gateway": "client", "bridge": "client"}

# Which organisational unit makes a certificate a peer's, an orderer's, a client's or an admin's (node OUs).
_NODE_OUS = """NodeOUs:
  Enable: true
  ClientOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: client
  PeerOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: peer
  AdminOUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: admin
  OrdererOUIdentifier:
    Certificate: cacerts/ca.pem
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
        """A user's folder, with ``msp``, ``cert.pem`` and ``key.pem`` in it."""
        return self.organization(organization) / "users" / name

    def tls(self, node: Path) -> TlsFiles:
        """The TLS files in a node's folder."""
        return TlsFiles(node / "tls" / "cert.pem", node / "tls" / "key.pem", node / "tls" / "ca.pem")

    def chaincode_tls(self, organization: Organization) -> TlsFiles:
        """The chaincode server's TLS identity; the peer connects with its own from the same authority."""
        return self.tls(self.organization(organization) / "chaincode")

    def profile(self, organization: Organization, user: str) -> Path:
        """The connection profile of a user."""
        return self.root / "profiles" / f"{organization.name}.{user}.json"

    def create(self) -> None:
        """Make what is missing; what exists is kept, so that running it again changes nothing."""
        for organization in self._topology.organizations:
            self._create(organization)

    def _create(self, organization: Organization) -> None:
        folder = self.organization(organization)
        domain = self._topology.domain_of(organization)
        authority = _authority(folder / "ca", "ca", f"ca.{domain}", domain)
        tls_authority = _authority(folder / "ca", "tlsca", f"tlsca.{domain}", domain)
        _verifying_msp(self.msp(organization), authority, tls_authority)
        host = self._topology.peer_host(organization)
        self._node(self.peer(organization), host, domain, "peer", authority, tls_authority)
        if organization == self._topology.orderer_organization:
            host = self._topology.orderer_host
            self._node(self.orderer(), host, domain, "orderer", authority, tls_authority)
        chaincode = folder / "chaincode"
        if not self.tls(chaincode).key.exists():
            host = self._topology.chaincode_host(organization)
            _write_tls(chaincode, tls_authority.issue_tls(host, domain, _hosts(host)), tls_authority)
        attributes = {"mediledger.gln": organization.gln, "mediledger.role": organization.role}
        for user, unit in USERS.items():
            path = self.user(organization, user)
            if not (path / "key.pem").exists():
                credential = authority.issue_identity(f"{user}@{domain}", domain, unit, attributes)
                _verifying_msp(path / "msp", authority, tls_authority)
                _signing(path / "msp", credential)
                _write(path / "cert.pem", credential.certificate)
                _write(path / "key.pem", credential.key, secret=True)
            self._profile(organization, user)

    def _node(
        self, path: Path, host: str, domain: str, unit: str, authority: Authority, tls_authority: Authority
    ) -> None:
        if self.tls(path).key.exists():
            return
        _verifying_msp(path / "msp", authority, tls_authority)
        _signing(path / "msp", authority.issue_identity(host, domain, unit))
        _write_tls(path, tls_authority.issue_tls(host, domain, _hosts(host)), tls_authority)

    def _profile(self, organization: Organization, user: str) -> None:
        """How a user of this organisation reaches the network: its own peer first, then the others."""
        path = self.profile(organization, user)
        others = [o for o in self._topology.organizations if o != organization]
        base = Path("..") / "organizations"
        profile = {
            "channel": self._topology.channel,
            "msp_id": organization.msp_id,
            "organization": organization.name,
            "certificate": str(base / organization.name / "users" / user / "cert.pem"),
            "key": str(base / organization.name / "users" / user / "key.pem"),
            "peers": [
                {
                    "address": address(self._addresses.peer(one)),
                    "server_name": self._topology.peer_host(one),
                    "tls_root": str(base / one.name / "peers" / "peer0" / "tls" / "ca.pem"),
                }
                for one in ([organization] if user != "admin" else [organization, *others])
            ],
        }
        _write(path, json.dumps(profile, indent=1).encode() + b"\n")


def _hosts(host: str) -> list[str]:
    return [host, "localhost", "127.0.0.1"]


def _authority(folder: Path, prefix: str, common_name: str, organization: str) -> Authority:
    certificate, key = folder / f"{prefix}-cert.pem", folder / f"{prefix}-key.pem"
    if not key.exists():
        made = Authority.create(common_name, organization)
        _write(certificate, made.credential.certificate)
        _write(key, made.credential.key, secret=True)
    return Authority(Credential(certificate.read_bytes(), key.read_bytes()))


def _verifying_msp(folder: Path, authority: Authority, tls_authority: Authority) -> None:
    _write(folder / "cacerts" / "ca.pem", authority.credential.certificate)
    _write(folder / "tlscacerts" / "tlsca.pem", tls_authority.credential.certificate)
    _write(folder / "config.yaml", _NODE_OUS.encode())


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
