"""Both ledgers, started once, with the same members: what one client signs is for both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from network import ledger
from network.topology import Topology
from tests.integration.chaincode.conftest import Ledger
from tests.support.ports import free_base_port

TOPOLOGY = Path(__file__).with_name("topology.yaml")


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Ledger]]:
    """devnet and real Fabric."""
    if ledger.find_fabric() is None:
        pytest.skip("Fabric's programs are not here to compare devnet with")
    first = _prepared(tmp_path_factory.mktemp("devnet"), "devnet", None)
    try:
        first.start()
        second = _prepared(tmp_path_factory.mktemp("fabric"), "fabric", first.home)
        try:
            second.start()
            yield first, second
        finally:
            second.stop()
    finally:
        first.stop()


def _prepared(home: Path, kind: str, like: Path | None) -> Ledger:
    """A ledger that can be started, with the identities of another one where that is named."""
    topology = Topology.load(TOPOLOGY, free_base_port())
    if like is not None:
        shutil.copytree(like / "network" / "organizations", home / "network" / "organizations")
    ledger.prepare(topology, home, kind)
    return Ledger(topology, home, kind)
