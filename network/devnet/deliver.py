"""Fabric's Deliver service: blocks, whole or filtered, from any block on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import events_pb2
from google.protobuf.message import DecodeError

from network.devnet import access, services
from network.devnet.chain import Chain
from network.devnet.channel_policies import READERS
from network.devnet.errors import varint
from network.devnet.msp import Member
from network.devnet.site import Site

# A request's timestamp may be this far from a peer's clock (peer.authentication.timewindow).
TIME_WINDOW_SECONDS = 15 * 60
_BLOCK_FIELD = b"\x12"


class DeliverService:
    """Deliver, DeliverFiltered and DeliverWithPrivateData at one member's peer."""

    def __init__(self, site: Site, mutual_tls: bool = False) -> None:
        """With ``mutual_tls`` a request must name the TLS certificate of the connection that it came by."""
        self._site = site
        self._mutual_tls = mutual_tls

    def handler(self) -> grpc.GenericRpcHandler:
        """The service, its answers as bytes: a stored block need not be taken apart to be sent."""

        return services.service(
            "protos.Deliver",
            {
                "Deliver": self.whole_blocks(),
                "DeliverFiltered": self._method(_Blocks.filtered),
                "DeliverWithPrivateData": self._method(_Blocks.private),
            },
        )

    def whole_blocks(self) -> grpc.RpcMethodHandler:
        """The method that gives whole blocks."""
        return self._method(_Blocks.whole)

    def _method(self, shape: Shape) -> grpc.RpcMethodHandler:
        return services.dialogue(
            common_pb2.Envelope, lambda requests, context: self._deliver(requests, context, shape)
        )

    async def _deliver(
        self, requests: Any, context: grpc.aio.ServicerContext, shape: Shape
    ) -> AsyncIterator[bytes]:
        async for envelope in requests:
            status = common_pb2.SUCCESS
            try:
                request = _Request.read(envelope)
                if self._mutual_tls and request.channel_header.tls_cert_hash != services.certificate_hash(
                    context
                ):
                    raise _Refused(common_pb2.BAD_REQUEST)
                chain = self._site.at(request.channel_header.channel_id).chain
                async for answer in _Blocks(chain, self._site.peer.msp_id).asked_for(request, shape):
                    yield answer
            except _Refused as refused:
                status = refused.status
            yield events_pb2.DeliverResponse(status=status).SerializeToString()
            if status != common_pb2.SUCCESS:
                return


@dataclass(frozen=True)
class _Request:
    """An envelope that asks for blocks, taken apart."""

    envelope: common_pb2.Envelope
    data: bytes
    channel_header: common_pb2.ChannelHeader
    creator: bytes

    @classmethod
    def read(cls, envelope: common_pb2.Envelope) -> _Request:
        """_Refused where it is none."""
        try:
            payload = common_pb2.Payload.FromString(envelope.payload)
            header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
            creator = common_pb2.SignatureHeader.FromString(payload.header.signature_header).creator
        except DecodeError:
            raise _Refused(common_pb2.BAD_REQUEST) from None
        return cls(envelope, payload.data, header, creator)


class _Blocks:
    """Blocks of one channel as one member's peer gives them."""

    def __init__(self, chain: Chain, msp_id: str) -> None:
        self._chain = chain
        self._msp_id = msp_id

    async def asked_for(self, request: _Request, shape: Shape) -> AsyncIterator[bytes]:
        seek, member = self._asked(request)
        number, stop = self._bounds(seek)
        while True:
            if number >= self._chain.height and seek.behavior == ab_pb2.SeekInfo.FAIL_IF_NOT_READY:
                raise _Refused(common_pb2.NOT_FOUND)
            await self._chain.wait_above(number)
            if self._chain.membership.expired(member):
                raise _Refused(common_pb2.FORBIDDEN)
            yield shape(self, number, member)
            if number == stop:
                return
            number += 1

    def _asked(self, request: _Request) -> tuple[ab_pb2.SeekInfo, Member]:
        """What is asked for and by whom."""
        header, creator, envelope = request.channel_header, request.creator, request.envelope
        if abs(header.timestamp.seconds - self._chain.clock.now()) > TIME_WINDOW_SECONDS:
            raise _Refused(common_pb2.BAD_REQUEST)
        if header.channel_id != self._chain.channel:
            raise _Refused(common_pb2.NOT_FOUND)
        try:
            seek = ab_pb2.SeekInfo.FromString(request.data)
        except DecodeError:
            raise _Refused(common_pb2.BAD_REQUEST) from None
        if access.refusal(self._chain, READERS, creator, envelope.payload, envelope.signature):
            raise _Refused(common_pb2.FORBIDDEN)
        member = self._chain.membership.identify(creator)
        if self._chain.membership.expired(member):
            raise _Refused(common_pb2.FORBIDDEN)
        return seek, member

    def _bounds(self, seek: ab_pb2.SeekInfo) -> tuple[int, int]:
        """The first block that is asked for, and the one after which the stream ends.

        As in Fabric (common/deliver) that can be one which never comes: a stop that is no place to stop at,
        or the newest block where the stream begins behind it, is block 0 or one that has gone by.
        """
        if not seek.HasField("start") or not seek.HasField("stop"):
            raise _Refused(common_pb2.BAD_REQUEST)
        height = self._chain.height
        start, stop = seek.start.WhichOneof("Type"), seek.stop.WhichOneof("Type")
        first = {"oldest": 0, "newest": height - 1, "next_commit": height}.get(start, height + 1)
        if start == "specified":
            first = seek.start.specified.number
        # Where blocks cannot be had from, the end is still looked at first.
        number = 0 if first > height else first
        if stop == "specified" and seek.stop.specified.number < number:
            raise _Refused(common_pb2.BAD_REQUEST)
        if first > height:
            raise _Refused(common_pb2.NOT_FOUND)
        if stop == "newest":
            return first, first if seek.start == seek.stop else height - 1
        return first, {"oldest": first, "specified": seek.stop.specified.number}.get(stop, 0)

    def whole(self, number: int, _: Member) -> bytes:
        block = self._chain.block(number)
        return _BLOCK_FIELD + varint(len(block)) + block

    def private(self, number: int, member: Member) -> bytes:
        """The block and what this member keeps of its private data.

        A collection that only its members may read goes to nobody else; any other to whoever may read the
        block, as a peer does it (core/peer: CheckCollectionPolicy).
        """
        message = events_pb2.BlockAndPrivateData(block=common_pb2.Block.FromString(self._chain.block(number)))
        need = self._chain.definitions.need_collection
        for index, namespaces in self._chain.store.private_sets(number, self._msp_id).items():
            allowed = rwset_pb2.TxPvtReadWriteSet(data_model=namespaces.data_model)
            for one in namespaces.ns_pvt_rwset:
                seen = [
                    collection
                    for collection in one.collection_pvt_rwset
                    if need(one.namespace, collection.collection_name).lets_read(member.principals)
                ]
                if seen:
                    allowed.ns_pvt_rwset.add(namespace=one.namespace, collection_pvt_rwset=seen)
            if allowed.ns_pvt_rwset:
                message.private_data_map[index].CopyFrom(allowed)
        return events_pb2.DeliverResponse(block_and_private_data=message).SerializeToString()

    def filtered(self, number: int, _: Member) -> bytes:
        filtered = events_pb2.FilteredBlock(channel_id=self._chain.channel, number=number)
        transactions = self._chain.summary(number)
        if not all(one.readable for one in transactions):
            # A peer says so in the block's place, and goes on with the next.
            return events_pb2.DeliverResponse(status=common_pb2.BAD_REQUEST).SerializeToString()
        for one in transactions:
            added = filtered.filtered_transactions.add(
                txid=one.transaction_id, type=one.type, tx_validation_code=one.code
            )
            if one.type == common_pb2.ENDORSER_TRANSACTION:
                added.transaction_actions.SetInParent()
            if one.event is not None:
                event = added.transaction_actions.chaincode_actions.add().chaincode_event
                event.CopyFrom(one.event)
                # Without its payload, which the filtered stream is not for.
                event.ClearField("payload")
        return events_pb2.DeliverResponse(filtered_block=filtered).SerializeToString()


Shape = Callable[[_Blocks, int, Member], bytes]


class _Refused(Exception):
    """The stream ends with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(common_pb2.Status.Name(status))
        self.status = status
