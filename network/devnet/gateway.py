"""Fabric's Gateway service, at one member's peer."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import chaincode_event_pb2, proposal_response_pb2
from google.protobuf.message import DecodeError

from gateway.fabric.blocks import parse_block
from network.devnet.chain import Chain
from network.devnet.endorser import Checked, Endorser
from network.devnet.errors import Denied, DevnetError
from network.devnet.msp import IdentityRefused
from network.devnet.nodes import Peer
from network.devnet.orderer import Orderer
from network.devnet.validator import transaction_id_of

log = logging.getLogger(__name__)

Method = Callable[..., Awaitable[Any]]


def answered(method: Method) -> Method:
    """A method whose refusals become gRPC statuses as a peer gives them."""

    @functools.wraps(method)
    async def call(self: Any, request: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            return await method(self, request, context)
        except Denied as denied:
            await context.abort(denied.code, denied.message, denied.trailers())
        except DevnetError as error:
            await context.abort(grpc.StatusCode.ABORTED, str(error))

    return call


class GatewayService(gateway_pb2_grpc.GatewayServicer):
    """Evaluate, Endorse, Submit, CommitStatus and ChaincodeEvents."""

    def __init__(self, channel: str, chain: Chain, endorser: Endorser, orderer: Orderer, peer: Peer) -> None:
        self._channel = channel
        self._chain = chain
        self._endorser = endorser
        self._orderer = orderer
        self._peer = peer

    @answered
    async def Evaluate(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        checked = self._endorser.check(request.proposed_transaction, request.channel_id)
        if checked.chaincode == "qscc":
            return gateway_pb2.EvaluateResponse(result=self._query(checked))
        return gateway_pb2.EvaluateResponse(result=await self._endorser.evaluate(self._peer, checked))

    @answered
    async def Endorse(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        checked = self._endorser.check(request.proposed_transaction, request.channel_id)
        envelope = await self._endorser.endorse(self._peer, checked, list(request.endorsing_organizations))
        return gateway_pb2.EndorseResponse(prepared_transaction=envelope)

    @answered
    async def Submit(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        envelope = request.prepared_transaction
        if (
            transaction_id_of(envelope.SerializeToString()) != request.transaction_id
            or not request.transaction_id
        ):
            raise Denied(grpc.StatusCode.INVALID_ARGUMENT, "the envelope is not that transaction's")
        await self._orderer.submit(envelope)
        return gateway_pb2.SubmitResponse()

    @answered
    async def CommitStatus(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            asked = gateway_pb2.CommitStatusRequest.FromString(request.request)
        except DecodeError as error:
            raise Denied(grpc.StatusCode.INVALID_ARGUMENT, "invalid status request") from error
        self._authorise(asked.identity, request.request, request.signature, asked.channel_id)
        height = self._chain.height
        while (found := self._chain.store.locate(asked.transaction_id)) is None:
            await self._chain.wait_above(height)
            height = self._chain.height
        return gateway_pb2.CommitStatusResponse(result=found.code, block_number=found.block_number)

    async def ChaincodeEvents(self, request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        try:
            asked = gateway_pb2.ChaincodeEventsRequest.FromString(request.request)
            self._authorise(asked.identity, request.request, request.signature, asked.channel_id)
        except Denied as denied:
            await context.abort(denied.code, denied.message)
        except DecodeError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "invalid chaincode events request")
        number = start_block(asked.start_position, self._chain.height)
        after = asked.after_transaction_id
        while True:
            await self._chain.wait_above(number)
            block = common_pb2.Block.FromString(self._chain.store.block(number) or b"")
            events = [
                chaincode_event_pb2.ChaincodeEvent(
                    chaincode_id=asked.chaincode_id,
                    tx_id=transaction.tx_id,
                    event_name=transaction.event.name,
                    payload=transaction.event.payload,
                )
                for transaction in _after(parse_block(block).transactions, after)
                if transaction.valid and transaction.event and transaction.chaincode == asked.chaincode_id
            ]
            after = ""
            if events:
                yield gateway_pb2.ChaincodeEventsResponse(block_number=number, events=events)
            number += 1

    def _authorise(self, identity: bytes, message: bytes, signature: bytes, channel: str) -> None:
        try:
            self._chain.membership.identify(identity).verify(message, signature)
        except IdentityRefused as error:
            raise Denied(grpc.StatusCode.PERMISSION_DENIED, f"access denied: {error}") from error
        if channel != self._channel:
            raise Denied(grpc.StatusCode.NOT_FOUND, f"channel {channel} does not exist")

    def _query(self, checked: Checked) -> proposal_response_pb2.Response:
        """The system chaincode that reads the chain."""
        function = checked.arguments[0].decode(errors="replace") if checked.arguments else ""
        arguments = [argument.decode(errors="replace") for argument in checked.arguments[1:]]
        if function == "GetChainInfo":
            last = common_pb2.Block.FromString(self._chain.store.block(self._chain.height - 1) or b"")
            payload = ledger_pb2.BlockchainInfo(
                height=self._chain.height,
                currentBlockHash=self._chain.last_hash,
                previousBlockHash=last.header.previous_hash,
            ).SerializeToString()
        elif function == "GetBlockByNumber" and len(arguments) == 2 and arguments[1].isdigit():
            payload = self._block(int(arguments[1]))
        elif function == "GetBlockByTxID" and len(arguments) == 2:
            found = self._chain.store.locate(arguments[1])
            if found is None:
                raise self._not_found(f"no such transaction ID [{arguments[1]}] in index")
            payload = self._block(found.block_number)
        else:
            raise self._not_found(f"Requested function {function} not found.")
        return proposal_response_pb2.Response(status=200, payload=payload)

    def _block(self, number: int) -> bytes:
        block = self._chain.store.block(number)
        if block is None:
            raise self._not_found(f"no such block number [{number}] in index")
        return block

    def _not_found(self, reason: str) -> Denied:
        words = f"chaincode response 500, {reason}"
        return Denied(
            grpc.StatusCode.UNKNOWN,
            f"evaluate call to endorser returned error: {words}",
            (self._peer.address, self._peer.msp_id, words),
        )


def start_block(position: ab_pb2.SeekPosition, height: int) -> int:
    """The first block that a stream begins with, on a chain of ``height`` blocks."""
    kind = position.WhichOneof("Type")
    if kind == "specified":
        return position.specified.number
    if kind == "oldest":
        return 0
    if kind == "newest":
        return height - 1
    return height


def _after(transactions: tuple[Any, ...], transaction_id: str) -> tuple[Any, ...]:
    """Transactions that follow the one named; all where it is not among them."""
    ids = [transaction.tx_id for transaction in transactions]
    return transactions[ids.index(transaction_id) + 1 :] if transaction_id in ids else transactions
