"""The language of signature policies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.policy import Policy, PolicyError
from network.policy_language import parse, written

A, B, C = ("A", "peer"), ("B.org", "member"), ("C", "admin")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("'A.peer'", Policy(1, (A,))),
        ('OR("A.peer")', Policy(1, (A,))),
        ("and( 'A.peer','B.org.member' )", Policy(2, (A, B))),
        (
            "OutOf(2, 'A.peer', OR('B.org.member', 'C.admin'), 'C.ADMIN')",
            Policy(2, (A, Policy(1, (B, C)), C)),
        ),
    ],
)
def test_policies(text: str, read: Policy) -> None:
    assert parse(text) == read
    assert parse(written(read)) == read


def test_written_as_fabrics_tools_read_it() -> None:
    assert written(Policy(1, (A, B))) == "OR('A.peer', 'B.org.member')"
    assert written(Policy(2, (A, Policy(1, (B,)), C))) == "OutOf(2, 'A.peer', OR('B.org.member'), 'C.admin')"


def test_nested_too_deep() -> None:
    with pytest.raises(PolicyError, match="too deep"):
        parse("AND(" * 500 + "'A.peer'" + ")" * 500)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A.peer",
        "'A'",
        "'A.king'",
        "AND()",
        "AND('A.peer'",
        "AND('A.peer'))",
        "AND('A.peer',)",
        "AND('A.peer' 'B.peer')",
        "XOR('A.peer', 'B.peer')",
        "OutOf('A.peer', 'B.peer')",
        "OutOf(2)",
        "OutOf(0, 'A.peer')",
        "OutOf(3, 'A.peer', 'B.peer')",
        "OutOf(-1, 'A.peer')",
        "2",
        ")",
        "'A.peer', 'B.peer'",
        "OR('A.peer', 2)",
    ],
)
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(PolicyError):
        parse(text)


@given(st.text(alphabet="ANDORutf(),'. 12peermbA", max_size=30))
def test_parsing_raises_nothing_else(text: str) -> None:
    try:
        parse(text)
    except PolicyError:
        return
