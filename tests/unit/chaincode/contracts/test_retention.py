"""What is on the ledger stays, so nothing that must be deletable gets there.

Records are kept for six years at least (FD&C Act, section 582(b)(1)(A)(ii)); here for ever, since no
transaction function deletes. So a dispensing has no room for the patient, and every free text is short.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import chaincode
from chaincode.contracts.arguments import Arguments
from chaincode.model.errors import Code, Refusal
from chaincode.shim import Stub
from tests.unit.chaincode.contracts.world import PHARMACY, World

ROOT = Path(chaincode.__file__).parent
MODULES = sorted(path for folder in ("contracts", "rules", "model") for path in (ROOT / folder).rglob("*.py"))
DELETING = {name for name in vars(Stub) if name.startswith(("del_", "purge_"))}


def deletions(source: str) -> list[str]:
    nodes = ast.walk(ast.parse(source))
    names = (getattr(node, "attr", getattr(node, "value", None)) for node in nodes)
    return [name for name in names if isinstance(name, str) and name in DELETING]


def test_what_deletes() -> None:
    assert sorted(DELETING) == ["del_private", "del_state", "purge_private"]
    assert deletions("context.stub.del_state(key)") == ["del_state"]
    assert deletions("getattr(stub, 'purge_private')(collection, key)") == ["purge_private"]


def test_no_contract_deletes() -> None:
    assert {path.name: deletions(path.read_text()) for path in MODULES if deletions(path.read_text())} == {}
    assert len(MODULES) > 30


@pytest.mark.parametrize("field", ["patient", "prescription", "note"])
async def test_a_dispensing_names_no_patient(world: World, field: str) -> None:
    argument = {"gln": PHARMACY, "units": await world.at_pharmacy(1), field: "J. Doe"}
    with pytest.raises(Refusal) as raised:
        await world.custody(PHARMACY, "Dispense", argument)
    assert (raised.value.code, raised.value.field) == (Code.INVALID_ARGUMENT, field)


def test_free_text_is_short() -> None:
    assert Arguments({"reason": "x" * 200}).text("reason")
    with pytest.raises(Refusal, match="1 to 200 characters"):
        Arguments({"reason": "x" * 201}).text("reason")
