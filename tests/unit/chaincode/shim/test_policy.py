"""Key-level endorsement policies."""

import pytest
from fabric_protos.common import policies_pb2
from fabric_protos.msp import msp_principal_pb2

from chaincode.shim import policy_msps, signature_policy


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
