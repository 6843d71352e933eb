"""A transaction's view of the state while its chaincode runs at one endorser."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fabric_protos.peer import chaincode_shim_pb2
from google.protobuf.message import DecodeError

from network import policy
from network.devnet import rwset
from network.devnet.definitions import Collection, Definitions
from network.devnet.errors import DevnetError
from network.devnet.rwset import CollectionSet, NamespaceSet, RangeRead
from network.devnet.snapshot import Snapshot
from network.policy import Policy, PolicyError, Signer

VALIDATION_PARAMETER = "VALIDATION_PARAMETER"
# What an empty policy of a key's own asks for where endorsers are chosen: a peer finds none that satisfy it,
# but validates by the chaincode's policy then (discovery/endorsement, core/common/validation/statebased).
NOBODY = Policy(1, ())
# What a faulty peer writes where the chaincode wrote nothing.
FALSE_KEY = "devnet-fault"


@dataclass(frozen=True)
class Needs:
    """Whose endorsement a run asks for: every policy, by peers of ``members`` where those are named.

    ``unread`` are the collections that were written to but not read from: no reader restricts who endorses.
    """

    policies: frozenset[Policy]
    members: frozenset[str] | None
    unread: tuple[Collection, ...] = ()

    def protected(self) -> frozenset[str] | None:
        """Whose peers may see the transient data: those who will have all that became of it."""
        every = [collection.members for collection in self.unread]
        if self.members is not None:
            every.append(self.members)
        return frozenset.intersection(*every) if every else None


@dataclass(frozen=True)
class Results:
    """What a run came to: the read-write sets, and whose endorsement they ask for."""

    public: bytes
    private: bytes
    needs: Needs


class Simulation:
    """Over one snapshot, at one member's peer. A transaction does not see its own writes, as in Fabric.

    ``creator`` is whose proposal is run; refusals name the ``transaction_id``.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        definitions: Definitions,
        msp_id: str,
        creator: Signer,
        transaction_id: str = "",
    ) -> None:
        self.snapshot = snapshot
        self.definitions = definitions
        self.msp_id = msp_id
        self.creator = creator
        self._transaction_id = transaction_id
        self._namespaces: dict[str, NamespaceSet] = {}
        self._serialized = (b"", b"")
        self._policies: set[Policy] = set()
        # Namespaces whose every write asks for the chaincode's own policy, which stands in _policies.
        self._unguarded: set[str] = set()
        self._guarded: set[tuple[str, str]] = set()
        self._wrote = False
        self._paged = False
        self._queried_private = False

    def of(self, namespace: str) -> NamespaceSet:
        """A chaincode's reads and writes so far."""
        found = self._namespaces.get(namespace)
        if found is None:
            found = self._namespaces[namespace] = NamespaceSet()
        return found

    def get(self, namespace: str, key: str) -> bytes:
        """A key's value, empty where it has none; the read is recorded with its version."""
        stored = self.snapshot.get(namespace, key)
        self.of(namespace).reads[key] = stored.version if stored else None
        return stored.value if stored else b""

    def get_many(self, namespace: str, wanted: Sequence[str]) -> list[bytes]:
        """The values of several keys, as `get`."""
        found = [self.snapshot.get(namespace, key) for key in wanted]
        versions = (stored.version if stored else None for stored in found)
        self.of(namespace).reads.update(zip(wanted, versions, strict=True))
        return [stored.value if stored else b"" for stored in found]

    def metadata(self, namespace: str, key: str) -> bytes:
        """A key's metadata, a serialized StateMetadataResult; a read like that of the value."""
        self.get(namespace, key)
        return self.snapshot.metadata(namespace, key)

    def put(self, namespace: str, key: str, value: bytes | None) -> None:
        """Write a value; None deletes. DevnetError after a query that allows no writes."""
        self.writing()
        self.of(namespace).writes[key] = value
        self._guard_public(namespace, key)

    def put_metadata(self, namespace: str, key: str, name: str, value: bytes) -> None:
        """Write a key's one metadata entry."""
        self.writing()
        self.of(namespace).metadata[key] = {name: value}
        self._guard_public(namespace, key)

    def range(self, namespace: str, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        """Keys and values from ``start`` to before ``end``; what is fetched is recorded."""
        queried = RangeRead(start, "")
        self.of(namespace).ranges.append(queried)
        for key, stored in self.snapshot.range(namespace, start, end):
            queried.end = key
            queried.seen.append((key, stored.version))
            yield key, stored.value
        queried.end, queried.exhausted = end, True

    def page(
        self, namespace: str, start: str, end: str, size: int, bookmark: str
    ) -> tuple[list[tuple[str, bytes]], str]:
        """At most ``size`` keys and values from the bookmark on, and the next bookmark, empty at the end.

        DevnetError where something was written before; nothing may be after.
        """
        if self._wrote:
            raise self._unsupported("Paginated queries are supported only in a read-only transaction")
        self._paged = True
        results = self.range(namespace, bookmark or start, end)
        items = list(itertools.islice(results, size))
        if len(items) < size:
            return items, ""
        # The next key is the bookmark, not a result: it is looked for outside what is recorded.
        following = self.snapshot.range(namespace, items[-1][0] + "\x00", end)
        return items, next((key for key, _ in following), "")

    def querying_private(self) -> None:
        """Note a query of private data, after which nothing may be written."""
        if self._wrote:
            raise self._unsupported("Queries on pvt data is supported only in a read-only transaction")
        self._queried_private = True

    def writing(self) -> None:
        """Note a write; DevnetError after a query that allows none."""
        for queried, what in (
            (self._queried_private, "queries on pvt data"),
            (self._paged, "a paginated query"),
        ):
            if queried:
                raise self._unsupported(f"Transaction has already performed {what}. Writes are not allowed")
        self._wrote = True

    def _unsupported(self, why: str) -> DevnetError:
        # A peer's own spelling.
        return DevnetError(f"txid [{self._transaction_id}]: unsuppored transaction. {why}")

    def _guard_public(self, namespace: str, key: str) -> None:
        if namespace not in self._unguarded and (namespace, key) not in self._guarded:
            self._guarded.add((namespace, key))
            metadata = self.snapshot.metadata(namespace, key)
            self.guard(namespace, metadata, self._chaincode_policy(namespace))
            if not self.snapshot.has_metadata(namespace):
                self._unguarded.add(namespace)

    def guard(self, namespace: str, metadata: bytes, otherwise: Policy | None) -> None:
        """Ask for the key's own policy where its metadata names one, else for ``otherwise``."""
        parameter = validation_parameter(metadata)
        needed: Policy | None = NOBODY
        try:
            if parameter is None:
                needed = otherwise
            elif parameter:
                needed = policy.read(parameter)
        except PolicyError as error:
            raise DevnetError(str(error)) from error
        if needed is None:
            raise DevnetError(f"chaincode {namespace} is not defined on the channel")
        self._policies.add(needed)

    def check_dissemination(self) -> None:
        """DevnetError where a collection asks for more other peers to have its values than there are.

        All of a member's peers are up here, one each (gossip/privdata: disseminationPlanForMsg).
        """
        for namespace, one in self._namespaces.items():
            for name, entries in one.collections.items():
                defined = self.definitions.need_collection(namespace, name)
                eligible = len(defined.members - {self.msp_id})
                if (entries.writes or entries.metadata) and eligible < defined.required_peers:
                    raise DevnetError(
                        f"could not build private data dissemination plan for chaincode {namespace} and "
                        f"collection {name}: required to disseminate to at least {defined.required_peers} "
                        f"peers, but know of only {eligible} eligible peers"
                    )

    def results(self, chaincode: str, first: Simulation | None = None) -> Results:
        """What the run of ``chaincode`` came to.

        Where it came to the same as in ``first``, which has given its results, they are not made again.
        """
        if first is not None and first._namespaces == self._namespaces:
            self._serialized = first._serialized
        else:
            self._serialized = rwset.serialize(self._namespaces)
        public, private = self._serialized
        policies = set(self._policies)
        members: frozenset[str] | None = None
        unread: list[Collection] = []
        for name, one in self._namespaces.items():
            written = one.writes or one.metadata
            private_written = any(c.writes or c.metadata for c in one.collections.values())
            if not written and not private_written:
                policies.add(self._need_policy(name))
            for collection_name, collection in one.collections.items():
                defined = self.definitions.need_collection(name, collection_name)
                if not collection.read_values:
                    if collection.writes or collection.metadata:
                        unread.append(defined)
                else:
                    members = defined.members if members is None else members & defined.members
                    policies.add(self.definitions.writers(name, defined))
        if not policies:
            policies.add(self._need_policy(chaincode))
        return Results(public, private, Needs(frozenset(policies), members, tuple(unread)))

    def falsify(self, chaincode: str) -> None:
        """Make the results other than what the chaincode did, as a faulty peer would: a value is changed."""
        writes = self.of(chaincode).writes
        key = min(writes, default=FALSE_KEY)
        writes[key] = (writes.get(key) or b"") + b"?"

    def collection(self, namespace: str, name: str) -> CollectionSet:
        """A collection's reads and writes so far; DevnetError where there is no such collection."""
        self.definitions.need_collection(namespace, name)
        collections = self.of(namespace).collections
        found = collections.get(name)
        if found is None:
            found = collections[name] = CollectionSet()
        return found

    def _chaincode_policy(self, namespace: str) -> Policy | None:
        definition = self.definitions.get(namespace)
        return definition.policy if definition else None

    def _need_policy(self, namespace: str) -> Policy:
        found = self._chaincode_policy(namespace)
        if found is None:
            raise DevnetError(f"chaincode {namespace} is not defined on the channel")
        return found


def validation_parameter(metadata: bytes) -> bytes | None:
    """A key's own policy out of its metadata; None where it never had one, empty where it was taken away."""
    if not metadata:
        return None
    try:
        entries = chaincode_shim_pb2.StateMetadataResult.FromString(metadata).entries
    except DecodeError as error:
        raise DevnetError("a key's metadata cannot be decoded") from error
    return next((entry.value for entry in entries if entry.metakey == VALIDATION_PARAMETER), None)
