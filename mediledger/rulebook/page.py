"""The page itself: every rule in a table by its module, then what the consortium may set."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Sequence
from importlib import import_module
from itertools import groupby

import chaincode.rules
from chaincode.rules.catalogue import RULES, VERSIONS, Rule
from chaincode.rules.parameters import PARAMETERS
from mediledger.rulebook.attempts import Attempt
from mediledger.rulebook.marks import Shown

HEAD = """\
# Rules

What the ledger refuses, and why. `make docs` writes this page from `chaincode/rules` and the tests.

Each row is a rule: what it demands, the law or standard that it comes from, the codes of its refusals, the
parameters that it depends on, tests in which it allows something and tests in which it refuses. A refusal
names its rule and the version of the consortium's settings that it was decided by.

Versions of the rules that this chaincode knows: {versions}.
"""
RULE_HEAD = ("Rule", "Demands", "Source", "Codes", "Parameters", "Allows", "Refuses")
PARAMETERS_TITLE = """\
## Parameters

What the consortium sets by proposal and vote; the default holds until then.
"""
COLLUSION_TITLE = """\
## Collusion

What members try together, with chaincode of their own that writes whatever they tell it, on a ledger of four:
manufacturer, distributor, pharmacy and regulator. `tests/security/collusion` plays each on devnet and Fabric.
"""
COLLUSION_HEAD = ("Attempt", "Endorsed by", "Outcome")
PARAMETER_HEAD = ("Parameter", "Meaning", "Default", "Bounds", "Source")


def rules() -> list[Rule]:
    """Every rule of the chaincode, by module and name."""
    for module in pkgutil.iter_modules(chaincode.rules.__path__, f"{chaincode.rules.__name__}."):
        import_module(module.name)
    return sorted(RULES.values(), key=lambda rule: rule.name)


def page(shown: Shown, attempts: Sequence[Attempt]) -> str:
    """The page in Markdown, the same whenever rules, marks and attempts are the same."""
    parts = [HEAD.format(versions=", ".join(map(str, VERSIONS)))]
    for area, members in groupby(rules(), key=lambda rule: rule.name.partition(".")[0]):
        parts.append(f"## {area}\n\n" + table(RULE_HEAD, (_row(rule, shown) for rule in members)))
    rows = (
        (
            code(name),
            one.meaning,
            f"{one.default} {one.unit}",
            f"{one.minimum} to {one.maximum}",
            one.source,
        )
        for name, one in sorted(PARAMETERS.items())
    )
    parts.append(PARAMETERS_TITLE + "\n" + table(PARAMETER_HEAD, rows))
    tried = ((one.attempt, one.by, one.outcome) for one in attempts)
    parts.append(COLLUSION_TITLE + "\n" + table(COLLUSION_HEAD, tried))
    return "\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: str) -> str:
    return f"`{text}`"


def lines(cells: Iterable[str]) -> str:
    """Several things in one cell."""
    return "<br>".join(cells)


def link(place: str) -> str:
    """A test, given as ``path::function``, as seen from ``docs``."""
    path, _, name = place.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


def _row(rule: Rule, shown: Shown) -> Sequence[str]:
    return (
        code(rule.name),
        rule.summary,
        rule.source,
        lines(code(one.value) for one in rule.codes),
        lines(map(code, rule.parameters)),
        lines(map(link, shown.allowed.get(rule.name, []))),
        lines(map(link, shown.refused.get(rule.name, []))),
    )
