"""One of the two ledgers, as the test drives it: with signed proposals and envelopes that it is handed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.orderer import ab_pb2_grpc
from fabric_protos.peer import proposal_pb2, proposal_response_pb2

from gateway.fabric import (
    CommitStatusError,
    EndorseError,
    EvaluateError,
    Gateway,
    GatewayCallError,
    Network,
    connect,
)
from network import ledger
from network.identities import Identities
from tests.integration.chaincode.conftest import Ledger

SECONDS = 60.0
# Longer than a peer waits for private data that nobody has.
COMMIT_SECONDS = 40.0
AT_ONCE = 48
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


@dataclass(frozen=True)
class Refusal:
    """How a ledger refused, without what differs between two ledgers anyhow: the addresses of peers."""

    code: str
    message: str
    details: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, error: GatewayCallError) -> Refusal:
        details = sorted({(detail.msp_id, detail.message) for detail in error.details})
        return cls(error.code.name, error.message, tuple(details))


class Side:
    """A started ledger with a connection to each member's peer and, on Fabric, to the orderer."""

    def __init__(self, started: Ledger, stack: contextlib.AsyncExitStack) -> None:
        topology = started.topology
        self.kind = started.kind
        self.channel = topology.channel
        self._stack = stack
        self._room = asyncio.Semaphore(AT_ONCE)
        self._identities = Identities(topology, started.home / "network")
        self.gateways: list[Gateway] = []
        self.networks: list[Network] = []
        self._stubs: list[Any] = []
        for organization in topology.organizations:
            gateway = connect(ledger.member_profile(started.home, organization))
            stack.push_async_callback(gateway.close)
            self.gateways.append(gateway)
            self.networks.append(gateway.network(topology.channel))
            root = self._identities.tls(self._identities.peer(organization)).root
            address = f"127.0.0.1:{topology.peer_port(organization)}"
            channel = self._open(address, root.read_bytes(), topology.peer_host(organization))
            self._stubs.append(gateway_pb2_grpc.GatewayStub(channel))
        self._orderer: Any = None
        if started.kind == "fabric":
            root = self._identities.tls(self._identities.orderer()).root
            address = f"127.0.0.1:{topology.orderer_port}"
            channel = self._open(address, root.read_bytes(), topology.orderer_host)
            self._orderer = ab_pb2_grpc.AtomicBroadcastStub(channel)

    def _open(self, address: str, root: bytes, name: str) -> grpc.aio.Channel:
        channel = grpc.aio.secure_channel(
            address,
            grpc.ssl_channel_credentials(root),
            (*_OPTIONS, ("grpc.ssl_target_name_override", name)),
        )
        self._stack.push_async_callback(channel.close)
        return channel

    async def evaluate(
        self, member: int, signed: proposal_pb2.SignedProposal, transaction_id: str, targets: Sequence[str]
    ) -> proposal_response_pb2.Response | Refusal:
        """A response at one member's gateway, or how it was refused."""
        request = gateway_pb2.EvaluateRequest(
            transaction_id=transaction_id,
            channel_id=self.channel,
            proposed_transaction=signed,
            target_organizations=targets,
        )
        async with self._room:
            try:
                return (await self._stubs[member].Evaluate(request, timeout=SECONDS)).result
            except grpc.aio.AioRpcError as error:
                return Refusal.of(EvaluateError.from_rpc(error))

    async def endorse(
        self, member: int, signed: proposal_pb2.SignedProposal, transaction_id: str, endorsers: Sequence[str]
    ) -> common_pb2.Envelope | Refusal:
        """An envelope for the client to sign, or how the proposal was refused."""
        request = gateway_pb2.EndorseRequest(
            transaction_id=transaction_id,
            channel_id=self.channel,
            proposed_transaction=signed,
            endorsing_organizations=endorsers,
        )
        async with self._room:
            try:
                answer = await self._stubs[member].Endorse(request, timeout=SECONDS)
            except grpc.aio.AioRpcError as error:
                return Refusal.of(EndorseError.from_rpc(error))
        return answer.prepared_transaction

    async def order(self, envelopes: Sequence[common_pb2.Envelope]) -> None:
        """Have these ordered; on Fabric in their order, on devnet nearly so."""
        if self._orderer is None:
            submits = (
                gateway_pb2.SubmitRequest(channel_id=self.channel, prepared_transaction=one)
                for one in envelopes
            )
            await asyncio.gather(*(self._stubs[0].Submit(one, timeout=SECONDS) for one in submits))
            return

        async def all_of_them() -> AsyncIterator[common_pb2.Envelope]:
            for envelope in envelopes:
                yield envelope

        taken = 0
        async for answer in self._orderer.Broadcast(all_of_them(), timeout=SECONDS):
            assert answer.status == common_pb2.SUCCESS, (answer.status, answer.info)
            taken += 1
            if taken == len(envelopes):
                return
        raise AssertionError(f"{taken} of {len(envelopes)} envelopes were taken")

    async def height(self) -> int:
        return await self.networks[0].height()

    async def committed(self, transaction_id: str) -> bool:
        """Wait until every member's peer has committed a transaction, and made its state of it."""
        commits = [network.commit(transaction_id) for network in self.networks]
        try:
            await asyncio.gather(*(commit.status(COMMIT_SECONDS) for commit in commits))
        except CommitStatusError as error:
            if error.code != grpc.StatusCode.DEADLINE_EXCEEDED:
                raise
            return False
        return True

    async def blocks(self, first: int) -> list[common_pb2.Block]:
        """The blocks from ``first`` on, at the first member's peer."""
        return [await self.networks[0].block(number) for number in range(first, await self.height())]


@contextlib.asynccontextmanager
async def connected(started: Ledger) -> AsyncIterator[Side]:
    """The connections to a started ledger."""
    async with contextlib.AsyncExitStack() as stack:
        yield Side(started, stack)
