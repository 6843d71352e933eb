"""Policies of single keys: who must endorse a write, and from when on."""

from __future__ import annotations

from network import policy
from network.devnet.private import PrivateData
from network.devnet.simulation import VALIDATION_PARAMETER, Simulation, validation_parameter
from network.policy import Policy, any_peer_of
from tests.unit.network.devnet.ledgers import (
    DISTRIBUTOR,
    MAJORITY,
    MANUFACTURER,
    PHARMACY,
    REGULATOR,
    LedgerBench,
    Run,
    write,
)

REFUSED = "ENDORSEMENT_POLICY_FAILURE"
OWN = f"_implicit_org_{MANUFACTURER}"


def guard(key: str, *msps: str) -> Run:
    """Give a key a policy that peers of all these members must meet; none takes it away."""
    rules = Policy(len(msps), tuple((msp, "peer") for msp in msps)) if msps else None
    value = policy.envelope_of(rules).SerializeToString() if rules else b""
    return lambda s: s.put_metadata("custody", key, VALIDATION_PARAMETER, value)


def test_a_keys_own_policy_takes_the_place_of_the_chaincodes(ledger: LedgerBench) -> None:
    assert ledger.commit(ledger.transaction(guard("a", REGULATOR))) == ["VALID"]
    assert ledger.commit(ledger.transaction(write("a"))) == [REFUSED]
    assert ledger.commit(ledger.transaction(write("a"), (REGULATOR,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(write("b"), (REGULATOR,))) == [REFUSED]

    def both(simulated: Simulation) -> None:
        simulated.put("custody", "a", b"2")
        simulated.put("custody", "b", b"2")

    assert ledger.commit(ledger.transaction(both, (REGULATOR,))) == [REFUSED]
    assert ledger.commit(ledger.transaction(both, (*MAJORITY, REGULATOR))) == ["VALID"]


def test_the_policy_stays_with_the_key_until_it_goes(ledger: LedgerBench) -> None:
    def create(simulated: Simulation) -> None:
        simulated.put("custody", "new", b"1")
        guard("new", REGULATOR)(simulated)

    assert ledger.commit(ledger.transaction(create)) == ["VALID"]
    assert ledger.commit(ledger.transaction(write("new"), (REGULATOR,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(guard("new", DISTRIBUTOR))) == [REFUSED]
    assert ledger.commit(ledger.transaction(guard("new"), (REGULATOR,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(write("new"), (REGULATOR,))) == [REFUSED]
    assert ledger.commit(ledger.transaction(guard("new", REGULATOR))) == ["VALID"]
    assert ledger.commit(ledger.transaction(write("new", None), (REGULATOR,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(write("new"))) == ["VALID"], "a new key has no policy"


def test_deleted_and_made_anew_in_one_block(ledger: LedgerBench) -> None:
    assert ledger.commit(ledger.transaction(guard("a", REGULATOR))) == ["VALID"]
    anew = [ledger.transaction(write("a", value), (REGULATOR,)) for value in (None, b"2")]
    assert ledger.commit(*anew) == ["VALID", "VALID"]
    assert ledger.codes(ledger.transaction(write("a"))) == ["VALID"]


def test_metadata_alone_makes_a_new_version(ledger: LedgerBench) -> None:
    late = ledger.transaction(lambda s: (s.get("custody", "a"), s.put("custody", "x", b"1")))
    assert ledger.commit(ledger.transaction(guard("a", REGULATOR))) == ["VALID"]
    assert ledger.value("a") == b"0"
    assert ledger.codes(late) == ["MVCC_READ_CONFLICT"]
    with ledger.store.snapshot() as snapshot:
        assert snapshot.history("custody", "a") == [(0, 0)], "its value has not changed"


def test_metadata_of_what_is_not_there_is_nothing(ledger: LedgerBench) -> None:
    assert ledger.commit(ledger.transaction(guard("nothing", REGULATOR))) == ["VALID"]
    assert ledger.value("nothing") is None
    assert ledger.codes(ledger.transaction(write("nothing"))) == ["VALID"]


def test_who_writes_beside_a_change_of_policy_is_refused(ledger: LedgerBench) -> None:
    changed, written = ledger.transaction(guard("a", REGULATOR)), ledger.transaction(write("a"))
    assert ledger.codes(changed, written) == ["VALID", REFUSED]
    assert ledger.codes(written, changed) == ["VALID", "VALID"]
    unendorsed = ledger.transaction(guard("a", REGULATOR), (MANUFACTURER,))
    assert ledger.codes(unendorsed, written) == [REFUSED, "VALID"]


def test_even_where_the_change_comes_to_nothing(ledger: LedgerBench) -> None:
    """The change is endorsed but read what has changed; to who comes after, it was made all the same."""

    def stale(simulated: Simulation) -> None:
        simulated.get("custody", "b")
        guard("a", REGULATOR)(simulated)

    changed = ledger.transaction(stale)
    assert ledger.commit(ledger.transaction(write("b"))) == ["VALID"]
    assert ledger.codes(changed, ledger.transaction(write("a"))) == ["MVCC_READ_CONFLICT", REFUSED]


def test_a_policy_that_nobody_can_read(ledger: LedgerBench) -> None:
    def spoil(simulated: Simulation) -> None:
        simulated.put_metadata("custody", "a", VALIDATION_PARAMETER, b"\xff")

    write_a = ledger.transaction(write("a"))
    assert ledger.commit(ledger.transaction(spoil)) == ["VALID"]
    assert ledger.codes(write_a) == [REFUSED]


def test_other_metadata_is_no_policy(ledger: LedgerBench) -> None:
    def note(simulated: Simulation) -> None:
        simulated.put_metadata("custody", "a", "note", b"hello")

    assert ledger.commit(ledger.transaction(note)) == ["VALID"]
    assert ledger.codes(ledger.transaction(write("a"))) == ["VALID"]
    with ledger.store.snapshot() as snapshot:
        assert validation_parameter(snapshot.metadata("custody", "a")) is None


def test_private_keys_have_policies_too(ledger: LedgerBench) -> None:
    def put(simulated: Simulation) -> None:
        PrivateData(simulated, "custody", OWN).put("p", b"1")

    def own(simulated: Simulation) -> None:
        value = policy.envelope_of(any_peer_of(PHARMACY)).SerializeToString()
        PrivateData(simulated, "custody", OWN).put_metadata("p", VALIDATION_PARAMETER, value)

    assert ledger.commit(ledger.transaction(put)) == ["VALID"]
    assert ledger.codes(ledger.transaction(put, (DISTRIBUTOR, PHARMACY, REGULATOR))) == [REFUSED]
    assert ledger.commit(ledger.transaction(own, (MANUFACTURER,))) == ["VALID"]
    assert ledger.codes(ledger.transaction(put, (MANUFACTURER,))) == [REFUSED]
    assert ledger.codes(ledger.transaction(put, (PHARMACY,))) == ["VALID"]
