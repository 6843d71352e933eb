"""Transactions: stored, sent again, read."""

from __future__ import annotations

import grpc
import pytest
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import transaction_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.fabric import CommitError, FabricError, Network, SubmitError
from tests.unit.gateway.fabric.envelopes import header, wrapped
from tests.unit.gateway.fabric.fake_gateway import Failure, FakeGateway


async def test_submit_returns_the_result_once_committed(fake: FakeGateway, network: Network) -> None:
    assert await network.contract("custody").submit("Commission", b"{}") == b"a result"
    assert [name for name, _ in fake.requests] == ["Endorse", "Submit", "CommitStatus"]


async def test_the_result_is_there_before_the_commit(fake: FakeGateway, network: Network) -> None:
    submitted = await network.contract("custody").submit_async("Commission", "{}")
    assert submitted.result == b"a result"
    assert [name for name, _ in fake.requests] == ["Endorse", "Submit"]
    status = await submitted.status()
    assert (status.successful, status.transaction_id) == (True, submitted.transaction_id)


async def test_an_invalid_transaction_is_an_error(fake: FakeGateway, network: Network) -> None:
    fake.answer("Submit", transaction_pb2.ENDORSEMENT_POLICY_FAILURE)
    with pytest.raises(CommitError) as raised:
        await network.contract("custody").submit("Commission", b"{}")
    assert raised.value.name == "ENDORSEMENT_POLICY_FAILURE"
    assert raised.value.block_number == 1


async def test_a_stored_transaction_is_sent_again_byte_for_byte(fake: FakeGateway, network: Network) -> None:
    transaction = await network.contract("custody").proposal("Commission", b"{}").endorse()
    await transaction.submit()
    restored = network.transaction_from(transaction.bytes)
    assert restored.transaction_id == transaction.transaction_id
    assert restored.result == b"a result"
    await restored.submit()
    assert restored == transaction
    assert fake.envelopes[0] == fake.envelopes[1]


async def test_a_submission_keeps_its_transaction_id_in_the_error(
    fake: FakeGateway, network: Network
) -> None:
    transaction = await network.contract("custody").proposal("Commission").endorse()
    fake.answer("Submit", Failure(grpc.StatusCode.UNAVAILABLE))
    with pytest.raises(SubmitError) as raised:
        await transaction.submit()
    assert raised.value.transaction_id == transaction.transaction_id
    assert fake.count("Submit") == 1


def prepared(envelope: bytes) -> bytes:
    return gateway_pb2.PreparedTransaction(
        transaction_id="1", envelope=common_pb2.Envelope.FromString(envelope)
    ).SerializeToString()


@pytest.mark.parametrize(
    "envelope",
    [
        b"\xff",
        b"",
        prepared(common_pb2.Envelope(payload=b"\xff").SerializeToString()),
        prepared(wrapped(header("1", common_pb2.CONFIG), b"")),
        prepared(wrapped(header("1"), b"\xff")),
    ],
    ids=["no envelope", "empty", "no payload", "no action", "no transaction"],
)
async def test_bytes_that_are_no_transaction_are_refused(network: Network, envelope: bytes) -> None:
    with pytest.raises(FabricError, match="no endorsed transaction"):
        network.transaction_from(envelope)


@given(data=st.binary(max_size=60))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_bytes_break_it(network: Network, data: bytes) -> None:
    for envelope in (data, prepared(wrapped(header("1"), data))):
        try:
            network.transaction_from(envelope)
        except FabricError:
            continue
