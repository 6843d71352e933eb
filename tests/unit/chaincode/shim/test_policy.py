"""Key-level endorsement policies."""

import pytest
from fabric_protos.common import policies_pb2
from fabric_protos.msp import msp_principal_pb2

from chaincode.shim import guarded_policy, nobody_policy, policy_msps, signature_policy


def test_all_are_required_unless_said() -> None:
    envelope = policies_pb2.SignaturePolicyEnvelope.FromString(signature_policy(["B", "A"]))
    assert envelope.rule.n_out_of.n == 2
    assert [rule.signed_by for rule in envelope.rule.n_out_of.rules] == [0, 1]
    role = msp_principal_pb2.MSPRole.FromString(envelope.identities[0].principal)
    assert (role.msp_identifier, role.role) == ("A", msp_principal_pb2.MSPRole.PEER)


def test_order_and_repetition_make_no_difference() -> None:
    assert signature_policy(["B", "A", "B"], 1) == signature_policy(("A", "B"), 1)


def test_the_named_msps_come_back() -> None:
    assert policy_msps(signature_policy(["B", "A"])) == ("A", "B")


@pytest.mark.parametrize(("msps", "required"), [([], None), (["A"], 0), (["A"], 2)])
def test_an_impossible_policy_is_refused(msps: list[str], required: int | None) -> None:
    with pytest.raises(ValueError, match="required"):
        signature_policy(msps, required)


def test_guards_stand_beside_a_number_of_the_others() -> None:
    envelope = policies_pb2.SignaturePolicyEnvelope.FromString(guarded_policy(["C"], ["B", "A", "D"], 2))
    rule = envelope.rule.n_out_of
    assert policy_msps(envelope.SerializeToString()) == ("A", "B", "C", "D")
    assert rule.n == 2
    assert rule.rules[0].signed_by == 0
    assert (rule.rules[1].n_out_of.n, len(rule.rules[1].n_out_of.rules)) == (2, 3)
    named = msp_principal_pb2.MSPRole.FromString(envelope.identities[0].principal)
    assert named.msp_identifier == "C"


@pytest.mark.parametrize(
    ("guards", "others", "required"),
    [([], ["A"], 0), (["A"], ["A", "B"], 1), (["A"], ["B"], 2), (["A"], [], -1)],
)
def test_a_guarded_policy_that_cannot_be_met_is_refused(
    guards: list[str], others: list[str], required: int
) -> None:
    with pytest.raises(ValueError, match="required"):
        guarded_policy(guards, others, required)


def test_nobodys_policy_has_nobody_to_meet_it() -> None:
    envelope = policies_pb2.SignaturePolicyEnvelope.FromString(nobody_policy())
    assert envelope.rule.n_out_of.n == 1
    assert not envelope.rule.n_out_of.rules
