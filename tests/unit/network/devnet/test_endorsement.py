"""Which peers run a proposal, and what becomes of their answers."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
import pytest
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2

from network import policy
from network.devnet import transaction
from network.devnet.errors import Denied, DevnetError
from network.devnet.execution import Execution, NotRunning, Outcome
from network.devnet.private import PrivateData
from network.devnet.simulation import VALIDATION_PARAMETER
from network.policy import any_peer_of
from tests.unit.network.devnet.consortium import Consortium, refusal, success
from tests.unit.network.devnet.ledgers import DISTRIBUTOR, MANUFACTURER, PHARMACY, REGULATOR

Arguments = Sequence[bytes]
OWN = f"_implicit_org_{MANUFACTURER}"
ALL = (MANUFACTURER, DISTRIBUTOR, PHARMACY, REGULATOR)


def endorsers(envelope: object) -> list[str]:
    """The MSP ids of who endorsed an envelope."""
    read = transaction.unpack(envelope.SerializeToString())  # type: ignore[attr-defined]
    return [identities_pb2.SerializedIdentity.FromString(e.endorser).mspid for e in read.action.endorsements]


async def denied(consortium: Consortium, *arguments: bytes, **how: object) -> Denied:
    with pytest.raises(Denied) as caught:
        await consortium.endorse(consortium.propose(*arguments), **how)  # type: ignore[arg-type]
    return caught.value


async def test_as_few_as_the_policy_asks_for(consortium: Consortium) -> None:
    envelope = await consortium.endorse(consortium.propose(b"Put", b"k", b"v"))
    assert endorsers(envelope) == [MANUFACTURER, DISTRIBUTOR, PHARMACY]
    assert [consortium.custody(msp).runs for msp in ALL] == [1, 1, 1, 0]
    body = transaction_pb2.Transaction.FromString(
        transaction.headers(envelope.SerializeToString()).payload.data
    )
    payload = transaction_pb2.ChaincodeActionPayload.FromString(body.actions[0].payload)
    answer = proposal_response_pb2.ProposalResponsePayload.FromString(
        payload.action.proposal_response_payload
    )
    action = proposal_pb2.ChaincodeAction.FromString(answer.extension)
    assert (action.response.payload, action.chaincode_id.version) == (b"v", "1")


async def test_the_policies_of_what_is_read_count_too(consortium: Consortium) -> None:
    def read_registry(execution: Execution, arguments: Arguments) -> Outcome:
        execution.simulation.get("registry", "party")
        execution.simulation.put("custody", "k", b"v")
        return success()

    for msp in ALL:
        consortium.custody(msp).behave = read_registry
    envelope = await consortium.endorse(consortium.propose(b"F"))
    assert set(endorsers(envelope)) == {MANUFACTURER, DISTRIBUTOR, REGULATOR}


async def test_who_the_client_names(consortium: Consortium) -> None:
    proposal = consortium.propose(b"Put", b"k", b"v")
    assert endorsers(await consortium.endorse(proposal, [REGULATOR, REGULATOR])) == [REGULATOR]
    with pytest.raises(Denied, match="failed to find any endorsing peers") as caught:
        await consortium.endorse(proposal, ["NobodyMSP"])
    assert caught.value.code == grpc.StatusCode.UNAVAILABLE


async def test_a_keys_own_policy_chooses(consortium: Consortium) -> None:
    value = policy.envelope_of(any_peer_of(REGULATOR)).SerializeToString()

    def guard(execution: Execution, arguments: Arguments) -> Outcome:
        execution.simulation.put("custody", "k", b"1")
        execution.simulation.put_metadata("custody", "k", VALIDATION_PARAMETER, value)
        return success()

    for msp in ALL:
        consortium.custody(msp).behave = guard
    await consortium.orderer.submit(await consortium.endorse(consortium.propose(b"F")))
    for msp in ALL:
        consortium.custody(msp).behave = consortium.custody(msp).put
    assert endorsers(await consortium.endorse(consortium.propose(b"Put", b"k", b"2"))) == [REGULATOR]


async def test_a_keys_policy_that_was_taken_away(consortium: Consortium) -> None:
    def unguard(execution: Execution, arguments: Arguments) -> Outcome:
        execution.simulation.put("custody", "k", b"1")
        execution.simulation.put_metadata("custody", "k", VALIDATION_PARAMETER, b"")
        return success()

    for msp in ALL:
        consortium.custody(msp).behave = unguard
    await consortium.orderer.submit(await consortium.endorse(consortium.propose(b"F")))
    # A gateway finds nobody for it, as a peer's does; who is named endorses, as the chaincode's policy asks.
    error = await denied(consortium, b"F")
    assert (error.code, error.message) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "no combination of peers can be derived which satisfy the endorsement policy: "
        "state based endorsement policy cannot be satisfied",
    )
    proposal = consortium.propose(b"F")
    await consortium.orderer.submit(await consortium.endorse(proposal, [MANUFACTURER, PHARMACY, REGULATOR]))
    assert (await consortium.chain.committed(proposal.transaction_id)).code == transaction_pb2.VALID


async def test_results_that_differ_name_the_key(consortium: Consortium) -> None:
    def random(execution: Execution, arguments: Arguments) -> Outcome:
        execution.simulation.put("custody", "same", b"1")
        execution.simulation.put("custody", "dice", b"6")
        return success()

    def other(execution: Execution, arguments: Arguments) -> Outcome:
        execution.simulation.put("custody", "same", b"1")
        execution.simulation.put("custody", "dice", b"5")
        return success()

    for msp in ALL:
        consortium.custody(msp).behave = random
    consortium.custody(PHARMACY).behave = other
    # As a gateway does: another member's peer is asked in its place, where there is one.
    envelope = await consortium.endorse(consortium.propose(b"F"))
    assert endorsers(envelope) == [MANUFACTURER, DISTRIBUTOR, REGULATOR]
    consortium.custody(REGULATOR).behave = other
    error = await denied(consortium, b"F")
    assert error.code == grpc.StatusCode.ABORTED
    words = "ProposalResponsePayloads do not match: the first difference is in the write of 'dice' in custody"
    told = [(detail.msp_id, detail.address, detail.message) for detail in error.details]
    assert told == [(PHARMACY, "pharmacy:7051", words), (REGULATOR, "regulator:7051", words)]
    assert [d.msp_id for d in (await denied(consortium, b"F", organizations=ALL)).details] == [
        PHARMACY,
        REGULATOR,
    ]


async def test_responses_that_differ(consortium: Consortium) -> None:
    for msp in ALL:
        consortium.custody(msp).behave = lambda e, a, msp=msp: success(msp.encode())  # type: ignore[misc]
    error = await denied(consortium, b"F")
    assert "the response or the event" in error.details[0].message


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_what_chaincode_refuses(consortium: Consortium, status: int) -> None:
    consortium.custody(MANUFACTURER).behave = lambda e, a: refusal(status, "not yours")
    error = await denied(consortium, b"F")
    assert (error.code, error.message) == (
        grpc.StatusCode.ABORTED,
        "failed to endorse transaction, see attached details for more info",
    )
    assert [(d.msp_id, d.message) for d in error.details] == [
        (MANUFACTURER, f"chaincode response {status}, not yours")
    ]
    with pytest.raises(Denied) as caught:
        await consortium.endorsements.evaluate(consortium.own, consortium.propose(b"F"), ())
    assert (caught.value.code, caught.value.message) == (
        grpc.StatusCode.UNKNOWN,
        f"evaluate call to endorser returned error: chaincode response {status}, not yours",
    )


def _gone(execution: Execution, arguments: Arguments) -> Outcome:
    raise NotRunning("chaincode stream terminated")


async def test_another_takes_the_place_of_who_fails(consortium: Consortium) -> None:
    consortium.custody(DISTRIBUTOR).behave = _gone
    envelope = await consortium.endorse(consortium.propose(b"Put", b"k", b"v"))
    assert endorsers(envelope) == [MANUFACTURER, PHARMACY, REGULATOR]
    consortium.custody(PHARMACY).behave = _gone
    error = await denied(consortium, b"Put", b"k", b"v")
    assert error.message.startswith("failed to collect enough transaction endorsements")
    assert {d.msp_id for d in error.details} == {DISTRIBUTOR, PHARMACY}
    assert "error in simulation: chaincode stream terminated" in error.details[0].message


async def test_the_own_peer_must_run_it(consortium: Consortium) -> None:
    consortium.custody(MANUFACTURER).behave = _gone
    error = await denied(consortium, b"Put", b"k", b"v")
    assert [d.msp_id for d in error.details] == [MANUFACTURER]


async def test_evaluation_goes_on_to_the_next_peer(consortium: Consortium) -> None:
    consortium.custody(MANUFACTURER).behave = _gone
    evaluate = consortium.endorsements.evaluate
    proposal = consortium.propose(b"Put", b"k", b"v")
    assert (await evaluate(consortium.own, proposal, ())).payload == b"v"
    assert consortium.custody(DISTRIBUTOR).runs == 1
    assert (await evaluate(consortium.own, proposal, [REGULATOR])).payload == b"v"
    assert consortium.custody(REGULATOR).runs == 1
    secret = consortium.propose(b"Put", b"k", b"v", transient={"s": b"1"})
    with pytest.raises(Denied, match="failed to evaluate transaction") as caught:
        await evaluate(consortium.own, secret, ())
    assert caught.value.code == grpc.StatusCode.ABORTED
    assert consortium.chain.height == 1


async def test_transient_data_stays_with_the_members(consortium: Consortium) -> None:
    def put_private(execution: Execution, arguments: Arguments) -> Outcome:
        PrivateData(execution.simulation, "custody", OWN).put("price", b"12")
        if arguments:
            execution.simulation.put("custody", "k", b"1")
        return success()

    for msp in ALL:
        consortium.custody(msp).behave = put_private
    secret = consortium.propose(transient={"price": b"12"})
    envelope = await consortium.endorse(secret)
    assert endorsers(envelope) == [MANUFACTURER]
    assert len(consortium.chain.transient.get(secret.transaction_id)) == 1
    await consortium.orderer.submit(envelope)
    await consortium.chain.committed(secret.transaction_id)
    assert consortium.chain.transient.get(secret.transaction_id) == []
    with pytest.raises(Denied, match="to protect transient data") as caught:
        await consortium.endorse(consortium.propose(b"public too", transient={"price": b"12"}))
    assert caught.value.code == grpc.StatusCode.FAILED_PRECONDITION
    assert [consortium.custody(msp).runs for msp in ALL] == [2, 0, 0, 0]


async def test_proposals_that_no_peer_runs(consortium: Consortium) -> None:
    done = consortium.propose(b"Put", b"k", b"v")
    await consortium.orderer.submit(await consortium.endorse(done))
    with pytest.raises(Denied) as caught:
        await consortium.endorse(done)
    assert caught.value.code == grpc.StatusCode.ABORTED
    assert "duplicate transaction found" in caught.value.details[0].message
    with pytest.raises(Denied) as caught:
        await consortium.endorsements.evaluate(consortium.own, done, ())
    assert caught.value.code == grpc.StatusCode.FAILED_PRECONDITION
    unknown = consortium.propose(b"F", chaincode="nobody")
    with pytest.raises(Denied) as caught:
        await consortium.endorse(unknown)
    assert (caught.value.code, caught.value.message) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "no combination of peers can be derived which satisfy the endorsement policy: "
        "No metadata was found for chaincode nobody in channel medicines",
    )
    with pytest.raises(Denied, match="no peers available to evaluate chaincode nobody in channel medicines"):
        await consortium.endorsements.evaluate(consortium.own, unknown, ())
    with pytest.raises(Denied, match=r"failed to find any endorsing peers for org\(s\): RegulatorMSP"):
        await consortium.endorse(unknown, [REGULATOR])


async def test_filters_make_every_peer_unavailable(consortium: Consortium) -> None:
    late = consortium.propose(b"Put", b"k", b"v")
    consortium.clock.advance(16 * 60)
    with pytest.raises(Denied) as caught:
        await consortium.endorsements.evaluate(consortium.own, late, ())
    assert (caught.value.code, caught.value.message) == (
        grpc.StatusCode.UNAVAILABLE,
        "failed to evaluate transaction, see attached details for more info",
    )
    assert [one.msp_id for one in caught.value.details] == list(ALL)
    own, *others = (one.message for one in caught.value.details)
    assert own.startswith("request unauthorized due to incorrect timestamp")
    assert all(one.startswith("rpc error: code = Unknown desc = request unauthorized") for one in others)


async def test_a_fault_of_one_chaincode_is_one_endorsers(consortium: Consortium) -> None:
    def fault(execution: Execution, arguments: Arguments) -> Outcome:
        raise DevnetError("timeout expired while executing transaction")

    consortium.custody(DISTRIBUTOR).behave = fault
    error = await denied(consortium, b"Put", b"k", b"v", organizations=[MANUFACTURER, DISTRIBUTOR])
    assert [(d.msp_id, d.message) for d in error.details] == [
        (DISTRIBUTOR, "error in simulation: timeout expired while executing transaction")
    ]
