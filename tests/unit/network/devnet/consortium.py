"""All of devnet but its servers: a chain, every member's endorser, chaincode that is a Python function."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fabric_protos.common import common_pb2
from fabric_protos.peer import chaincode_event_pb2, proposal_pb2, proposal_response_pb2

from network.devnet import proposal as proposals
from network.devnet.chain import Chain
from network.devnet.clock import Clock
from network.devnet.definitions import Definitions
from network.devnet.endorsement import Endorsements
from network.devnet.endorser import Endorser
from network.devnet.execution import Execution, Outcome
from network.devnet.faults import Faults
from network.devnet.genesis import genesis_block
from network.devnet.nodes import Node, Peer, load_node
from network.devnet.orderer import Orderer
from network.identities import Identities
from network.topology import Topology
from tests.unit.network.devnet import transactions


def success(payload: bytes = b"", event: str = "") -> Outcome:
    told = chaincode_event_pb2.ChaincodeEvent(event_name=event) if event else None
    return Outcome(proposal_response_pb2.Response(status=200, payload=payload), told)


def refusal(status: int, message: str) -> Outcome:
    return Outcome(proposal_response_pb2.Response(status=status, message=message), None)


class Chaincode:
    """One member's chaincode: what ``behave`` says, by default a put of its arguments."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.runs = 0
        self.behave: Callable[[Execution, Sequence[bytes]], Outcome] = self.put

    async def run(self, arguments: Sequence[bytes], is_init: bool, execution: Execution) -> Outcome:
        self.runs += 1
        await asyncio.sleep(0)
        return self.behave(execution, arguments)

    def put(self, execution: Execution, arguments: Sequence[bytes]) -> Outcome:
        _, key, value = arguments
        execution.simulation.put(self.name, key.decode(), value)
        return success(value, "Put")


class Consortium:
    """A chain with its endorsers and its orderer."""

    def __init__(
        self, topology: Topology, identities: Identities, definitions: Definitions, folder: Path
    ) -> None:
        self.clock = Clock(folder)
        self.faults = Faults([one.name for one in topology.organizations])
        self.chain = Chain(
            folder,
            topology.channel,
            genesis_block(topology, topology.channels[0], identities, self.clock),
            definitions,
            load_node(topology.orderer_organization.msp_id, identities.orderer()),
            self.clock,
        )
        self.chaincodes: dict[str, dict[str, Chaincode]] = {}
        self.endorsers: dict[str, Endorser] = {}
        for one in topology.organizations:
            served = {c.name: Chaincode(c.name) for c in topology.chaincodes}
            self.chaincodes[one.msp_id] = served
            node = load_node(one.msp_id, identities.peer(one))
            peer = Peer(one, node, f"{one.name}:7051", served, {})  # type: ignore[arg-type]
            self.endorsers[one.msp_id] = Endorser(self.chain, peer, self.faults, {})
        self.endorsements = Endorsements(self.chain, list(self.endorsers.values()))
        self.orderer = Orderer(self.chain)
        first = topology.organizations[0]
        self.client: Node = load_node(first.msp_id, identities.user(first, "gateway"))
        self.own = self.endorsers[first.msp_id]

    def custody(self, msp_id: str) -> Chaincode:
        return self.chaincodes[msp_id]["custody"]

    def propose(
        self, *arguments: bytes, transient: dict[str, bytes] | None = None, chaincode: str = "custody"
    ) -> proposals.Proposal:
        signed: proposal_pb2.SignedProposal = transactions.proposal(
            self.client, *arguments, chaincode=chaincode, transient=transient
        )
        return proposals.Proposal(signed)

    async def endorse(
        self, proposal: proposals.Proposal, organizations: Sequence[str] = ()
    ) -> common_pb2.Envelope:
        """An endorsed envelope that the client has signed."""
        envelope = await self.endorsements.endorse(self.own, proposal, organizations)
        envelope.signature = self.client.sign(envelope.payload)
        return envelope

    async def put(self, key: str, value: str) -> str:
        """Put a value; the transaction's id, once it is ordered."""
        proposal = self.propose(b"Put", key.encode(), value.encode())
        await self.orderer.submit(await self.endorse(proposal))
        return proposal.transaction_id


@asynccontextmanager
async def opened(
    topology: Topology, identities: Identities, definitions: Definitions, folder: Path
) -> AsyncIterator[Consortium]:
    """A consortium whose orderer cuts blocks."""
    consortium = Consortium(topology, identities, definitions, folder)
    ordering = asyncio.create_task(consortium.orderer.run())
    try:
        yield consortium
    finally:
        ordering.cancel()
        await asyncio.gather(ordering, return_exceptions=True)
        consortium.chain.close()
