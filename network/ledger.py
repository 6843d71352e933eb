"""The ledger of a system, whichever it is: its preparation and its processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from chaincode.model.errors import MediLedgerError
from gateway.fabric import Profile
from http2 import unix_socket
from network import packages
from network.addresses import Addresses, Loopback, below
from network.fabric import processes, programs
from network.fabric.programs import Programs
from network.identities import Identities
from network.process import ProcessSpec, SocketReady, TcpReady
from network.topology import Organization, Topology

KINDS = ("fabric", "devnet")
PROJECT = Path(__file__).resolve().parent.parent


def kind(environ: Mapping[str, str] = os.environ) -> str:
    """``LEDGER`` where it is set, else ``fabric`` where its programs are found, else ``devnet``.

    Raises FabricMissing when ``fabric`` is asked for and not found, MediLedgerError for any other word.
    """
    chosen = environ.get("LEDGER", "")
    if not chosen:
        return "fabric" if programs.find(environ) else "devnet"
    if chosen not in KINDS:
        raise MediLedgerError(f"LEDGER is fabric or devnet, not {chosen}")
    if chosen == "fabric":
        programs.need(environ)
    return chosen


def find_fabric() -> Programs | None:
    """Fabric's programs where they are found."""
    return programs.find()


def member_profile(home: Path, organization: Organization, user: str = "gateway") -> Profile:
    """The connection profile of a member's user."""
    return Profile.load(home / "network" / "profiles" / f"{organization.name}.{user}.json")


def prepare(topology: Topology, home: Path, kind: str) -> None:
    """Make what the ledger's processes read: identities and, for Fabric, settings and the first block."""
    root = home / "network"
    Identities(topology, root).create()
    if kind == "fabric":
        processes.prepare(processes.Layout(topology, root), programs.need())


def plan(topology: Topology, home: Path, kind: str) -> list[ProcessSpec]:
    """The ledger's processes, the chaincode servers, and the job ``deploy`` that readies them for use."""
    root = home / "network"
    if kind == "fabric":
        nodes = processes.specs(processes.Layout(topology, root), programs.need())
    else:
        nodes = [_devnet(topology, home)]
    servers = [
        _chaincode_server(topology, root, one)
        for one in topology.organizations
        if any(chaincode.entry for chaincode in topology.chaincodes_of(one))
    ]
    deploy = ProcessSpec(
        "deploy",
        (sys.executable, "-m", "network.deploy", *_arguments(topology, home), "--kind", kind),
        PROJECT,
        after=tuple(spec.name for spec in (*nodes, *servers)),
        run_once=True,
        start_seconds=180.0,
    )
    return [*nodes, *servers, deploy]


def _devnet(topology: Topology, home: Path) -> ProcessSpec:
    peers = (topology.peer_port(organization) for organization in topology.organizations)
    ports = (*peers, topology.orderer_port)
    return ProcessSpec(
        "devnet",
        (sys.executable, "-m", "network.devnet", *_arguments(topology, home)),
        PROJECT,
        TcpReady(ports[-1]),
        ports=ports,
    )


def _arguments(topology: Topology, home: Path) -> tuple[str, ...]:
    return (
        "--home",
        str(home),
        "--topology",
        str(topology.path),
        "--base-port",
        str(topology.base_port),
    )


def _chaincode_server(topology: Topology, root: Path, organization: Organization) -> ProcessSpec:
    addresses = Loopback(topology)
    places = (
        addresses.serving(organization, one) for one in topology.chaincodes_of(organization) if one.entry
    )
    sockets = tuple(root / path for place in places if (path := unix_socket.path_in(place)))
    return ProcessSpec(
        f"chaincode-{organization.name}",
        chaincode_command(topology, root, organization, addresses),
        PROJECT,
        SocketReady(sockets[-1]),
        sockets=sockets,
    )


def chaincode_command(
    topology: Topology, root: Path, organization: Organization, addresses: Addresses
) -> tuple[str, ...]:
    """The command of a member's chaincode server; ``root`` is HOME/network."""
    identities = Identities(topology, root, addresses)
    serve: list[str] = []
    certificates: tuple[str, ...] = ()
    for chaincode in topology.chaincodes_of(organization):
        if chaincode.entry is None:
            continue
        package = packages.build(identities, addresses, organization, chaincode)
        place = addresses.serving(organization, chaincode)
        serve += ["--serve", f"{package.package_id}={chaincode.entry}@{below(root, place)}"]
        if unix_socket.path_in(place) is None:
            tls = identities.chaincode_tls(organization)
            certificates = ("--tls-cert", str(tls.certificate), "--tls-key", str(tls.key))
            certificates += ("--tls-client-ca", str(tls.root))
    return (sys.executable, "-m", "chaincode", *serve, *certificates)
