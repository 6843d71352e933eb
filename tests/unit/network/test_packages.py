"""Chaincode packages: what a peer reads in them, and the same bytes from the same input."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from network import packages
from network.addresses import Hosts, Loopback
from network.identities import Identities
from network.topology import Chaincode, Topology


def unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def connection(package: packages.Package) -> dict[str, Any]:
    return json.loads(unpacked(unpacked(package.content)["code.tar.gz"])["connection.json"])


def test_content(topology: Topology, identities: Identities) -> None:
    first, custody = topology.organizations[0], topology.chaincodes[1]
    package = packages.build(identities, Loopback(topology), first, custody)
    assert package.package_id == f"custody_1:{hashlib.sha256(package.content).hexdigest()}"
    outer = unpacked(package.content)
    assert set(outer) == {"metadata.json", "code.tar.gz"}
    assert json.loads(outer["metadata.json"]) == {"label": "custody_1", "path": "", "type": "ccaas"}
    assert set(unpacked(outer["code.tar.gz"])) == {"connection.json"}
    assert connection(package) == {
        "address": "unix:sockets/manufacturer/custody_1.sock",
        "dial_timeout": "10s",
        "tls_required": False,
    }


def test_a_server_on_another_host_has_tls(topology: Topology, identities: Identities) -> None:
    first, custody = topology.organizations[0], topology.chaincodes[1]
    peer = identities.tls(identities.peer(first))
    assert connection(packages.build(identities, Hosts(topology), first, custody)) == {
        "address": "chaincode.manufacturer.mediledger.example:17024",
        "dial_timeout": "10s",
        "tls_required": True,
        "client_auth_required": True,
        "root_cert": identities.chaincode_tls(first).root.read_text(),
        "client_cert": peer.certificate.read_text(),
        "client_key": peer.key.read_text(),
    }


def test_the_same_input_gives_the_same_bytes(topology: Topology, identities: Identities) -> None:
    first, custody = topology.organizations[0], topology.chaincodes[1]
    one, two = (packages.build(identities, Loopback(topology), first, custody) for _ in range(2))
    assert one == two
    again = packages.build(Identities(topology, identities.root), Loopback(topology), first, custody)
    assert again.package_id == one.package_id


def test_each_input_counts(topology: Topology, identities: Identities) -> None:
    made = {
        packages.build(identities, addresses, organization, chaincode).package_id
        for organization in topology.organizations
        for chaincode in topology.chaincodes
        for addresses in (Loopback(topology), Hosts(topology))
    }
    assert len(made) == len(topology.organizations) * len(topology.chaincodes) * 2


def test_nothing_of_this_machine_is_in_it(topology: Topology, identities: Identities) -> None:
    package = packages.build(
        identities, Loopback(topology), topology.organizations[0], topology.chaincodes[0]
    )
    with tarfile.open(fileobj=io.BytesIO(package.content), mode="r:gz") as archive:
        for entry in archive:
            assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, 0, "", "")


def test_written_for_its_owner_only(topology: Topology, identities: Identities, tmp_path: Path) -> None:
    package = packages.build(
        identities, Loopback(topology), topology.organizations[0], topology.chaincodes[0]
    )
    path = packages.write(package, tmp_path / "packages" / "registry.tgz")
    assert path.read_bytes() == package.content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_server_that_somebody_else_starts(topology: Topology, identities: Identities) -> None:
    """It has no TLS, and one package id for every member: a server registers as one package."""
    theirs = Chaincode(name="notes", version="1", server="localhost:9999")
    made = [
        packages.build(identities, addresses, organization, theirs)
        for organization in topology.organizations
        for addresses in (Loopback(topology), Hosts(topology))
    ]
    assert len({package.package_id for package in made}) == 1
    assert connection(made[0]) == {
        "address": "localhost:9999",
        "dial_timeout": "10s",
        "tls_required": False,
    }
    with_tls = theirs.model_copy(update={"server_tls": True})
    assert connection(
        packages.build(identities, Loopback(topology), topology.organizations[1], with_tls)
    ) == {
        "address": "localhost:9999",
        "dial_timeout": "10s",
        "tls_required": True,
        "root_cert": identities.shared_chaincode_tls().root.read_text(),
    }


@pytest.mark.parametrize("server", ["10.0.0.1:9999", "example.org:9999", "127.0.0.1", "127.0.0.1:x"])
def test_a_server_without_tls_is_on_this_machine(server: str) -> None:
    with pytest.raises(ValidationError, match="server"):
        Chaincode(name="notes", version="1", server=server)
