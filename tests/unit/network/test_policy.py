"""Signature policies: who satisfies them, the fewest that do, how Fabric carries them."""

from __future__ import annotations

import itertools

import pytest
from cryptography import x509
from fabric_protos.common import policies_pb2
from fabric_protos.msp import identities_pb2, msp_principal_pb2
from hypothesis import given
from hypothesis import strategies as st

from network import policy
from network.identities.authority import Authority
from network.policy import Policy, PolicyError, Signer, of_identity, of_unit, signer
from network.policy_language import parse
from network.topology import Topology

MSPS = ["A", "B", "C", "D"]


def peers(*msps: str) -> list[Signer]:
    return [signer(msp, "peer") for msp in msps]


def available(*msps: str) -> tuple[tuple[str, Signer], ...]:
    return tuple((msp, signer(msp, "peer")) for msp in msps)


@pytest.mark.parametrize(
    ("text", "enough", "too_few"),
    [
        ("'A.peer'", [peers("A")], [[], peers("B"), [signer("A", "client")]]),
        ("AND('A.peer', 'B.peer')", [peers("A", "B"), peers("B", "C", "A")], [peers("A"), peers("A", "A")]),
        ("OR('A.peer', 'B.peer')", [peers("A"), peers("B")], [peers("C"), []]),
        ("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", [peers("A", "C")], [peers("B"), peers("B", "B", "D")]),
        ("OR('A.member')", [peers("A"), [signer("A", "client")]], [peers("B")]),
        # Each rule takes a signer of its own.
        ("AND('A.peer', 'A.peer')", [peers("A", "A")], [peers("A")]),
        (
            "AND('A.peer', 'A.member')",
            [peers("A", "A"), [signer("A", "client"), signer("A", "peer")]],
            [peers("A")],
        ),
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
def test_satisfied_by(text: str, enough: list[list[Signer]], too_few: list[list[Signer]]) -> None:
    read = parse(text)
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


def test_fewer_may_do_where_all_do_not() -> None:
    """The inner rule takes B and C where they are there, and leaves none for the outer one."""
    read = parse("OutOf(2, OutOf(1, 'A.peer', OutOf(2, 'B.peer', 'C.peer')), 'B.peer')")
    assert not read.satisfied_by(peers("A", "B", "C"))
    assert policy.endorsers(frozenset({read}), available("A", "B", "C"), "A") == ("A", "B")
    assert policy.smallest(frozenset({read}), available("A", "B", "C")) == (("A", "B"),)


@given(rules, st.permutations(MSPS), st.data())
def test_endorsers_are_the_fewest(text: str, order: list[str], data: st.DataObject) -> None:
    read = parse(text)
    there = order[: data.draw(st.integers(0, len(order)))]
    first = data.draw(st.sampled_from(MSPS))
    chosen = policy.endorsers(frozenset({read}), available(*there), first)
    sizes = [
        len(some)
        for size in range(len(there) + 1)
        for some in itertools.combinations(there, size)
        if read.satisfied_by(peers(*some))
    ]
    if chosen is None:
        assert sizes == []
        return
    assert set(chosen) <= set(there)
    assert read.satisfied_by(peers(*chosen))
    assert len(chosen) == len(set(chosen)) == min(sizes)
    with_first = [
        some
        for some in itertools.combinations(there, len(chosen))
        if first in some and read.satisfied_by(peers(*some))
    ]
    assert (first in chosen) == bool(with_first)


def test_the_projects_policies(topology: Topology) -> None:
    all_of_them = available(*(organization.msp_id for organization in topology.organizations))
    registry, custody = (parse(chaincode.policy) for chaincode in topology.chaincodes)
    endorsers = policy.endorsers
    both = frozenset({registry, custody})
    with_regulator = ("PharmacyMSP", "ManufacturerMSP", "RegulatorMSP")
    assert endorsers(frozenset({registry}), all_of_them, "PharmacyMSP") == with_regulator
    two = tuple(one for one in all_of_them if one[0] in ("PharmacyMSP", "RegulatorMSP"))
    assert endorsers(frozenset({registry}), two, "PharmacyMSP") is None
    without = tuple(one for one in all_of_them if one[0] != "RegulatorMSP")
    assert endorsers(frozenset({registry}), without, "PharmacyMSP") is None
    assert len(endorsers(frozenset({custody}), all_of_them, "PharmacyMSP") or ()) == 3
    assert endorsers(frozenset({custody}), all_of_them[:2], "ManufacturerMSP") is None
    assert endorsers(both, all_of_them, "PharmacyMSP") == with_regulator


def test_many_members_are_enough_to_grow_a_set() -> None:
    msps = tuple(f"M{number}" for number in range(40))
    majority = Policy(21, tuple((msp, "peer") for msp in msps))
    chosen = policy.endorsers(frozenset({majority}), available(*msps), "M7")
    assert chosen is not None
    assert (len(chosen), chosen[0]) == (21, "M7")


@given(rules)
def test_what_fabric_carries_reads_the_same(text: str) -> None:
    read = parse(text)
    assert policy.read(policy.envelope_of(read).SerializeToString()) == read


def test_units_and_identities() -> None:
    unit = msp_principal_pb2.OrganizationUnit(
        msp_identifier="A", organizational_unit_identifier="quality", certifiers_identifier=b"\x01"
    )
    credential = Authority.create("ca", "org").issue_identity("x", "org", "client")
    identity = identities_pb2.SerializedIdentity(mspid="A", id_bytes=credential.certificate)
    principal = msp_principal_pb2.MSPPrincipal
    envelope = policies_pb2.SignaturePolicyEnvelope(
        rule={"n_out_of": {"n": 2, "rules": [{"signed_by": 0}, {"signed_by": 1}]}},
        identities=[
            principal(
                principal_classification=principal.ORGANIZATION_UNIT, principal=unit.SerializeToString()
            ),
            principal(principal_classification=principal.IDENTITY, principal=identity.SerializeToString()),
        ],
    )
    both = policy.read(envelope.SerializeToString())
    mark = policy.fingerprint(x509.load_pem_x509_certificate(credential.certificate))
    of_quality, known = of_unit("A", "quality", b"\x01"), of_identity("A", mark)
    assert both.satisfied_by([frozenset({of_quality}), frozenset({known})])
    assert both.satisfied_by([frozenset({known, of_quality}), frozenset({known})])
    assert not both.satisfied_by([frozenset({known, of_quality})])
    assert not both.satisfied_by([frozenset({of_unit("A", "quality", b"\x02")}), frozenset({known})])
    assert not both.satisfied_by([frozenset({of_quality}), frozenset({of_identity("B", mark)})])


def test_rules_apart_may_count_one_signer_twice() -> None:
    rules = (parse("'A.peer'"), parse("'A.member'"))
    assert Policy(2, rules, apart=True, label="Endorsement").satisfied_by(peers("A"))
    assert not Policy(2, rules).satisfied_by(peers("A"))
    needs_both = Policy(2, (*rules, parse("'B.peer'")), apart=True, label="Endorsement")
    assert needs_both.failure(peers("A")) == ""
    assert needs_both.failure(peers("B")) == (
        "implicit policy evaluation failed - 1 sub-policies were satisfied, but this policy requires 2 of "
        "the 'Endorsement' sub-policies to be satisfied"
    )
    assert parse("'A.peer'").failure(peers("B")) == "signature set did not satisfy policy"


@pytest.mark.parametrize(
    "envelope",
    [
        b"\xff",
        b"",
        policies_pb2.SignaturePolicyEnvelope(
            rule=policies_pb2.SignaturePolicy(signed_by=3)
        ).SerializeToString(),
        policies_pb2.SignaturePolicyEnvelope(
            rule=policies_pb2.SignaturePolicy(signed_by=0),
            identities=[msp_principal_pb2.MSPPrincipal(principal_classification=3)],
        ).SerializeToString(),
    ],
)
def test_what_is_no_envelope(envelope: bytes) -> None:
    with pytest.raises(PolicyError):
        policy.read(envelope)
