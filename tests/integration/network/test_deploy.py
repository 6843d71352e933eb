"""A network from nothing, again, through deaths of its nodes, and with changed chaincode definitions."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.fabric import CommitError, EndorseError, FabricError, chaincode_refusal, connect
from network import ledger
from network.status import status
from tests.integration.chaincode.members import Probe
from tests.integration.network.conftest import Network, rewritten


async def statuses(network: Network) -> dict[str, tuple[bool, int | None]]:
    rows = await status(network.topology, network.home, network.kind)
    return {row.node: (row.healthy, row.height) for row in rows}


async def level(network: Network) -> int:
    """Wait until every node is healthy and every peer has all blocks; their height."""
    deadline = time.monotonic() + 60
    while True:
        seen = await statuses(network)
        heights = {height for _, height in seen.values() if height is not None}
        if all(healthy for healthy, _ in seen.values()) and len(heights) == 1:
            return heights.pop()
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.2)


async def eventually_written(network: Network, member: str, value: str) -> None:
    """A transaction of a member's commits within a minute: a node that was away needs a moment."""
    deadline = time.monotonic() + 60
    async with AsyncExitStack() as stack:
        probe = Probe(network, stack, member)
        stack.push_async_callback(probe.close)
        while True:
            try:
                await probe.write("put", "key", value)
                return
            except FabricError as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{member} cannot write: {error}") from error
                await asyncio.sleep(0.2)


async def test_up_within_a_minute(started: Network) -> None:
    assert started.seconds < 60
    seen = await statuses(started)
    nodes = [started.topology.peer_host(organization) for organization in started.topology.organizations]
    if started.kind == "fabric":
        nodes.insert(0, started.topology.orderer_host)
    assert list(seen) == nodes
    assert await level(started) > 1


async def test_deployed_again_it_writes_nothing(started: Network) -> None:
    before = await level(started)
    ledger.prepare(started.topology, started.home, started.kind)
    started.run("deploy")
    assert await level(started) == before


async def test_each_member_transacts(started: Network) -> None:
    for organization in started.topology.organizations:
        await eventually_written(started, organization.name, organization.name)


async def test_the_registry_has_its_regulators(started: Network) -> None:
    profile = ledger.member_profile(started.home, started.topology.organizations[0])
    async with connect(profile) as gateway:
        registry = gateway.network(profile.channel).contract("registry")
        assert json.loads(await registry.evaluate("ListParties", b'{"page_size":1}'))["items"] == []
        # Only a member of the regulators' list registers parties.
        with pytest.raises(EndorseError) as refused:
            await registry.submit("RegisterParty", b"{}")
        assert chaincode_refusal(refused.value)


async def test_a_chaincode_server_killed_and_back(started: Network) -> None:
    started.kill("chaincode-distributor")
    # A majority is left.
    await eventually_written(started, "manufacturer", "without the distributor's chaincode")
    started.run("chaincode-distributor")
    started.run("deploy")
    await eventually_written(started, "distributor", "with it")


async def test_a_node_killed_and_back(started: Network) -> None:
    victims = ["peer-distributor", "orderer"] if started.kind == "fabric" else ["devnet"]
    for victim in victims:
        before = await level(started)
        started.kill(victim)
        seen = await statuses(started)
        assert not all(healthy for healthy, _ in seen.values())
        if victim == "peer-distributor":
            assert not seen[started.topology.peer_host(started.topology.organizations[1])][0]
            await eventually_written(started, "manufacturer", "meanwhile")
        started.run(victim)
        started.run("deploy")
        assert await level(started) >= before
        await eventually_written(started, "manufacturer", f"after {victim}")
        assert await level(started) > before


async def test_a_changed_policy_and_version(started: Network) -> None:
    async with AsyncExitStack() as stack:
        probe = Probe(started, stack, "manufacturer")
        stack.push_async_callback(probe.close)
        with pytest.raises((CommitError, EndorseError)):
            await probe.write("put", "alone", "1", endorsers=["ManufacturerMSP"])

    changed = rewritten(
        started, "probe", policy="OR('ManufacturerMSP.peer', 'DistributorMSP.peer', 'RegulatorMSP.peer')"
    )
    if started.kind == "devnet":
        started.kill("devnet")
        started.run("devnet")
    started.run("deploy")
    async with AsyncExitStack() as stack:
        probe = Probe(started, stack, "manufacturer")
        stack.push_async_callback(probe.close)
        await probe.write("put", "alone", "2", endorsers=["ManufacturerMSP"])
        height = await level(started)
    started.run("deploy")
    assert await level(started) == height

    changed = rewritten(started, "probe", version="2")
    # Another version is another package, whose servers go by another id.
    for organization in changed.organizations:
        started.kill(f"chaincode-{organization.name}")
    started.replan(changed)
    for organization in changed.organizations:
        started.run(f"chaincode-{organization.name}")
    if started.kind == "devnet":
        started.kill("devnet")
        started.run("devnet")
    started.run("deploy")
    for organization in changed.organizations:
        await eventually_written(started, organization.name, "version 2")


async def test_chaincode_servers_are_their_members_alone(started: Network) -> None:
    folder = started.home / "network" / "sockets"
    for organization in started.topology.organizations:
        member = folder / organization.name
        assert stat.S_IMODE(member.stat().st_mode) == 0o700
        sockets = {path.name: stat.S_IMODE(path.stat().st_mode) for path in member.glob("*.sock")}
        labels = [one.label for one in started.topology.chaincodes_of(organization)]
        assert {f"{label}.sock": 0o600 for label in labels}.items() <= sockets.items()


async def test_keys_are_their_owners_to_read(started: Network) -> None:
    root = started.home / "network"
    secrets = [path for path in root.rglob("*") if path.is_file() and b"PRIVATE KEY" in head(path)]
    assert len(secrets) > 20
    for path in secrets:
        readable = path.stat().st_mode & 0o077
        # What a peer installed is below its own folder, which is closed.
        closed = any(parent.stat().st_mode & 0o077 == 0 for parent in path.parents if root in parent.parents)
        assert not readable or closed, path


def head(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.read(4096)
