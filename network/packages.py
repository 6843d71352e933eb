"""Chaincode packages, what a peer installs. The same input gives the same bytes, hence the same id."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from http2 import unix_socket
from network.addresses import Addresses
from network.identities import Identities
from network.topology import Chaincode, Organization


@dataclass(frozen=True)
class Package:
    """A package file's content and the id that Fabric's lifecycle gives it."""

    label: str
    content: bytes

    @property
    def package_id(self) -> str:
        """``label:SHA-256`` of the package, as the lifecycle computes it."""
        return f"{self.label}:{hashlib.sha256(self.content).hexdigest()}"


def build(
    identities: Identities, addresses: Addresses, organization: Organization, chaincode: Chaincode
) -> Package:
    """A member's package of a chaincode as a service.

    Its server has a Unix socket, or TLS: the peer shows its own certificate then, so the package, a secret
    with its key in it, stays with the member. Of a server that somebody else starts, with TLS or without, all
    members have the same package, since a server registers as one.
    """
    place = addresses.chaincode(organization, chaincode)
    connection: dict[str, object] = {"address": place, "dial_timeout": "10s", "tls_required": False}
    if chaincode.server is None and unix_socket.path_in(place) is None:
        peer = identities.tls(identities.peer(organization))
        server = identities.chaincode_tls(organization)
        connection |= {
            "tls_required": True,
            "client_auth_required": True,
            "root_cert": server.root.read_text(),
            "client_cert": peer.certificate.read_text(),
            "client_key": peer.key.read_text(),
        }
    elif chaincode.server_tls:
        root = identities.shared_chaincode_tls().root.read_text()
        connection |= {"tls_required": True, "root_cert": root}
    code = _archive({"connection.json": json.dumps(connection, sort_keys=True).encode()})
    metadata = json.dumps({"label": chaincode.label, "path": "", "type": "ccaas"}, sort_keys=True).encode()
    return Package(chaincode.label, _archive({"code.tar.gz": code, "metadata.json": metadata}))


def write(package: Package, path: Path) -> Path:
    """Write a package file for its owner's eyes; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(package.content)
    return path


def _archive(files: dict[str, bytes]) -> bytes:
    """A gzipped tar without times, names or owners of this machine."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o100644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)
