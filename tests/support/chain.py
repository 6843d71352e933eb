"""Chains of blocks in Fabric's own format, made without a ledger, and a network that serves them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)

from chaincode.model import canonical, keys, periods
from gateway.fabric.blocks import header_hash, parse_block

START_MS = 1_760_000_000_000
KEY_FIELDS = {
    "party": ("gln",),
    "product": ("gtin",),
    "lot": ("gtin", "lot"),
    "unit": ("gtin", "serial"),
    "container": ("sscc",),
    "tray": ("gtin", "serial"),
    "packing": ("sscc",),
    "hold": ("ref", "gln"),
    "param": ("name",),
}


@dataclass
class Tx:
    """A transaction to be put into a block; ``writes`` are (namespace, key, value or None to delete)."""

    tx_id: str
    writes: Sequence[tuple[str, str, bytes | None]] = ()
    function: str = "Commission"
    chaincode: str = "custody"
    event: tuple[str, bytes] | None = None
    code: int = transaction_pb2.VALID
    at_ms: int = START_MS
    creator: str = "ManufacturerMSP"
    endorsers: Sequence[str] = ("ManufacturerMSP", "RegulatorMSP")
    type: int = common_pb2.ENDORSER_TRANSACTION
    data: bytes | None = field(default=None)

    def envelope(self) -> bytes:
        header = common_pb2.ChannelHeader(type=self.type, channel_id="medicines", tx_id=self.tx_id)
        header.timestamp.seconds, rest = divmod(self.at_ms, 1000)
        header.timestamp.nanos = rest * 1_000_000
        payload = common_pb2.Payload(
            header=common_pb2.Header(
                channel_header=header.SerializeToString(),
                signature_header=common_pb2.SignatureHeader(
                    creator=_identity(self.creator), nonce=b"n" * 24
                ).SerializeToString(),
            ),
            data=self._transaction() if self.data is None else self.data,
        )
        return common_pb2.Envelope(
            payload=payload.SerializeToString(), signature=b"s" * 71
        ).SerializeToString()

    def _transaction(self) -> bytes:
        by_namespace: dict[str, list[kv_rwset_pb2.KVWrite]] = {}
        for namespace, key, value in self.writes:
            by_namespace.setdefault(namespace, []).append(
                kv_rwset_pb2.KVWrite(key=key, value=value or b"", is_delete=value is None)
            )
        results = rwset_pb2.TxReadWriteSet(
            ns_rwset=[
                rwset_pb2.NsReadWriteSet(
                    namespace=namespace,
                    rwset=kv_rwset_pb2.KVRWSet(
                        # A batch reads what it must not overwrite, as the real one does.
                        reads=[kv_rwset_pb2.KVRead(key=write.key) for write in writes],
                        writes=writes,
                    ).SerializeToString(),
                )
                for namespace, writes in by_namespace.items()
            ]
        )
        events = b""
        if self.event:
            events = chaincode_event_pb2.ChaincodeEvent(
                chaincode_id=self.chaincode,
                tx_id=self.tx_id,
                event_name=self.event[0],
                payload=self.event[1],
            ).SerializeToString()
        action = proposal_pb2.ChaincodeAction(
            results=results.SerializeToString(),
            events=events,
            chaincode_id=chaincode_pb2.ChaincodeID(name=self.chaincode, version="1"),
        )
        answer = proposal_response_pb2.ProposalResponsePayload(
            proposal_hash=b"p" * 32, extension=action.SerializeToString()
        )
        spec = chaincode_pb2.ChaincodeInvocationSpec(
            chaincode_spec=chaincode_pb2.ChaincodeSpec(
                input=chaincode_pb2.ChaincodeInput(args=[self.function.encode(), b"{}"])
            )
        )
        endorsed = transaction_pb2.ChaincodeActionPayload(
            chaincode_proposal_payload=proposal_pb2.ChaincodeProposalPayload(
                input=spec.SerializeToString()
            ).SerializeToString(),
            action=transaction_pb2.ChaincodeEndorsedAction(
                proposal_response_payload=answer.SerializeToString(),
                endorsements=[
                    proposal_response_pb2.Endorsement(endorser=_identity(msp), signature=b"e" * 71)
                    for msp in self.endorsers
                ],
            ),
        )
        return transaction_pb2.Transaction(
            actions=[transaction_pb2.TransactionAction(payload=endorsed.SerializeToString())]
        ).SerializeToString()


def written(*documents: Mapping[str, Any], namespace: str = "custody") -> list[tuple[str, str, bytes]]:
    """The writes of documents under their ledger keys, as chaincode writes them."""
    return [(namespace, _key(d), canonical.dumps(periods.written(d))) for d in documents]


def _key(document: Mapping[str, Any]) -> str:
    names = KEY_FIELDS.get(document["doc"], ("id",))
    attributes = [document[name] for name in names if name in document]
    if document.get("period"):
        attributes.append(str(document["period"]))
    return keys.composite(document["doc"], *attributes)


class Chain:
    """Blocks that follow one another, the first one a configuration."""

    def __init__(self, salt: str = "") -> None:
        self.blocks: list[common_pb2.Block] = []
        self.grown = asyncio.Condition()
        self.add(Tx("", type=common_pb2.CONFIG, data=salt.encode()))

    def add(self, *transactions: Tx) -> common_pb2.Block:
        """A block of these on top of the others."""
        data = [transaction.envelope() for transaction in transactions]
        header = common_pb2.BlockHeader(
            number=len(self.blocks),
            previous_hash=header_hash(self.blocks[-1].header) if self.blocks else b"",
            data_hash=hashlib.sha256(b"".join(data)).digest(),
        )
        metadata = [b""] * 5
        metadata[common_pb2.TRANSACTIONS_FILTER] = bytes(t.code for t in transactions)
        block = common_pb2.Block(
            header=header,
            data=common_pb2.BlockData(data=data),
            metadata=common_pb2.BlockMetadata(metadata=metadata),
        )
        self.blocks.append(block)
        return block

    async def grow(self, *transactions: Tx) -> None:
        """``add`` while readers wait."""
        async with self.grown:
            self.add(*transactions)
            self.grown.notify_all()


class ChainNetwork:
    """A chain in the place of ``gateway.fabric.Network``; ``documents`` answer the chaincodes' reads."""

    channel = "medicines"

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.documents: dict[str, Callable[[dict[str, Any]], Any]] = {}

    def contract(self, name: str) -> ChainContract:
        return ChainContract(self)

    def state(self, kind: str, *attributes: str) -> Any:
        """The document under a key after all blocks."""
        key = keys.composite(kind, *attributes)
        found = [
            write.value
            for block in self.chain.blocks
            for transaction in parse_block(block).transactions
            if transaction.valid
            for write in transaction.writes
            if write.key == key
        ]
        return canonical.loads(found[-1])

    async def height(self) -> int:
        return len(self.chain.blocks)

    async def block(self, number: int) -> common_pb2.Block:
        return self.chain.blocks[number]

    async def block_events(self, start_block: int = 0) -> AsyncIterator[common_pb2.Block]:
        number = start_block
        while True:
            async with self.chain.grown:
                while number >= len(self.chain.blocks):
                    await self.chain.grown.wait()
            yield self.chain.blocks[number]
            number += 1


class ChainContract:
    """Answers reads by what the network's ``documents`` say, by function."""

    def __init__(self, network: ChainNetwork) -> None:
        self._network = network

    async def evaluate(self, function: str, argument: bytes) -> bytes:
        return canonical.dumps(self._network.documents[function](canonical.loads(argument)))


def units(gtin: str, serials: Iterable[str], **changes: Any) -> list[dict[str, Any]]:
    """Units that left their trays, in their next period, with ``changes``; a field of None is left out."""
    made = []
    for serial in serials:
        document = {
            "doc": "unit",
            "gtin": gtin,
            "serial": serial,
            "lot": "L-1",
            "period": 1,
            "status": "commissioned",
            "owner": "9501101530003",
            "owner_msp": "ManufacturerMSP",
            "custodian": "9501101530003",
            "commissioned_at": START_MS,
        } | changes
        made.append({name: value for name, value in document.items() if value is not None})
    return made


def commissioned(gtin: str, serials: Sequence[str], **changes: Any) -> list[dict[str, Any]]:
    """A tray and the units in it as they are commissioned; ``changes`` are the tray's, as in ``units``."""
    made = {
        "doc": "tray",
        "gtin": gtin,
        "serial": serials[0],
        "lot": "L-1",
        "commissioned_at": START_MS,
        "serials": list(serials),
        "left": [],
        "owner": "9501101530003",
        "owner_msp": "ManufacturerMSP",
        "custodian": "9501101530003",
    } | changes
    tray = {name: value for name, value in made.items() if value is not None}
    born = {name: tray[name] for name in ("gtin", "lot", "commissioned_at", "origin") if name in tray}
    born |= {"doc": "unit", "period": 0, "tray": tray["serial"]}
    return [tray, *(born | {"serial": serial} for serial in serials)]


def packed(tray: Mapping[str, Any], sscc: str) -> dict[str, Any]:
    """A tray in a container."""
    loose = ("owner", "owner_msp", "custodian")
    return {name: value for name, value in tray.items() if name not in loose} | {"parent": sscc}


def _identity(msp: str) -> bytes:
    return identities_pb2.SerializedIdentity(mspid=msp, id_bytes=b"c" * 800).SerializeToString()
