"""Proposals, envelopes and requests in pieces that can be damaged, and put together all the same."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import (
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)

from network.devnet.nodes import Node

CHANNEL = "medicines"
CHAINCODE = "probe"
Damage = Callable[[bytes], bytes]


@dataclass
class Draft:
    """A proposal before it is put together.

    ``damage`` is done to the layer that it names as soon as that layer is bytes; whatever holds the layer,
    and the signature, is made of the damaged bytes.
    """

    client: Node
    nonce: bytes
    channel_header: common_pb2.ChannelHeader
    extension: proposal_pb2.ChaincodeHeaderExtension
    invocation: chaincode_pb2.ChaincodeInvocationSpec
    transient: dict[str, bytes] = field(default_factory=dict)
    transaction_id: str | None = None
    creator: bytes | None = None
    signature: Damage = lambda signature: signature
    damage: dict[str, Damage] = field(default_factory=dict)

    def layer(self, name: str, data: bytes) -> bytes:
        change = self.damage.get(name)
        return change(data) if change else data

    def header(self) -> common_pb2.Header:
        """The headers, with the id that nonce and creator make unless another is set."""
        creator = self.client.serialized if self.creator is None else self.creator
        header = common_pb2.ChannelHeader()
        header.CopyFrom(self.channel_header)
        header.tx_id = hashlib.sha256(self.nonce + creator).hexdigest()
        if self.transaction_id is not None:
            header.tx_id = self.transaction_id
        header.extension = self.layer("extension", self.extension.SerializeToString())
        signature_header = common_pb2.SignatureHeader(creator=creator, nonce=self.nonce)
        return common_pb2.Header(
            channel_header=self.layer("channel_header", header.SerializeToString()),
            signature_header=self.layer("signature_header", signature_header.SerializeToString()),
        )

    def payload(self, transient: bool = True) -> bytes:
        """The chaincode's input, with its transient data or without."""
        return proposal_pb2.ChaincodeProposalPayload(
            input=self.layer("input", self.invocation.SerializeToString()),
            TransientMap=self.transient if transient else {},
        ).SerializeToString()

    def signed(self) -> proposal_pb2.SignedProposal:
        """The signed proposal."""
        made = proposal_pb2.Proposal(
            header=self.layer("header", self.header().SerializeToString()),
            payload=self.layer("payload", self.payload()),
        )
        data = self.layer("proposal", made.SerializeToString())
        return proposal_pb2.SignedProposal(
            proposal_bytes=data, signature=self.signature(self.client.sign(data))
        )


def draft(client: Node, nonce: bytes, *arguments: bytes) -> Draft:
    """A proposal that every peer would run; without arguments it reads a key that is not there."""
    name = chaincode_pb2.ChaincodeID(name=CHAINCODE)
    header = common_pb2.ChannelHeader(type=common_pb2.ENDORSER_TRANSACTION, channel_id=CHANNEL)
    header.timestamp.GetCurrentTime()
    return Draft(
        client,
        nonce,
        header,
        proposal_pb2.ChaincodeHeaderExtension(chaincode_id=name),
        chaincode_pb2.ChaincodeInvocationSpec(
            chaincode_spec=chaincode_pb2.ChaincodeSpec(
                type=chaincode_pb2.ChaincodeSpec.GOLANG,
                chaincode_id=name,
                input=chaincode_pb2.ChaincodeInput(args=arguments or (b"get", b"nothing")),
            )
        ),
    )


@dataclass
class Transaction:
    """A transaction before it is put together; ``late`` damage is done behind the endorsers' backs."""

    draft: Draft
    endorsers: Sequence[Node]
    results: rwset_pb2.TxReadWriteSet
    version: str = "1"
    name: str | None = CHAINCODE
    status: int = 200
    event: bytes = b""
    proposal_hash: Damage = lambda digest: digest
    actions: int = 1
    endorsements: Callable[
        [list[proposal_response_pb2.Endorsement]], list[proposal_response_pb2.Endorsement]
    ] = lambda made: made
    late: dict[str, Damage] = field(default_factory=dict)

    def envelope(self) -> common_pb2.Envelope:
        """The signed envelope."""
        header = self.draft.header()
        answer = self._answer(header, self.draft.layer)
        made = [
            proposal_response_pb2.Endorsement(
                endorser=peer.serialized, signature=peer.sign(answer + peer.serialized)
            )
            for peer in self.endorsers
        ]
        if self.late:
            answer = self._answer(header, self._late)
        endorsed = transaction_pb2.ChaincodeActionPayload(
            chaincode_proposal_payload=self.draft.layer("visible", self.draft.payload(transient=False)),
            action=transaction_pb2.ChaincodeEndorsedAction(
                proposal_response_payload=answer, endorsements=self.endorsements(made)
            ),
        )
        action = transaction_pb2.TransactionAction(
            header=self.draft.layer("action_header", header.signature_header),
            payload=self.draft.layer("action_payload", endorsed.SerializeToString()),
        )
        transaction = transaction_pb2.Transaction(actions=[action] * self.actions)
        payload = common_pb2.Payload(
            header=header, data=self.draft.layer("data", transaction.SerializeToString())
        )
        if "no_header" in self.draft.damage:
            payload.ClearField("header")
        data = self.draft.layer("envelope_payload", payload.SerializeToString())
        return common_pb2.Envelope(payload=data, signature=self.draft.signature(self.draft.client.sign(data)))

    def _late(self, name: str, data: bytes) -> bytes:
        change = self.late.get(name)
        return change(data) if change else data

    def _answer(self, header: common_pb2.Header, layer: Callable[[str, bytes], bytes]) -> bytes:
        """What endorsers sign."""
        results = rwset_pb2.TxReadWriteSet()
        results.CopyFrom(self.results)
        for space in results.ns_rwset[:1]:
            space.rwset = layer("space", space.rwset)
        action = proposal_pb2.ChaincodeAction(
            results=layer("results", results.SerializeToString()),
            events=self.event,
            response=proposal_response_pb2.Response(status=self.status),
        )
        if self.name is not None:
            action.chaincode_id.name, action.chaincode_id.version = self.name, self.version
        digest = hashlib.sha256(
            header.channel_header + header.signature_header + self.draft.payload(transient=False)
        ).digest()
        return layer(
            "answer",
            proposal_response_pb2.ProposalResponsePayload(
                proposal_hash=self.proposal_hash(digest),
                extension=layer("action", action.SerializeToString()),
            ).SerializeToString(),
        )


def writes(*keys: str, namespace: str = CHAINCODE, value: bytes = b"1") -> rwset_pb2.TxReadWriteSet:
    """A read-write set that writes these keys and reads nothing."""
    public = kv_rwset_pb2.KVRWSet(writes=[kv_rwset_pb2.KVWrite(key=key, value=value) for key in keys])
    return results({namespace: public})


def results(spaces: dict[str, kv_rwset_pb2.KVRWSet]) -> rwset_pb2.TxReadWriteSet:
    """The read-write set of several namespaces."""
    return rwset_pb2.TxReadWriteSet(
        data_model=rwset_pb2.TxReadWriteSet.KV,
        ns_rwset=[
            rwset_pb2.NsReadWriteSet(namespace=name, rwset=public.SerializeToString())
            for name, public in spaces.items()
        ],
    )


@dataclass
class Seek:
    """A request for blocks before it is put together."""

    client: Node
    info: ab_pb2.SeekInfo
    channel_header: common_pb2.ChannelHeader
    creator: bytes | None = None
    signature: Damage = lambda signature: signature
    damage: dict[str, Damage] = field(default_factory=dict)

    def _layer(self, name: str, data: bytes) -> bytes:
        change = self.damage.get(name)
        return change(data) if change else data

    def envelope(self) -> common_pb2.Envelope:
        """The signed envelope."""
        creator = self.client.serialized if self.creator is None else self.creator
        signature_header = common_pb2.SignatureHeader(creator=creator, nonce=b"n" * 24)
        payload = common_pb2.Payload(
            header=common_pb2.Header(
                channel_header=self._layer("channel_header", self.channel_header.SerializeToString()),
                signature_header=self._layer("signature_header", signature_header.SerializeToString()),
            ),
            data=self._layer("seek", self.info.SerializeToString()),
        )
        if "no_header" in self.damage:
            payload.ClearField("header")
        data = self._layer("payload", payload.SerializeToString())
        return common_pb2.Envelope(payload=data, signature=self.signature(self.client.sign(data)))


def seek(client: Node) -> Seek:
    """A request for block 0 that every peer would serve."""
    header = common_pb2.ChannelHeader(type=common_pb2.DELIVER_SEEK_INFO, channel_id=CHANNEL)
    header.timestamp.GetCurrentTime()
    info = ab_pb2.SeekInfo()
    info.start.specified.number = info.stop.specified.number = 0
    return Seek(client, info, header)


def at(header: common_pb2.ChannelHeader, seconds: float) -> None:
    """Put a header's time this far from now."""
    header.timestamp.FromSeconds(int(time.time() + seconds))


def copy(one: Draft) -> Draft:
    """A draft that can be changed without changing this one."""
    made = dataclasses.replace(one, damage=dict(one.damage), transient=dict(one.transient))
    for name in ("channel_header", "extension", "invocation"):
        message = type(getattr(one, name))()
        message.CopyFrom(getattr(one, name))
        setattr(made, name, message)
    return made
