"""Endorsing: a proposal is checked, run at each endorser for itself, and signed where all agree."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.peer import (
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)
from google.protobuf.message import DecodeError

from gateway.fabric.blocks import parse_transaction
from network.devnet.chain import Chain
from network.devnet.chaincode import Execution, Outcome
from network.devnet.errors import Denied, DevnetError
from network.devnet.msp import IdentityRefused
from network.devnet.nodes import Peer
from network.devnet.simulation import Simulation, first_difference
from network.topology import Topology

# A proposal's timestamp may be this far from a peer's clock (peer.authentication.timewindow).
TIME_WINDOW_SECONDS = 15 * 60
REFUSED = 400


@dataclass(frozen=True)
class Checked:
    """A proposal whose creator is a member and whose id and signature are right."""

    signed: proposal_pb2.SignedProposal
    header: common_pb2.Header
    transaction_id: str
    chaincode: str
    arguments: Sequence[bytes]
    payload: bytes


@dataclass(frozen=True)
class Result:
    """One endorser's run."""

    outcome: Outcome
    results: bytes
    written: list[str]


class Endorser:
    """The endorsing side of all peers."""

    def __init__(self, topology: Topology, chain: Chain, peers: Sequence[Peer]) -> None:
        self._topology = topology
        self._chain = chain
        self._peers = {peer.msp_id: peer for peer in peers}
        self._versions = {chaincode.name: chaincode.version for chaincode in topology.chaincodes}

    def check(self, signed: proposal_pb2.SignedProposal, channel: str) -> Checked:
        """What a peer checks before it runs anything; Denied."""
        try:
            proposal = proposal_pb2.Proposal.FromString(signed.proposal_bytes)
            header = common_pb2.Header.FromString(proposal.header)
            channel_header = common_pb2.ChannelHeader.FromString(header.channel_header)
            signature_header = common_pb2.SignatureHeader.FromString(header.signature_header)
            extension = proposal_pb2.ChaincodeHeaderExtension.FromString(channel_header.extension)
            payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
            spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec
        except DecodeError as error:
            raise Denied(grpc.StatusCode.INVALID_ARGUMENT, "failed to unpack transaction proposal") from error
        if channel_header.type != common_pb2.ENDORSER_TRANSACTION:
            raise Denied(grpc.StatusCode.INVALID_ARGUMENT, "invalid header type")
        if channel_header.channel_id != channel or channel != self._topology.channel:
            raise Denied(
                grpc.StatusCode.INVALID_ARGUMENT, f"channel {channel_header.channel_id} does not exist"
            )
        expected = hashlib.sha256(signature_header.nonce + signature_header.creator).hexdigest()
        if channel_header.tx_id != expected:
            raise Denied(grpc.StatusCode.INVALID_ARGUMENT, "incorrectly computed txid")
        try:
            member = self._chain.membership.identify(signature_header.creator)
            member.verify(signed.proposal_bytes, signed.signature)
        except IdentityRefused as error:
            raise Denied(grpc.StatusCode.PERMISSION_DENIED, f"access denied: {error}") from error
        if abs(channel_header.timestamp.seconds - time.time()) > TIME_WINDOW_SECONDS:
            raise Denied(
                grpc.StatusCode.PERMISSION_DENIED, "proposal request is too far from the peer's time"
            )
        return Checked(
            signed,
            header,
            channel_header.tx_id,
            extension.chaincode_id.name,
            spec.input.args,
            payload.input,
        )

    async def evaluate(self, peer: Peer, checked: Checked) -> proposal_response_pb2.Response:
        """Run it at one peer, for the answer alone."""
        run = await self._run(peer, checked)
        response = run.outcome.response
        if response.status >= REFUSED:
            raise self._refused(
                grpc.StatusCode.UNKNOWN, "evaluate call to endorser returned error", peer, response
            )
        return response

    async def endorse(self, first: Peer, checked: Checked, wanted: Sequence[str]) -> common_pb2.Envelope:
        """Run it at as many peers as the policies of what it writes need; an envelope for the client to sign.

        ``wanted`` names the organisations (MSP ids) that must endorse, where the client chose them.
        """
        if self._chain.store.locate(checked.transaction_id):
            raise Denied(
                grpc.StatusCode.ABORTED,
                "failed to endorse transaction, see attached details for more info",
                (first.address, first.msp_id, f"duplicate transaction found [{checked.transaction_id}]"),
            )
        run = await self._checked_run(first, checked)
        endorsers = [self._peer(msp) for msp in wanted] or self._endorsers(first, checked.chaincode, run)
        others = [peer for peer in endorsers if peer is not first]
        runs = await asyncio.gather(*(self._checked_run(peer, checked) for peer in others))
        for peer, other in zip(others, runs, strict=True):
            if (other.results, other.outcome.response) != (run.results, run.outcome.response):
                difference = first_difference(run.results, other.results)
                raise Denied(
                    grpc.StatusCode.ABORTED,
                    "failed to collect enough transaction endorsements, see attached details for more info",
                    (peer.address, peer.msp_id, f"its result differs from {first.msp_id}'s in {difference}"),
                )
        return self._envelope(checked, run, endorsers)

    async def _checked_run(self, peer: Peer, checked: Checked) -> Result:
        run = await self._run(peer, checked)
        if run.outcome.response.status >= REFUSED:
            raise self._refused(
                grpc.StatusCode.ABORTED,
                "failed to endorse transaction, see attached details for more info",
                peer,
                run.outcome.response,
            )
        return run

    async def _run(self, peer: Peer, checked: Checked) -> Result:
        with self._chain.store.snapshot() as snapshot:
            simulation = Simulation(snapshot)

            async def call(name: str, arguments: Sequence[bytes], execution: Execution) -> Outcome:
                connection = peer.chaincodes.get(name)
                if connection is None:
                    raise DevnetError(f"chaincode {name} not found")
                return await connection.run(arguments, execution)

            async def history(namespace: str, key: str) -> list[kv_query_result_pb2.KeyModification]:
                places = snapshot.history(namespace, key)
                return [self._modification(namespace, key, *place) for place in places]

            execution = Execution(
                checked.transaction_id, self._topology.channel, checked.signed, simulation, call, history
            )
            try:
                outcome = await call(checked.chaincode, checked.arguments, execution)
            except DevnetError as error:
                raise Denied(
                    grpc.StatusCode.ABORTED,
                    "failed to endorse transaction, see attached details for more info",
                    (peer.address, peer.msp_id, f"error in simulation: {error}"),
                ) from error
            return Result(outcome, simulation.results(), simulation.written())

    def _modification(
        self, namespace: str, key: str, number: int, index: int
    ) -> kv_query_result_pb2.KeyModification:
        """One change of a key, out of the block that made it."""
        block = common_pb2.Block.FromString(self._chain.store.block(number) or b"")
        view = parse_transaction(block.data.data[index], index, 0)
        write = next(w for w in view.writes if w.namespace == namespace and w.key == key)
        change = kv_query_result_pb2.KeyModification(
            tx_id=view.tx_id, value=write.value, is_delete=write.is_delete
        )
        change.timestamp.seconds, rest = divmod(view.timestamp_ms, 1000)
        change.timestamp.nanos = rest * 1_000_000
        return change

    def _endorsers(self, first: Peer, chaincode: str, run: Result) -> list[Peer]:
        """Peers that satisfy the policies of the called chaincode and of every one that is written."""
        available = [msp for msp, peer in self._peers.items() if chaincode in peer.chaincodes]
        chosen: list[str] = []
        for name in sorted({chaincode, *run.written}):
            found = self._chain.policies[name].endorsers(available, first.msp_id)
            if found is None:
                raise Denied(
                    grpc.StatusCode.FAILED_PRECONDITION,
                    f"no combination of peers can be derived which satisfy the endorsement policy of {name}",
                )
            chosen += [msp for msp in found if msp not in chosen]
        return [self._peers[msp] for msp in chosen]

    def _peer(self, msp_id: str) -> Peer:
        if msp_id not in self._peers:
            raise Denied(grpc.StatusCode.UNAVAILABLE, f"failed to find any endorsing peers for org {msp_id}")
        return self._peers[msp_id]

    def _refused(
        self,
        code: grpc.StatusCode,
        message: str,
        peer: Peer,
        response: proposal_response_pb2.Response,
    ) -> Denied:
        words = f"chaincode response {response.status}, {response.message}"
        if code == grpc.StatusCode.UNKNOWN:
            message = f"{message}: {words}"
        return Denied(code, message, (peer.address, peer.msp_id, words))

    def _envelope(self, checked: Checked, run: Result, endorsers: Sequence[Peer]) -> common_pb2.Envelope:
        event = run.outcome.event
        if event is not None:
            event.chaincode_id, event.tx_id = checked.chaincode, checked.transaction_id
        action = proposal_pb2.ChaincodeAction(
            results=run.results,
            events=event.SerializeToString() if event is not None else b"",
            response=run.outcome.response,
            chaincode_id=chaincode_pb2.ChaincodeID(
                name=checked.chaincode, version=self._versions[checked.chaincode]
            ),
        )
        visible = proposal_pb2.ChaincodeProposalPayload(input=checked.payload).SerializeToString()
        header = checked.header
        digest = hashlib.sha256(header.channel_header + header.signature_header + visible).digest()
        answer = proposal_response_pb2.ProposalResponsePayload(
            proposal_hash=digest, extension=action.SerializeToString()
        ).SerializeToString()
        endorsed = transaction_pb2.ChaincodeEndorsedAction(
            proposal_response_payload=answer,
            endorsements=[
                proposal_response_pb2.Endorsement(
                    endorser=peer.node.serialized, signature=peer.node.sign(answer + peer.node.serialized)
                )
                for peer in endorsers
            ],
        )
        payload = transaction_pb2.ChaincodeActionPayload(chaincode_proposal_payload=visible, action=endorsed)
        transaction = transaction_pb2.Transaction()
        transaction.actions.add(header=header.signature_header, payload=payload.SerializeToString())
        return common_pb2.Envelope(
            payload=common_pb2.Payload(
                header=header, data=transaction.SerializeToString()
            ).SerializeToString()
        )
