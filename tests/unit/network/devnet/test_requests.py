"""Chaincode's messages, as a peer answers them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.peer import chaincode_shim_pb2, proposal_pb2
from google.protobuf.message import DecodeError

from network.devnet import execution as executions
from network.devnet import requests
from network.devnet.errors import DevnetError
from network.devnet.execution import Changes, Execution, Outcome
from network.devnet.requests import HANDLERS
from network.devnet.rwset import first_difference
from network.devnet.simulation import Simulation
from network.devnet.store import Change, Effects
from tests.unit.network.devnet.ledgers import MANUFACTURER, LedgerBench

shim = chaincode_shim_pb2
Message = shim.ChaincodeMessage
Record = shim.WriteRecord
OWN = f"_implicit_org_{MANUFACTURER}"


class Conversation:
    """One transaction's messages; serialized payloads in and out."""

    def __init__(self, simulation: Simulation) -> None:
        async def call(name: str, arguments: object, execution: Execution) -> Outcome:
            raise AssertionError("no calls here")

        def history(namespace: str, key: str) -> Changes:
            for number in range(250):
                yield kv_query_result_pb2.KeyModification(tx_id=f"{namespace}/{key}/{number}")

        self.simulation = simulation
        self.execution = Execution(
            "tx", "medicines", proposal_pb2.SignedProposal(), simulation, call, history
        )

    def ask(self, kind: str, **fields: object) -> bytes:
        makers = {
            "GET_STATE": shim.GetState,
            "GET_STATE_MULTIPLE": shim.GetStateMultiple,
            "GET_PRIVATE_DATA_HASH": shim.GetState,
            "GET_STATE_METADATA": shim.GetStateMetadata,
            "PUT_STATE": shim.PutState,
            "DEL_STATE": shim.DelState,
            "PURGE_PRIVATE_DATA": shim.PurgePrivateState,
            "PUT_STATE_METADATA": shim.PutStateMetadata,
            "WRITE_BATCH_STATE": shim.WriteBatchState,
            "GET_STATE_BY_RANGE": shim.GetStateByRange,
            "GET_HISTORY_FOR_KEY": shim.GetHistoryForKey,
            "GET_QUERY_RESULT": shim.GetQueryResult,
            "QUERY_STATE_NEXT": shim.QueryStateNext,
            "QUERY_STATE_CLOSE": shim.QueryStateClose,
        }
        handler = HANDLERS[Message.Type.Value(kind)]
        return handler("custody", makers[kind](**fields).SerializeToString(), self.execution)

    def public(self) -> bytes:
        return self.simulation.results("custody").public


@pytest.fixture
def two(ledger: LedgerBench) -> Iterator[tuple[Conversation, Conversation]]:
    """Two conversations over a state with 250 more keys."""
    changes = [Change("custody", f"k{n:03}", b"v", (1, n)) for n in range(250)]
    ledger.store.commit(1, bytes(32), b"", Effects(changes))
    with ledger.store.snapshot() as snapshot:
        made = [
            Conversation(Simulation(snapshot, ledger.definitions, MANUFACTURER, (MANUFACTURER, "client")))
            for _ in range(2)
        ]
        yield made[0], made[1]


def test_single_writes_and_a_batch_come_to_the_same(two: tuple[Conversation, Conversation]) -> None:
    single, batch = two
    entry = shim.StateMetadata(metakey="note", value=b"m")
    single.ask("PUT_STATE", key="a", value=b"1")
    single.ask("DEL_STATE", key="b")
    single.ask("PUT_STATE", key="c")
    single.ask("PUT_STATE_METADATA", key="a", metadata=entry)
    single.ask("PUT_STATE", key="p", value=b"1", collection=OWN)
    single.ask("DEL_STATE", key="q", collection=OWN)
    single.ask("PURGE_PRIVATE_DATA", key="r", collection=OWN)
    single.ask("PUT_STATE_METADATA", key="p", collection=OWN, metadata=entry)
    records = [
        Record(type=Record.PUT_STATE, key="a", value=b"1"),
        Record(type=Record.DEL_STATE, key="b"),
        Record(type=Record.PUT_STATE, key="c"),
        Record(type=Record.PUT_STATE_METADATA, key="a", metadata=entry),
        Record(type=Record.PUT_STATE, key="p", value=b"1", collection=OWN),
        Record(type=Record.DEL_STATE, key="q", collection=OWN),
        Record(type=Record.PURGE_PRIVATE_DATA, key="r", collection=OWN),
        Record(type=Record.PUT_STATE_METADATA, key="p", collection=OWN, metadata=entry),
    ]
    assert batch.ask("WRITE_BATCH_STATE", rec=records) == b""
    assert single.public() == batch.public(), first_difference(single.public(), batch.public())
    with pytest.raises(DevnetError, match="unknown operation type"):
        batch.ask("WRITE_BATCH_STATE", rec=[Record(key="x")])
    with pytest.raises(DevnetError, match="only applicable for private data"):
        batch.ask("PURGE_PRIVATE_DATA", key="x")


def test_reads(two: tuple[Conversation, Conversation]) -> None:
    one, _ = two
    assert one.ask("GET_STATE", key="a") == b"0"
    assert one.ask("GET_STATE", key="unknown") == b""
    many = shim.GetStateMultipleResult.FromString(one.ask("GET_STATE_MULTIPLE", keys=["a", "unknown"]))
    assert list(many.values) == [b"0", b""]
    many = shim.GetStateMultipleResult.FromString(one.ask("GET_STATE_MULTIPLE", keys=["a"], collection=OWN))
    assert list(many.values) == [b""]
    for kind in ("GET_STATE", "GET_PRIVATE_DATA_HASH", "GET_STATE_METADATA"):
        assert one.ask(kind, key="p", collection=OWN) == b""
    assert one.ask("GET_STATE_METADATA", key="a") == b""
    with pytest.raises(DevnetError, match="not supported"):
        one.ask("GET_QUERY_RESULT", query="{}")


def pull(conversation: Conversation, answer: bytes) -> tuple[list[int], list[bytes]]:
    """All results of a query, and how many came at a time."""
    sizes, results = [], []
    while True:
        read = shim.QueryResponse.FromString(answer)
        sizes.append(len(read.results))
        results += [one.resultBytes for one in read.results]
        if not read.has_more:
            return sizes, results
        answer = conversation.ask("QUERY_STATE_NEXT", id=read.id)


def test_ranges_come_a_part_at_a_time(two: tuple[Conversation, Conversation]) -> None:
    one, other = two
    sizes, results = pull(one, one.ask("GET_STATE_BY_RANGE", startKey="k", endKey="l"))
    assert sizes == [100, 100, 50]
    assert [kv_query_result_pb2.KV.FromString(r).key for r in results] == [f"k{n:03}" for n in range(250)]
    sizes, _ = pull(one, one.ask("GET_STATE_BY_RANGE", startKey="k000", endKey="k100"))
    assert sizes == [100]
    assert pull(one, one.ask("GET_STATE_BY_RANGE", startKey="x", endKey="y")) == ([0], [])
    left = shim.QueryResponse.FromString(other.ask("GET_STATE_BY_RANGE", startKey="k"))
    closed = shim.QueryResponse.FromString(other.ask("QUERY_STATE_CLOSE", id=left.id))
    assert (closed.id, closed.has_more) == (left.id, False)
    other.ask("QUERY_STATE_CLOSE", id="unknown")
    for unknown in (left.id, "unknown"):
        with pytest.raises(DevnetError, match="query iterator not found"):
            other.ask("QUERY_STATE_NEXT", id=unknown)


def test_histories_and_private_ranges_too(two: tuple[Conversation, Conversation]) -> None:
    one, other = two
    sizes, results = pull(one, one.ask("GET_HISTORY_FOR_KEY", key="k"))
    assert sizes == [100, 100, 50]
    assert kv_query_result_pb2.KeyModification.FromString(results[249]).tx_id == "custody/k/249"
    assert pull(other, other.ask("GET_STATE_BY_RANGE", collection=OWN)) == ([0], [])


def test_pages(two: tuple[Conversation, Conversation]) -> None:
    one, _ = two
    bookmark, sizes = "", []
    while True:
        query = shim.QueryMetadata(pageSize=120, bookmark=bookmark).SerializeToString()
        answer = shim.QueryResponse.FromString(
            one.ask("GET_STATE_BY_RANGE", startKey="k", endKey="l", metadata=query)
        )
        told = shim.QueryResponseMetadata.FromString(answer.metadata)
        sizes.append((len(answer.results), told.fetched_records_count))
        bookmark = told.bookmark
        if not bookmark:
            break
    assert sizes == [(120, 120), (120, 120), (10, 10)]
    with pytest.raises(DevnetError, match="already performed a paginated query"):
        one.ask("PUT_STATE", key="a", value=b"1")


def test_results_and_open_queries_are_bounded(
    two: tuple[Conversation, Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    monkeypatch.setattr(requests, "MAX_RESULTS", 150)
    monkeypatch.setattr(executions, "MAX_QUERIES", 2)
    assert pull(one, one.ask("GET_STATE_BY_RANGE", startKey="k"))[0] == [100, 50]
    for _ in range(2):
        one.ask("GET_STATE_BY_RANGE", startKey="k")
    with pytest.raises(DevnetError, match="more than 2 queries are open"):
        one.ask("GET_STATE_BY_RANGE", startKey="k")


@pytest.mark.parametrize("kind", sorted(HANDLERS))
def test_payloads_that_cannot_be_decoded(two: tuple[Conversation, Conversation], kind: int) -> None:
    with pytest.raises((DecodeError, DevnetError)):
        HANDLERS[kind]("custody", b"\xff", two[0].execution)
