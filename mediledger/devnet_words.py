"""What ``mediledger devnet`` says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from network.topology import Topology

if TYPE_CHECKING:
    from network.devnet.control import Status

console = Console()
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def introduce(topology: Topology, home: Path) -> None:
    """What to know to use it."""
    from network import packages
    from network.addresses import Loopback
    from network.devnet import standalone
    from network.identities import Identities

    console.print("devnet: a Fabric network in one process. NOT FOR PRODUCTION.", style="bold yellow")
    console.print(f"channel {topology.channel}, ledger and keys in {home}\n", highlight=False, soft_wrap=True)
    for organization in topology.organizations:
        for line in (
            f"{organization.name}, {organization.msp_id}",
            f"  peer         127.0.0.1:{topology.peer_port(organization)}, TLS as "
            f"{topology.peer_host(organization)}",
            f"  for clients  {standalone.members_folder(home, organization)}",
        ):
            console.print(line, highlight=False, soft_wrap=True)
    console.print(
        f"orderer, for clients without a gateway  127.0.0.1:{topology.orderer_port}, TLS as "
        f"{topology.orderer_host}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        "In the folders: a connection profile, a wallet, and PEM files, of the users admin and gateway.\n",
        soft_wrap=True,
    )
    identities = Identities(topology, home.absolute() / "network")
    first = topology.organizations[0]
    for chaincode in topology.chaincodes:
        package_id = packages.build(identities, Loopback(topology), first, chaincode).package_id
        server = chaincode.server
        files = standalone.server_folder(home) if chaincode.server_tls else None
        security = f"with TLS by the files in {files}" if files else "without TLS"
        python = (
            f" --tls-cert {files}/server-cert.pem --tls-key {files}/server-key.pem "
            f"--tls-client-ca {files}/peers-ca.pem"
            if files
            else ""
        )
        for line in (
            f"Serve {chaincode.name} on {server}, {security}, as this package:",
            f"  {package_id}",
            f"  Go, Java  CHAINCODE_ID={package_id} CHAINCODE_SERVER_ADDRESS={server}",
            f"  Node      fabric-chaincode-node server --chaincode-address={server} "
            f"--chaincode-id={package_id}",
            f"  Python    python -m chaincode --serve {package_id}=MODULE:ATTRIBUTE@{server}{python}",
        ):
            console.print(line, highlight=False, soft_wrap=True)
    console.print()


def show(found: Status) -> None:
    """All that a status tells."""
    console.print(
        f"Process {found.pid}. It is {time_of(found.time)} on the ledger, {duration(found.ahead)} ahead."
    )
    channels = Table("channel", "height", "newest block's hash", box=None, pad_edge=False)
    for channel in found.channels:
        channels.add_row(channel.name, str(channel.height), channel.last_hash[:16])
    console.print(channels)
    servers = Table("member", "peer", "chaincode", "server", "state", box=None, pad_edge=False)
    for one in found.chaincodes:
        state = "connected" if one.connected else "not there"
        servers.add_row(one.member, found.peers[one.member], one.name, one.address, state)
    console.print(servers)
    show_faults(found)


def show_faults(found: Status) -> None:
    """What is switched on."""
    console.print("Faults: " + ("; ".join(str(one) for one in found.faults) or "none") + ".", soft_wrap=True)


def time_of(seconds: float) -> str:
    """A time, seconds since 1970, as people read it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """A duration as people write it, such as 1d1h."""
    left = round(seconds)
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
