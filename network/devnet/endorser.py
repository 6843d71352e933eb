"""One member's peer as an endorser: a proposal is checked, run, and its results signed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2

from network.devnet import access, system
from network.devnet import proposal as proposals
from network.devnet.chain import Chain
from network.devnet.channel_policies import LIFECYCLE_ENDORSEMENT, WRITERS
from network.devnet.errors import DevnetError
from network.devnet.execution import Changes, Execution, Outcome
from network.devnet.faults import Call, Faults, Kind
from network.devnet.nodes import Peer
from network.devnet.proposal import Proposal, ProposalRefused
from network.devnet.simulation import Needs, Simulation
from network.devnet.snapshot import Snapshot

ERROR_THRESHOLD = 400
ERROR = 500


class UnknownChannel(ProposalRefused):
    """A peer that is asked directly says so in its answer, not as an error of the call."""


@dataclass(frozen=True)
class Answer:
    """What a peer answers to a proposal.

    Where chaincode ran, ``outcome`` is its; ``failure`` says why it did not. ``results`` are the public
    read-write set of a run that may be endorsed, ``payload`` and ``endorsement`` what the peer signed,
    ``private`` what only members of its collections may see of it, ``simulation`` the run itself.
    """

    outcome: Outcome | None
    failure: str = ""
    payload: bytes = b""
    endorsement: proposal_response_pb2.Endorsement | None = None
    results: bytes = b""
    private: bytes = b""
    needs: Needs | None = None
    simulation: Simulation | None = None

    @property
    def status(self) -> int:
        return self.outcome.response.status if self.outcome else ERROR

    @property
    def message(self) -> str:
        """Why it was not endorsed, in the words of a peer's log and of the gateway's error details."""
        if self.outcome is None:
            return self.failure
        return f"chaincode response {self.status}, {self.outcome.response.message}"


class Endorser:
    """The endorsing side of one member's peer, in one channel.

    ``joined`` are those of the same peer in all its channels, this one among them, by the channels' names.
    """

    def __init__(self, chain: Chain, peer: Peer, faults: Faults, joined: dict[str, Endorser]) -> None:
        self._chain = chain
        self._faults = faults
        self._joined = joined
        self.peer = peer
        joined[chain.channel] = self

    def check(self, proposal: Proposal) -> None:
        """ProposalRefused where a peer would not run it; UnknownChannel where it only answers so."""
        membership = self._chain.membership
        proposals.admit(proposal, membership)
        proposals.unpack(proposal)
        if proposal.channel and proposal.channel != self._chain.channel:
            raise UnknownChannel(f"channel '{proposal.channel}' not found")
        member = proposals.validate(proposal, membership)
        if not proposal.channel:
            if member.msp_id != self.peer.msp_id:
                raise ProposalRefused(
                    "error validating proposal: access denied: channel [] creator org unknown, "
                    "creator is malformed"
                )
            return
        if self._chain.store.locate(proposal.transaction_id):
            creator = proposal.signature_header.creator
            raise ProposalRefused(
                f"duplicate transaction found [{proposal.transaction_id}]. Creator [{creator.hex()}]"
            )
        if proposal.chaincode not in system.NAMES:
            signed = proposal.signed
            creator = proposal.signature_header.creator
            why = access.check(self._chain, WRITERS, creator, signed.proposal_bytes, signed.signature)
            if why:
                raise ProposalRefused(why)

    async def process(self, proposal: Proposal, snapshot: Snapshot, first: Answer | None = None) -> Answer:
        """Run a checked proposal over a snapshot and sign what came of it, unless chaincode refuses.

        ``first`` is what another peer answered, which this one's is likely to equal.
        """
        name, channel = proposal.chaincode, proposal.channel
        if name in system.NAMES:
            return self._queried(proposal)
        definition = self._chain.definitions.get(name) if channel else None
        if definition is None:
            cause = (
                f"chaincode {name} not found" if channel else "could not get channel config for channel ''"
            )
            return Answer(
                None,
                f"make sure the chaincode {name} has been successfully defined on channel {channel} "
                f"and try again: {cause}",
            )
        member = self.peer.organization.name
        if self._faults.take(Kind.AWAY, member):
            return Answer(None, f"{self.peer.address}: connection refused")
        delay = self._faults.take(Kind.DELAY, member, Call.RUN)
        if delay is not None and delay.seconds is not None:
            await asyncio.sleep(delay.seconds)
        creator = self._chain.membership.identify(proposal.signature_header.creator)
        simulation = Simulation(
            snapshot,
            self._chain.definitions,
            self.peer.msp_id,
            creator.principals,
            proposal.transaction_id,
        )
        execution = Execution(
            proposal.transaction_id,
            proposal.channel,
            proposal.signed,
            simulation,
            self._call,
            lambda namespace, key: self._history(snapshot, namespace, key),
        )
        try:
            outcome = await self._run(proposal.chaincode, proposal.arguments, proposal.is_init, execution)
            if outcome.response.status >= ERROR_THRESHOLD:
                return Answer(outcome)
            if self._faults.take(Kind.DISAGREE, member):
                simulation.falsify(proposal.chaincode)
            results = simulation.results(proposal.chaincode, first.simulation if first else None)
            try:
                simulation.check_dissemination()
            except DevnetError as error:
                raise DevnetError(
                    f"failed to distribute private collection, txID {proposal.transaction_id}, "
                    f"channel {proposal.channel}: {error}"
                ) from error
        except DevnetError as error:
            return Answer(None, f"error in simulation: {error}")
        finally:
            await execution.end()
        payload = _payload(proposal, outcome, results.public, definition.version)
        endorsement = self._endorsement(payload)
        return Answer(
            outcome, "", payload, endorsement, results.public, results.private, results.needs, simulation
        )

    def _queried(self, proposal: Proposal) -> Answer:
        """What a system chaincode answers, endorsed where a channel was named."""
        query = self._query(proposal, proposal.channel, proposal.arguments)
        try:
            outcome = Outcome(system.answer(proposal.chaincode, query), None)
        except DevnetError as error:
            transaction = f"failed to execute transaction {proposal.transaction_id}"
            return Answer(None, f"error in simulation: {transaction}: {error}")
        if outcome.response.status >= ERROR_THRESHOLD or not proposal.channel:
            return Answer(outcome)
        payload = _payload(proposal, outcome, b"", system.VERSION)
        needs = None
        if proposal.chaincode == system.LIFECYCLE:
            needs = Needs(frozenset({self._chain.policies.need(LIFECYCLE_ENDORSEMENT)}), None)
        return Answer(outcome, "", payload, self._endorsement(payload), needs=needs)

    def _query(self, proposal: Proposal, channel: str, arguments: Sequence[bytes]) -> system.Query:
        chains = {name: endorser._chain for name, endorser in self._joined.items()}
        return system.Query(self.peer, chains, proposal, channel, arguments)

    def _endorsement(self, payload: bytes) -> proposal_response_pb2.Endorsement:
        serialized = self.peer.node.serialized
        return proposal_response_pb2.Endorsement(
            endorser=serialized, signature=self.peer.node.sign(payload + serialized)
        )

    async def _call(
        self, name: str, channel: str, arguments: Sequence[bytes], execution: Execution
    ) -> Outcome:
        """Run a chaincode that another one calls; of another channel, only to read."""
        proposal = Proposal(execution.proposal)
        there = self._joined.get(channel)
        if name in system.NAMES:
            if there is None:
                raise DevnetError(f"failed to find ledger for channel: {channel}")
            try:
                query = self._query(proposal, channel, arguments)
                return Outcome(system.answer_chaincode(name, query), None)
            except DevnetError as error:
                raise DevnetError(f"execute failed: {error}") from error
        if there is None:
            raise DevnetError(f"Failed to get policy manager for channel [{channel}]")
        creator, signed = proposal.signature_header.creator, proposal.signed
        why = access.check(there._chain, WRITERS, creator, signed.proposal_bytes, signed.signature)
        if why:
            raise DevnetError(why)
        try:
            if there._chain.definitions.get(name) is None:
                raise DevnetError(
                    f"invalid invocation: [channel {channel}] failed to get chaincode container info "
                    f"for {name}: chaincode {name} not found"
                )
            if there is self:
                return await self._run(name, arguments, False, execution)
            return await there._read(name, arguments, creator, execution)
        except DevnetError as error:
            raise DevnetError(f"execute failed: {error}") from error

    async def _read(
        self, name: str, arguments: Sequence[bytes], creator: bytes, caller: Execution
    ) -> Outcome:
        """Run a chaincode for one of another channel, over this one's state; what it writes is lost."""
        member = self._chain.membership.identify(creator)
        with self._chain.store.snapshot() as snapshot:
            execution = Execution(
                caller.transaction_id,
                self._chain.channel,
                caller.proposal,
                Simulation(snapshot, self._chain.definitions, self.peer.msp_id, member.principals),
                self._call,
                lambda namespace, key: self._history(snapshot, namespace, key),
                caller.depth,
            )
            try:
                return await self._run(name, arguments, False, execution)
            finally:
                await execution.end()

    async def _run(
        self, name: str, arguments: Sequence[bytes], is_init: bool, execution: Execution
    ) -> Outcome:
        connection = self.peer.chaincodes.get(name)
        if connection is None:
            raise DevnetError(f"failed to execute transaction: chaincode {name[:64]} not found")
        return await connection.run(arguments, is_init, execution)

    def _history(self, snapshot: Snapshot, namespace: str, key: str) -> Changes:
        return _changes(self._chain, snapshot.history(namespace, key), namespace, key)


def _changes(
    chain: Chain, places: list[tuple[int, int]], namespace: str, key: str
) -> Iterator[kv_query_result_pb2.KeyModification]:
    for number, index in places:
        written = chain.written(number, index)
        value = written.values[namespace, key]
        change = kv_query_result_pb2.KeyModification(
            tx_id=written.transaction_id, value=value or b"", is_delete=value is None
        )
        change.timestamp.CopyFrom(written.timestamp)
        yield change


def _payload(proposal: Proposal, outcome: Outcome, results: bytes, version: str) -> bytes:
    """What every endorser of the proposal must sign alike."""
    event = outcome.event
    if event is not None:
        event.chaincode_id, event.tx_id = proposal.chaincode, proposal.transaction_id
    action = proposal_pb2.ChaincodeAction(
        results=results,
        events=event.SerializeToString() if event is not None else b"",
        response=outcome.response,
        chaincode_id=chaincode_pb2.ChaincodeID(name=proposal.chaincode, version=version),
    )
    return proposal_response_pb2.ProposalResponsePayload(
        proposal_hash=proposal.hash, extension=action.SerializeToString()
    ).SerializeToString()
