"""Each code that a block's transactions can get, and what the valid ones change."""

from __future__ import annotations

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.peer import chaincode_event_pb2

from network.devnet.msp import Member
from network.devnet.nodes import Node
from network.devnet.proposal import transaction_id
from network.devnet.simulation import Simulation
from network.devnet.store import Change
from tests.unit.network.devnet import transactions
from tests.unit.network.devnet.ledgers import MAJORITY, REGULATOR, LedgerBench, over, update, write


def test_valid_transactions_and_their_changes(ledger: LedgerBench) -> None:
    envelopes = [
        ledger.transaction(update("a")),
        ledger.transaction(write("b", None)),
        ledger.transaction(update("x")),
    ]
    block = ledger.validate(*envelopes)
    assert block.codes == bytes(3)
    assert block.effects.transactions == [
        (transactions.id_of(one), place, 0) for place, one in enumerate(envelopes)
    ]
    assert block.effects.changes == [
        Change("custody", "a", b"1", (1, 0)),
        Change("custody", "b", None, (1, 1)),
        Change("custody", "x", b"1", (1, 2)),
    ]


def test_invalid_transactions_keep_their_place(ledger: LedgerBench) -> None:
    envelopes = [ledger.transaction(update(key)) for key in "aab"]
    block = ledger.validate(*envelopes)
    assert list(block.codes) == [0, 11, 0]
    assert [change.version for change in block.effects.changes] == [(1, 0), (1, 2)]
    assert [(place, code) for _, place, code in block.effects.transactions] == [(0, 0), (1, 11), (2, 0)]


def test_the_same_envelope_twice(ledger: LedgerBench) -> None:
    envelope = ledger.transaction(write("a"))
    assert ledger.commit(envelope, envelope) == ["VALID", "DUPLICATE_TXID"]
    found = ledger.store.locate(transactions.id_of(envelope))
    assert found is not None
    assert (found.block_number, found.index, found.code) == (1, 0, 0)
    assert ledger.commit(envelope) == ["DUPLICATE_TXID"]
    assert ledger.store.locate(transactions.id_of(envelope)) == found


def test_an_invalid_one_twice_in_a_block(ledger: LedgerBench) -> None:
    """Only of those that are right by themselves is the second one a duplicate, as at a peer."""
    envelope = ledger.transaction(write("a"), ("ManufacturerMSP",))
    assert ledger.commit(envelope, envelope) == ["ENDORSEMENT_POLICY_FAILURE"] * 2
    assert ledger.commit(envelope) == ["DUPLICATE_TXID"]


@pytest.mark.parametrize("tx_id", ["", "x", "0" * 64, "x" * 5000])
def test_an_id_that_is_not_its_creators(ledger: LedgerBench, tx_id: str) -> None:
    """It does not fail the block, and goes by the id that it claims, as in a peer's index."""
    header = transactions.headers(ledger.client, tx_id=tx_id)
    answer = transactions.answer_of(header, ledger.simulate(write("a")).public)
    signed = [transactions.endorsement(ledger.peers[msp], answer) for msp in MAJORITY]
    envelope = transactions.envelope(ledger.client, header, transactions.transaction(header, answer, signed))
    block = ledger.validate(envelope)
    assert list(block.codes) == [8]
    assert not block.effects.changes
    own = common_pb2.SignatureHeader.FromString(header.signature_header)
    named = [] if len(tx_id) > 500 else [(tx_id or transaction_id(own.nonce, own.creator), 0, 8)]
    assert block.effects.transactions == named


def test_somebody_elses_id(ledger: LedgerBench) -> None:
    honest = ledger.transaction(write("a"))
    header = transactions.headers(ledger.peers["PharmacyMSP"], tx_id=transactions.id_of(honest))
    thief = transactions.envelope(ledger.peers["PharmacyMSP"], header, b"")
    assert ledger.codes(thief, honest) == ["BAD_PROPOSAL_TXID", "VALID"]


def test_an_id_that_somebody_else_has_used_before(ledger: LedgerBench) -> None:
    """As on Fabric, where whoever hears of an id in time can spoil it."""
    honest = ledger.transaction(write("a"))
    header = transactions.headers(ledger.peers["PharmacyMSP"], tx_id=transactions.id_of(honest))
    assert ledger.commit(transactions.envelope(ledger.peers["PharmacyMSP"], header, b"")) == [
        "BAD_PROPOSAL_TXID"
    ]
    assert ledger.codes(honest) == ["DUPLICATE_TXID"]


def test_a_signature_that_is_not_the_creators(ledger: LedgerBench) -> None:
    envelope = common_pb2.Envelope.FromString(ledger.transaction(write("a")))
    envelope.signature = common_pb2.Envelope.FromString(ledger.transaction(write("a"))).signature
    assert ledger.codes(envelope.SerializeToString()) == ["BAD_CREATOR_SIGNATURE"]


def test_a_creator_who_is_no_member(ledger: LedgerBench) -> None:
    serialized = ledger.client.serialized.replace(b"ManufacturerMSP", b"ManufacturerMSQ")
    stranger = Node(serialized, ledger.client.sign)
    peers = [ledger.peers[msp] for msp in MAJORITY]
    envelope = transactions.endorsed(stranger, peers, ledger.simulate(write("a")).public)
    assert ledger.codes(envelope) == ["BAD_CREATOR_SIGNATURE"]


def test_the_signature_comes_before_everything_else(ledger: LedgerBench) -> None:
    good = ledger.transaction(write("a"))
    assert ledger.commit(good) == ["VALID"]
    forged = common_pb2.Envelope.FromString(good)
    forged.signature = b"forged"
    assert ledger.codes(forged.SerializeToString()) == ["BAD_CREATOR_SIGNATURE"]


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
def test_too_few_endorsements(ledger: LedgerBench, msps: tuple[str, ...]) -> None:
    assert ledger.codes(ledger.transaction(write("a"), msps)) == ["ENDORSEMENT_POLICY_FAILURE"]


def test_endorsement_comes_before_conflicts(ledger: LedgerBench) -> None:
    late = ledger.transaction(update("a"), ("ManufacturerMSP",))
    assert ledger.codes(ledger.transaction(write("a")), late) == ["VALID", "ENDORSEMENT_POLICY_FAILURE"]


def test_more_endorsements_than_needed(ledger: LedgerBench) -> None:
    assert ledger.codes(ledger.transaction(write("a"), (*MAJORITY, REGULATOR))) == ["VALID"]


def test_endorsements_by_clients_do_not_count(ledger: LedgerBench) -> None:
    peers = [ledger.peers["DistributorMSP"], ledger.peers["PharmacyMSP"], ledger.client]
    envelope = transactions.endorsed(ledger.client, peers, ledger.simulate(write("a")).public)
    assert ledger.codes(envelope) == ["ENDORSEMENT_POLICY_FAILURE"]


def test_endorsements_of_something_else_do_not_count(ledger: LedgerBench) -> None:
    header = transactions.headers(ledger.client)
    honest = transactions.answer_of(header, ledger.simulate(write("a")).public)
    forged = transactions.answer_of(header, ledger.simulate(write("a", b"forged")).public)
    signed = [transactions.endorsement(ledger.peers[msp], honest) for msp in MAJORITY]
    data = transactions.transaction(header, forged, signed)
    assert ledger.codes(transactions.envelope(ledger.client, header, data)) == ["ENDORSEMENT_POLICY_FAILURE"]


def test_a_bad_endorsement_beside_enough_good_ones(ledger: LedgerBench) -> None:
    header = transactions.headers(ledger.client)
    answer = transactions.answer_of(header, ledger.simulate(write("a")).public)
    signed = [transactions.endorsement(ledger.peers[msp], answer) for msp in (*MAJORITY, REGULATOR)]
    signed[0].signature = signed[1].signature
    data = transactions.transaction(header, answer, signed)
    assert ledger.codes(transactions.envelope(ledger.client, header, data)) == ["VALID"]


def test_an_answer_to_another_proposal(ledger: LedgerBench) -> None:
    answer = transactions.answer_of(transactions.headers(ledger.client), ledger.simulate(write("a")).public)
    header = transactions.headers(ledger.client)
    signed = [transactions.endorsement(ledger.peers[msp], answer) for msp in MAJORITY]
    data = transactions.transaction(header, answer, signed)
    assert ledger.codes(transactions.envelope(ledger.client, header, data)) == [
        "INVALID_ENDORSER_TRANSACTION"
    ]


def test_every_written_chaincodes_policy_counts(ledger: LedgerBench) -> None:
    def run(simulated: Simulation) -> None:
        simulated.put("registry", "k", b"1")

    # Custody's majority, but without the regulator whom the registry's policy asks for.
    assert ledger.codes(ledger.transaction(run)) == ["ENDORSEMENT_POLICY_FAILURE"]
    assert ledger.codes(ledger.transaction(run, (*MAJORITY, REGULATOR))) == ["VALID"]


def _unusual(ledger: LedgerBench, chaincode: str = "custody", **header: object) -> bytes:
    made = transactions.headers(ledger.client, chaincode, **header)
    answer = transactions.answer_of(made, ledger.simulate(write("a")).public, chaincode)
    signed = [transactions.endorsement(ledger.peers[msp], answer) for msp in MAJORITY]
    return transactions.envelope(ledger.client, made, transactions.transaction(made, answer, signed))


def test_headers_of_other_sorts(ledger: LedgerBench) -> None:
    assert ledger.codes(
        _unusual(ledger, "other"),
        _unusual(ledger, channel_id="elsewhere"),
        _unusual(ledger, type=common_pb2.CONFIG),
        _unusual(ledger, type=common_pb2.MESSAGE),
        _unusual(ledger, epoch=1),
    ) == [
        "INVALID_CHAINCODE",
        "TARGET_CHAIN_NOT_FOUND",
        "UNSUPPORTED_TX_PAYLOAD",
        "BAD_COMMON_HEADER",
        "BAD_COMMON_HEADER",
    ]


def test_what_was_endorsed_must_make_sense(ledger: LedgerBench) -> None:
    def made(results: bytes, version: str = "1", event: str = "custody", name: str = "custody") -> bytes:
        header = transactions.headers(ledger.client)
        told = chaincode_event_pb2.ChaincodeEvent(chaincode_id=event, event_name="Told")
        answer = transactions.answer_of(header, results, name, version, told)
        signed = [transactions.endorsement(ledger.peers[msp], answer) for msp in MAJORITY]
        data = transactions.transaction(header, answer, signed)
        return transactions.envelope(ledger.client, header, data)

    good = ledger.simulate(write("a")).public
    assert ledger.codes(
        made(good),
        made(good, version=""),
        made(good, name="registry"),
        made(good, event="registry"),
        made(b"\xff"),
        made(good + good),
    ) == [
        "VALID",
        "INVALID_CHAINCODE",
        "INVALID_CHAINCODE",
        "INVALID_OTHER_REASON",
        "BAD_RWSET",
        "ILLEGAL_WRITESET",
    ]


def test_bytes_that_are_no_envelope(ledger: LedgerBench) -> None:
    garbage = [b"\xff", common_pb2.Envelope(payload=b"\xff").SerializeToString(), b""]
    assert ledger.codes(*garbage, ledger.transaction(write("a"))) == [
        "INVALID_OTHER_REASON",
        "BAD_PAYLOAD",
        "BAD_COMMON_HEADER",
        "VALID",
    ]


@pytest.mark.parametrize("data", [b"", b"\xff"])
def test_a_signed_envelope_without_a_transaction(ledger: LedgerBench, data: bytes) -> None:
    envelope = transactions.envelope(ledger.client, transactions.headers(ledger.client), data)
    assert ledger.codes(envelope) == ["INVALID_ENDORSER_TRANSACTION"]


def test_truncated_envelopes_never_fail_the_block(ledger: LedgerBench) -> None:
    whole = ledger.transaction(over("a", "c"))
    cut = [whole[:length] for length in range(0, len(whole), 37)]
    flipped = [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(0, len(whole), 41)]
    block = ledger.validate(*cut, *flipped)
    assert len(block.codes) == len(cut) + len(flipped)
    assert 0 not in block.codes
    assert not block.effects.changes


def test_a_check_that_fails_itself(ledger: LedgerBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a foreign parser may, for bytes that nobody has thought of."""
    odd, good = ledger.transaction(write("a")), ledger.transaction(write("b"))
    verify = Member.verify

    def fails(self: Member, message: bytes, signature: bytes) -> None:
        if message == common_pb2.Envelope.FromString(odd).payload:
            raise TypeError("a parser's own fault")
        verify(self, message, signature)

    monkeypatch.setattr(Member, "verify", fails)
    assert ledger.commit(odd, good) == ["INVALID_OTHER_REASON", "VALID"]
    assert ledger.commit(odd) == ["INVALID_OTHER_REASON"]
