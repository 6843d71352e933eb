"""Health and height of a ledger's nodes, asked of the nodes themselves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import httpx

from gateway.fabric import Deadlines, FabricError, connect
from network.ledger import member_profile
from network.topology import Organization, Topology

SECONDS = 5.0


@dataclass(frozen=True)
class NodeStatus:
    """One node: ``height`` in blocks where it keeps members' ledger, ``detail`` why it is not healthy."""

    node: str
    healthy: bool
    height: int | None
    detail: str


async def status(topology: Topology, home: Path, kind: str) -> list[NodeStatus]:
    """Each member's peer and, with Fabric, the orderer."""
    rows = await asyncio.gather(
        *(_peer(topology, home, organization) for organization in topology.organizations)
    )
    if kind == "fabric":
        return [await _orderer(topology), *rows]
    return list(rows)


async def _peer(topology: Topology, home: Path, organization: Organization) -> NodeStatus:
    name = topology.peer_host(organization)
    try:
        profile = member_profile(home, organization)
        async with connect(profile, Deadlines(evaluate=SECONDS)) as gateway:
            height = await gateway.network(topology.channel).height()
    except FabricError as error:
        return NodeStatus(name, False, None, str(error))
    return NodeStatus(name, True, height, "")


async def _orderer(topology: Topology) -> NodeStatus:
    url = f"http://127.0.0.1:{topology.orderer_operations_port}/healthz"
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
            answer = await client.get(url)
    except httpx.TransportError as error:
        return NodeStatus(topology.orderer_host, False, None, f"{url}: {error}")
    healthy = answer.status_code == 200
    return NodeStatus(topology.orderer_host, healthy, None, "" if healthy else answer.text[:200])
