"""What a transaction is run on to learn what would be refused of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chaincode.shim import Stub


class Unwritten:
    """A transaction's stub, but that nothing is written and no event set.

    Chaincodes that it calls run as ever: contracts call others only to read.
    """

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)

    def put_state(self, key: str, value: bytes) -> None:
        """Nothing."""

    def put_states(self, entries: Iterable[tuple[str, bytes]], policy: bytes) -> None:
        """Nothing."""

    def del_state(self, key: str) -> None:
        """Nothing."""

    def put_private(self, collection: str, key: str, value: bytes) -> None:
        """Nothing."""

    def del_private(self, collection: str, key: str) -> None:
        """Nothing."""

    def purge_private(self, collection: str, key: str) -> None:
        """Nothing."""

    def set_validation_parameter(self, key: str, policy: bytes, collection: str = "") -> None:
        """Nothing."""

    def set_event(self, name: str, payload: bytes) -> None:
        """Nothing."""
