"""Custody's directory beside the registry that it is of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from chaincode.model import canonical
from chaincode.model.directory import EVERY_BUCKET, EVERY_KEY, SETTINGS, SETTINGS_KEY, bucket_key, bucket_of
from mediledger.audit.finding import Broken
from mediledger.audit.signed import Write

DIRECTORY = "directory"

Documents = Iterable[tuple[Write, dict[str, Any]]]


class Directory:
    """What the registry has of each party and of the settings, as the SHA-256 of each document."""

    def __init__(self) -> None:
        self._parties: dict[str, dict[str, bytes]] = {name: {} for name in EVERY_BUCKET}
        self._settings: bytes | None = None

    def check(self, registry: Documents, directory: Documents) -> Iterator[tuple[Write, Broken]]:
        """What a transaction leaves different between the two; its documents of either."""
        told = {write.key for write, _ in directory}
        for write, document in registry:
            if document["doc"] == "param":
                opened = self._settings is None
                self._settings = _digest(document)
                if not told >= set(EVERY_KEY if opened else (SETTINGS_KEY,)):
                    yield write, Broken.DIRECTORY
            elif document["doc"] == "party":
                self._parties[bucket_of(document["gln"])][document["gln"]] = _digest(document)
                if bucket_key(document["gln"]) not in told:
                    yield write, Broken.DIRECTORY
        for write, document in directory:
            if not self._true(document):
                yield write, Broken.DIRECTORY

    def _true(self, document: dict[str, Any]) -> bool:
        if document["bucket"] == SETTINGS:
            return self._settings == _digest(document["settings"])
        said = {gln: _digest(party) for gln, party in document["parties"].items()}
        return said == self._parties.get(document["bucket"])


def _digest(document: Any) -> bytes:
    return hashlib.sha256(canonical.dumps(document)).digest()
