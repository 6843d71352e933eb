"""What is done to transactions, by name."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.peer import chaincode_event_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError

from network.devnet.nodes import Node
from tests.integration.wire import damage, forge, proposals
from tests.integration.wire.cast import Cast
from tests.integration.wire.forge import Transaction

Edit = Callable[[Transaction, Cast, Random], None]
Endorsement = proposal_response_pb2.Endorsement

LAYERS = (
    "envelope_payload", "channel_header", "signature_header", "extension", "data", "action_header",
    "action_payload", "visible", "answer", "action", "results", "space",
)  # fmt: skip
# Layers that endorsers have signed.
SIGNED = ("answer", "action", "results", "space")
# What ends Fabric 3.1.5's peers: endorsed writes to a collection that is none ("Cannot commit block to the
# ledger"), and the sums of a range whose tree has no branches (rangeQueryHashValidator).
DEADLY = ("a collection unknown", "a collection of no member", "ranges of no degree")


def edits() -> dict[str, Edit]:
    """Every edit by its name."""
    made: dict[str, Edit] = {"nothing": lambda transaction, cast, chance: None}
    for way in damage.WAYS:
        for layer in LAYERS:
            made[f"{way} {layer}"] = _damaged(way, layer)
        for layer in SIGNED:
            made[f"{way} {layer} after endorsement"] = _altered(way, layer)
    for name, edit in (proposals.signatures() | proposals.headers()).items():
        made[name] = _of_draft(edit)
    return made | _endorsements() | _actions() | _results() | _precedence()


def deadly(envelope: common_pb2.Envelope) -> bool:
    """Whether a transaction has no action where an endorsed action belongs.

    Fabric 3.1.5's committers look into it without looking whether it is there (validateEndorserTransaction in
    core/common/validation), and such a transaction ends every peer of a channel. It is for devnet only.
    """
    try:
        payload = common_pb2.Payload.FromString(envelope.payload)
        actions = transaction_pb2.Transaction.FromString(payload.data).actions
        return any(
            not transaction_pb2.ChaincodeActionPayload.FromString(one.payload).HasField("action")
            for one in actions
        )
    except DecodeError:
        return False


def _damaged(way: str, layer: str) -> Edit:
    def edit(transaction: Transaction, _: Cast, chance: Random) -> None:
        transaction.draft.damage[layer] = damage.WAYS[way](chance)

    return edit


def _altered(way: str, layer: str) -> Edit:
    def edit(transaction: Transaction, _: Cast, chance: Random) -> None:
        transaction.late[layer] = damage.WAYS[way](chance)

    return edit


def _of_draft(edit: proposals.Edit) -> Edit:
    return lambda transaction, cast, chance: edit(transaction.draft, cast, chance)


def _endorsements() -> dict[str, Edit]:
    def by(*places: int) -> Edit:
        def edit(transaction: Transaction, cast: Cast, _: Random) -> None:
            transaction.endorsers = [cast.peers[place] for place in places]

        return edit

    def changed(change: Callable[[list[Endorsement], Random], list[Endorsement]]) -> Edit:
        def edit(transaction: Transaction, _: Cast, chance: Random) -> None:
            transaction.endorsements = lambda made: change(made, chance)

        return edit

    def signed_by(choose: Callable[[Cast, Random], list[Node]]) -> Edit:
        def edit(transaction: Transaction, cast: Cast, chance: Random) -> None:
            transaction.endorsers = choose(cast, chance)

        return edit

    def resigned(signature: damage.Damage) -> Callable[[Endorsement], Endorsement]:
        return lambda one: Endorsement(endorser=one.endorser, signature=signature(one.signature))

    def damaged(way: str, extra: bool = False) -> Edit:
        def change(made: list[Endorsement], chance: Random) -> list[Endorsement]:
            broken = resigned(damage.WAYS[way](chance))
            return [*made[1:], broken(made[0]), *(made[:1] if extra else [])]

        return changed(change)

    made = {
        "endorsed by nobody": by(),
        "endorsed by one": by(0),
        "endorsed by all": by(0, 1, 2),
        "endorsed twice by one": by(0, 0),
        "endorsed twice by one and by another": by(0, 0, 2),
        "endorsed with the same twice": changed(lambda made, _: [made[0], made[0]]),
        "endorsed with the same twice and another": changed(lambda made, _: [made[0], made[0], made[1]]),
        "endorsed in another's name": changed(
            lambda made, _: [made[0], Endorsement(endorser=made[1].endorser, signature=made[0].signature)]
        ),
        "endorsed by garbage": changed(lambda made, _: [made[0], Endorsement(endorser=b"\xff\x01")]),
        "endorsed by garbage too": changed(lambda made, _: [*made, Endorsement(endorser=b"\xff\x01")]),
        "endorsed with high s": changed(lambda made, _: [made[0], resigned(proposals.high_s)(made[1])]),
        "endorsed by clients": signed_by(lambda cast, _: list(cast.clients)),
        "endorsed by admins": signed_by(lambda cast, _: list(cast.admins)),
        "endorsed by the orderer": signed_by(lambda cast, _: [cast.peers[0], cast.orderer]),
        "endorsed by a client and a peer": signed_by(lambda cast, _: [cast.peers[0], cast.clients[1]]),
    }
    for way in damage.WAYS:
        made[f"endorsed with {way} signature"] = damaged(way)
        made[f"endorsed with {way} signature too"] = damaged(way, extra=True)
    for name in proposals.STRANGERS:

        def stranger(transaction: Transaction, cast: Cast, _: Random, name: str = name) -> None:
            transaction.endorsers = [cast.peers[1], cast.strangers[name]]

        made[f"endorsed by one {name}"] = stranger
    return made


def _actions() -> dict[str, Edit]:
    def fields(**values: object) -> Edit:
        def edit(transaction: Transaction, _: Cast, __: Random) -> None:
            for name, value in values.items():
                setattr(transaction, name, value)

        return edit

    def wrong_hash(transaction: Transaction, _: Cast, chance: Random) -> None:
        transaction.proposal_hash = damage.WAYS[chance.choice(("flipped", "empty", "truncated"))](chance)

    def event(chaincode: str) -> Edit:
        made = chaincode_event_pb2.ChaincodeEvent(chaincode_id=chaincode, event_name="Told", tx_id="0")
        return fields(event=made.SerializeToString())

    def extension(name: str | None) -> Edit:
        def edit(transaction: Transaction, _: Cast, __: Random) -> None:
            transaction.draft.extension.ClearField("chaincode_id")
            if name is not None:
                transaction.draft.extension.chaincode_id.name = name

        return edit

    def both(name: str) -> Edit:
        def edit(transaction: Transaction, cast: Cast, chance: Random) -> None:
            extension(name)(transaction, cast, chance)
            transaction.name = name

        return edit

    def no_header(transaction: Transaction, _: Cast, __: Random) -> None:
        transaction.draft.damage["no_header"] = lambda data: data

    return {
        "no header": no_header,
        "no action": fields(actions=0),
        "two actions": fields(actions=2),
        "proposal hash wrong": wrong_hash,
        "version empty": fields(version=""),
        "version other": fields(version="9"),
        "chaincode of action missing": fields(name=None),
        "chaincode of action empty": fields(name=""),
        "chaincode of action other": fields(name="nothing"),
        "chaincode of header missing": extension(None),
        "chaincode of header empty": extension(""),
        "chaincode of header other": extension("nothing"),
        "chaincode unknown": both("nothing"),
        "response refuses": fields(status=500),
        "event": event(forge.CHAINCODE),
        "event of another": event("nothing"),
        "event garbage": fields(event=b"\xff\x07"),
    }


def _with(make: Callable[[Random], rwset_pb2.TxReadWriteSet]) -> Edit:
    def edit(transaction: Transaction, _: Cast, chance: Random) -> None:
        transaction.results = make(chance)

    return edit


def _results() -> dict[str, Edit]:
    results = _with

    def public(**fields: object) -> Edit:
        return results(lambda _: forge.results({forge.CHAINCODE: kv_rwset_pb2.KVRWSet(**fields)}))

    def twice(chance: Random) -> rwset_pb2.TxReadWriteSet:
        made = forge.writes(chance.randbytes(8).hex())
        made.ns_rwset.append(made.ns_rwset[0])
        return made

    def collection(name: str) -> Edit:
        def make(chance: Random) -> rwset_pb2.TxReadWriteSet:
            made = forge.writes(chance.randbytes(8).hex())
            write = kv_rwset_pb2.KVWriteHash(key_hash=chance.randbytes(32), value_hash=chance.randbytes(32))
            made.ns_rwset[0].collection_hashed_rwset.add(
                collection_name=name,
                hashed_rwset=kv_rwset_pb2.HashedRWSet(hashed_writes=[write]).SerializeToString(),
                pvt_rwset_hash=chance.randbytes(32),
            )
            return made

        return results(make)

    def parameter(key: str, value: bytes) -> Edit:
        entry = kv_rwset_pb2.KVMetadataEntry(name="VALIDATION_PARAMETER", value=value)
        write = kv_rwset_pb2.KVMetadataWrite(key=key, entries=[entry])
        return public(metadata_writes=[write])

    return {
        "reads and writes nothing": results(lambda _: rwset_pb2.TxReadWriteSet()),
        "a namespace twice": results(twice),
        "writes to a chaincode unknown": results(
            lambda chance: forge.writes(chance.randbytes(8).hex(), namespace="nothing")
        ),
        "reads of a chaincode unknown": results(lambda _: forge.results({"nothing": READ})),
        "reads what is not there": public(reads=list(READ.reads)),
        "reads what has changed": public(reads=[STALE]),
        "ranges over what is not there": public(range_queries_info=[range_of()]),
        "ranges over what has changed": public(range_queries_info=[range_of(STALE)]),
        "reads and ranges over what has changed": public(reads=[STALE], range_queries_info=[range_of(STALE)]),
        "deletes what is not there": public(writes=[kv_rwset_pb2.KVWrite(key="absent", is_delete=True)]),
        "deletes and writes": public(
            writes=[kv_rwset_pb2.KVWrite(key="absent", is_delete=True, value=b"there")]
        ),
        "a collection unknown": collection("nobody's"),
        "a collection of no member": collection("_implicit_org_NobodyMSP"),
        "a key's policy garbage": parameter("guarded", b"\xff\xff"),
    }


def odd() -> dict[str, Edit]:
    """Read-write sets that no honest endorser makes, endorsed all the same."""

    def public(**fields: object) -> Edit:
        return _with(lambda _: forge.results({forge.CHAINCODE: kv_rwset_pb2.KVRWSet(**fields)}))

    def write(key: str, value: bytes = b"v") -> Edit:
        return public(writes=[kv_rwset_pb2.KVWrite(key=key, value=value)])

    def hashed(data: Callable[[Random], bytes], name: str = "_implicit_org_ManufacturerMSP") -> Edit:
        def make(chance: Random) -> rwset_pb2.TxReadWriteSet:
            made = forge.writes(chance.randbytes(8).hex())
            made.ns_rwset[0].collection_hashed_rwset.add(collection_name=name, hashed_rwset=data(chance))
            return made

        return _with(make)

    def merkle(*hashes: bytes, degree: int = 2, level: int = 1) -> Edit:
        summary = kv_rwset_pb2.QueryReadsMerkleSummary(
            max_degree=degree, max_level=level, max_level_hashes=hashes
        )
        info = kv_rwset_pb2.RangeQueryInfo(
            start_key="a", end_key="z", itr_exhausted=True, reads_merkle_hashes=summary
        )
        return public(range_queries_info=[info])

    most = 2**64 - 1
    version = kv_rwset_pb2.Version(block_num=most, tx_num=most)
    entries = [kv_rwset_pb2.KVMetadataEntry(name=name, value=b"v") for name in ("", "odd", "x" * 5000)]
    key_hash = kv_rwset_pb2.KVReadHash(key_hash=b"short", version=version)
    return {
        "writes the empty key": write(""),
        "writes a long key": write("k" * 40_000),
        "writes a key with zeros": write("\0a\0\0b\0"),
        "writes a key beyond all": write("\U0010ffff" * 3),
        "writes nothing to a key": write("emptied", b""),
        "writes a key twice": public(
            writes=[kv_rwset_pb2.KVWrite(key="twice", value=v) for v in (b"1", b"2")]
        ),
        "writes to a namespace without a name": _with(lambda _: forge.writes("k", namespace="")),
        "writes to qscc": _with(lambda _: forge.writes("k", namespace="qscc")),
        "writes to the lifecycle": _with(lambda _: forge.writes("k", namespace="_lifecycle")),
        "reads the last version": public(reads=[kv_rwset_pb2.KVRead(key="stale", version=version)]),
        "reads the empty key": public(reads=[kv_rwset_pb2.KVRead()]),
        "ranges backwards": public(
            range_queries_info=[kv_rwset_pb2.RangeQueryInfo(start_key="z", end_key="a", itr_exhausted=True)]
        ),
        "ranges over everything": public(range_queries_info=[kv_rwset_pb2.RangeQueryInfo()]),
        "ranges and found the unordered": public(
            range_queries_info=[range_of(STALE, kv_rwset_pb2.KVRead(key="a"), STALE)]
        ),
        "ranges of no degree": merkle(b"x" * 32, degree=0, level=0),
        "ranges of every degree": merkle(b"x" * 32, b"", degree=2**32 - 1, level=2**32 - 1),
        "ranges without hashes": merkle(),
        "metadata of odd names": public(
            metadata_writes=[kv_rwset_pb2.KVMetadataWrite(key="odd", entries=entries)]
        ),
        "metadata without a key": public(metadata_writes=[kv_rwset_pb2.KVMetadataWrite()]),
        "hashed garbage": hashed(lambda chance: b"\x07" + chance.randbytes(8)),
        "hashed short": hashed(
            lambda _: kv_rwset_pb2.HashedRWSet(hashed_reads=[key_hash]).SerializeToString()
        ),
        "hashed in a collection without a name": hashed(lambda _: b"", ""),
    }


STALE = kv_rwset_pb2.KVRead(key="stale", version=kv_rwset_pb2.Version(block_num=1, tx_num=7))
READ = kv_rwset_pb2.KVRWSet(reads=[kv_rwset_pb2.KVRead(key="absent")])


def range_of(*reads: kv_rwset_pb2.KVRead) -> kv_rwset_pb2.RangeQueryInfo:
    """A range that an endorser found to hold these."""
    raw = kv_rwset_pb2.QueryReads(kv_reads=reads)
    return kv_rwset_pb2.RangeQueryInfo(start_key="sta", end_key="stb", itr_exhausted=True, raw_reads=raw)


def _precedence() -> dict[str, Edit]:
    """Several faults at once: which one does a block name?"""
    alone = _endorsements() | _actions() | _results()
    draft = {name: _of_draft(edit) for name, edit in (proposals.signatures() | proposals.headers()).items()}

    def of(*edits: Edit) -> Edit:
        def edit(transaction: Transaction, cast: Cast, chance: Random) -> None:
            for one in edits:
                one(transaction, cast, chance)

        return edit

    few, stale = alone["endorsed by one"], alone["reads what has changed"]
    phantom = alone["ranges over what has changed"]
    return {
        "few endorsements and stale": of(few, stale),
        "few endorsements and phantoms": of(few, phantom),
        "few endorsements and a namespace twice": of(few, alone["a namespace twice"]),
        "wrong hash and few endorsements": of(few, alone["proposal hash wrong"]),
        "wrong id and wrong hash": of(draft["txid wrong"], alone["proposal hash wrong"]),
        "unknown type and wrong id": of(draft["type unknown"], draft["txid wrong"]),
        "no version and few endorsements": of(few, alone["version empty"]),
        "no version and stale": of(alone["version empty"], stale),
        "event of another and a namespace twice": of(alone["event of another"], alone["a namespace twice"]),
    }
