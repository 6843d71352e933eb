"""Who asks a peer's system chaincodes, and the words in which they are turned away."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fabric_protos.peer.lifecycle import lifecycle_pb2

from gateway.fabric import Gateway
from gateway.fabric.proposal import propose
from tests.integration.network.members import bearer, client, stranger
from tests.support.ledgers import Ledger

LIFECYCLE = "_lifecycle"
IN_CHANNEL = (
    "Failed evaluating policy on signed data during check policy on channel [{1}] with policy "
    "[/Channel/Application/{0}]: [signature set did not satisfy policy]"
)
LOCALLY = "during channelless check policy with policy [{}]"
NO_ADMIN = (
    f"Failed verifying that proposal's creator satisfies local MSP principal {LOCALLY.format('Admins')}: "
    "[The identity is not an admin under this MSP [ManufacturerMSP]: "
    "The identity does not contain OU [ADMIN], MSP: [ManufacturerMSP]]"
)
NOT_OURS = (
    f"Failed deserializing proposal creator {LOCALLY}: "
    "[expected MSP ID ManufacturerMSP, received DistributorMSP]"
)
UNAUTHORIZED = "Failed to authorize invocation due to failed ACL check: "


def named(name: str, sequence: int = 0) -> bytes:
    """The arguments of the lifecycle's queries of one chaincode."""
    return lifecycle_pb2.QueryApprovedChaincodeDefinitionArgs(
        name=name, sequence=sequence
    ).SerializeToString()


def next_definition(name: str, sequence: int) -> bytes:
    return lifecycle_pb2.CheckCommitReadinessArgs(
        name=name, version="1", sequence=sequence
    ).SerializeToString()


def installed(package_id: str) -> bytes:
    return lifecycle_pb2.QueryInstalledChaincodeArgs(package_id=package_id).SerializeToString()


class Callers:
    """Gateways at the manufacturer's peer, by who calls."""

    def __init__(self, network: Ledger, stack: AsyncExitStack) -> None:
        self._network = network
        self._stack = stack
        self._open: dict[str, Gateway] = {}

    async def gateway(self, who: str) -> Gateway:
        if who not in self._open:
            network = self._network
            made = {
                "client": lambda: client(network, "manufacturer"),
                "admin": lambda: client(network, "manufacturer", "admin"),
                "peer": lambda: bearer(network, "manufacturer", "peer"),
                "outsider": lambda: stranger(network, "manufacturer", "distributor"),
            }[who]()
            self._open[who] = await self._stack.enter_async_context(made)
        return self._open[who]

    async def evaluate(self, who: str, channel: str, chaincode: str, *arguments: bytes) -> bytes:
        """An answer; also with no arguments, which the client's own contracts do not send."""
        gateway = await self.gateway(who)
        any_proposal = gateway.network(channel).contract(chaincode).proposal("x")
        return await propose(any_proposal.client, channel, chaincode, list(arguments)).evaluate()
