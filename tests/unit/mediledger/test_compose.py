"""The Compose file is the topology's, and has a service for every process of a local system."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mediledger import compose
from mediledger.system import PROJECT, System
from network.topology import Topology

FILE = PROJECT / "docker-compose-fabric.yaml"


def test_the_file_is_what_the_topology_makes() -> None:
    # Otherwise make it again: python -m mediledger.compose > docker-compose-fabric.yaml
    assert FILE.read_text() == compose.text(Topology.load())


def test_every_process_of_a_local_system_has_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MEDILEDGER_DATABASE_URL", "MEDILEDGER_REDIS_URL", "MEDILEDGER_MQTT_URL"):
        monkeypatch.delenv(name, raising=False)
    system = System(tmp_path, "devnet", Topology.load())
    system.prepare()
    services = yaml.safe_load(FILE.read_text())["services"]
    # One user is made there, initdb is the image's own work, and devnet is Fabric there.
    elsewhere = {"postgres-init", "devnet"}
    for spec in system.plan():
        if spec.name in elsewhere or spec.name.startswith("user-"):
            continue
        assert spec.name in services
    assert {f"peer-{o.name}" for o in system.topology.organizations} | {"orderer"} <= set(services)


def test_services_wait_for_services_that_exist_and_publish_on_loopback_alone() -> None:
    services = yaml.safe_load(FILE.read_text())["services"]
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            assert other in services, (name, other)
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], (name, other)
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_the_images_are_the_official_ones_at_the_version_that_is_tested() -> None:
    services = yaml.safe_load(FILE.read_text())["services"]
    assert services["orderer"]["image"] == "hyperledger/fabric-orderer:3.1.5"
    peers = {service["image"] for name, service in services.items() if name.startswith("peer-")}
    assert peers == {"hyperledger/fabric-peer:3.1.5"}
