"""How a history reaches its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Driver(Protocol):
    """One ledger; every method raises the chaincode's Refusal."""

    def today(self, days: int = 0) -> str:
        """The ledger's date, or that of so many days later, ``YYYY-MM-DD``."""

    def submit(self, msp_id: str, chaincode: str, function: str, argument: dict[str, Any]) -> Any:
        """A transaction by a member; its result."""

    def evaluate(self, msp_id: str, function: str, argument: dict[str, Any]) -> Any:
        """What a function of custody answers a member, without writing."""

    def evaluate_all(self, msp_id: str, asked: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
        """As ``evaluate``, of many functions and arguments, in their order."""

    def advance(self, hours: int) -> None:
        """Let time pass."""
