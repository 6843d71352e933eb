"""What a run at one endorser records, sees and asks for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from network import policy
from network.devnet.errors import DevnetError
from network.devnet.private import PrivateData
from network.devnet.rwset import first_difference
from network.devnet.simulation import VALIDATION_PARAMETER, Simulation
from network.policy import any_peer_of
from tests.unit.network.devnet.ledgers import DISTRIBUTOR, MAJORITY, MANUFACTURER, LedgerBench, Run

OWN = f"_implicit_org_{MANUFACTURER}"
DISTRIBUTORS_POLICY = policy.envelope_of(any_peer_of(DISTRIBUTOR)).SerializeToString()


def spaces(data: bytes) -> dict[str, kv_rwset_pb2.KVRWSet]:
    whole = rwset_pb2.TxReadWriteSet.FromString(data)
    return {one.namespace: kv_rwset_pb2.KVRWSet.FromString(one.rwset) for one in whole.ns_rwset}


def public(ledger: LedgerBench, run: Run) -> bytes:
    return ledger.simulate(run).public


def test_reads_and_writes(ledger: LedgerBench) -> None:
    def run(simulated: Simulation) -> None:
        simulated.put("custody", "z", b"1")
        assert simulated.get("custody", "z") == b"", "its own writes do not show"
        assert simulated.get("custody", "b") == b"0"
        simulated.put("custody", "b", None)
        simulated.put("custody", "z", b"2")
        assert simulated.get("registry", "a") == b""

    sets = spaces(public(ledger, run))
    assert list(sets) == ["custody", "registry"]
    custody = sets["custody"]
    assert [(r.key, r.HasField("version"), r.version.tx_num) for r in custody.reads] == [
        ("b", True, 1),
        ("z", False, 0),
    ]
    assert [(w.key, w.value, w.is_delete) for w in custody.writes] == [("b", b"", True), ("z", b"2", False)]
    assert [(r.key, r.HasField("version")) for r in sets["registry"].reads] == [("a", False)]


def test_the_first_transaction_of_the_chain_is_a_version_too(ledger: LedgerBench) -> None:
    [read] = spaces(public(ledger, lambda s: s.get("custody", "a")))["custody"].reads
    assert read.HasField("version")
    assert (read.version.block_num, read.version.tx_num) == (0, 0)


def test_equal_runs_in_another_order_give_equal_bytes(ledger: LedgerBench) -> None:
    def one(simulated: Simulation) -> None:
        simulated.get("custody", "a")
        simulated.get("registry", "x")
        PrivateData(simulated, "custody", OWN).put("p", b"1")
        PrivateData(simulated, "custody", OWN).put("q", b"1")
        simulated.put("custody", "y", b"1")
        simulated.put("custody", "x", b"1")

    def other(simulated: Simulation) -> None:
        simulated.put("custody", "x", b"1")
        PrivateData(simulated, "custody", OWN).put("q", b"1")
        PrivateData(simulated, "custody", OWN).put("p", b"1")
        simulated.get("registry", "x")
        simulated.put("custody", "y", b"1")
        simulated.get("custody", "a")

    assert ledger.simulate(one) == ledger.simulate(other)


def test_ranges_record_what_was_fetched(ledger: LedgerBench) -> None:
    def run(simulated: Simulation) -> None:
        assert list(simulated.range("custody", "b", "d")) == [("b", b"0"), ("c", b"0")]
        assert next(simulated.range("custody", "a", "")) == ("a", b"0")
        assert simulated.page("custody", "", "", 3, "") == ([("a", b"0"), ("b", b"0"), ("c", b"0")], "d")
        assert simulated.page("custody", "", "", 3, "d") == ([("d", b"0")], "")
        assert len(list(simulated.range("custody", "b", "d"))) == 2, "again, recorded once"
        assert not list(simulated.range("custody", "x", ""))

    whole, begun, page, last, empty = spaces(public(ledger, run))["custody"].range_queries_info
    assert (whole.start_key, whole.end_key, whole.itr_exhausted) == ("b", "d", True)
    assert [(r.key, r.version.tx_num) for r in whole.raw_reads.kv_reads] == [("b", 1), ("c", 2)]
    assert (begun.end_key, begun.itr_exhausted, len(begun.raw_reads.kv_reads)) == ("a", False, 1)
    # A page depends on what it showed, not on what comes after it.
    assert (page.start_key, page.end_key, page.itr_exhausted) == ("", "c", False)
    assert (last.start_key, last.end_key, last.itr_exhausted) == ("d", "", True)
    # As a peer writes it: where nothing was found there are no reads, not an empty list of them.
    assert (empty.start_key, empty.itr_exhausted, empty.WhichOneof("reads_info")) == ("x", True, None)


@pytest.mark.parametrize(
    ("query", "after_it", "before_it"),
    [
        (
            lambda s: s.page("custody", "", "", 1, ""),
            "Transaction has already performed a paginated query. Writes are not allowed",
            "Paginated queries are supported only in a read-only transaction",
        ),
        (
            lambda s: list(PrivateData(s, "custody", OWN).range("", "")),
            "Transaction has already performed queries on pvt data. Writes are not allowed",
            "Queries on pvt data is supported only in a read-only transaction",
        ),
    ],
)
def test_pages_and_private_queries_are_for_reading_only(
    ledger: LedgerBench, query: Callable[[Simulation], object], after_it: str, before_it: str
) -> None:
    def after(simulated: Simulation) -> None:
        query(simulated)
        simulated.put("custody", "x", b"1")

    def before(simulated: Simulation) -> None:
        simulated.put("custody", "x", b"1")
        query(simulated)

    for run, words in ((after, after_it), (before, before_it)):
        with pytest.raises(DevnetError, match=rf"txid \[.*\]: unsuppored transaction\. {words}"):
            ledger.simulate(run)


def test_whose_endorsement_is_asked_for(ledger: LedgerBench) -> None:
    custody, registry = (ledger.definitions.get(name) for name in ("custody", "registry"))
    assert custody
    assert registry

    def needs(run: Run) -> frozenset[policy.Policy]:
        return ledger.simulate(run).needs.policies

    def guard(simulated: Simulation) -> None:
        simulated.put_metadata("custody", "a", VALIDATION_PARAMETER, DISTRIBUTORS_POLICY)

    assert needs(lambda s: None) == {custody.policy}
    assert needs(lambda s: s.get("custody", "a")) == {custody.policy}
    # What is read elsewhere is vouched for by whoever vouches for it there.
    assert needs(lambda s: (s.put("custody", "a", b"1"), s.get("registry", "x"))) == {
        custody.policy,
        registry.policy,
    }
    assert ledger.commit(ledger.transaction(guard)) == ["VALID"]
    own = any_peer_of(DISTRIBUTOR)
    assert needs(lambda s: s.put("custody", "a", b"1")) == {own}
    assert needs(lambda s: (s.put("custody", "a", b"1"), s.put("custody", "b", b"1"))) == {
        own,
        custody.policy,
    }
    assert needs(lambda s: PrivateData(s, "custody", OWN).put("p", b"1")) == {any_peer_of(MANUFACTURER)}


def test_only_members_can_vouch_for_private_values(ledger: LedgerBench) -> None:
    def read(simulated: Simulation) -> None:
        PrivateData(simulated, "custody", OWN).get("p")

    def digest(simulated: Simulation) -> None:
        PrivateData(simulated, "custody", OWN).digest("p")

    assert ledger.simulate(read).needs.members == {MANUFACTURER}
    assert ledger.simulate(digest).needs.members is None


def test_a_chaincode_that_nobody_defined(ledger: LedgerBench) -> None:
    with pytest.raises(DevnetError, match="not defined"):
        ledger.simulate(lambda s: s.put("nobody", "a", b"1"))


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (lambda s: s.put("custody", "k", b"1"), lambda s: s.put("custody", "k", b"2"), "the write of 'k'"),
        (lambda s: s.put("custody", "k", b"1"), lambda s: s.put("custody", "k", None), "the write of 'k'"),
        (lambda s: s.put("custody", "k", b"1"), lambda s: s.get("custody", "k"), "the read of 'k'"),
        (
            lambda s: list(s.range("custody", "a", "c")),
            lambda s: list(s.range("custody", "a", "d")),
            "the range of 'a'",
        ),
        (
            lambda s: s.put_metadata("custody", "k", "x", b"1"),
            lambda s: s.put_metadata("custody", "k", "x", b"2"),
            "the metadata of 'k'",
        ),
        (
            lambda s: (s.put("custody", "z", b"1"), s.put("custody", "y", b"1")),
            lambda s: s.get("custody", "z"),
            "the read of 'z'",
        ),
        (
            lambda s: PrivateData(s, "custody", OWN).put("p", b"1"),
            lambda s: PrivateData(s, "custody", OWN).put("p", b"2"),
            f"in custody, collection {OWN}",
        ),
    ],
)
def test_first_difference(
    ledger: LedgerBench, one: Callable[[Simulation], object], other: Callable[[Simulation], object], told: str
) -> None:
    left, right = public(ledger, one), public(ledger, other)
    assert told in first_difference(left, right)
    assert first_difference(right, left) == first_difference(left, right)


def test_no_difference(ledger: LedgerBench) -> None:
    same = public(ledger, lambda s: s.get("custody", "a"))
    assert first_difference(same, same) == "nothing that it read or wrote"


def test_majority_is_what_the_tests_think_it_is(ledger: LedgerBench) -> None:
    custody = ledger.definitions.get("custody")
    assert custody
    assert custody.policy.satisfied_by([policy.signer(msp, "peer") for msp in MAJORITY])
