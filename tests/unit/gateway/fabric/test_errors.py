"""A gateway's errors, with each peer's words."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf import any_pb2

from gateway.fabric import EndorseError, EvaluateError, Network, PeerDetail, chaincode_refusal
from tests.unit.gateway.fabric.fake_gateway import Failure, FakeGateway

ABORTED = grpc.StatusCode.ABORTED
REFUSAL = 'chaincode response 409, {"code":"serial_duplicate","message":"two\nlines"}'


async def test_an_error_carries_code_message_details_and_transaction(
    fake: FakeGateway, network: Network
) -> None:
    fake.answer(
        "Endorse",
        Failure(ABORTED, "see details", (("peer0:7051", "AMSP", REFUSAL), ("peer1:7051", "BMSP", "x" * 300))),
    )
    proposal = network.contract("custody").proposal("Commission", b"{}")
    with pytest.raises(EndorseError) as raised:
        await proposal.endorse()
    error = raised.value
    assert (error.code, error.message) == (ABORTED, "see details")
    assert error.transaction_id == proposal.transaction_id
    assert error.details == (
        PeerDetail("peer0:7051", "AMSP", REFUSAL),
        PeerDetail("peer1:7051", "BMSP", "x" * 300),
    )
    assert "peer0:7051 (AMSP)" in str(error)
    assert chaincode_refusal(error) == (409, '{"code":"serial_duplicate","message":"two\nlines"}')
    assert not error.mismatch


def test_a_refusal_is_found_in_the_message_too() -> None:
    message = "evaluate call to endorser returned error: chaincode response 404, unit unknown"
    error = EvaluateError(grpc.StatusCode.UNKNOWN, message, (), "")
    assert chaincode_refusal(error) == (404, "unit unknown")
    assert chaincode_refusal(EvaluateError(ABORTED, "no", (), "")) is None


def test_busy_and_mismatch_are_told_apart() -> None:
    busy = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)"
    assert EndorseError(grpc.StatusCode.UNKNOWN, busy, (), "").busy
    assert not EndorseError(ABORTED, busy, (), "").busy
    detail = PeerDetail("peer1:7051", "BMSP", "ProposalResponsePayloads do not match")
    assert EndorseError(ABORTED, "see details", (detail,), "").mismatch


@pytest.mark.parametrize(
    "details", [b"\xff", b"\x1a\x05ab", b"\x1a\x19\x0a\x13gateway.ErrorDetail\x12\x02\xff\xff"]
)
async def test_malformed_details_do_not_hide_the_error(
    fake: FakeGateway, network: Network, details: bytes
) -> None:
    fake.answer("Evaluate", Failure(ABORTED, "failed", raw_details=details))
    with pytest.raises(EvaluateError) as raised:
        await network.contract("custody").evaluate("GetUnit")
    assert (raised.value.code, raised.value.message, raised.value.details) == (ABORTED, "failed", ())
    assert str(raised.value) == "evaluate: ABORTED: failed"


async def test_details_of_other_kinds_are_passed_over(fake: FakeGateway, network: Network) -> None:
    other = any_pb2.Any(type_url="type.googleapis.com/google.rpc.RetryInfo", value=b"x").SerializeToString()
    fake.answer("Evaluate", Failure(ABORTED, raw_details=b"\x1a" + bytes([len(other)]) + other))
    with pytest.raises(EvaluateError) as raised:
        await network.contract("custody").evaluate("GetUnit")
    assert raised.value.details == ()


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("chaincode response 500, internal error", (500, "internal error")),
        ("chaincode response 400, ", (400, "")),
        ("chaincode response x, y", None),
        ("no chaincode here", None),
        ("", None),
    ],
)
def test_a_refusal_is_found_wherever_it_is(message: str, found: tuple[int, str] | None) -> None:
    assert chaincode_refusal(EvaluateError(ABORTED, message, (), "")) == found
    told = (PeerDetail("a", "M", "other"), PeerDetail("b", "N", message))
    assert chaincode_refusal(EvaluateError(ABORTED, "", told, "")) == found
