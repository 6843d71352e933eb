"""Endorsement policies in Fabric's language: AND, OR and OutOf over 'MSP.role'."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from chaincode.model.errors import MediLedgerError

_TOKEN = re.compile(r"\s*(?:(AND|OR|OutOf)\s*\(|(\d+)|'([^']+)\.(peer|member|client|admin|orderer)'|([,)]))")

Principal = tuple[str, str]
"""An MSP id and a role of it; ``member`` is any role."""


class PolicyError(MediLedgerError):
    """A policy that cannot be read."""


@dataclass(frozen=True)
class Policy:
    """``needed`` of the ``rules``, principals or policies, must hold, each by a signer of its own."""

    needed: int
    rules: tuple[Policy | Principal, ...]

    def satisfied_by(self, signers: Collection[Principal]) -> bool:
        """Whether these signers, one entry each, satisfy the policy."""
        return any(True for _ in self._uses(frozenset(enumerate(signers))))

    def endorsers(self, available: Collection[str], first: str) -> list[str] | None:
        """The smallest set of organisations whose peers satisfy the policy, ``first`` among them if it helps.

        ``available`` are MSP ids; None where no set of them will do.
        """
        candidates = [msp for msp in (first, *(m for m in available if m != first)) if msp in available]
        for size in range(1, len(candidates) + 1):
            for chosen in itertools.combinations(candidates, size):
                if self.satisfied_by([(msp, "peer") for msp in chosen]):
                    return list(chosen)
        return None

    def _uses(self, signers: frozenset[tuple[int, Principal]]) -> Iterator[frozenset[tuple[int, Principal]]]:
        """Every way to satisfy the policy, as the signers that it uses up."""
        for rules in itertools.combinations(self.rules, self.needed):
            yield from _all_of(rules, signers)


def _all_of(
    rules: tuple[Policy | Principal, ...], signers: frozenset[tuple[int, Principal]]
) -> Iterator[frozenset[tuple[int, Principal]]]:
    if not rules:
        yield frozenset()
        return
    for used in _one(rules[0], signers):
        for others in _all_of(rules[1:], signers - used):
            yield used | others


def _one(
    rule: Policy | Principal, signers: frozenset[tuple[int, Principal]]
) -> Iterator[frozenset[tuple[int, Principal]]]:
    if isinstance(rule, Policy):
        yield from rule._uses(signers)
        return
    msp, role = rule
    for signer in sorted(signers):
        if signer[1][0] == msp and role in ("member", signer[1][1]):
            yield frozenset({signer})


def parse(text: str) -> Policy:
    """Read a policy; PolicyError where it is none."""
    tokens = list(_tokens(text))
    rule, end = _rule(tokens, 0)
    if end != len(tokens):
        raise PolicyError(f"policy {text!r}: something follows its end")
    return rule if isinstance(rule, Policy) else Policy(1, (rule,))


def _tokens(text: str) -> Iterator[tuple[str, ...]]:
    position = 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        if not found:
            raise PolicyError(f"policy {text!r}: cannot read it from character {position + 1}")
        operator, number, msp, role, mark = found.groups()
        if operator:
            yield ("open", operator)
        elif number:
            yield ("number", number)
        elif msp:
            yield ("principal", msp, role)
        else:
            yield ("mark", mark)
        position = found.end()


def _rule(tokens: list[tuple[str, ...]], at: int) -> tuple[Policy | Principal, int]:
    if at >= len(tokens):
        raise PolicyError("the policy ends too early")
    kind = tokens[at]
    if kind[0] == "principal":
        return (kind[1], kind[2]), at + 1
    if kind[0] != "open":
        raise PolicyError(f"the policy has {kind[1]!r} where a rule belongs")
    at += 1
    needed = None
    if kind[1] == "OutOf":
        if at >= len(tokens) or tokens[at][0] != "number":
            raise PolicyError("OutOf begins with a number")
        needed = int(tokens[at][1])
        at = _mark(tokens, at + 1, ",")
    rules: list[Policy | Principal] = []
    while True:
        rule, at = _rule(tokens, at)
        rules.append(rule)
        if at < len(tokens) and tokens[at] == ("mark", ","):
            at += 1
            continue
        at = _mark(tokens, at, ")")
        break
    if needed is None:
        needed = len(rules) if kind[1] == "AND" else 1
    if not 1 <= needed <= len(rules):
        raise PolicyError(f"{needed} of {len(rules)} rules cannot be satisfied")
    return Policy(needed, tuple(rules)), at


def _mark(tokens: list[tuple[str, ...]], at: int, mark: str) -> int:
    if at >= len(tokens) or tokens[at] != ("mark", mark):
        raise PolicyError(f"the policy lacks a {mark!r}")
    return at + 1
