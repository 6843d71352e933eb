"""``python -m network.devnet``: the embedded ledger as a process."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from pathlib import Path

import grpc
import uvloop
from fabric_protos.gateway import gateway_pb2_grpc
from fabric_protos.peer import events_pb2_grpc

from chaincode.model.errors import MediLedgerError
from network.devnet.chain import Chain
from network.devnet.deliver import DeliverService
from network.devnet.endorser import Endorser
from network.devnet.gateway import GatewayService
from network.devnet.genesis import genesis_block
from network.devnet.msp import Membership
from network.devnet.nodes import Peer, load_node, load_peers, server_credentials
from network.devnet.orderer import Orderer
from network.devnet.policy import parse
from network.devnet.store import Store
from network.identities import Identities
from network.topology import Topology

log = logging.getLogger("network.devnet")

MAX_MESSAGE_BYTES = 100 * 1024 * 1024
GRACE_SECONDS = 2.0


async def serve(topology: Topology, home: Path) -> None:
    """Play the topology's members until SIGTERM or SIGINT."""
    identities = Identities(topology, home / "network")
    peers = load_peers(topology, identities)
    store = Store(home / "network" / "devnet")
    chain = Chain(
        store,
        Membership(
            {
                o.msp_id: (identities.msp(o) / "cacerts" / "ca.pem").read_bytes()
                for o in topology.organizations
            }
        ),
        {chaincode.name: parse(chaincode.policy) for chaincode in topology.chaincodes},
        load_node(topology.orderer_organization.msp_id, identities.orderer()),
        genesis_block(topology, identities),
    )
    orderer = Orderer(chain)
    endorser = Endorser(topology, chain, peers)
    log.warning("devnet plays all members in one process: it is never for production")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = [await _listen(topology, identities, chain, endorser, orderer, peer) for peer in peers]
    work = [asyncio.create_task(orderer.run())]
    work += [asyncio.create_task(c.keep()) for peer in peers for c in peer.chaincodes.values()]
    log.info("%s is at height %d", topology.channel, chain.height)
    stopped = asyncio.create_task(stop.wait())
    # A part that ends by itself ends the process: better gone than half alive.
    done, _ = await asyncio.wait({stopped, *work}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*(server.stop(GRACE_SECONDS) for server in servers))
    for task in (*work, stopped):
        task.cancel()
    await asyncio.gather(*work, stopped, return_exceptions=True)
    store.close()
    for task in done - {stopped}:
        task.result()


async def _listen(
    topology: Topology,
    identities: Identities,
    chain: Chain,
    endorser: Endorser,
    orderer: Orderer,
    peer: Peer,
) -> grpc.aio.Server:
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
        ]
    )
    service = GatewayService(topology.channel, chain, endorser, orderer, peer)
    gateway_pb2_grpc.add_GatewayServicer_to_server(service, server)
    events_pb2_grpc.add_DeliverServicer_to_server(DeliverService(topology.channel, chain), server)
    credentials = server_credentials(identities, peer.organization)
    if not server.add_secure_port(peer.address, credentials):
        raise MediLedgerError(f"devnet cannot listen on {peer.address}")
    await server.start()
    return server


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="network.devnet")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--topology", type=Path, required=True)
    parser.add_argument("--base-port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    topology = Topology.load(options.topology, options.base_port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(topology, options.home))


if __name__ == "__main__":
    main()
