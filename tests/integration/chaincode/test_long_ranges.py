"""Long range reads: what stands for their results in a block, and that a change among them is found."""

from __future__ import annotations

import uuid

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2

from gateway.fabric import Transaction
from network.devnet import rangehash
from tests.integration.chaincode.members import Probe


@pytest.fixture
def prefix() -> str:
    """Keys that no other test writes."""
    return f"long-{uuid.uuid4().hex[:8]}-"


async def ranged(probe: Probe, prefix: str) -> Transaction:
    """An endorsed read of every key with this prefix."""
    return await probe.contract.proposal("range", prefix.encode(), f"{prefix}~".encode()).endorse()


def query_of(transaction: Transaction) -> kv_rwset_pb2.RangeQueryInfo:
    """The range in the transaction's read-write set."""
    payload = common_pb2.Payload.FromString(transaction.message)
    action = transaction_pb2.Transaction.FromString(payload.data).actions[0].payload
    endorsed = transaction_pb2.ChaincodeActionPayload.FromString(action).action.proposal_response_payload
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(endorsed)
    results = proposal_pb2.ChaincodeAction.FromString(answer.extension).results
    for space in rwset_pb2.TxReadWriteSet.FromString(results).ns_rwset:
        if space.namespace == "probe":
            return kv_rwset_pb2.KVRWSet.FromString(space.rwset).range_queries_info[0]
    raise AssertionError("nothing was read")


# Around the sizes at which a level of the tree fills: 51 results to a leaf, 51 leaves to a hash above.
@pytest.mark.parametrize("count", [1, 50, 51, 52, 102, 500, 2600, 2601, 2602, 2660])
async def test_results_are_summed_up_alike(manufacturer: Probe, prefix: str, count: int) -> None:
    identity = await manufacturer.write("put_many", prefix, str(count))
    block = await manufacturer.network.block_by_transaction(identity)
    version = (block.header.number, 0)
    query = query_of(await ranged(manufacturer, prefix))
    expected = [(f"{prefix}{number:06}", version) for number in range(count)]
    many = rangehash.summary(expected, rangehash.DEGREE)
    if many is None:
        assert [read.key for read in query.raw_reads.kv_reads] == [key for key, _ in expected]
    else:
        assert query.reads_merkle_hashes == many


@pytest.mark.parametrize("change", ["none", "delete", "add", "update"])
async def test_a_change_among_many_is_found(manufacturer: Probe, prefix: str, change: str) -> None:
    await manufacturer.write("put_many", prefix, "300")
    reading = await ranged(manufacturer, prefix)
    if change == "delete":
        await manufacturer.write("delete", f"{prefix}000177")
    elif change == "add":
        await manufacturer.write("put", f"{prefix}000177a", "one more")
    elif change == "update":
        await manufacturer.write("put", f"{prefix}000299", "another")
    status = await (await reading.submit()).status()
    assert status.name == ("VALID" if change == "none" else "PHANTOM_READ_CONFLICT")
