"""The status of a transaction, whoever submitted it."""

from __future__ import annotations

import grpc
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import transaction_pb2

from gateway.fabric import CommitStatusError, Identity, Network, Status
from gateway.fabric.commit import code_name
from tests.unit.chaincode.shim.certificates import Pair
from tests.unit.gateway.fabric.fake_gateway import FakeGateway


async def test_the_status_of_a_known_id(
    fake: FakeGateway, network: Network, pair: Pair, identity: Identity
) -> None:
    fake.committed["abc"] = (transaction_pb2.MVCC_READ_CONFLICT, 7)
    status = await network.commit("abc").status()
    assert status == Status("abc", transaction_pb2.MVCC_READ_CONFLICT, "MVCC_READ_CONFLICT", 7)
    assert not status.successful
    [(_, request)] = fake.requests
    asked = gateway_pb2.CommitStatusRequest.FromString(request.request)
    assert (asked.transaction_id, asked.channel_id) == ("abc", "medicines")
    assert asked.identity == identity.serialized
    pair.key.public_key().verify(request.signature, request.request, ec.ECDSA(hashes.SHA256()))


async def test_what_is_not_committed_ends_at_the_deadline(network: Network) -> None:
    with pytest.raises(CommitStatusError) as raised:
        await network.commit("abc").status(0.1)
    assert raised.value.code == grpc.StatusCode.DEADLINE_EXCEEDED
    assert raised.value.transaction_id == "abc"


def test_a_code_of_a_later_fabric_has_a_name() -> None:
    assert code_name(0) == "VALID"
    assert code_name(9_999) == "CODE_9999"
