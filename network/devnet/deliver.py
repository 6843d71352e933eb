"""Fabric's Deliver service: blocks, whole or filtered, from any block on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import chaincode_event_pb2, events_pb2, events_pb2_grpc
from google.protobuf.message import DecodeError

from gateway.fabric.blocks import parse_block
from network.devnet.chain import Chain
from network.devnet.gateway import start_block
from network.devnet.msp import IdentityRefused

Shape = Callable[[bytes], events_pb2.DeliverResponse]


class DeliverService(events_pb2_grpc.DeliverServicer):
    """Deliver and DeliverFiltered, for one channel."""

    def __init__(self, channel: str, chain: Chain) -> None:
        self._channel = channel
        self._chain = chain

    async def Deliver(self, requests: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        async for response in self._deliver(requests, _whole):
            yield response

    async def DeliverFiltered(self, requests: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        async for response in self._deliver(requests, self._filtered):
            yield response

    async def _deliver(self, requests: Any, shape: Shape) -> AsyncIterator[events_pb2.DeliverResponse]:
        async for envelope in requests:
            status = common_pb2.BAD_REQUEST
            try:
                payload = common_pb2.Payload.FromString(envelope.payload)
                header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
                creator = common_pb2.SignatureHeader.FromString(payload.header.signature_header).creator
                seek = ab_pb2.SeekInfo.FromString(payload.data)
                status = common_pb2.FORBIDDEN
                self._chain.membership.identify(creator).verify(envelope.payload, envelope.signature)
            except (DecodeError, IdentityRefused):
                yield events_pb2.DeliverResponse(status=status)
                return
            if header.channel_id != self._channel:
                yield events_pb2.DeliverResponse(status=common_pb2.NOT_FOUND)
                return
            async for response in self._blocks(seek, shape):
                yield response

    async def _blocks(self, seek: ab_pb2.SeekInfo, shape: Shape) -> AsyncIterator[events_pb2.DeliverResponse]:
        number = start_block(seek.start, self._chain.height)
        stop = start_block(seek.stop, self._chain.height)
        while number <= stop:
            if number >= self._chain.height and seek.behavior == ab_pb2.SeekInfo.FAIL_IF_NOT_READY:
                yield events_pb2.DeliverResponse(status=common_pb2.NOT_FOUND)
                return
            await self._chain.wait_above(number)
            yield shape(self._chain.store.block(number) or b"")
            number += 1
        yield events_pb2.DeliverResponse(status=common_pb2.SUCCESS)

    def _filtered(self, data: bytes) -> events_pb2.DeliverResponse:
        block = parse_block(common_pb2.Block.FromString(data))
        filtered = events_pb2.FilteredBlock(channel_id=self._channel, number=block.number)
        for transaction in block.transactions:
            added = filtered.filtered_transactions.add(
                txid=transaction.tx_id,
                type=common_pb2.HeaderType.Value(transaction.type),
                tx_validation_code=transaction.validation_code,
            )
            if transaction.event:
                # Without its payload, which the filtered stream is not for.
                event = chaincode_event_pb2.ChaincodeEvent(
                    chaincode_id=transaction.chaincode,
                    tx_id=transaction.tx_id,
                    event_name=transaction.event.name,
                )
                added.transaction_actions.chaincode_actions.add(chaincode_event=event)
        return events_pb2.DeliverResponse(filtered_block=filtered)


def _whole(data: bytes) -> events_pb2.DeliverResponse:
    return events_pb2.DeliverResponse(block=common_pb2.Block.FromString(data))
