"""Errors with each peer's own words, and a chaincode's refusal found in them."""

from __future__ import annotations

import grpc
import pytest

from gateway.fabric import (
    EndorseError,
    EvaluateError,
    GatewayCallError,
    Network,
    PeerDetail,
    chaincode_refusal,
)
from tests.unit.gateway.fabric.fake_gateway import FakeGateway, Fault

Code = grpc.StatusCode
REFUSAL = '{"code":"held","field":"what[0]","message":"in quarantine,\\nsince today"}'


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def text(number: int, value: str | bytes) -> bytes:
    """A length-delimited protobuf field, written by hand."""
    data = value.encode() if isinstance(value, str) else value
    return varint(number * 8 + 2) + varint(len(data)) + data


def detail(address: str, msp_id: str, message: str, kind: str = "gateway.ErrorDetail") -> bytes:
    """One google.protobuf.Any in google.rpc.Status.details (field 3)."""
    inner = text(1, address) + text(2, msp_id) + text(3, message)
    return text(3, text(1, f"type.googleapis.com/{kind}") + text(2, inner))


def status(*details: bytes) -> tuple[tuple[str, bytes], ...]:
    """google.rpc.Status as gRPC's trailing metadata carries it: code 10 (ABORTED), message, details."""
    return (("grpc-status-details-bin", b"\x08\x0a" + text(2, "failed to endorse") + b"".join(details)),)


async def failed(network: Network, fake: FakeGateway, fault: Fault) -> EndorseError:
    fake.script("Endorse", fault)
    with pytest.raises(EndorseError) as error:
        await network.contract("custody").proposal("Pack").endorse()
    assert error.value.transaction_id == fake.endorsed[-1].transaction_id
    return error.value


async def test_details_of_each_peer(network: Network, fake: FakeGateway) -> None:
    trailers = status(
        detail("peer0.maker:17020", "MakerMSP", f"chaincode response 409, {REFUSAL}"),
        detail("x", "y", "z", "google.rpc.RetryInfo"),
        detail("peer0.harbor:17040", "HarborMSP", "late"),
    )
    error = await failed(network, fake, Fault(Code.ABORTED, message="failed to endorse", trailers=trailers))
    assert (error.code, error.message) == (Code.ABORTED, "failed to endorse")
    assert error.details == (
        PeerDetail("peer0.maker:17020", "MakerMSP", f"chaincode response 409, {REFUSAL}"),
        PeerDetail("peer0.harbor:17040", "HarborMSP", "late"),
    )
    assert "peer0.harbor:17040 (HarborMSP): late" in str(error)
    assert chaincode_refusal(error) == (409, REFUSAL)


async def test_without_details(network: Network, fake: FakeGateway) -> None:
    error = await failed(network, fake, Fault(Code.UNAVAILABLE, message="no peers"))
    assert (error.details, chaincode_refusal(error)) == ((), None)
    assert str(error) == "endorse: UNAVAILABLE: no peers"


@pytest.mark.parametrize(
    "value", [b"\xff", b"\x1a\x05ab", text(3, text(1, "gateway.ErrorDetail") + text(2, b"\xff"))]
)
async def test_damaged_details_do_not_hide_the_error(
    network: Network, fake: FakeGateway, value: bytes
) -> None:
    trailers = (("grpc-status-details-bin", value),)
    error = await failed(network, fake, Fault(Code.ABORTED, message="failed", trailers=trailers))
    assert (error.code, error.message, error.details) == (Code.ABORTED, "failed", ())


async def test_refusal_of_an_evaluation_is_in_its_message(network: Network, fake: FakeGateway) -> None:
    message = f"evaluate call to endorser returned error: chaincode response 404, {REFUSAL}"
    fake.script("Evaluate", Fault(Code.UNKNOWN, message=message))
    with pytest.raises(EvaluateError) as error:
        await network.contract("custody").evaluate("GetUnit")
    assert chaincode_refusal(error.value) == (404, REFUSAL)


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
def test_refusal(message: str, found: tuple[int, str] | None) -> None:
    assert chaincode_refusal(GatewayCallError(Code.ABORTED, message, (), "")) == found
    told = (PeerDetail("a", "M", "other"), PeerDetail("b", "N", message))
    assert chaincode_refusal(GatewayCallError(Code.ABORTED, "", told, "")) == found
