"""devnet put together: a chain for each channel, every member's peer, the ordering service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc

from network.devnet import config, definitions, places
from network.devnet.chain import Chain
from network.devnet.channel_policies import ChannelPolicies
from network.devnet.clock import Clock
from network.devnet.control import ChaincodeStatus, ChannelStatus, Status, controlled
from network.devnet.deliver import DeliverService
from network.devnet.discovery import DiscoveryService
from network.devnet.endorsement import Endorsements
from network.devnet.endorser import Endorser
from network.devnet.errors import DevnetError
from network.devnet.fault_handlers import FaultHandlers
from network.devnet.faults import Faults
from network.devnet.gateway import GatewayService
from network.devnet.genesis import genesis_block
from network.devnet.nodes import Peer, load_node, load_peers
from network.devnet.orderer import Orderer
from network.devnet.orderer_service import OrdererService
from network.devnet.peer_service import EndorserService
from network.devnet.site import Joined, Site
from network.identities import Identities
from network.identities.store import TlsFiles
from network.topology import Topology

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 100 * 1024 * 1024
# At each peer; more are told RESOURCE_EXHAUSTED.
MAX_CALLS = 5_000
GRACE_SECONDS = 1.0
WARNING = (
    "DEVNET IS NOT FOR PRODUCTION: one process plays every member's peer and the ordering service, and holds "
    "all their keys; nobody is protected from anybody"
)


async def serve(topology: Topology, home: Path) -> None:
    """Play the topology's members until SIGTERM or SIGINT.

    Raises DevnetError where the ledger cannot be opened or an address is taken; whatever ends a part of it
    ends the whole: better gone than half alive.
    """
    log.warning(WARNING)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    identities = Identities(topology, home / "network")
    folder = places.folder(home)
    clock = Clock(folder)
    faults = Faults([one.name for one in topology.organizations])
    with contextlib.ExitStack() as opened:
        chains: list[Chain] = []
        for channel in topology.channels:
            genesis = genesis_block(topology, channel, identities, clock)
            chain = Chain(
                places.ledger(home, topology, channel),
                channel.name,
                genesis,
                definitions.of_channel(channel, ChannelPolicies(config.channel_group(genesis))),
                load_node(topology.orderer_organization.msp_id, identities.orderer()),
                clock,
            )
            opened.callback(chain.close)
            chains.append(chain)
        await _serve(topology, identities, chains, faults, folder, stop)
    for chain in chains:
        log.info("channel=%s stopped at height %d", chain.channel, chain.height)


async def _serve(
    topology: Topology,
    identities: Identities,
    chains: Sequence[Chain],
    faults: Faults,
    folder: Path,
    stop: asyncio.Event,
) -> None:
    orderers = {chain.channel: Orderer(chain, topology.batch) for chain in chains}
    peers = load_peers(topology, identities)
    sites = _sites(topology, chains, peers, orderers, faults)
    work = [asyncio.create_task(orderer.run()) for orderer in orderers.values()]
    work += [
        asyncio.create_task(connection.keep()) for peer in peers for connection in peer.chaincodes.values()
    ]
    stopped = asyncio.create_task(stop.wait())
    servers: list[grpc.aio.Server] = []
    try:
        for site in sites:
            servers.append(await _listen(topology, identities, site, faults))
        servers.append(await _listen_as_orderer(topology, identities, sites, orderers))
        async with controlled(folder, chains[0].clock, faults, lambda: _status(chains, peers, faults)):
            for chain in chains:
                log.info("channel=%s height=%d peers=%d ready", chain.channel, chain.height, len(sites))
            done, _ = await asyncio.wait({stopped, *work}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await asyncio.gather(*(server.stop(GRACE_SECONDS) for server in servers))
        for task in (*work, stopped):
            task.cancel()
        await asyncio.gather(*work, stopped, return_exceptions=True)
    for task in done - {stopped}:
        task.result()


def _sites(
    topology: Topology,
    chains: Sequence[Chain],
    peers: Sequence[Peer],
    orderers: Mapping[str, Orderer],
    faults: Faults,
) -> list[Site]:
    """Every member's peer, each in the channels of its organisation."""
    siblings: dict[str, dict[str, Endorser]] = {peer.msp_id: {} for peer in peers}
    joined: dict[str, dict[str, Joined]] = {peer.msp_id: {} for peer in peers}
    for channel, chain in zip(topology.channels, chains, strict=True):
        endorsers = [
            Endorser(chain, peer, faults, siblings[peer.msp_id])
            for peer in peers
            if peer.organization in channel.organizations
        ]
        endorsements = Endorsements(chain, endorsers)
        for endorser in endorsers:
            joined[endorser.peer.msp_id][channel.name] = Joined(chain, endorser, endorsements)
    return [Site(peer, joined[peer.msp_id], orderers) for peer in peers]


def _status(chains: Sequence[Chain], peers: Sequence[Peer], faults: Faults) -> Status:
    clock = chains[0].clock
    return Status(
        pid=os.getpid(),
        time=clock.now(),
        ahead=clock.offset,
        peers={peer.organization.name: peer.address for peer in peers},
        channels=[
            ChannelStatus(name=chain.channel, height=chain.height, last_hash=chain.last_hash.hex())
            for chain in chains
        ],
        chaincodes=[
            ChaincodeStatus(
                member=peer.organization.name,
                name=connection.name,
                address=connection.address,
                package_id=connection.package_id,
                connected=connection.up.is_set(),
            )
            for peer in peers
            for connection in peer.chaincodes.values()
        ],
        faults=faults.active,
    )


async def _listen(topology: Topology, identities: Identities, site: Site, faults: Faults) -> grpc.aio.Server:
    """A member's peer."""
    peer = site.peer
    handlers = FaultHandlers(faults, peer.organization.name)
    blocks = DeliverService(site, topology.mutual_tls)
    services = (GatewayService(site), EndorserService(site), blocks, DiscoveryService(site))
    handlers.add_generic_rpc_handlers([service.handler() for service in services])
    server = _server()
    server.add_generic_rpc_handlers((handlers,))
    tls = identities.tls(identities.peer(peer.organization))
    clients = b"".join(path.read_bytes() for path in identities.tls_roots()) if topology.mutual_tls else None
    await _start(server, peer.address, tls, f"{peer.organization.name}'s peer", clients)
    return server


async def _listen_as_orderer(
    topology: Topology, identities: Identities, sites: Sequence[Site], orderers: Mapping[str, Orderer]
) -> grpc.aio.Server:
    """The ordering service, whose blocks are those of the peer beside it."""
    own = next(site for site in sites if site.peer.organization == topology.orderer_organization)
    server = _server()
    server.add_generic_rpc_handlers((OrdererService(orderers, DeliverService(own)).handler(),))
    address = f"127.0.0.1:{topology.orderer_port}"
    await _start(server, address, identities.tls(identities.orderer()), "the orderer")
    return server


def _server() -> grpc.aio.Server:
    return grpc.aio.server(
        maximum_concurrent_rpcs=MAX_CALLS,
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
            # Clients may ping as often as Fabric's peers let them (keepalive.minInterval).
            ("grpc.http2.min_ping_interval_without_data_ms", 60_000),
        ],
    )


async def _start(
    server: grpc.aio.Server, address: str, tls: TlsFiles, whose: str, clients: bytes | None = None
) -> None:
    """Serve at an address; DevnetError where it is taken.

    With ``clients``, authorities in PEM, only to whoever shows a certificate of one of them.
    """
    pair = (tls.key.read_bytes(), tls.certificate.read_bytes())
    credentials = grpc.ssl_server_credentials([pair], clients, require_client_auth=clients is not None)
    try:
        bound = server.add_secure_port(address, credentials)
    except RuntimeError:
        bound = 0
    if not bound:
        raise DevnetError(f"cannot listen on {address}, where {whose} belongs")
    await server.start()
