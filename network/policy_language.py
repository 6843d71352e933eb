"""Fabric's language of signature policies: AND, OR and OutOf over 'MSP.role'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from network.policy import MAX_DEPTH, Policy, PolicyError, Principal

_TOKEN = re.compile(
    r"\s*(?:(AND|OR|OutOf)\s*\(|(\d+)|['\"]([^'\"]+)\.(peer|member|client|admin|orderer)['\"]|([,)]))",
    re.IGNORECASE,
)
_OPERATORS = {"and": "AND", "or": "OR", "outof": "OutOf"}

Token = tuple[str, ...]


def parse(text: str) -> Policy:
    """Read a policy; PolicyError where it is none."""
    tokens = list(_tokens(text.strip()))
    rule, end = _rule(tokens, 0, 0)
    if end != len(tokens):
        raise PolicyError(f"policy {text!r}: something follows its end")
    return rule if isinstance(rule, Policy) else Policy(1, (rule,))


def written(policy: Policy) -> str:
    """A policy over roles as ``parse`` and Fabric's tools read it."""
    rules = (written(one) if isinstance(one, Policy) else f"'{'.'.join(one)}'" for one in policy.rules)
    head = "OR(" if policy.needed == 1 else f"OutOf({policy.needed}, "
    return f"{head}{', '.join(rules)})"


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise PolicyError(f"policy {text!r}: cannot read it from character {position + 1}")
        operator, number, msp, role, mark = found.groups()
        if operator:
            yield ("open", _OPERATORS[operator.lower()])
        elif number:
            yield ("number", number)
        elif msp:
            yield ("principal", msp, role.lower())
        else:
            yield ("mark", mark)
        position = found.end()


def _rule(tokens: list[Token], at: int, depth: int) -> tuple[Policy | Principal, int]:
    if at >= len(tokens):
        raise PolicyError("the policy ends too early")
    if depth > MAX_DEPTH:
        raise PolicyError("the policy is too deep")
    token = tokens[at]
    if token[0] == "principal":
        return (token[1], token[2]), at + 1
    if token[0] != "open":
        raise PolicyError(f"the policy has {token[1]!r} where a rule belongs")
    at += 1
    needed = None
    if token[1] == "OutOf":
        if at >= len(tokens) or tokens[at][0] != "number":
            raise PolicyError("OutOf begins with a number")
        needed = int(tokens[at][1])
        at = _mark(tokens, at + 1, ",")
    rules: list[Policy | Principal] = []
    while True:
        rule, at = _rule(tokens, at, depth + 1)
        rules.append(rule)
        if at < len(tokens) and tokens[at] == ("mark", ","):
            at += 1
            continue
        at = _mark(tokens, at, ")")
        break
    if needed is None:
        needed = len(rules) if token[1] == "AND" else 1
    if not 1 <= needed <= len(rules):
        raise PolicyError(f"{needed} of {len(rules)} rules cannot be satisfied")
    return Policy(needed, tuple(rules)), at


def _mark(tokens: list[Token], at: int, mark: str) -> int:
    if at >= len(tokens) or tokens[at] != ("mark", mark):
        raise PolicyError(f"the policy lacks a {mark!r}")
    return at + 1
