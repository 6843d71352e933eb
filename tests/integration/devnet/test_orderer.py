"""The ordering service for clients that have no gateway: Fabric's commands, older SDKs."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import grpc
import pytest
import yaml
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.orderer import ab_pb2, ab_pb2_grpc

from gateway.fabric import Network, Transaction
from network import ledger
from network.addresses import Loopback
from network.fabric import settings
from tests.integration.devnet.test_services import seek, user
from tests.support.devnet import CHANNEL, Devnet


def orderer(devnet: Devnet) -> grpc.aio.Channel:
    root = devnet.identities.tls(devnet.identities.orderer()).root.read_bytes()
    return grpc.aio.secure_channel(
        f"127.0.0.1:{devnet.topology.orderer_port}",
        grpc.ssl_channel_credentials(root),
        [("grpc.ssl_target_name_override", devnet.topology.orderer_host)],
    )


async def broadcast(devnet: Devnet, envelope: common_pb2.Envelope) -> ab_pb2.BroadcastResponse:
    """The orderer's answer to one envelope."""
    async with orderer(devnet) as channel:
        stream = ab_pb2_grpc.AtomicBroadcastStub(channel).Broadcast()
        await stream.write(envelope)
        answer = await stream.read()
        stream.cancel()
        return answer


def envelope_of(transaction: Transaction) -> common_pb2.Envelope:
    """What a client without a gateway sends."""
    return gateway_pb2.PreparedTransaction.FromString(transaction.bytes).envelope


async def test_an_envelope_is_ordered(devnet: Devnet, network: Network) -> None:
    transaction = await network.contract("notes").proposal("Put", b"broadcast", b"heard").endorse()
    answer = await broadcast(devnet, envelope_of(transaction))
    assert (answer.status, answer.info) == (common_pb2.SUCCESS, "")
    assert (await network.commit(transaction.transaction_id).status()).successful
    assert await network.contract("notes").evaluate("Get", b"broadcast") == b"heard"


async def test_what_is_not_ordered(devnet: Devnet, network: Network) -> None:
    transaction = await network.contract("notes").proposal("Put", b"broadcast", b"refused").endorse()
    good = envelope_of(transaction)
    elsewhere = seek(user(devnet), 0, 0, channel="elsewhere")
    for envelope, status in (
        (common_pb2.Envelope(payload=b"\xff", signature=b"x"), common_pb2.BAD_REQUEST),
        (common_pb2.Envelope(payload=good.payload, signature=b"forged"), common_pb2.FORBIDDEN),
        (elsewhere, common_pb2.BAD_REQUEST),
    ):
        answer = await broadcast(devnet, envelope)
        assert answer.status == status
        assert answer.info
    assert await network.contract("notes").evaluate("Get", b"broadcast") != b"refused"


async def test_blocks_of_the_orderer(devnet: Devnet, network: Network) -> None:
    height = await network.height()
    async with orderer(devnet) as channel, asyncio.timeout(20):
        stream = ab_pb2_grpc.AtomicBroadcastStub(channel).Deliver()
        await stream.write(seek(user(devnet), 0, height - 1))
        numbers = [(await stream.read()).block.header.number for _ in range(height)]
        assert (await stream.read()).status == common_pb2.SUCCESS
        stream.cancel()
    assert numbers == list(range(height))


async def test_fabrics_own_command(devnet: Devnet, network: Network, tmp_path: Path) -> None:
    fabric = ledger.find_fabric()
    if fabric is None:
        pytest.skip("Fabric's peer command is not found")
    first, second, _ = devnet.topology.organizations
    core = settings.core(
        devnet.topology, devnet.identities, Loopback(devnet.topology), first, tmp_path, tmp_path
    )
    (tmp_path / "core.yaml").write_text(yaml.safe_dump(core))
    root = str(devnet.identities.tls(devnet.identities.peer(first)).root)
    environment = {
        "PATH": os.environ["PATH"],
        "FABRIC_CFG_PATH": str(tmp_path),
        "FABRIC_LOGGING_SPEC": "error",
        "CORE_PEER_MSPCONFIGPATH": str(devnet.identities.user(first, "admin") / "msp"),
        "CORE_PEER_TLS_ROOTCERT_FILE": root,
    }

    async def peer(*words: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            [fabric["peer"], *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    orderers = str(devnet.identities.tls(devnet.identities.orderer()).root)
    ordering = ("-o", f"127.0.0.1:{devnet.topology.orderer_port}", "--tls", "--cafile", orderers)
    endorsing: list[str] = []
    for organization in (first, second):
        authority = str(devnet.identities.tls(devnet.identities.peer(organization)).root)
        address = f"127.0.0.1:{devnet.topology.peer_port(organization)}"
        endorsing += ["--peerAddresses", address, "--tlsRootCertFiles", authority]
    notes = ("-C", CHANNEL, "-n", "notes", "-c")
    assert CHANNEL in (await peer("channel", "list")).split()
    put = '{"Args":["Put","by command","told"]}'
    await peer("chaincode", "invoke", *notes, put, *ordering, *endorsing, "--waitForEvent")
    assert (await peer("chaincode", "query", *notes, '{"Args":["Get","by command"]}')).strip() == "told"
    fetched = tmp_path / "newest.block"
    await peer("channel", "fetch", "newest", str(fetched), "-c", CHANNEL, *ordering)
    block = common_pb2.Block.FromString(fetched.read_bytes())
    assert block.header.number == await network.height() - 1
