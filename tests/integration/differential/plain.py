"""What two ledgers must agree on, without what they cannot: the numbers of their blocks, signatures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import Message

from tests.integration.differential.side import Refusal

Blocks = Mapping[int, int]
"""A ledger's block numbers, and which of the blocks that both have in common each is."""

DEFINITIONS = ("_lifecycle", "lscc")
"""Where a peer looks for chaincodes' definitions, and notes that it did; devnet's are the topology's."""

_MISMATCH = "ProposalResponsePayloads do not match"
_COLLECTIONS = re.compile(r"(?<=private data collection\(s\): )\[(.*?)]")
_HEIGHT = re.compile(r"\{BlockNum: (\d+), TxNum: (\d+)\}")


def answer(found: proposal_response_pb2.Response | Refusal, blocks: Blocks) -> Any:
    """A response or a refusal."""
    if isinstance(found, Refusal):
        details = sorted({_detail(msp, message, blocks) for msp, message in found.details})
        return {"refused": found.code, "message": _words(found.message, blocks), "details": details}
    payload = _words(found.payload.decode(), blocks)
    return {"status": found.status, "message": _words(found.message, blocks), "payload": payload}


def endorsed(envelope: common_pb2.Envelope, blocks: Blocks) -> Any:
    """All of an endorsed transaction but the versions' block numbers and the endorsers' signatures."""
    payload = common_pb2.Payload.FromString(envelope.payload)
    action = _action(payload)
    signed = proposal_response_pb2.ProposalResponsePayload.FromString(action.action.proposal_response_payload)
    result = proposal_pb2.ChaincodeAction.FromString(signed.extension)
    return {
        "header": payload.header.SerializeToString().hex(),
        "proposal": action.chaincode_proposal_payload.hex(),
        "proposal hash": signed.proposal_hash.hex(),
        "chaincode": str(result.chaincode_id),
        "answer": answer(result.response, blocks),
        "event": result.events.hex(),
        "results": _results(result.results, blocks),
        "endorsers": sorted(endorsers(envelope)),
    }


def endorsers(envelope: common_pb2.Envelope) -> list[str]:
    """The MSP ids of who endorsed."""
    action = _action(common_pb2.Payload.FromString(envelope.payload)).action
    return [identities_pb2.SerializedIdentity.FromString(one.endorser).mspid for one in action.endorsements]


def first_difference(one: Any, other: Any, place: str = "") -> str:
    """Where two plain forms differ, and how; empty where they do not."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in sorted({*one, *other}):
            found = first_difference(one.get(name), other.get(name), f"{place}/{name}")
            if found:
                return found
        return ""
    return "" if one == other else f"{place}:\n  devnet: {one}\n  fabric: {other}"


def _action(payload: common_pb2.Payload) -> transaction_pb2.ChaincodeActionPayload:
    [action] = transaction_pb2.Transaction.FromString(payload.data).actions
    return transaction_pb2.ChaincodeActionPayload.FromString(action.payload)


def _results(results: bytes, blocks: Blocks) -> dict[str, str]:
    """The read-write sets by their places, with their bytes."""
    sets: dict[str, str] = {}
    whole = _read(rwset_pb2.TxReadWriteSet, results)
    for space in whole.ns_rwset:
        if space.namespace in DEFINITIONS:
            continue
        name = space.namespace
        kv = _read(kv_rwset_pb2.KVRWSet, space.rwset)
        for read in kv.reads:
            _renumber(read, blocks)
        for queried in kv.range_queries_info:
            for read in queried.raw_reads.kv_reads:
                _renumber(read, blocks)
            if queried.HasField("reads_merkle_hashes"):
                # They are of what is renumbered here: only how many there are can be the same.
                summed = queried.reads_merkle_hashes.max_level_hashes
                summed[:] = [b""] * len(summed)
        sets[name] = _shown(kv)
        for collection in space.collection_hashed_rwset:
            hashed = _read(kv_rwset_pb2.HashedRWSet, collection.hashed_rwset)
            for hashed_read in hashed.hashed_reads:
                _renumber(hashed_read, blocks)
            sets[f"{name} {collection.collection_name}"] = (
                _shown(hashed) + f"private: {collection.pvt_rwset_hash.hex()}"
            )
    return sets


def _read(kind: type[Any], data: bytes) -> Any:
    """A message of which nothing is lost in reading it, so that it may stand for its bytes."""
    message = kind.FromString(data)
    assert message.SerializeToString() == data
    return message


def _renumber(read: Any, blocks: Blocks) -> None:
    if read.HasField("version"):
        read.version.block_num = blocks[read.version.block_num]


def _shown(message: Message) -> str:
    return f"{message}{message.SerializeToString().hex()}\n"


def _detail(msp_id: str, message: str, blocks: Blocks) -> tuple[str, str]:
    if message.startswith(_MISMATCH):
        # Whose answer comes first is a matter of chance, so who differs from it is too. devnet adds where.
        return "", _MISMATCH
    return msp_id, _words(message, blocks)


def _words(text: str, blocks: Blocks) -> str:
    numbered = _HEIGHT.sub(lambda found: f"block {blocks[int(found[1])]}, place {found[2]}", text)
    # A peer names them in an order of chance.
    return _COLLECTIONS.sub(lambda found: f"[{' '.join(sorted(found[1].split()))}]", numbered)
