"""Private data: values where members are, hashes everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from network.devnet import keys
from network.devnet.definitions import Collection, Definitions
from network.devnet.errors import DevnetError
from network.devnet.keys import key_hash
from network.devnet.private import PrivateData
from network.devnet.simulation import VALIDATION_PARAMETER, Simulation
from network.policy import Policy, any_peer_of, envelope_of, signer
from tests.unit.network.devnet import transactions
from tests.unit.network.devnet.ledgers import DISTRIBUTOR, MANUFACTURER, PHARMACY, REGULATOR, LedgerBench, Run

OWN = f"_implicit_org_{MANUFACTURER}"
DIGEST = hashlib.sha256(b"price").digest()


def put(key: str, value: bytes | None = b"price", purge: bool = False) -> Run:
    return lambda s: PrivateData(s, "custody", OWN).put(key, value, purge)


def look(ledger: LedgerBench, use: Callable[[PrivateData], Any], msp_id: str = MANUFACTURER) -> Any:
    with ledger.store.snapshot() as snapshot:
        return use(
            PrivateData(Simulation(snapshot, ledger.definitions, msp_id, (msp_id, "client")), "custody", OWN)
        )


def test_members_hold_values_others_hashes(ledger: LedgerBench) -> None:
    assert ledger.commit(ledger.transaction(put("p"), (MANUFACTURER,))) == ["VALID"]
    assert look(ledger, lambda p: p.get("p")) == b"price"
    assert look(ledger, lambda p: p.get_many(["p", "q"])) == [b"price", b""]
    assert look(ledger, lambda p: list(p.range("", ""))) == [("p", b"price")]
    for msp_id in (MANUFACTURER, DISTRIBUTOR):
        assert look(ledger, lambda p: p.digest("p"), msp_id) == DIGEST
    versions = r"Public hash version = \{BlockNum: \d+, TxNum: 0\}, Private data version = <nil>"
    with pytest.raises(DevnetError, match=rf"matching public hash version is not available\. {versions}"):
        look(ledger, lambda p: p.get("p"), DISTRIBUTOR)
    assert look(ledger, lambda p: list(p.range("", "")), DISTRIBUTOR) == []
    assert look(ledger, lambda p: p.get("unknown"), DISTRIBUTOR) == b""


def test_who_did_not_endorse_has_nothing_of_an_implicit_collection(ledger: LedgerBench) -> None:
    def hand_over(simulated: Simulation) -> None:
        policy = envelope_of(any_peer_of(DISTRIBUTOR)).SerializeToString()
        PrivateData(simulated, "custody", OWN).put_metadata("p", VALIDATION_PARAMETER, policy)

    assert ledger.commit(ledger.transaction(put("p"), (MANUFACTURER,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(hand_over, (MANUFACTURER,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(put("p", b"bid"), (DISTRIBUTOR,))) == ["VALID"]
    for msp_id in (MANUFACTURER, DISTRIBUTOR):
        assert look(ledger, lambda p: p.digest("p"), msp_id) == hashlib.sha256(b"bid").digest()
        with pytest.raises(DevnetError, match="not available"):
            look(ledger, lambda p: p.get("p"), msp_id)


def test_nothing_private_is_in_the_envelope(ledger: LedgerBench) -> None:
    envelope = ledger.transaction(put("a secret key", b"a secret price"))
    assert b"a secret" not in envelope
    assert key_hash("a secret key") in envelope


@pytest.mark.parametrize("purge", [False, True])
def test_deletion(ledger: LedgerBench, purge: bool) -> None:
    assert ledger.commit(ledger.transaction(put("p"), (MANUFACTURER,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(put("p", None, purge), (MANUFACTURER,))) == ["VALID"]
    assert look(ledger, lambda p: (p.get("p"), p.digest("p"))) == (b"", b"")


def test_what_was_read_has_changed(ledger: LedgerBench) -> None:
    def run(simulated: Simulation) -> None:
        PrivateData(simulated, "custody", OWN).get("p")
        simulated.put("custody", "x", b"1")

    late = ledger.transaction(run)
    again = ledger.transaction(run)
    first = ledger.transaction(put("p"), (MANUFACTURER,))
    assert ledger.codes(first, late) == ["VALID", "MVCC_READ_CONFLICT"]
    assert ledger.commit(first) == ["VALID"]
    assert ledger.codes(again) == ["MVCC_READ_CONFLICT"]


def test_a_value_that_was_lost_is_missed(ledger: LedgerBench) -> None:
    """Its hash is on the chain all the same; whoever asks for the value is told."""
    lost = ledger.transaction(put("p"), (MANUFACTURER,), keep=False)
    assert ledger.commit(lost) == ["VALID"]
    assert look(ledger, lambda p: p.digest("p")) == DIGEST
    with pytest.raises(DevnetError, match="not available"):
        look(ledger, lambda p: p.get("p"))


def test_a_value_that_is_not_the_hashs_is_not_kept(ledger: LedgerBench) -> None:
    right = ledger.transaction(put("p"), (MANUFACTURER,))
    wrong = ledger.simulate(put("p", b"forged")).private
    for kept in (wrong, b"\xff"):
        ledger.private[transactions.id_of(right)] = kept
        changes = ledger.validate(right).effects.changes
        assert [change.namespace for change in changes] == [keys.hashes_of("custody", OWN)]


def test_metadata_keeps_value_and_hash_together(ledger: LedgerBench) -> None:
    def note(simulated: Simulation) -> None:
        PrivateData(simulated, "custody", OWN).put_metadata("p", "note", b"hello")

    assert ledger.commit(ledger.transaction(put("p"), (MANUFACTURER,))) == ["VALID"]
    assert ledger.commit(ledger.transaction(note, (MANUFACTURER,))) == ["VALID"]
    assert look(ledger, lambda p: p.get("p")) == b"price"
    assert b"hello" in look(ledger, lambda p: p.metadata("p"))


def test_collections_that_are_none(ledger: LedgerBench) -> None:
    with ledger.store.snapshot() as snapshot:
        simulation = Simulation(snapshot, ledger.definitions, MANUFACTURER, (MANUFACTURER, "client"))
        unknown = PrivateData(simulation, "custody", "nobodys")
        for use in (lambda: unknown.get("k"), lambda: unknown.put("k", b"1"), lambda: unknown.metadata("k")):
            with pytest.raises(
                DevnetError, match=r"^collection medicines/custody/nobodys could not be found$"
            ):
                use()
        for name in ("nobodys", "_implicit_org_NobodyMSP"):
            with pytest.raises(DevnetError, match="not defined in the collection config"):
                PrivateData(simulation, "custody", name).digest("k")
        with pytest.raises(DevnetError, match="not defined in the collection config"):
            PrivateData(simulation, "custody", "_implicit_org_NobodyMSP").get("k")


RESTRICTED = Collection(
    "members",
    Policy(1, ((MANUFACTURER, "member"), (PHARMACY, "member"))),
    member_only_read=True,
    member_only_write=True,
)


@pytest.mark.parametrize(
    ("creator", "peer"), [(MANUFACTURER, MANUFACTURER), (PHARMACY, REGULATOR), (DISTRIBUTOR, MANUFACTURER)]
)
def test_values_for_clients_of_members_only(ledger: LedgerBench, creator: str, peer: str) -> None:
    """It is the client who is asked for, not the peer; and a hash is everybody's."""
    custody = ledger.definitions.get("custody")
    assert custody is not None
    definitions = Definitions(
        "medicines", {"custody": replace(custody, collections={"members": RESTRICTED})}, ()
    )
    with ledger.store.snapshot() as snapshot:
        private = PrivateData(
            Simulation(snapshot, definitions, peer, signer(creator, "client")), "custody", "members"
        )
        assert private.digest("k") == b""
        uses: list[tuple[str, Callable[[], object]]] = [
            ("read", lambda: private.get("k")),
            ("read", lambda: private.get_many(["k"])),
            ("read", lambda: private.metadata("k")),
            ("read", lambda: list(private.range("", ""))),
        ]
        if creator == DISTRIBUTOR:
            uses.append(("write", lambda: private.put("k", b"1")))
            uses.append(("write", lambda: private.put_metadata("k", "note", b"1")))
        for access, use in uses:
            if creator != DISTRIBUTOR:
                use()
                continue
            with pytest.raises(DevnetError) as refused:
                use()
            assert str(refused.value) == (
                f"tx creator does not have {access} access permission on privatedata in "
                "chaincodeName:custody collectionName: members"
            )
