"""What a member's clients need to reach devnet, in the forms that Fabric's SDKs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from network.identities import Identities
from network.topology import Organization, Topology

USERS = ("admin", "gateway")


def write(topology: Topology, identities: Identities, organization: Organization, folder: Path) -> None:
    """Write a connection profile, a wallet of ``USER.id`` files, and the same as PEM files.

    Keys are for the owner of the files alone.
    """
    profile = json.dumps(_profile(topology, identities, organization), indent=2)
    _write(folder / f"connection-{organization.name}.json", profile)
    tls = identities.tls(identities.peer(organization))
    _write(folder / "peer-tls-ca.pem", tls.root.read_text())
    for user in USERS:
        own = identities.user(organization, user)
        certificate, key = (own / "cert.pem").read_text(), (own / "key.pem").read_text()
        entry = {
            "credentials": {"certificate": certificate, "privateKey": key},
            "mspId": organization.msp_id,
            "type": "X.509",
            "version": 1,
        }
        _write(folder / "wallet" / f"{user}.id", json.dumps(entry), secret=True)
        _write(folder / f"{user}-cert.pem", certificate)
        _write(folder / f"{user}-key.pem", key, secret=True)


def write_server(identities: Identities, folder: Path) -> None:
    """Write what a chaincode server with TLS needs: its certificate and key, and whose peers may come."""
    tls = identities.shared_chaincode_tls()
    _write(folder / "server-cert.pem", tls.certificate.read_text())
    _write(folder / "server-key.pem", tls.key.read_text(), secret=True)
    _write(folder / "peers-ca.pem", "".join(root.read_text() for root in identities.tls_roots()))


def _profile(topology: Topology, identities: Identities, organization: Organization) -> dict[str, Any]:
    """A connection profile in Fabric's common format, version 1.0."""
    host, orderer = topology.peer_host(organization), topology.orderer_host
    return {
        "name": f"devnet-{organization.name}",
        "version": "1.0.0",
        "client": {
            "organization": organization.name,
            "connection": {"timeout": {"peer": {"endorser": "300"}}},
        },
        "channels": {
            channel.name: {"orderers": [orderer], "peers": {host: {}}} for channel in topology.channels
        },
        "organizations": {organization.name: {"mspid": organization.msp_id, "peers": [host]}},
        "orderers": {orderer: _node(orderer, topology.orderer_port, identities.orderer(), identities)},
        "peers": {
            host: _node(host, topology.peer_port(organization), identities.peer(organization), identities)
        },
    }


def _node(host: str, port: int, folder: Path, identities: Identities) -> dict[str, Any]:
    """A node in a connection profile."""
    return {
        "url": f"grpcs://127.0.0.1:{port}",
        "tlsCACerts": {"pem": identities.tls(folder).root.read_text()},
        "grpcOptions": {"ssl-target-name-override": host, "hostnameOverride": host},
    }


def _write(path: Path, text: str, secret: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600 if secret else 0o644)
    path.write_text(text, encoding="utf-8")
