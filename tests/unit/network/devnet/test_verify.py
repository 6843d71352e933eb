"""A ledger that is right is found so, and of one that was tampered with the first difference is told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import lmdb
import pytest
from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2

from network.devnet import block as blocks
from network.devnet import keys
from network.devnet.comparison import LedgerDiffers
from network.devnet.definitions import Definitions, of_channel
from network.devnet.errors import DevnetError
from network.devnet.execution import Execution, Outcome
from network.devnet.nodes import load_node
from network.devnet.private import PrivateData
from network.devnet.store import NUMBER
from network.devnet.verify import verify
from network.identities import Identities
from network.policy import any_peer_of, envelope_of
from network.topology import Topology
from tests.unit.network.devnet.consortium import Consortium, opened, success

LONG = "long" * 200
IMPLICIT = "_implicit_org_ManufacturerMSP"


def behave(execution: Execution, arguments: Sequence[bytes]) -> Outcome:
    """Put, delete, add to what is there, guard a key, or write privately."""
    function, key, value = (argument.decode() for argument in arguments)
    simulation = execution.simulation
    if function == "Add":
        simulation.put("custody", key, simulation.get("custody", key) + value.encode())
    elif function == "Delete":
        simulation.put("custody", key, None)
    elif function == "Guard":
        parameter = envelope_of(any_peer_of("RegulatorMSP")).SerializeToString()
        simulation.put_metadata("custody", key, "VALIDATION_PARAMETER", parameter)
    elif function == "Private":
        PrivateData(simulation, "custody", IMPLICIT).put(key, value.encode())
    else:
        simulation.put("custody", key, value.encode())
    return success()


async def fill(consortium: Consortium) -> None:
    for one in consortium.chaincodes.values():
        one["custody"].behave = behave

    async def send(function: str, key: str, value: str = "v") -> None:
        proposal = consortium.propose(function.encode(), key.encode(), value.encode())
        await consortium.orderer.submit(await consortium.endorse(proposal))

    await asyncio.gather(*(send("Put", f"k{number}") for number in range(20)))
    await asyncio.gather(*(send("Add", "k1", str(number)) for number in range(5)))
    await send("Put", LONG)
    await send("Delete", "k2")
    await send("Guard", "k3")
    await send("Private", "secret", "12")
    await send("Private", LONG, "13")
    again = await consortium.endorse(consortium.propose(b"Put", b"k4", b"again"))
    await consortium.orderer.submit(again)
    await consortium.orderer.submit(again)


@pytest.fixture(scope="module")
def ledger(
    topology: Topology,
    identities: Identities,
    definitions: Definitions,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("ledger")

    async def run() -> None:
        async with opened(topology, identities, definitions, folder) as consortium:
            await fill(consortium)

    asyncio.run(run())
    return folder


def test_a_right_one(ledger: Path) -> None:
    seen: list[int] = []
    found = verify(ledger, seen.append)
    assert seen == list(range(found.blocks))
    # Of five that add to one key one is valid, and what was sent twice is valid once.
    assert (found.transactions, found.valid) == (32, 27)
    # 20 and the long one, less one that was deleted; two private values with their hashes.
    assert found.keys == 24


@contextmanager
def changing(ledger: Path, copy: Path) -> Iterator[tuple[lmdb.Environment, lmdb.Transaction]]:
    """A transaction in which a copy of the ledger is changed."""
    shutil.copytree(ledger, copy)
    with (
        lmdb.open(str(copy), max_dbs=16, map_size=2**30) as environment,
        environment.begin(write=True) as write,
    ):
        yield environment, write


Tamper = Callable[[lmdb.Environment, lmdb.Transaction], None]


def in_database(name: bytes, change: Callable[[lmdb.Transaction, object], None]) -> Tamper:
    def tamper(environment: lmdb.Environment, write: lmdb.Transaction) -> None:
        change(write, environment.open_db(name, write))

    return tamper


def set_value(name: bytes, key: bytes, value: Callable[[bytes], bytes]) -> Tamper:
    return in_database(name, lambda write, db: write.put(key, value(write.get(key, db=db)), db=db))


def delete_first(name: bytes) -> Tamper:
    def change(write: lmdb.Transaction, database: object) -> None:
        with write.cursor(db=database) as cursor:
            cursor.first()
            cursor.delete()

    return in_database(name, change)


def in_block(number: int, change: Callable[[common_pb2.Block], object]) -> Tamper:
    def value(data: bytes) -> bytes:
        block = common_pb2.Block.FromString(data)
        change(block)
        return block.SerializeToString()

    return set_value(b"blocks", NUMBER.pack(number), value)


def other_code(block: common_pb2.Block) -> None:
    codes = bytes([11]) + block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER][1:]
    block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] = codes


def other_set(write: lmdb.Transaction, database: object) -> None:
    """Somebody's private value is another in what is kept for delivery."""
    with write.cursor(db=database) as cursor:
        cursor.first()
        record = rwset_pb2.NsPvtReadWriteSet.FromString(cursor.value())
        [collection] = record.collection_pvt_rwset
        collection.rwset = collection.rwset.replace(b"12", b"21")
        cursor.put(cursor.key(), record.SerializeToString())


def no_signature(block: common_pb2.Block) -> None:
    block.metadata.metadata[common_pb2.SIGNATURES] = b""


PRIVATE = keys.encode(keys.private_of("custody", IMPLICIT, "ManufacturerMSP"), "secret")


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (in_block(2, lambda b: setattr(b.header, "number", 3)), "block 2 says that it is number 3"),
        (in_block(2, lambda b: setattr(b.header, "previous_hash", b"x")), "block 2 does not follow block 1"),
        (in_block(2, lambda b: b.data.data.append(b"more")), "block 2 does not hold what its data hash"),
        (in_block(2, no_signature), "block 2 is not signed by an orderer"),
        (in_block(2, other_code), "block 2, transaction 0: the code kept is MVCC_READ_CONFLICT, validated"),
        (in_database(b"blocks", lambda w, db: w.delete(NUMBER.pack(1), db=db)), "block 1 is missing"),
        (set_value(b"blocks", NUMBER.pack(1), lambda _: b"\xff"), "block 1 cannot be decoded"),
        (delete_first(b"headers"), "header index: .* is missing"),
        (delete_first(b"transactions"), "transaction index: .* is missing"),
        (delete_first(b"history"), "history: 'custody.*' is missing"),
        (delete_first(b"metadata"), r"metadata: 'custody\\x00k3' is missing"),
        (
            in_database(b"state", lambda w, db: w.put(b"custody\x00k99", bytes(12) + b"v", db=db)),
            r"state: 'custody\\x00k99' is there, and no block makes it",
        ),
        (
            set_value(b"state", b"custody\x00k5", lambda value: value + b"!"),
            r"state: 'custody\\x00k5' is another than the blocks make it",
        ),
        (set_value(b"state", PRIVATE, lambda value: value + b"!"), "private data: .*secret"),
        (
            in_database(b"private_sets", other_set),
            r"private data: a set of transaction 0 in block \d+",
        ),
    ],
)
def test_what_was_tampered_with(ledger: Path, tmp_path: Path, tamper: Tamper, words: str) -> None:
    copy = tmp_path / "copy"
    with changing(ledger, copy) as (environment, write):
        tamper(environment, write)
    with pytest.raises(LedgerDiffers, match=words):
        verify(copy, lambda _: None)


def test_a_block_of_somebody_elses(
    ledger: Path, topology: Topology, identities: Identities, tmp_path: Path
) -> None:
    """A member's peer, not its orderer, made the newest block."""
    copy = tmp_path / "copy"
    first = topology.organizations[0]
    peer = load_node(first.msp_id, identities.peer(first))
    with changing(ledger, copy) as (environment, write):
        database = environment.open_db(b"blocks", write)
        last = common_pb2.Block.FromString(write.get(NUMBER.pack(1), db=database))
        made = blocks.make(
            1, last.header.previous_hash, list(last.data.data), bytes(len(last.data.data)), peer
        )
        write.put(NUMBER.pack(1), made.SerializeToString(), db=database)
    with pytest.raises(
        LedgerDiffers, match="block 1 is signed by no orderer, but somebody of ManufacturerMSP"
    ):
        verify(copy, lambda _: None)


async def test_definitions_that_change(
    topology: Topology, identities: Identities, definitions: Definitions, tmp_path: Path
) -> None:
    """Each block is judged by what the channel had agreed on then."""
    async with opened(topology, identities, definitions, tmp_path / "ledger") as consortium:
        await consortium.put("k1", "v")
        policies = consortium.chain.policies
    [channel] = topology.channels
    relaxed = tuple(
        one.model_copy(update={"policy": "OR('ManufacturerMSP.peer')"}) for one in channel.chaincodes
    )
    later = of_channel(replace(channel, chaincodes=relaxed), policies)
    for _ in range(2):
        async with opened(topology, identities, later, tmp_path / "ledger") as consortium:
            await consortium.put("k1", "w")
    assert verify(tmp_path / "ledger", lambda _: None).valid == 3
    forget = in_database(b"definitions", lambda write, db: write.delete(NUMBER.pack(2), db=db))
    with changing(tmp_path / "ledger", tmp_path / "copy") as (environment, write):
        forget(environment, write)
    with pytest.raises(LedgerDiffers, match=r"block 2, transaction 0: .* VALID, .* ENDORSEMENT"):
        verify(tmp_path / "copy", lambda _: None)


def test_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(DevnetError, match="there is no ledger"):
        verify(tmp_path, lambda _: None)
    lmdb.open(str(tmp_path), max_dbs=16).close()
    with pytest.raises(DevnetError, match="cannot be read"):
        verify(tmp_path, lambda _: None)
