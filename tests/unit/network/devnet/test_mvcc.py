"""Conflicts and phantoms, by example and against a simple model."""

from __future__ import annotations

import pytest
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.devnet.definitions import Definitions
from network.devnet.keys import Version
from network.devnet.mvcc import BlockState
from network.devnet.simulation import Simulation
from network.devnet.store import Change, Effects, Store
from network.devnet.transaction import Action, Code, Invalid, Space, Transaction
from tests.unit.network.devnet.ledgers import MANUFACTURER, LedgerBench, Run, over, update, write


def test_what_was_read_has_changed_in_the_block(ledger: LedgerBench) -> None:
    envelopes = [ledger.transaction(update(key)) for key in "aab"]
    assert ledger.codes(*envelopes) == ["VALID", "MVCC_READ_CONFLICT", "VALID"]


def test_what_was_read_has_changed_since(ledger: LedgerBench) -> None:
    late = ledger.transaction(update("a"))
    assert ledger.commit(ledger.transaction(write("a"))) == ["VALID"]
    assert ledger.codes(late) == ["MVCC_READ_CONFLICT"]


@pytest.mark.parametrize("key", ["a", "nothing"])
def test_what_was_read_was_deleted(ledger: LedgerBench, key: str) -> None:
    """Even where there was nothing to delete: to a peer the key was touched."""
    envelopes = [ledger.transaction(write(key, None)), ledger.transaction(update(key))]
    assert ledger.codes(*envelopes) == ["VALID", "MVCC_READ_CONFLICT"]


def test_what_was_not_there_is_now(ledger: LedgerBench) -> None:
    envelopes = [ledger.transaction(update("x")), ledger.transaction(update("x"))]
    assert ledger.codes(*envelopes) == ["VALID", "MVCC_READ_CONFLICT"]


def test_blind_writes_do_not_conflict(ledger: LedgerBench) -> None:
    envelopes = [ledger.transaction(write("a")), ledger.transaction(write("a", b"2"))]
    assert ledger.commit(*envelopes) == ["VALID", "VALID"]
    assert ledger.value("a") == b"2"


def test_the_policy_of_a_key_that_the_block_deletes(
    ledger: LedgerBench, caplog: pytest.LogCaptureFixture
) -> None:
    """Fabric's peers do not survive it; whoever only has devnet is told."""

    def guard(simulated: Simulation) -> None:
        simulated.put_metadata("custody", "a", "note", b"hello")

    def reads_first(simulated: Simulation) -> None:
        simulated.get("custody", "a")
        guard(simulated)

    deleted = ledger.transaction(write("a", None))
    assert ledger.codes(deleted, ledger.transaction(reads_first)) == ["VALID", "MVCC_READ_CONFLICT"]
    assert not caplog.text
    assert ledger.commit(deleted, ledger.transaction(guard)) == ["VALID", "VALID"]
    assert "place=1 sets the policy of a key, without having read it" in caplog.text
    assert ledger.value("a") is None
    caplog.clear()
    assert ledger.commit(ledger.transaction(guard)) == ["VALID"]
    assert not caplog.text, "what was deleted in an earlier block is simply not there"


def test_a_conflict_in_the_called_chaincodes_namespace(ledger: LedgerBench) -> None:
    """A licence that was revoked meanwhile is read in the registry, by a transaction of custody."""

    def run(simulated: Simulation) -> None:
        simulated.get("registry", "party")
        simulated.put("custody", "x", b"1")

    late = ledger.transaction(run)
    ledger.store.commit(1, bytes(32), b"", Effects([Change("registry", "party", b"9", (1, 0))]))
    assert ledger.codes(late) == ["MVCC_READ_CONFLICT"]


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (write("bb"), "PHANTOM_READ_CONFLICT"),
        (write("b", None), "PHANTOM_READ_CONFLICT"),
        (write("b"), "PHANTOM_READ_CONFLICT"),
        (write("a"), "VALID"),
        (write("d"), "VALID"),
        (write("z"), "VALID"),
        (write("bz", None), "VALID"),
    ],
)
def test_phantoms_in_a_range(ledger: LedgerBench, before: Run, code: str) -> None:
    """The range from b to before d, read before another transaction writes, of its block or an earlier."""
    envelopes = [ledger.transaction(before), ledger.transaction(over("b", "d"))]
    assert ledger.codes(*envelopes) == ["VALID", code]
    late = ledger.transaction(over("b", "d"))
    assert ledger.commit(ledger.transaction(before)) == ["VALID"]
    assert ledger.codes(late) == [code]


def test_phantoms_in_an_open_range(ledger: LedgerBench) -> None:
    envelopes = [ledger.transaction(write("z")), ledger.transaction(over("b", ""))]
    assert ledger.codes(*envelopes) == ["VALID", "PHANTOM_READ_CONFLICT"]


@pytest.mark.parametrize(
    ("changed", "code"), [("c", "VALID"), ("b", "PHANTOM_READ_CONFLICT"), ("ab", "PHANTOM_READ_CONFLICT")]
)
def test_a_range_ends_with_the_last_key_that_was_fetched(
    ledger: LedgerBench, changed: str, code: str
) -> None:
    envelopes = [ledger.transaction(write(changed)), ledger.transaction(over("a", "", take=2))]
    assert ledger.codes(*envelopes) == ["VALID", code]


@pytest.mark.parametrize("degree", [0, 1, 50, 2**32 - 1])
def test_a_summary_that_is_not_the_ranges(ledger: LedgerBench, degree: int) -> None:
    kv = kv_rwset_pb2.KVRWSet()
    kv.range_queries_info.add(start_key="a", itr_exhausted=True).reads_merkle_hashes.max_degree = degree
    space = rwset_pb2.NsReadWriteSet(namespace="custody", rwset=kv.SerializeToString())
    transaction = _transaction(Space("custody", kv_rwset_pb2.KVRWSet.FromString(space.rwset), ()))
    with ledger.store.snapshot() as snapshot:
        state = BlockState(snapshot, ledger.definitions)
        with pytest.raises(Invalid, match="PHANTOM_READ_CONFLICT"):
            state.check(transaction)


def _transaction(space: Space) -> Transaction:
    action = Action("custody", (space,), b"", ())
    return Transaction(None, None, None, action)  # type: ignore[arg-type]


KEYS = "abcdef"
key_sets = st.lists(st.sampled_from(KEYS), max_size=2)
writes = st.dictionaries(st.sampled_from(KEYS), st.none() | st.binary(min_size=1, max_size=2), max_size=2)
ranges = st.tuples(st.sampled_from(KEYS), st.sampled_from(["", *KEYS]), st.none() | st.integers(1, 2))
operations = st.tuples(key_sets, writes, st.lists(ranges, max_size=1), st.booleans())


class Model:
    """Fabric's rules over dictionaries: versions before the block, and what its valid ones have written."""

    def __init__(self) -> None:
        self.state: dict[str, Version] = {}
        self.touched: dict[str, Version | None] = {}

    def scan(self, start: str, end: str, state: dict[str, Version], take: int | None) -> list[tuple]:
        found = [(k, v) for k, v in sorted(state.items()) if start <= k and (not end or k < end)]
        return found if take is None else found[:take]

    def now(self) -> dict[str, Version]:
        merged = self.state | {k: v for k, v in self.touched.items() if v is not None}
        return {k: v for k, v in merged.items() if self.touched.get(k, v) is not None}

    def end_block(self) -> None:
        self.state, self.touched = self.now(), {}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(operations, min_size=1, max_size=4), min_size=1, max_size=4))
def test_against_a_simple_model(
    tmp_path_factory: pytest.TempPathFactory, definitions: Definitions, blocks: list[list[tuple]]
) -> None:
    """Blocks of transactions that were simulated before their block, or a block before that."""
    store = Store(tmp_path_factory.mktemp("mvcc"))
    store.commit(0, bytes(32), b"", Effects())
    model = Model()
    stale: list[tuple[tuple, Transaction, dict[str, Version]]] = []
    for number, operations_ in enumerate(blocks, 1):
        fresh = [(one, _simulated(store, definitions, one), dict(model.state)) for one in operations_]
        late = [entry for entry in fresh if entry[0][3]]
        block = stale + [entry for entry in fresh if not entry[0][3]]
        stale = late
        with store.snapshot() as snapshot:
            state = BlockState(snapshot, definitions)
            for place, (operation, transaction, seen) in enumerate(block):
                expected = _expected(model, operation, seen)
                try:
                    state.check(transaction)
                    state.apply(transaction, (number, place), {})
                    code = Code.VALID
                except Invalid as invalid:
                    code = invalid.code
                assert code == expected
                if code == Code.VALID:
                    for key, value in operation[1].items():
                        model.touched[key] = None if value is None else (number, place)
        store.commit(number, bytes(32), b"", Effects(state.changes))
        model.end_block()
        with store.snapshot() as snapshot:
            assert {k: s.version for k, s in snapshot.range("custody", "", "")} == model.state
    store.close()


def _simulated(store: Store, definitions: Definitions, operation: tuple) -> Transaction:
    read, written, scanned, _ = operation
    with store.snapshot() as snapshot:
        simulation = Simulation(snapshot, definitions, MANUFACTURER, (MANUFACTURER, "client"))
        for key in read:
            simulation.get("custody", key)
        for start, end, take in scanned:
            results = simulation.range("custody", start, end)
            for _ in range(10 if take is None else take):
                if next(results, None) is None:
                    break
        for key, value in written.items():
            simulation.put("custody", key, value)
        public = rwset_pb2.TxReadWriteSet.FromString(simulation.results("custody").public)
    kv = public.ns_rwset[0].rwset if public.ns_rwset else b""
    return _transaction(Space("custody", kv_rwset_pb2.KVRWSet.FromString(kv), ()))


def _expected(model: Model, operation: tuple, seen: dict[str, Version]) -> int:
    read, _, scanned, _ = operation
    for key in read:
        if key in model.touched or model.state.get(key) != seen.get(key):
            return Code.MVCC_READ_CONFLICT
    for start, end, take in scanned:
        then = model.scan(start, end, seen, take)
        # A scan that asked for no more than there was has an end: the last key that it was given.
        if take is not None and len(then) == take:
            end = then[-1][0] + "\x00"
        if model.scan(start, end, model.now(), None) != then:
            return Code.PHANTOM_READ_CONFLICT
    return Code.VALID
