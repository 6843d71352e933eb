"""What a transaction read and wrote while chaincode ran: the read-write set."""

from __future__ import annotations

from dataclasses import dataclass, field

from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from network.devnet.store import Snapshot, Version, state_key

MAX_RANGE = 100_000


@dataclass
class RangeRead:
    """A range that was read: what was seen in it, and whether to its end."""

    start: str
    end: str
    exhausted: bool
    seen: list[tuple[str, Version]]


@dataclass
class Namespace:
    """One chaincode's reads and writes."""

    reads: dict[str, Version | None] = field(default_factory=dict)
    writes: dict[str, bytes | None] = field(default_factory=dict)
    ranges: list[RangeRead] = field(default_factory=list)


class Simulation:
    """A transaction's view of the state, over one snapshot. It does not see its own writes, as in Fabric."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._namespaces: dict[str, Namespace] = {}

    def _of(self, namespace: str) -> Namespace:
        found = self._namespaces.get(namespace)
        if found is None:
            found = self._namespaces[namespace] = Namespace()
        return found

    def get(self, namespace: str, key: str) -> bytes:
        """A key's value, empty where it has none; the read is recorded with its version."""
        stored = self.snapshot.get(namespace, key)
        self._of(namespace).reads[key] = stored.version if stored else None
        return stored.value if stored else b""

    def put(self, namespace: str, key: str, value: bytes | None) -> None:
        """Write a value; None deletes. DevnetError where the key is too long to be stored."""
        state_key(namespace, key)
        self._of(namespace).writes[key] = value

    def range(
        self, namespace: str, start: str, end: str, limit: int = 0
    ) -> tuple[list[tuple[str, bytes]], str]:
        """Keys and values from ``start`` to before ``end``, and the next key when ``limit`` ended it."""
        items: list[tuple[str, bytes]] = []
        seen: list[tuple[str, Version]] = []
        following = ""
        for key, stored in self.snapshot.range(namespace, start, end):
            if len(items) == (limit or MAX_RANGE):
                following = key
                break
            items.append((key, stored.value))
            seen.append((key, stored.version))
        self._of(namespace).ranges.append(RangeRead(start, following or end, not following, seen))
        return items, following

    def written(self) -> list[str]:
        """The namespaces with writes, in order."""
        return sorted(name for name, one in self._namespaces.items() if one.writes)

    def results(self) -> bytes:
        """The read-write set as Fabric writes it, namespaces and keys sorted: equal runs give equal bytes."""
        out = rwset_pb2.TxReadWriteSet(data_model=rwset_pb2.TxReadWriteSet.KV)
        for name in sorted(self._namespaces):
            one = self._namespaces[name]
            kv = kv_rwset_pb2.KVRWSet()
            for key in sorted(one.reads):
                version = one.reads[key]
                read = kv.reads.add(key=key)
                if version is not None:
                    read.version.block_num, read.version.tx_num = version
            for queried in one.ranges:
                info = kv.range_queries_info.add(
                    start_key=queried.start, end_key=queried.end, itr_exhausted=queried.exhausted
                )
                for key, (block_num, tx_num) in queried.seen:
                    info.raw_reads.kv_reads.add(
                        key=key, version=kv_rwset_pb2.Version(block_num=block_num, tx_num=tx_num)
                    )
            add = kv.writes.add
            for key in sorted(one.writes):
                value = one.writes[key]
                if value is None:
                    add(key=key, is_delete=True)
                else:
                    add(key=key, value=value)
            out.ns_rwset.add(namespace=name, rwset=kv.SerializeToString())
        return out.SerializeToString()


def first_difference(one: bytes, other: bytes) -> str:
    """The first key in which two read-write sets differ, for whoever must find out why."""
    left, right = rwset_pb2.TxReadWriteSet.FromString(one), rwset_pb2.TxReadWriteSet.FromString(other)
    names = sorted({n.namespace for n in (*left.ns_rwset, *right.ns_rwset)})
    for name in names:
        sets = []
        for whole in (left, right):
            raw = next((n.rwset for n in whole.ns_rwset if n.namespace == name), b"")
            kv = kv_rwset_pb2.KVRWSet.FromString(raw)
            entries = {f"read {r.key!r}": r.SerializeToString() for r in kv.reads}
            entries |= {f"write {w.key!r}": w.SerializeToString() for w in kv.writes}
            entries |= {f"range from {q.start_key!r}": q.SerializeToString() for q in kv.range_queries_info}
            sets.append(entries)
        for entry in sorted({*sets[0], *sets[1]}):
            if sets[0].get(entry) != sets[1].get(entry):
                return f"{name}: {entry}"
    return "nothing: the same reads and writes in another order"
