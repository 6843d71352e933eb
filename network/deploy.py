"""The job that readies a ledger for use: ``python -m network.deploy``. Repeating it changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from chaincode.model.errors import Code, MediLedgerError, Refusal
from gateway.fabric import EndorseError, FabricError, Network, chaincode_refusal, connect
from network.addresses import Addresses, Hosts
from network.fabric import programs
from network.fabric.admin import Admin
from network.fabric.processes import Layout
from network.ledger import KINDS, member_profile
from network.topology import REGISTRY, Chaincode, Channel, Organization, Topology

log = logging.getLogger(__name__)

# Gossip takes some seconds after a join until a peer knows enough others for an endorsement plan.
ENDORSEMENT_SECONDS = 90.0
GOSSIP_SECONDS = 20.0
RETRY_SECONDS = 0.5


async def deploy(topology: Topology, home: Path, kind: str, addresses: Addresses | None = None) -> None:
    """Bring channel and chaincodes up, name regulators and members, and wait until every member can transact.

    ``addresses`` are the nodes' where they are not on this machine's loopback.
    Raises MediLedgerError when a step fails or endorsement does not come about in time.
    """
    if kind == "fabric":
        await Admin(Layout(topology, home / "network", addresses), programs.need()).deploy()
    for channel in topology.channels:
        if any(chaincode.name == REGISTRY for chaincode in channel.chaincodes):
            await _bootstrap(home, channel)
    await asyncio.gather(
        *(
            _answers(home, channel, organization)
            for channel in topology.channels
            for organization in channel.organizations
        )
    )


async def _bootstrap(home: Path, channel: Channel) -> None:
    """Name regulators and members in the registry, unless that is done."""
    regulators = [o for o in channel.organizations if o.role == "regulator"]
    named = {
        "regulators": [o.msp_id for o in regulators],
        "members": [o.msp_id for o in channel.organizations],
    }
    deadline = time.monotonic() + ENDORSEMENT_SECONDS
    async with connect(member_profile(home, regulators[0], "admin")) as gateway:
        network = gateway.network(channel.name)
        failure = await _until(deadline, partial(_named, network, named))
        if failure:
            raise MediLedgerError(f"the registry cannot be bootstrapped: {failure}") from failure


async def _named(network: Network, named: dict[str, list[str]]) -> None:
    """Have regulators and members named, now or before."""
    try:
        await network.contract(REGISTRY).submit("Bootstrap", json.dumps(named).encode())
    except EndorseError as error:
        answer = chaincode_refusal(error)
        refusal = Refusal.parse(answer[1]) if answer else None
        if not refusal or refusal.code != Code.PARAMETER_EXISTS:
            raise


async def _answers(home: Path, channel: Channel, organization: Organization) -> None:
    """Wait until, of each chaincode of a channel, a member's peer runs it and finds endorsers for it.

    The transaction is the chaincode's ``probe``, which succeeds on an empty ledger: a refusal would come from
    the member's own peer, before it looks for others. It is never submitted.
    """
    deadline = time.monotonic() + ENDORSEMENT_SECONDS
    async with connect(member_profile(home, organization, "admin")) as gateway:
        network = gateway.network(channel.name)
        for chaincode in channel.chaincodes:
            if not chaincode.probe:
                continue
            failure = await _until(deadline, partial(_endorsed, network, chaincode))
            if failure:
                raise MediLedgerError(
                    f"{organization.name}'s peer finds no endorsers of {chaincode.name}: {failure}"
                )
            await _reaches_all(network, chaincode, channel, organization)


async def _reaches_all(
    network: Network, chaincode: Chaincode, channel: Channel, organization: Organization
) -> None:
    """Give a member's peer time to hear of all others: some are enough to transact, but not for all uses."""
    deadline = time.monotonic() + GOSSIP_SECONDS
    for other in channel.organizations:
        failure = await _until(deadline, partial(_evaluated, network, chaincode, other.msp_id))
        if failure:
            log.warning(
                "%s's peer does not reach %s at %s yet: %s",
                organization.name,
                chaincode.name,
                other.name,
                failure,
            )


async def _endorsed(network: Network, chaincode: Chaincode) -> None:
    """Have a new probe endorsed by whomever the peer chooses."""
    await network.contract(chaincode.name).proposal(*chaincode.probe).endorse()


async def _evaluated(network: Network, chaincode: Chaincode, msp_id: str) -> None:
    """Run a new probe at one member's peer."""
    await network.contract(chaincode.name).evaluate(*chaincode.probe, endorsing_organizations=[msp_id])


async def _until(deadline: float, call: Callable[[], Awaitable[object]]) -> FabricError | None:
    """Call until it succeeds; the last error where it does not in time."""
    while True:
        try:
            await call()
            return None
        except FabricError as error:
            failure = error
        if time.monotonic() > deadline:
            return failure
        await asyncio.sleep(RETRY_SECONDS)


def main() -> None:
    """Read the command line, deploy, exit 1 with one line when it fails."""
    parser = argparse.ArgumentParser(prog="network.deploy")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--topology", type=Path, required=True)
    parser.add_argument("--base-port", type=int, required=True)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--hosts", action="store_true", help="nodes are found by their host names")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    began = time.monotonic()
    try:
        topology = Topology.load(options.topology, options.base_port)
        addresses = Hosts(topology) if options.hosts else None
        asyncio.run(deploy(topology, options.home, options.kind, addresses))
    except (MediLedgerError, FabricError) as error:
        log.error("%s", error)
        sys.exit(1)
    log.info("deployed in %.1f s", time.monotonic() - began)


if __name__ == "__main__":
    main()
