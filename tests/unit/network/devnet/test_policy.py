"""Endorsement policies: their language, who satisfies them, the fewest that do."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.devnet import policy
from network.devnet.policy import PolicyError, Principal
from network.topology import Topology

MSPS = ["A", "B", "C", "D"]


def peers(*msps: str) -> list[Principal]:
    return [(msp, "peer") for msp in msps]


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
        "and('A.peer', 'B.peer')",
        "OutOf('A.peer', 'B.peer')",
        "OutOf(2)",
        "OutOf(0, 'A.peer')",
        "OutOf(3, 'A.peer', 'B.peer')",
        "OutOf(-1, 'A.peer')",
        "2",
        ")",
        "'A.peer', 'B.peer'",
        "OR('A.peer', 2)",
        'OR("A.peer")',
    ],
)
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(PolicyError):
        policy.parse(text)


@given(st.text(alphabet="ANDORutf(),'. 12peermbA", max_size=30))
def test_parsing_raises_nothing_else(text: str) -> None:
    try:
        policy.parse(text)
    except PolicyError:
        return


@pytest.mark.parametrize(
    ("text", "enough", "too_few"),
    [
        ("'A.peer'", [peers("A")], [[], peers("B"), [("A", "client")]]),
        ("AND('A.peer', 'B.peer')", [peers("A", "B"), peers("B", "C", "A")], [peers("A"), peers("A", "A")]),
        ("OR('A.peer', 'B.peer')", [peers("A"), peers("B")], [peers("C"), []]),
        ("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", [peers("A", "C")], [peers("B"), peers("B", "B", "D")]),
        ("OR('A.member')", [peers("A"), [("A", "client")]], [peers("B")]),
        # Each rule takes a signer of its own.
        ("AND('A.peer', 'A.peer')", [peers("A", "A")], [peers("A")]),
        ("AND('A.peer', 'A.member')", [peers("A", "A"), [("A", "client"), ("A", "peer")]], [peers("A")]),
        (
            "AND('A.peer', OR('A.peer', 'B.peer'))",
            [peers("A", "B"), peers("A", "A")],
            [peers("A"), peers("B", "B")],
        ),
        (
            "OutOf( 2 ,OR('A.peer','B.peer') , AND('C.peer', 'D.peer'),'D.peer')",
            [peers("A", "D"), peers("B", "C", "D"), peers("C", "D", "D")],
            [peers("A", "B"), peers("C", "D"), peers("A", "C")],
        ),
    ],
)
def test_satisfied_by(text: str, enough: list[list[Principal]], too_few: list[list[Principal]]) -> None:
    read = policy.parse(text)
    for signers in enough:
        assert read.satisfied_by(signers), signers
        assert read.satisfied_by(signers[::-1]), signers
    for signers in too_few:
        assert not read.satisfied_by(signers), signers


rules = st.recursive(
    st.sampled_from(MSPS).map(lambda msp: f"'{msp}.peer'"),
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda each: st.integers(1, len(each)).map(lambda n: f"OutOf({n}, {', '.join(each)})")
    ),
    max_leaves=5,
)


@given(rules, st.permutations(MSPS), st.data())
def test_endorsers_are_the_fewest(text: str, order: list[str], data: st.DataObject) -> None:
    read = policy.parse(text)
    available = order[: data.draw(st.integers(0, len(order)))]
    first = data.draw(st.sampled_from(MSPS))
    chosen = read.endorsers(available, first)
    sizes = [
        len(some)
        for size in range(len(available) + 1)
        for some in itertools.combinations(available, size)
        if read.satisfied_by(peers(*some))
    ]
    if chosen is None:
        assert sizes == []
        return
    assert set(chosen) <= set(available)
    assert read.satisfied_by(peers(*chosen))
    assert len(chosen) == len(set(chosen)) == min(sizes)
    with_first = [
        some
        for some in itertools.combinations(available, len(chosen))
        if first in some and read.satisfied_by(peers(*some))
    ]
    assert (first in chosen) == bool(with_first)


def test_the_projects_policies(topology: Topology) -> None:
    available = [organization.msp_id for organization in topology.organizations]
    registry, custody = (policy.parse(chaincode.policy) for chaincode in topology.chaincodes)
    assert registry.endorsers(available, "PharmacyMSP") == ["PharmacyMSP", "RegulatorMSP"]
    assert registry.endorsers([m for m in available if m != "RegulatorMSP"], "PharmacyMSP") is None
    assert len(custody.endorsers(available, "PharmacyMSP") or []) == 3
    assert custody.endorsers(available[:2], "ManufacturerMSP") is None
