"""An audit's result in words."""

from __future__ import annotations

import pytest
from rich.console import Console

from chaincode.model import keys
from mediledger.audit.finding import Broken, Finding
from mediledger.audit.run import Audited

FOUND = Finding(7, "ab" * 32, "AMSP", ("AMSP", "BMSP"), Broken.PACKED, "custody", keys.packing_key("123"))


@pytest.mark.parametrize(
    ("count", "words"), [(0, "nothing wrong"), (1, "1 finding"), (20_000, "20000 findings")]
)
def test_verdict(count: int, words: str) -> None:
    assert Audited(9, 9, (), count).verdict == words


def test_table_tells_where_and_who() -> None:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(Audited(9, 9, (FOUND, FOUND), 2).table())
    [line, _] = [line for line in captured.get().splitlines() if "abab" in line]
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        "7",
        "ab" * 8,
        "AMSP",
        "AMSP, BMSP",
        Broken.PACKED.value,
        "packing 123",
    ]


def test_a_key_that_is_none_is_shown_as_it_is() -> None:
    assert Finding(1, "", "", (), Broken.DOCUMENT, "custody", "plain").readable_key == "plain"
