"""Private data as chaincode sees it at one member's peer."""

from __future__ import annotations

from collections.abc import Iterator

from network.devnet import keys
from network.devnet.definitions import IMPLICIT_PREFIX, Collection
from network.devnet.errors import DevnetError
from network.devnet.keys import Version, key_hash
from network.devnet.rwset import CollectionSet, PrivateWrite
from network.devnet.simulation import Simulation
from network.devnet.snapshot import Stored


class PrivateData:
    """One collection within a simulation; DevnetError where the chaincode has no such collection.

    Of a collection for its members only, values are read and written for clients of theirs, whoever's peer it
    is and whichever chaincode called this one (core/chaincode: errorIfCreatorHasNoReadPermission). The hash
    of a value is everybody's.
    """

    def __init__(self, simulation: Simulation, namespace: str, name: str) -> None:
        self._simulation = simulation
        self._namespace = namespace
        self._name = name
        self._hashes = keys.hashes_of(namespace, name)
        self._values = keys.private_of(namespace, name, simulation.msp_id)

    def get(self, key: str) -> bytes:
        """A key's value, empty where it has none; DevnetError where this member does not hold the value."""
        self._reading()
        stored = self._stored(key)
        hashed = self._hashed(key)
        if (stored.version if stored else None) != (hashed.version if hashed else None):
            raise DevnetError(
                "private data matching public hash version is not available. "
                f"Public hash version = {_shown(hashed)}, Private data version = {_shown(stored)}"
            )
        return self._read(key, stored)

    def get_many(self, wanted: list[str]) -> list[bytes]:
        """Values of several keys; one that this member does not hold is empty."""
        self._reading()
        return [self._read(key, self._stored(key)) for key in wanted]

    def digest(self, key: str) -> bytes:
        """The SHA-256 of a key's value, which every member's peer knows; empty where there is none."""
        self._defined()
        hashed = self._hashed(key)
        self._record(key, hashed.version if hashed else None)
        return hashed.value if hashed else b""

    def metadata(self, key: str) -> bytes:
        """A key's metadata, a serialized StateMetadataResult."""
        self._reading()
        self.digest(key)
        return self._simulation.snapshot.metadata(self._hashes, key_hash(key).hex())

    def range(self, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        """Keys and values that this member holds; not checked again when the transaction is validated."""
        self._reading()
        self._simulation.querying_private()
        for key, stored in self._simulation.snapshot.range(self._values, start, end):
            yield key, stored.value

    def put(self, key: str, value: bytes | None, purge: bool = False) -> None:
        """Write a value; None deletes, and with ``purge`` forgets."""
        self._writing()
        self._entries.writes[key] = PrivateWrite(value, purge)
        self._guard(key)

    def put_metadata(self, key: str, name: str, value: bytes) -> None:
        """Write a key's one metadata entry."""
        self._writing()
        self._entries.metadata[key] = {name: value}
        self._guard(key)

    def _reading(self) -> None:
        if not self._permitted().lets_read(self._simulation.creator):
            raise self._refusal("read")

    def _writing(self) -> None:
        if not self._permitted().lets_write(self._simulation.creator):
            raise self._refusal("write")
        self._simulation.writing()

    def _permitted(self) -> Collection:
        """The collection, as whoever asks for permission finds it missing."""
        definitions = self._simulation.definitions
        found = definitions.collection(self._namespace, self._name)
        if found is None and not self._name.startswith(IMPLICIT_PREFIX):
            raise DevnetError(
                f"collection {definitions.channel}/{self._namespace}/{self._name} could not be found"
            )
        return found or self._defined()

    def _defined(self) -> Collection:
        return self._simulation.definitions.need_collection(self._namespace, self._name)

    def _refusal(self, access: str) -> DevnetError:
        return DevnetError(
            f"tx creator does not have {access} access permission on privatedata in "
            f"chaincodeName:{self._namespace} collectionName: {self._name}"
        )

    @property
    def _entries(self) -> CollectionSet:
        return self._simulation.collection(self._namespace, self._name)

    def _stored(self, key: str) -> Stored | None:
        return self._simulation.snapshot.get(self._values, key)

    def _hashed(self, key: str) -> Stored | None:
        return self._simulation.snapshot.get(self._hashes, key_hash(key).hex())

    def _read(self, key: str, stored: Stored | None) -> bytes:
        self._record(key, stored.version if stored else None)
        self._entries.read_values = True
        return stored.value if stored else b""

    def _record(self, key: str, version: Version | None) -> None:
        self._entries.reads[key] = version

    def _guard(self, key: str) -> None:
        metadata = self._simulation.snapshot.metadata(self._hashes, key_hash(key).hex())
        otherwise = self._simulation.definitions.writers(self._namespace, self._defined())
        self._simulation.guard(self._namespace, metadata, otherwise)


def _shown(stored: Stored | None) -> str:
    """As Go prints a version, which is what a peer's words have."""
    return f"{{BlockNum: {stored.version[0]}, TxNum: {stored.version[1]}}}" if stored else "<nil>"
