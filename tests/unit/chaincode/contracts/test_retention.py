"""Nothing on the ledger can be deleted: no transaction function asks for it.

Records are kept for six years at least (FD&C Act, section 582(b)(1)(A)(ii)); here they are kept for ever.
"""

from __future__ import annotations

import ast
from pathlib import Path

import chaincode
from chaincode.shim import Stub

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
