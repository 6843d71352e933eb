"""What Fabric makes of private writes, over dictionaries: a short rule to compare a ledger with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Place = tuple[int, int]
Sets = dict[str, dict[str, str | None]]
"""A transaction's private sets: keys and values by collection, None for a deletion."""


class Kind(StrEnum):
    """What is done to a private key; ``NOTE`` changes its metadata alone."""

    PUT = "put"
    DELETE = "delete"
    PURGE = "purge"
    NOTE = "note"


@dataclass(frozen=True)
class Write:
    """One key of a transaction; ``value`` is what a PUT puts."""

    kind: Kind
    collection: str
    key: str
    value: str = ""


class PrivateModel:
    """Values and private sets after each block.

    ``lives`` gives the collections their block_to_live, 0 for ever.
    """

    def __init__(self, lives: Mapping[str, int]) -> None:
        self._lives = lives
        self._state: dict[tuple[str, str], tuple[str, int]] = {}
        self._sets: dict[Place, Sets] = {}

    def block(self, number: int, transactions: Sequence[Sequence[Write]]) -> None:
        """Take in a block whose transactions are all valid; none writes a key twice."""
        for index, writes in enumerate(transactions):
            for write in writes:
                self._apply(write, (number, index))
            for write in writes:
                if write.kind is Kind.PURGE:
                    self._purge(write, (number, index))
        self._expire(number)

    def value(self, collection: str, key: str) -> str | None:
        """A key's value; None where it has none, nor a hash."""
        found = self._state.get((collection, key))
        return found[0] if found else None

    def sets(self, number: int) -> dict[int, Sets]:
        """What a member keeps of a block, by place of the transaction."""
        return {index: sets for (block, index), sets in self._sets.items() if block == number and sets}

    def _apply(self, write: Write, place: Place) -> None:
        name = write.collection, write.key
        written = self._sets.setdefault(place, {}).setdefault(write.collection, {})
        if write.kind is Kind.NOTE:
            if name in self._state:
                self._state[name] = self._state[name][0], place[0]
            return
        value = write.value if write.kind is Kind.PUT else None
        written[write.key] = value
        if value is None:
            self._state.pop(name, None)
        else:
            self._state[name] = value, place[0]

    def _purge(self, write: Write, until: Place) -> None:
        for place, sets in self._sets.items():
            if place <= until:
                sets.get(write.collection, {}).pop(write.key, None)

    def _expire(self, number: int) -> None:
        for collection, life in self._lives.items():
            gone = number - life - 1
            if not life:
                continue
            for place, sets in self._sets.items():
                if place[0] == gone:
                    sets.pop(collection, None)
            for name, (_, version) in list(self._state.items()):
                if name[0] == collection and version == gone:
                    del self._state[name]
