"""What members keep of private data, block by block: until it expires, until it is purged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.devnet.definitions import Collection, Definitions
from network.devnet.errors import DevnetError
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.private import PrivateData
from network.devnet.simulation import Simulation
from network.devnet.store import Store
from network.policy import Policy, any_peer_of
from tests.support.private_model import Kind, PrivateModel, Sets, Write
from tests.unit.network.devnet import transactions
from tests.unit.network.devnet.ledgers import DISTRIBUTOR, MANUFACTURER, PHARMACY, LedgerBench, Run, write

MEMBERS = Policy(1, ((MANUFACTURER, "member"), (PHARMACY, "member")))
SHORT = Collection("short", MEMBERS, any_peer_of(MANUFACTURER), block_to_live=2)
QUIET = Collection("quiet", MEMBERS, Policy(1, ((MANUFACTURER, "peer"), (DISTRIBUTOR, "peer"))), sent=False)
LONG = Collection("long", MEMBERS, any_peer_of(MANUFACTURER))


@pytest.fixture
def kept(
    store: Store, membership: Membership, definitions: Definitions, peers: dict[str, Node], client: Node
) -> Iterator[LedgerBench]:
    """A ledger whose custody has the collections; a value of short lives for two blocks."""
    custody = definitions.get("custody")
    assert custody is not None
    named = {"short": SHORT, "long": LONG, "quiet": QUIET}
    mine = Definitions("medicines", {"custody": replace(custody, collections=named)}, list(peers))
    yield LedgerBench(store, membership, mine, peers, client)


def put(key: str, value: bytes | None = b"price", collection: str = "short", purge: bool = False) -> Run:
    return lambda s: PrivateData(s, "custody", collection).put(key, value, purge)


def note(key: str, collection: str = "short") -> Run:
    return lambda s: PrivateData(s, "custody", collection).put_metadata(key, "note", b"hello")


def commit(ledger: LedgerBench, *runs: Run) -> None:
    envelopes = [ledger.transaction(run, (MANUFACTURER,)) for run in runs]
    assert ledger.commit(*envelopes) == ["VALID"] * len(runs)


def idle(ledger: LedgerBench, blocks: int = 1) -> None:
    """Blocks that write nothing private."""
    for _ in range(blocks):
        assert ledger.commit(ledger.transaction(write("idle"))) == ["VALID"]


def seen(
    ledger: LedgerBench, key: str, collection: str = "short", msp: str = MANUFACTURER
) -> tuple[bytes, bool]:
    """A member's value, and whether there is a hash."""
    with ledger.store.snapshot() as snapshot:
        creator = msp, "client"
        private = PrivateData(Simulation(snapshot, ledger.definitions, msp, creator), "custody", collection)
        return private.get(key), bool(private.digest(key))


def sets(ledger: LedgerBench, number: int, msp: str = MANUFACTURER) -> dict[int, dict[str, list[str]]]:
    """The keys that a member's private sets of a block write, by place and collection."""
    return {
        index: {collection: list(keys) for collection, keys in found.items()}
        for index, found in written(ledger, number, msp).items()
    }


def test_members_keep_the_sets_of_each_block(kept: LedgerBench) -> None:
    commit(kept, put("a"), lambda s: (put("b")(s), put("c", collection="long")(s)))
    for member in (MANUFACTURER, PHARMACY):
        assert sets(kept, 1, member) == {0: {"short": ["a"]}, 1: {"short": ["b"], "long": ["c"]}}
    assert sets(kept, 1, DISTRIBUTOR) == {}
    assert sets(kept, 0) == {}


def test_what_is_invalid_is_kept_with_its_block_alone(kept: LedgerBench) -> None:
    assert kept.commit(kept.transaction(put("a"), (PHARMACY,))) == ["ENDORSEMENT_POLICY_FAILURE"]
    assert seen(kept, "a") == (b"", False)
    assert sets(kept, 1) == {0: {"short": ["a"]}}
    idle(kept, 3)
    assert sets(kept, 1) == {}


def test_a_value_lives_for_so_many_blocks(kept: LedgerBench) -> None:
    commit(kept, put("a"), put("stays", collection="long"))
    for _ in range(3):
        for member in (MANUFACTURER, PHARMACY):
            assert seen(kept, "a", msp=member) == (b"price", True)
        assert sets(kept, 1) == {0: {"short": ["a"]}, 1: {"long": ["stays"]}}
        idle(kept)
    assert kept.store.height() == 5
    for member in (MANUFACTURER, PHARMACY):
        assert seen(kept, "a", msp=member) == (b"", False)
        assert sets(kept, 1, member) == {1: {"long": ["stays"]}}
    assert seen(kept, "stays", "long") == (b"price", True)


def test_a_later_value_lives_on_from_its_own_block(kept: LedgerBench) -> None:
    commit(kept, put("a"), put("last"), put("noted"))
    idle(kept)
    commit(kept, put("a", b"new"), note("noted"))
    commit(kept, put("last", b"at the last moment"))
    # Block 4 was the one with which the first values would have gone.
    assert [seen(kept, key)[0] for key in ("a", "last", "noted")] == [b"new", b"at the last moment", b"price"]
    assert sets(kept, 1) == {}
    idle(kept, 2)
    assert [seen(kept, key)[0] for key in ("a", "last", "noted")] == [b"", b"at the last moment", b""]
    idle(kept)
    assert seen(kept, "last") == (b"", False)


def test_a_read_until_the_last_moment(kept: LedgerBench) -> None:
    """Blocks are validated over what was before them: the read is right, the value is gone after."""

    def read(simulated: Simulation) -> None:
        PrivateData(simulated, "custody", "short").get("a")
        simulated.put("custody", "x", b"1")

    commit(kept, put("a"))
    idle(kept, 2)
    early, late = kept.transaction(read), kept.transaction(read)
    assert kept.commit(early) == ["VALID"]
    assert kept.codes(late) == ["MVCC_READ_CONFLICT"]


def test_purge_leaves_nothing_of_a_key(kept: LedgerBench, tmp_path: Path) -> None:
    commit(kept, put("a secret", b"first price", "long"), put("other", b"other price", "long"))
    commit(kept, put("a secret", b"second price", "long"))
    commit(kept, put("a secret", None, "long", purge=True), put("a secret", b"third price", "long"))
    assert seen(kept, "a secret", "long") == (b"third price", True)
    assert sets(kept, 1) == {0: {"long": []}, 1: {"long": ["other"]}}
    assert sets(kept, 2, PHARMACY) == {0: {"long": []}}
    assert sets(kept, 3) == {0: {"long": []}, 1: {"long": ["a secret"]}}
    commit(kept, put("a secret", None, "long", purge=True))
    assert seen(kept, "a secret", "long") == (b"", False)
    folder = tmp_path / "devnet"
    records = b"\x00".join(_records(kept.store))
    before = (folder / "data.mdb").read_bytes()
    kept.store.close()
    Store(folder).close()
    after = (folder / "data.mdb").read_bytes()
    assert b"third price" in before
    for left in (records, after):
        assert b"other price" in left
        for purged in (b"a secret", b"first price", b"second price", b"third price"):
            assert purged not in left
    again = Store(folder)
    assert again.height() == 5
    assert again.private_sets(1, PHARMACY).keys() == {0, 1}
    again.close()
    assert (folder / "data.mdb").read_bytes() == after
    assert not (folder / "rewritten").exists()


def test_purge_reaches_a_member_that_lost_the_purging_set(kept: LedgerBench) -> None:
    commit(kept, put("a", collection="long"))
    purge = kept.transaction(put("a", None, "long", purge=True), (MANUFACTURER,), keep=False)
    assert kept.commit(purge) == ["VALID"]
    assert seen(kept, "a", "long") == (b"", False)
    assert sets(kept, 1) == {0: {"long": []}}


def test_what_endorsers_send_to_nobody(kept: LedgerBench) -> None:
    """Members ask each other, but not an endorser who is none."""
    commit(kept, put("a", collection="quiet"))
    assert seen(kept, "a", "quiet", PHARMACY) == (b"price", True)
    by_a_stranger = kept.transaction(put("b", collection="quiet"), (DISTRIBUTOR,))
    assert kept.commit(by_a_stranger) == ["VALID"]
    assert sets(kept, 2) == {}
    with pytest.raises(DevnetError, match="Private data version = <nil>"):
        seen(kept, "b", "quiet")


def test_expiry_after_purge(kept: LedgerBench) -> None:
    commit(kept, put("a"), put("b"))
    commit(kept, put("a", None, purge=True))
    idle(kept, 3)
    assert [sets(kept, number) for number in (1, 2)] == [{}, {}]
    assert seen(kept, "b") == (b"", False)


def test_a_value_endorsed_twice(kept: LedgerBench) -> None:
    """Whoever endorses again leaves another set; the one that the block's hash names is kept."""
    envelope = kept.transaction(put("a"), (MANUFACTURER,))
    identity = transactions.id_of(envelope)
    right = kept.private[identity]
    kept.others[identity] = [kept.simulate(put("a", b"another price")).private]
    assert kept.commit(envelope) == ["VALID"]
    assert right not in kept.others[identity]
    assert seen(kept, "a") == (b"price", True)


KINDS = {
    Kind.PUT: lambda write: put(write.key, write.value.encode(), write.collection),
    Kind.DELETE: lambda write: put(write.key, None, write.collection),
    Kind.PURGE: lambda write: put(write.key, None, write.collection, purge=True),
    Kind.NOTE: lambda write: note(write.key, write.collection),
}
writes = st.builds(
    Write,
    st.sampled_from([Kind.PUT, Kind.PUT, Kind.PUT, Kind.DELETE, Kind.PURGE, Kind.NOTE]),
    st.sampled_from(["short", "long"]),
    st.sampled_from("ab"),
    st.sampled_from(["1", "2"]),
)
some = st.lists(writes, min_size=1, max_size=3, unique_by=lambda write: (write.collection, write.key))
blocks = st.lists(st.lists(some, max_size=2), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks)
def test_against_a_simple_model(
    tmp_path_factory: pytest.TempPathFactory,
    kept: LedgerBench,
    membership: Membership,
    made: list[list[list[Write]]],
) -> None:
    store = Store(tmp_path_factory.mktemp("private"), durable=False)
    ledger = LedgerBench(store, membership, kept.definitions, kept.peers, kept.client)
    model = PrivateModel({"short": SHORT.block_to_live, "long": 0})
    for number, transactions_ in enumerate(made, 1):
        block = endorsed(transactions_)
        runs = [[KINDS[write.kind](write) for write in transaction] for transaction in block]
        if runs:
            commit(ledger, *(together(run) for run in runs))
        else:
            idle(ledger)
        model.block(number, block)
        for collection in ("short", "long"):
            for key in "ab":
                for member in (MANUFACTURER, PHARMACY):
                    value, hashed = seen(ledger, key, collection, member)
                    assert (value.decode() or None, hashed) == (
                        model.value(collection, key),
                        model.value(collection, key) is not None,
                    )
        for earlier in range(1, number + 1):
            assert written(ledger, earlier) == model.sets(earlier)
    store.close()


def endorsed(block: list[list[Write]]) -> list[list[Write]]:
    """A block without the transactions that write what an earlier one of it has noted: they are invalid."""
    left: list[list[Write]] = []
    noted: set[tuple[str, str]] = set()
    for transaction in block:
        if noted.isdisjoint((write.collection, write.key) for write in transaction):
            left.append(transaction)
            noted |= {(write.collection, write.key) for write in transaction if write.kind is Kind.NOTE}
    return left


def together(runs: list[Run]) -> Run:
    """One transaction that does all of it."""

    def run(simulated: Simulation) -> None:
        for one in runs:
            one(simulated)

    return run


def written(ledger: LedgerBench, number: int, msp: str = MANUFACTURER) -> dict[int, Sets]:
    """What a member keeps of a block."""
    return {
        index: {
            one.collection_name: {
                w.key: None if w.is_delete else w.value.decode()
                for w in kv_rwset_pb2.KVRWSet.FromString(one.rwset).writes
            }
            for namespace in found.ns_pvt_rwset
            for one in namespace.collection_pvt_rwset
        }
        for index, found in ledger.store.private_sets(number, msp).items()
    }


def _records(store: Store) -> Iterator[bytes]:
    """Every key and value in the ledger's environment."""
    with store.contents() as contents:
        for name in ("state", "metadata", "history", "transactions", "headers"):
            yield from (key + value for key, value in contents.items(getattr(contents.databases, name)))
        for name in ("sets", "keys", "expiries"):
            database = getattr(contents.databases.private, name)
            yield from (key + value for key, value in contents.items(database))
