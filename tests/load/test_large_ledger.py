"""A ledger of a million packs: it opens at once, answers at once, and is what its blocks say."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from chaincode.model import canonical, keys
from gateway.fabric import FabricError
from network.devnet import config, places
from network.devnet.channel_policies import ChannelPolicies
from network.devnet.clock import Clock
from network.devnet.definitions import of_channel
from network.devnet.execution import Execution, Outcome
from network.devnet.genesis import genesis_block
from network.devnet.verify import verify
from tests.support.devnet import CHANNEL, Devnet
from tests.unit.network.devnet.consortium import Consortium, opened, success

PACKS = 1_000_000
BATCH = 1_000
GTIN = "09521234000013"
OPEN_SECONDS = 3.0
STARTS = 3


def serial(number: int) -> str:
    return f"S{number:09}"


def commission(execution: Execution, arguments: Sequence[bytes]) -> Outcome:
    """Read and write what the contract reads and writes to commission a batch."""
    first = int(arguments[1])
    simulation = execution.simulation
    for number in range(first, first + BATCH):
        key = keys.unit_key(GTIN, serial(number))
        simulation.get("custody", key)
        unit = {
            "doc": "unit",
            "gtin": GTIN,
            "serial": serial(number),
            "lot": "L1",
            "status": "commissioned",
            "commissioned_at": 1_795_500_000_000,
            "owner": "9521234000013",
            "custodian": "9521234000013",
        }
        simulation.put("custody", key, canonical.dumps(unit))
    return success(b"", "UnitsCommissioned")


async def fill(consortium: Consortium, packs: int) -> None:
    """Commission packs, a batch in each block, through endorsement, validation and the store."""
    for one in consortium.chaincodes.values():
        one["custody"].behave = commission
    for first in range(0, packs, BATCH):
        proposal = consortium.propose(b"Commission", str(first).encode(), b"")
        envelope = await consortium.endorse(proposal)
        await consortium.chain.append([envelope.SerializeToString()])


async def listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


async def time_to_answer(devnet: Devnet, number: int) -> tuple[float, float]:
    """Seconds from the start of the process until it tells its height, and a pack's history."""
    began = time.monotonic()
    devnet.start("devnet")
    # A client that had found nobody would wait for a second before it tried again.
    await listening(devnet.topology.peer_port(devnet.topology.organizations[0]))
    query = json.dumps({"key_type": "unit", "attributes": [GTIN, serial(number)]}).encode()
    async with devnet.gateway() as gateway, asyncio.timeout(60):
        network = gateway.network(CHANNEL)
        told = 0.0
        while True:
            try:
                if not told:
                    assert await network.height() == PACKS // BATCH + 1
                    told = time.monotonic() - began
                answer = json.loads(await network.contract("custody").evaluate("History", query))
                [item] = answer["items"]
                assert item["doc"]["serial"] == serial(number)
                return told, time.monotonic() - began
            except FabricError:
                await asyncio.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_a_million_packs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    devnet = Devnet(tmp_path, topology=None)
    topology, [channel] = devnet.topology, devnet.topology.channels
    genesis = genesis_block(topology, channel, devnet.identities, Clock())
    defined = of_channel(channel, ChannelPolicies(config.channel_group(genesis)))
    folder = places.ledger(tmp_path, topology, channel)
    began = time.monotonic()
    async with opened(topology, devnet.identities, defined, folder) as consortium:
        await fill(consortium, PACKS)
    made = time.monotonic() - began
    began = time.monotonic()
    found = verify(folder, lambda _: None)
    verified = time.monotonic() - began
    assert (found.blocks, found.keys) == (PACKS // BATCH + 1, PACKS)
    answered = []
    try:
        devnet.start(*(f"chaincode-{one.name}" for one in topology.organizations))
        for start in range(STARTS):
            answered.append(await time_to_answer(devnet, PACKS // STARTS * start))
            devnet.end("devnet")
    finally:
        devnet.stop()
    size = sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
    with capsys.disabled():
        times = ", ".join(f"{height:.2f}/{history:.2f}" for height, history in answered)
        print(  # noqa: T201 - what was measured
            f"\n{PACKS} packs made in {made:.0f} s, {size >> 20} MiB, verified in {verified:.0f} s, "
            f"height/history told after {times} s"
        )
    assert statistics.median(history for _, history in answered) < OPEN_SECONDS
