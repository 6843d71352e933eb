"""Which tests show what a rule allows and what it refuses, as their marks say."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chaincode.model.errors import MediLedgerError

ALLOWS, REFUSES = "allows", "refuses"


class MarkError(MediLedgerError):
    """A mark that does not name its rules in plain words."""


@dataclass
class Shown:
    """Tests by the name of the rule that they show, as ``path::function``."""

    allowed: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)

    def rules(self) -> set[str]:
        """Every rule that a mark names."""
        return {*self.allowed, *self.refused}


def shown(folder: Path, base: Path) -> Shown:
    """The marks of every test below ``folder``, with paths as seen from ``base``.

    A test is marked with ``@pytest.mark.allows("goods.loose")``, of one rule or several, a parameter of it
    with ``marks=``, all tests of a module with ``pytestmark``. MarkError where a mark names no rule by a
    literal.
    """
    found = Shown()
    for path in sorted(folder.rglob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"), str(path))
        name = path.relative_to(base).as_posix()
        common = [one.value for one in module.body if isinstance(one, ast.Assign) and _is_pytestmark(one)]
        for test in _tests(module.body):
            for kind, rule in _marks((*common, *test.decorator_list), name):
                tests = (found.allowed if kind == ALLOWS else found.refused).setdefault(rule, [])
                if (place := f"{name}::{test.name}") not in tests:
                    tests.append(place)
    return found


def _is_pytestmark(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)


def _tests(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _tests(node.body)


def _marks(nodes: Iterable[ast.expr], path: str) -> Iterator[tuple[str, str]]:
    """Kind and rule of each mark in these expressions."""
    for outer in nodes:
        for node in ast.walk(outer):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            kind, owner = node.func.attr, node.func.value
            if kind not in (ALLOWS, REFUSES) or not isinstance(owner, ast.Attribute) or owner.attr != "mark":
                continue
            names = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if not names or len(names) != len(node.args) or not all(isinstance(one, str) for one in names):
                raise MarkError(f"{path}:{node.lineno}: {kind} names rules, each as a text")
            for rule in names:
                yield kind, str(rule)
