"""Each code that a block's transactions can get, and what the valid ones change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.peer import transaction_pb2

from network.devnet import policy
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.simulation import Simulation
from network.devnet.store import Change, Store
from network.devnet.validator import Validator, transaction_id_of
from network.topology import Topology
from tests.unit.network.devnet import transactions

Code = transaction_pb2.TxValidationCode
Run = Callable[[Simulation], object]
MAJORITY = ("ManufacturerMSP", "DistributorMSP", "PharmacyMSP")


class Bench:
    """A validator over a state with the keys a to d, and the members' signatures."""

    def __init__(
        self, store: Store, membership: Membership, peers: dict[str, Node], client: Node, topology: Topology
    ) -> None:
        self.store = store
        self.peers = peers
        self.client = client
        policies = {chaincode.name: policy.parse(chaincode.policy) for chaincode in topology.chaincodes}
        self.validator = Validator(store, membership, policies)
        store.commit(0, b"", [Change("custody", key, b"0", (0, n)) for n, key in enumerate("abcd")], [])

    def results(self, run: Run) -> bytes:
        with self.store.snapshot() as snapshot:
            simulated = Simulation(snapshot)
            run(simulated)
            return simulated.results()

    def transaction(self, run: Run, msps: tuple[str, ...] = MAJORITY, chaincode: str = "custody") -> bytes:
        peers = [self.peers[msp] for msp in msps]
        return transactions.endorsed(self.client, peers, self.results(run), chaincode)[1]

    def codes(self, *envelopes: bytes) -> list[str]:
        """The names of the codes in one block."""
        return [Code.Name(one.code) for one in self.validator.validate(1, envelopes).transactions]


@pytest.fixture
def bench(
    store: Store, membership: Membership, peers: dict[str, Node], client: Node, topology: Topology
) -> Bench:
    return Bench(store, membership, peers, client, topology)


def write(key: str, value: bytes | None = b"1") -> Run:
    return lambda simulated: simulated.put("custody", key, value)


def update(key: str) -> Run:
    """Read a key, then write it."""

    def run(simulated: Simulation) -> None:
        simulated.get("custody", key)
        simulated.put("custody", key, b"1")

    return run


def test_valid_transactions_and_their_changes(bench: Bench) -> None:
    envelopes = [
        bench.transaction(update("a")),
        bench.transaction(write("b", None)),
        bench.transaction(update("x")),
    ]
    block = bench.validator.validate(1, envelopes)
    assert [one.code for one in block.transactions] == [transaction_pb2.VALID] * 3
    assert [one.transaction_id for one in block.transactions] == [transaction_id_of(one) for one in envelopes]
    assert all(one.new for one in block.transactions)
    assert block.changes == [
        Change("custody", "a", b"1", (1, 0)),
        Change("custody", "b", None, (1, 1)),
        Change("custody", "x", b"1", (1, 2)),
    ]


def test_what_was_read_has_changed_in_the_block(bench: Bench) -> None:
    envelopes = [
        bench.transaction(update("a")),
        bench.transaction(update("a")),
        bench.transaction(update("b")),
    ]
    block = bench.validator.validate(1, envelopes)
    assert [Code.Name(one.code) for one in block.transactions] == ["VALID", "MVCC_READ_CONFLICT", "VALID"]
    assert [change.version for change in block.changes] == [(1, 0), (1, 2)]


def test_what_was_read_has_changed_since(bench: Bench) -> None:
    late = bench.transaction(update("a"))
    bench.store.commit(1, b"", [Change("custody", "a", b"9", (1, 0))], [])
    assert bench.codes(late) == ["MVCC_READ_CONFLICT"]


def test_what_was_read_was_deleted(bench: Bench) -> None:
    assert bench.codes(bench.transaction(write("a", None)), bench.transaction(update("a"))) == [
        "VALID",
        "MVCC_READ_CONFLICT",
    ]


def test_what_was_not_there_is_now(bench: Bench) -> None:
    assert bench.codes(bench.transaction(update("x")), bench.transaction(update("x"))) == [
        "VALID",
        "MVCC_READ_CONFLICT",
    ]


def test_blind_writes_do_not_conflict(bench: Bench) -> None:
    assert bench.codes(bench.transaction(write("a")), bench.transaction(write("a"))) == ["VALID", "VALID"]


def test_a_conflict_in_the_called_chaincodes_namespace(bench: Bench) -> None:
    """A licence that was revoked meanwhile is read in the registry, by a transaction of custody."""

    def run(simulated: Simulation) -> None:
        simulated.get("registry", "party")
        simulated.put("custody", "x", b"1")

    late = bench.transaction(run)
    bench.store.commit(1, b"", [Change("registry", "party", b"9", (1, 0))], [])
    assert bench.codes(late) == ["MVCC_READ_CONFLICT"]


def over(start: str, end: str, limit: int = 0) -> Run:
    """Read a range, then write elsewhere."""

    def run(simulated: Simulation) -> None:
        simulated.range("custody", start, end, limit)
        simulated.put("custody", "elsewhere", b"1")

    return run


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (write("bb"), "PHANTOM_READ_CONFLICT"),
        (write("b", None), "PHANTOM_READ_CONFLICT"),
        (write("b"), "PHANTOM_READ_CONFLICT"),
        (write("a"), "VALID"),
        (write("d"), "VALID"),
        (write("z"), "VALID"),
    ],
)
def test_phantoms_in_a_range(bench: Bench, before: Run, code: str) -> None:
    """The range from b to before d, read before another transaction of its block writes."""
    assert bench.codes(bench.transaction(before), bench.transaction(over("b", "d"))) == ["VALID", code]
    late = bench.transaction(over("b", "d"))
    changes = bench.validator.validate(1, [bench.transaction(before)]).changes
    bench.store.commit(1, b"", changes, [])
    assert bench.codes(late) == [code]


def test_phantoms_in_an_open_range(bench: Bench) -> None:
    assert bench.codes(bench.transaction(write("z")), bench.transaction(over("b", ""))) == [
        "VALID",
        "PHANTOM_READ_CONFLICT",
    ]


def test_what_comes_after_a_page_does_not_count(bench: Bench) -> None:
    assert bench.codes(bench.transaction(write("d")), bench.transaction(over("a", "", limit=2))) == [
        "VALID",
        "VALID",
    ]


def test_the_same_envelope_twice(bench: Bench) -> None:
    envelope = bench.transaction(write("a"))
    block = bench.validator.validate(1, [envelope, envelope])
    assert [Code.Name(one.code) for one in block.transactions] == ["VALID", "DUPLICATE_TXID"]
    assert [one.new for one in block.transactions] == [True, False]
    bench.store.commit(1, b"", block.changes, [(transaction_id_of(envelope), 0, 0)])
    again = bench.validator.validate(2, [envelope])
    assert [(Code.Name(one.code), one.new) for one in again.transactions] == [("DUPLICATE_TXID", False)]


def test_a_duplicate_of_an_invalid_transaction(bench: Bench) -> None:
    envelope = bench.transaction(write("a"), ("ManufacturerMSP",))
    assert bench.codes(envelope, envelope) == ["ENDORSEMENT_POLICY_FAILURE", "DUPLICATE_TXID"]


@pytest.mark.parametrize("tx_id", ["", "x", "0" * 64, "x" * 5000])
def test_an_id_that_is_not_its_creators(bench: Bench, client: Node, tx_id: str) -> None:
    """It neither fails the block nor takes the place of the transaction whose id it is."""
    answer = transactions.answer_of(bench.results(write("a")))
    signed = [transactions.endorsement(bench.peers[msp], answer) for msp in MAJORITY]
    _, envelope = transactions.envelope(client, transactions.transaction(answer, signed), tx_id)
    block = bench.validator.validate(1, [envelope])
    assert [(Code.Name(one.code), one.new) for one in block.transactions] == [("BAD_PROPOSAL_TXID", False)]
    assert block.changes == []


def test_somebody_elses_id(bench: Bench, peers: dict[str, Node]) -> None:
    honest = bench.transaction(write("a"))
    thief = transactions.envelope(peers["PharmacyMSP"], b"", transaction_id_of(honest))[1]
    assert bench.codes(thief, honest) == ["BAD_PROPOSAL_TXID", "VALID"]


def test_a_signature_that_is_not_the_creators(bench: Bench) -> None:
    envelope = common_pb2.Envelope.FromString(bench.transaction(write("a")))
    other = common_pb2.Envelope.FromString(bench.transaction(write("a")))
    envelope.signature = other.signature
    assert bench.codes(envelope.SerializeToString()) == ["BAD_CREATOR_SIGNATURE"]


def test_a_creator_who_is_no_member(bench: Bench, client: Node) -> None:
    stranger = Node(client.serialized.replace(b"ManufacturerMSP", b"ManufacturerMSQ"), client.sign)
    peers = [bench.peers[msp] for msp in MAJORITY]
    _, envelope = transactions.endorsed(stranger, peers, bench.results(write("a")))
    assert bench.codes(envelope) == ["BAD_CREATOR_SIGNATURE"]


@pytest.mark.parametrize(
    "msps",
    [
        (),
        ("ManufacturerMSP",),
        ("ManufacturerMSP", "DistributorMSP"),
        # One peer twice is one endorsement.
        ("ManufacturerMSP", "DistributorMSP", "DistributorMSP"),
    ],
)
def test_too_few_endorsements(bench: Bench, msps: tuple[str, ...]) -> None:
    assert bench.codes(bench.transaction(write("a"), msps)) == ["ENDORSEMENT_POLICY_FAILURE"]


def test_more_endorsements_than_needed(bench: Bench) -> None:
    assert bench.codes(bench.transaction(write("a"), (*MAJORITY, "RegulatorMSP"))) == ["VALID"]


def test_endorsements_by_clients_do_not_count(bench: Bench, client: Node) -> None:
    peers = [bench.peers["DistributorMSP"], bench.peers["PharmacyMSP"], client]
    _, envelope = transactions.endorsed(client, peers, bench.results(write("a")))
    assert bench.codes(envelope) == ["ENDORSEMENT_POLICY_FAILURE"]


def test_endorsements_of_something_else_do_not_count(bench: Bench, client: Node) -> None:
    honest = transactions.answer_of(bench.results(write("a")))
    forged = transactions.answer_of(bench.results(write("a", b"forged")))
    signed = [transactions.endorsement(bench.peers[msp], honest) for msp in MAJORITY]
    _, envelope = transactions.envelope(client, transactions.transaction(forged, signed))
    assert bench.codes(envelope) == ["ENDORSEMENT_POLICY_FAILURE"]


def test_a_bad_endorsement_beside_enough_good_ones(bench: Bench, client: Node) -> None:
    answer = transactions.answer_of(bench.results(write("a")))
    signed = [transactions.endorsement(bench.peers[msp], answer) for msp in (*MAJORITY, "RegulatorMSP")]
    signed[0].signature = signed[1].signature
    _, envelope = transactions.envelope(client, transactions.transaction(answer, signed))
    assert bench.codes(envelope) == ["VALID"]


def test_every_written_chaincodes_policy_counts(bench: Bench) -> None:
    def run(simulated: Simulation) -> None:
        simulated.put("registry", "k", b"1")

    # Custody's majority, but without the regulator whom the registry's policy asks for.
    assert bench.codes(bench.transaction(run)) == ["ENDORSEMENT_POLICY_FAILURE"]
    enough = (*MAJORITY, "RegulatorMSP")
    assert bench.codes(bench.transaction(run, enough)) == ["VALID"]


def test_a_chaincode_that_nobody_defined(bench: Bench) -> None:
    assert bench.codes(bench.transaction(write("a"), chaincode="other")) == ["ENDORSEMENT_POLICY_FAILURE"]


def test_bytes_that_are_no_envelope(bench: Bench) -> None:
    garbage = [b"\xff", common_pb2.Envelope(payload=b"\xff").SerializeToString()]
    assert bench.codes(*garbage, bench.transaction(write("a"))) == ["BAD_PAYLOAD", "BAD_PAYLOAD", "VALID"]
    assert [transaction_id_of(one) for one in garbage] == ["", ""]


@pytest.mark.parametrize("data", [b"", b"\xff"])
def test_a_signed_envelope_without_a_transaction(bench: Bench, client: Node, data: bytes) -> None:
    _, envelope = transactions.envelope(client, data)
    assert bench.codes(envelope) == ["INVALID_ENDORSER_TRANSACTION"]
