"""Chaincode on Fabric's own Node libraries, in its own process, run by every member's peer of a devnet."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
import yaml

from gateway.fabric import Contract, EndorseError, Network, chaincode_refusal, connect
from network import ledger, packages
from network.addresses import Loopback
from network.identities import Identities
from network.topology import Topology
from tests.integration.node.conftest import FOLDER, Node
from tests.support.ledgers import Ledger
from tests.support.ports import free_base_port, free_port

START_SECONDS = 60.0
COLLECTION = "_implicit_org_ManufacturerMSP"
TOPOLOGY = {
    "channel": "medicines",
    "domain": "mediledger.example",
    "base_port": 23000,
    "orderer": "manufacturer",
    "organizations": [
        {"name": name, "msp_id": f"{name.title()}MSP", "gln": gln, "role": role, "title": name.title()}
        for name, gln, role in (
            ("manufacturer", "9521234000013", "manufacturer"),
            ("regulator", "9521234000044", "regulator"),
        )
    ],
}


def chaincode(name: str, port: int) -> dict[str, str]:
    return {"name": name, "version": "1", "server": f"127.0.0.1:{port}"}


@pytest.fixture(scope="module")
def devnet(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """devnet, and the chaincode in two servers, so that the one can ask the other."""
    home = tmp_path_factory.mktemp("node-chaincode")
    ports = {"stock": free_port(), "stock2": free_port()}
    path = home / "topology.yaml"
    described = TOPOLOGY | {"chaincodes": [chaincode(name, port) for name, port in ports.items()]}
    path.write_text(yaml.safe_dump(described))
    topology = Topology.load(path, free_base_port())
    ledger.prepare(topology, home, "devnet")
    identities = Identities(topology, home / "network")
    code = home / "chaincode"
    shutil.copytree(FOLDER / "chaincode", code)
    modules = node.script.parent / "node_modules"
    (code / "node_modules").symlink_to(modules.resolve())
    started: list[subprocess.Popen[bytes]] = []
    running = Ledger(topology, home, "devnet")
    try:
        for one in topology.chaincodes:
            package = packages.build(identities, Loopback(topology), topology.organizations[0], one)
            command = [
                node.program,
                str(modules / ".bin" / "fabric-chaincode-node"),
                "server",
                f"--chaincode-address={one.server}",
                f"--chaincode-id={package.package_id}",
            ]
            with (home / f"{one.name}.log").open("wb") as log:
                started.append(subprocess.Popen(command, cwd=code, stdout=log, stderr=log))
        running.run("devnet")
        yield running
    finally:
        running.stop()
        for process in started:
            process.terminate()
            process.wait(20)


@pytest.fixture
async def network(devnet: Ledger) -> AsyncIterator[Network]:
    """The manufacturer's, once the chaincode is there."""
    async with connect(ledger.member_profile(devnet.home, devnet.member("manufacturer"))) as gateway:
        found = gateway.network("medicines")
        deadline = time.monotonic() + START_SECONDS
        for name in ("stock", "stock2"):
            while True:
                try:
                    await found.contract(name).proposal("Put", "ready", "yes").endorse()
                    break
                except EndorseError:
                    assert time.monotonic() < deadline, (devnet.home / f"{name}.log").read_text()
                    await asyncio.sleep(0.2)
        yield found


@pytest.fixture
def stock(network: Network) -> Contract:
    return network.contract("stock")


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


async def test_state_ranges_and_history(stock: Contract, key: str) -> None:
    for number in range(3):
        assert await stock.submit("Put", f"{key}-{number}", "first") == b"first"
    await stock.submit("Put", f"{key}-1", "second")
    assert await stock.evaluate("Get", f"{key}-1") == b"second"
    assert json.loads(await stock.evaluate("Keys", f"{key}-", f"{key}-~")) == [f"{key}-{n}" for n in range(3)]
    assert json.loads(await stock.evaluate("History", f"{key}-1")) == ["second", "first"]


async def test_many_at_once(stock: Contract, key: str) -> None:
    await asyncio.gather(*(stock.submit("Put", f"{key}-{number:03}", "v") for number in range(100)))
    assert len(json.loads(await stock.evaluate("Keys", f"{key}-", f"{key}-~"))) == 100
    adding = [await stock.proposal("Add", key).endorse() for _ in range(3)]
    statuses = [await (await one.submit()).status() for one in adding]
    assert [status.name for status in statuses] == ["VALID", "MVCC_READ_CONFLICT", "MVCC_READ_CONFLICT"]


async def test_a_refusal_in_its_own_words(stock: Contract, key: str) -> None:
    with pytest.raises(EndorseError) as raised:
        await stock.submit("Get", key)
    assert chaincode_refusal(raised.value) == (500, f"there is no {key}")


async def test_private_data_and_identities(stock: Contract, key: str) -> None:
    await stock.submit(
        "Keep", COLLECTION, key, transient={"value": "9.80"}, endorsing_organizations=["ManufacturerMSP"]
    )
    assert await stock.evaluate("Look", COLLECTION, key) == b"9.80"
    who = json.loads(await stock.evaluate("Who"))
    assert who == {"msp": "ManufacturerMSP", "role": "manufacturer"}


async def test_one_asks_the_other(network: Network, stock: Contract, key: str) -> None:
    await network.contract("stock2").submit("Put", key, "there")
    assert await stock.evaluate("Ask", "stock2", "Get", key) == b"there"


async def test_events(network: Network, stock: Contract, key: str) -> None:
    start = await network.height()
    await stock.submit("Put", key, "told")
    async with asyncio.timeout(20), aclosing(network.chaincode_events("stock", start)) as events:
        event = await anext(events)
    assert (event.name, event.payload) == ("Stored", key.encode())
