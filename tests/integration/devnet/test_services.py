"""devnet's services as a client sees them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import grpc
import pytest
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import events_pb2_grpc, peer_pb2_grpc, proposal_pb2

from gateway.fabric import CommitStatusError, EndorseError, EvaluateError, Network, chaincode_refusal
from gateway.fabric.blocks import header_hash
from network.devnet.nodes import Node, load_node
from tests.support.devnet import CHANNEL, Devnet
from tests.unit.network.devnet import transactions


def user(devnet: Devnet) -> Node:
    """The manufacturer's gateway user."""
    first = devnet.topology.organizations[0]
    return load_node(first.msp_id, devnet.identities.user(first, "gateway"))


async def test_endorsed_committed_and_delivered(network: Network) -> None:
    notes = network.contract("notes")
    start = await network.height()
    proposal = notes.proposal("Put", b"k", b"hello")
    transaction = await proposal.endorse()
    assert transaction.result == b"hello"
    status = await (await transaction.submit()).status()
    assert (status.successful, status.block_number) == (True, start)
    assert await notes.evaluate("Get", b"k") == b"hello"
    async for block in network.block_events(start_block=0):
        if block.header.number == start:
            break
        following = header_hash(block.header)
    assert block.header.previous_hash == following
    assert proposal.transaction_id.encode() in block.data.data[0]


async def test_conflicts_are_found(network: Network) -> None:
    notes = network.contract("notes")
    adding = [await notes.proposal("Add", b"count").endorse() for _ in range(5)]
    codes = [(await (await one.submit()).status()).name for one in adding]
    assert codes == ["VALID", *["MVCC_READ_CONFLICT"] * 4]
    assert await notes.evaluate("Get", b"count") == b"1"


async def test_refusals_of_chaincode(network: Network) -> None:
    notes = network.contract("notes")
    with pytest.raises(EvaluateError) as evaluated:
        await notes.evaluate("Nothing")
    assert evaluated.value.code == grpc.StatusCode.UNKNOWN
    assert chaincode_refusal(evaluated.value) == (404, "there is no function Nothing")
    with pytest.raises(EndorseError) as endorsed:
        await notes.proposal("Nothing").endorse()
    assert endorsed.value.code == grpc.StatusCode.ABORTED
    [detail] = endorsed.value.details
    assert (detail.msp_id, detail.message) == (
        "ManufacturerMSP",
        "chaincode response 404, there is no function Nothing",
    )


async def test_a_status_is_waited_for_until_the_deadline(devnet: Devnet, network: Network) -> None:
    node = user(devnet)
    request = gateway_pb2.CommitStatusRequest(
        transaction_id="0" * 64, channel_id=CHANNEL, identity=node.serialized
    ).SerializeToString()
    signed = gateway_pb2.SignedCommitStatusRequest(request=request, signature=node.sign(request))
    async with devnet.channel() as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await gateway_pb2_grpc.GatewayStub(channel).CommitStatus(signed, timeout=0.5)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    with pytest.raises(CommitStatusError):
        await network.commit("").status()


async def test_events_go_on_behind_a_transaction(network: Network) -> None:
    notes = network.contract("notes")
    start = await network.height()
    for number in range(4):
        await notes.submit("Put", f"e{number}".encode(), b"v")
    async with asyncio.timeout(20):
        found = []
        async for event in network.chaincode_events("notes", start_block=start):
            found.append((event.name, event.payload))
            if len(found) == 4:
                break
    assert found == [("Noted", f"e{number}".encode()) for number in range(4)]


def seek(node: Node, start: int, stop: int, behavior: int = 0, **header: object) -> common_pb2.Envelope:
    channel_header = common_pb2.ChannelHeader(
        type=common_pb2.DELIVER_SEEK_INFO, channel_id=str(header.get("channel", CHANNEL))
    )
    channel_header.timestamp.seconds = int(time.time())
    info = ab_pb2.SeekInfo(behavior=behavior)
    info.start.specified.number, info.stop.specified.number = start, stop
    payload = common_pb2.Payload(
        header=common_pb2.Header(
            channel_header=channel_header.SerializeToString(),
            signature_header=common_pb2.SignatureHeader(
                creator=node.serialized, nonce=b"n"
            ).SerializeToString(),
        ),
        data=info.SerializeToString(),
    ).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=node.sign(payload))


async def test_filtered_blocks_have_no_payloads(devnet: Devnet, network: Network) -> None:
    done = await (await network.contract("notes").proposal("Put", b"f", b"secret").endorse()).submit()
    number = (await done.status()).block_number
    async with devnet.channel() as channel:
        stream = events_pb2_grpc.DeliverStub(channel).DeliverFiltered()
        await stream.write(seek(user(devnet), number, number))
        block = (await stream.read()).filtered_block
        ended = await stream.read()
        stream.cancel()
    assert (block.number, block.channel_id, ended.status) == (number, CHANNEL, common_pb2.SUCCESS)
    [one] = [t for t in block.filtered_transactions if t.txid == done.transaction_id]
    [action] = one.transaction_actions.chaincode_actions
    assert (action.chaincode_event.event_name, action.chaincode_event.payload) == ("Noted", b"")


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (lambda node: seek(node, 3, 1), common_pb2.BAD_REQUEST),
        (lambda node: seek(node, 0, 0, channel="elsewhere"), common_pb2.NOT_FOUND),
        (
            lambda node: seek(node, 2**40, 2**40, ab_pb2.SeekInfo.FAIL_IF_NOT_READY),
            common_pb2.NOT_FOUND,
        ),
        (
            lambda node: common_pb2.Envelope(payload=seek(node, 0, 0).payload, signature=b"forged"),
            common_pb2.FORBIDDEN,
        ),
        (lambda node: common_pb2.Envelope(payload=b"\xff"), common_pb2.BAD_REQUEST),
    ],
)
async def test_what_is_not_delivered(devnet: Devnet, network: Network, made: object, status: int) -> None:
    async with devnet.channel() as channel:
        stream = events_pb2_grpc.DeliverStub(channel).Deliver()
        await stream.write(made(user(devnet)))  # type: ignore[operator]
        answer = await stream.read()
        assert answer.status == status
        assert await stream.read() is grpc.aio.EOF


async def test_a_peers_own_service(devnet: Devnet, network: Network) -> None:
    node = user(devnet)
    async with devnet.channel("distributor") as channel:
        process = peer_pb2_grpc.EndorserStub(channel).ProcessProposal
        answer = await process(transactions.proposal(node, b"GetChainInfo", b"medicines", chaincode="qscc"))
        assert answer.response.status == 200
        answer = await process(transactions.proposal(node, b"GetChannels", chaincode="cscc"))
        assert "expected MSP ID DistributorMSP, received ManufacturerMSP" in answer.response.message
        answer = await process(transactions.proposal(node, b"Put", b"x", b"y", chaincode="notes"))
        assert (answer.response.payload, bool(answer.endorsement.signature)) == (b"y", True)
        answer = await process(transactions.proposal(node, b"F", chaincode="nobody"))
        assert (answer.response.status, bool(answer.payload)) == (500, False)
        forged = transactions.proposal(node, b"Put", b"x", b"y", chaincode="notes")
        forged.signature = b"forged"
        with pytest.raises(grpc.aio.AioRpcError, match="access denied"):
            await process(forged)


async def test_bad_calls_are_refused_and_nothing_dies(devnet: Devnet, network: Network) -> None:
    node = user(devnet)
    whole = transactions.proposal(node, b"Put", b"x", b"y", chaincode="notes")
    codes = set()
    async with devnet.channel() as channel:
        stub = gateway_pb2_grpc.GatewayStub(channel)
        for length in (0, 1, 50, len(whole.proposal_bytes) - 1):
            cut = proposal_pb2.SignedProposal(
                proposal_bytes=whole.proposal_bytes[:length], signature=whole.signature
            )
            for call in (
                stub.Evaluate(gateway_pb2.EvaluateRequest(channel_id=CHANNEL, proposed_transaction=cut)),
                stub.Endorse(gateway_pb2.EndorseRequest(channel_id=CHANNEL, proposed_transaction=cut)),
            ):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call
                codes.add(caught.value.code())
        for envelope in (
            common_pb2.Envelope(),
            common_pb2.Envelope(payload=b"\xff"),
            common_pb2.Envelope(payload=b"\xff", signature=b"x"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Submit(
                    gateway_pb2.SubmitRequest(channel_id=CHANNEL, prepared_transaction=envelope)
                )
            codes.add(caught.value.code())
        for signed in (
            gateway_pb2.SignedCommitStatusRequest(),
            gateway_pb2.SignedCommitStatusRequest(request=b"\xff"),
            gateway_pb2.SignedCommitStatusRequest(
                request=gateway_pb2.CommitStatusRequest(
                    transaction_id="x", channel_id=CHANNEL, identity=node.serialized
                ).SerializeToString(),
                signature=b"forged",
            ),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.CommitStatus(signed)
            codes.add(caught.value.code())
    status = grpc.StatusCode
    assert codes <= {
        status.INVALID_ARGUMENT,
        status.ABORTED,
        status.FAILED_PRECONDITION,
        status.PERMISSION_DENIED,
    }
    assert await network.contract("notes").evaluate("Get", b"ready") in (b"", b"yes")


async def test_it_says_what_it_is_not_for(devnet: Devnet, network: Network) -> None:
    assert "NOT FOR PRODUCTION" in devnet.log().splitlines()[0]


async def refused(devnet: Devnet) -> str:
    """What devnet says where it cannot start."""
    process = await asyncio.create_subprocess_exec(
        *devnet.spec.argv, cwd=devnet.spec.cwd, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"Traceback" not in errors
    return errors.decode()


async def test_a_second_one_on_the_same_ledger(devnet: Devnet, network: Network) -> None:
    assert "another devnet has the ledger" in await refused(devnet)


async def test_a_port_that_is_taken(devnet: Devnet, network: Network, tmp_path: Path) -> None:
    other = Devnet(tmp_path, devnet.topology.base_port)
    first = other.topology.peer_port(other.topology.organizations[0])
    assert f"cannot listen on 127.0.0.1:{first}" in await refused(other)
