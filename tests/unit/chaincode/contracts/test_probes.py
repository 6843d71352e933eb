"""The calls with which a deployment finds out that a chaincode answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from network.topology import Topology
from tests.unit.chaincode.contracts.world import MSPS, REGULATOR, World

ROOT = Path(__file__).parents[4]
TOPOLOGIES = [
    path
    for folder in ("bench", "mediledger", "network", "tests")
    for path in (ROOT / folder).rglob("*.yaml")
    if "chaincode.contracts." in path.read_text()
]


@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: str(path.relative_to(ROOT)))
async def test_every_topology_asks_what_its_chaincodes_answer(world: World, path: Path) -> None:
    ours = [one for one in Topology.load(path).chaincodes if one.entry.startswith("chaincode.contracts.")]
    assert ours
    for chaincode in ours:
        arguments = [argument.encode() for argument in chaincode.probe]
        response = await world.ledger.respond(MSPS[REGULATOR], chaincode.name, arguments)
        assert response.status == 200, response.message
