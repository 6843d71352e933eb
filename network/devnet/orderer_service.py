"""The ordering service's own API, for clients that speak to orderers without a gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.orderer import ab_pb2
from google.protobuf.message import DecodeError

from network.devnet import services
from network.devnet.deliver import DeliverService
from network.devnet.errors import Denied
from network.devnet.orderer import Orderer, Rejected

_SERVICE = "orderer.AtomicBroadcast"


class OrdererService:
    """Broadcast and Deliver at the orderer of every channel."""

    def __init__(self, orderers: Mapping[str, Orderer], blocks: DeliverService) -> None:
        """``blocks`` gives them as a peer does: of one process, the orderer has no others."""
        self._orderers = orderers
        self._blocks = blocks

    def handler(self) -> grpc.GenericRpcHandler:
        return services.service(
            _SERVICE,
            {
                "Broadcast": services.dialogue(common_pb2.Envelope, self._broadcast),
                # A block stands in the same field of an orderer's answer and of a peer's.
                "Deliver": self._blocks.whole_blocks(),
            },
        )

    async def _broadcast(self, requests: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        async for envelope in requests:
            answer = await self._order(envelope)
            yield answer.SerializeToString()
            if answer.status != common_pb2.SUCCESS:
                return

    async def _order(self, envelope: common_pb2.Envelope) -> ab_pb2.BroadcastResponse:
        # An envelope of a channel that there is not is refused by any orderer.
        orderer = self._orderers.get(_channel(envelope)) or next(iter(self._orderers.values()))
        try:
            await orderer.submit(envelope)
        except Rejected as rejected:
            return _refusal(common_pb2.Status.Value(rejected.status), rejected.info)
        except Denied as denied:
            return _refusal(common_pb2.SERVICE_UNAVAILABLE, denied.message)
        return ab_pb2.BroadcastResponse(status=common_pb2.SUCCESS)


def _channel(envelope: common_pb2.Envelope) -> str:
    try:
        header = common_pb2.Payload.FromString(envelope.payload).header
        return str(common_pb2.ChannelHeader.FromString(header.channel_header).channel_id)
    except DecodeError:
        return ""


def _refusal(status: int, info: str) -> ab_pb2.BroadcastResponse:
    return ab_pb2.BroadcastResponse(status=status, info=info)
