"""Members, parties and makers as the registry's blocks have made them."""

from __future__ import annotations

from typing import Any

_GLN_DIGITS = 13


class Members:
    """Regulators, members, and the organisations of parties and products; at first, nobody."""

    def __init__(self) -> None:
        self.regulators: frozenset[str] = frozenset()
        self.all: frozenset[str] = frozenset()
        self._parties: dict[str, str] = {}
        self._makers: dict[str, str] = {}

    def take(self, document: dict[str, Any]) -> None:
        """Learn from a document of the registry."""
        if document["doc"] == "party":
            self._parties[document["gln"]] = document["msp_id"]
        elif document["doc"] == "param":
            self.regulators = frozenset(document["value"]["regulators"])
            self.all = frozenset(document["value"]["members"])
        elif document["doc"] == "product":
            self._makers[document["gtin"]] = document["manufacturer"]

    def maker(self, gtin: str) -> str:
        """The MSP of a product's manufacturer, who alone makes lots and packs of it; empty where none is."""
        return self.msp(self._makers.get(gtin, ""))

    @property
    def majority(self) -> int:
        """How many members are one."""
        return len(self.all) // 2 + 1 if self.all else 0

    def msp(self, name: str) -> str:
        """The MSP of a party's GLN, or of an MSP's own id; empty where no party has that GLN."""
        if len(name) == _GLN_DIGITS and name.isdigit():
            return self._parties.get(name, "")
        return name
