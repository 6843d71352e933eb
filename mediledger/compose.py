"""docker-compose-fabric.yaml: the topology on Fabric's official images, made from the topology.

``python -m mediledger.compose > docker-compose-fabric.yaml`` writes the file; inside the containers
``python -m mediledger.compose prepare`` makes identities, settings and the channel's first block.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import yaml

from mediledger.services import mosquitto
from network.addresses import Hosts
from network.fabric import processes
from network.fabric.programs import VERSION, need
from network.ledger import chaincode_command
from network.topology import Organization, Topology

HOME = "/mediledger"
ROOT = f"{HOME}/network"
POSTGRES = "postgres:16"
REDIS = "redis:7"
MOSQUITTO = "eclipse-mosquitto:2"
OURS = "mediledger"
# Where the official images keep what the settings must name.
PEER_IMAGE_BUILDER = Path("/opt/hyperledger/ccaas_builder")
MOSQUITTO_PLUGIN = Path("/usr/lib/mosquitto_dynamic_security.so")
_HEADER = (
    "# Made by `python -m mediledger.compose` from network/topology.yaml; edit that, and make it again.\n"
)
_HEALTHY = "service_healthy"
_DONE = "service_completed_successfully"
_PROBE = "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=3)"


def compose(topology: Topology) -> dict[str, Any]:
    """The whole system as a Compose file: services in the order in which they need each other."""
    organizations = topology.organizations
    nodes = ["orderer", *(f"peer-{o.name}" for o in organizations)]
    servers = [f"chaincode-{o.name}" for o in organizations]
    services: dict[str, Any] = {
        "prepare": _ours(("python", "-m", "mediledger.compose", "prepare"), {}) | {"restart": "no"},
        "postgres": _postgres(),
        "redis": _redis(),
        "mosquitto": _mosquitto(),
        "orderer": _orderer(topology),
    }
    for organization in organizations:
        services[f"peer-{organization.name}"] = _peer(topology, organization)
        services[f"chaincode-{organization.name}"] = _chaincode(topology, organization)
    services["deploy"] = _ours(
        (
            "python",
            "-m",
            "network.deploy",
            "--home",
            HOME,
            "--topology",
            "network/topology.yaml",
            "--base-port",
            str(topology.base_port),
            "--kind",
            "fabric",
            "--hosts",
        ),
        dict.fromkeys(nodes, _HEALTHY) | dict.fromkeys(servers, "service_started"),
    ) | {"restart": "on-failure:3"}
    services["databases"] = _ours(
        ("python", "-m", "mediledger.services.databases"),
        {"postgres": _HEALTHY},
        {"MEDILEDGER_DATABASE_URL": _admin_url(), "MEDILEDGER_MEMBERS": _members(topology)},
    ) | {"restart": "on-failure:3"}
    for organization in organizations:
        services |= _member(topology, organization)
    return {
        "name": "mediledger",
        "services": services,
        "volumes": dict.fromkeys(("network", "postgres", "mosquitto", *(f"data-{n}" for n in nodes))),
    }


def _postgres() -> dict[str, Any]:
    return {
        "image": POSTGRES,
        "environment": {"POSTGRES_PASSWORD": _secret("POSTGRES_PASSWORD")},
        "command": ["postgres", "-c", "max_connections=300"],
        "volumes": ["postgres:/var/lib/postgresql/data"],
        "healthcheck": _check(["CMD-SHELL", "pg_isready -U postgres"]),
        "restart": "unless-stopped",
    }


def _redis() -> dict[str, Any]:
    return {
        "image": REDIS,
        "command": ["redis-server", "--save", "", "--requirepass", _secret("REDIS_PASSWORD")],
        "healthcheck": _check(["CMD-SHELL", "redis-cli -a $$REDIS_PASSWORD ping | grep -q PONG"]),
        "environment": {"REDIS_PASSWORD": _secret("REDIS_PASSWORD")},
        "restart": "unless-stopped",
    }


def _mosquitto() -> dict[str, Any]:
    return {
        "image": MOSQUITTO,
        "depends_on": {"prepare": {"condition": _DONE}},
        "command": ["mosquitto", "-c", f"{HOME}/mosquitto/mosquitto.conf"],
        "user": "root",
        "volumes": [f"mosquitto:{HOME}/mosquitto"],
        "healthcheck": _check(["CMD-SHELL", "nc -z 127.0.0.1 1883"]),
        "ports": ["127.0.0.1:1883:1883"],
        "restart": "unless-stopped",
    }


def _orderer(topology: Topology) -> dict[str, Any]:
    return _node(
        f"hyperledger/fabric-orderer:{VERSION}",
        "orderer",
        topology.orderer_host,
        ["orderer"],
        topology.orderer_operations_port,
    )


def _peer(topology: Topology, organization: Organization) -> dict[str, Any]:
    return _node(
        f"hyperledger/fabric-peer:{VERSION}",
        organization.name,
        topology.peer_host(organization),
        ["peer", "node", "start"],
        topology.peer_operations_port(organization),
    )


def _node(image: str, settings: str, host: str, command: list[str], operations: int) -> dict[str, Any]:
    """One of Fabric's own nodes; its settings are in the volume that ``prepare`` filled."""
    service = "orderer" if settings == "orderer" else f"peer-{settings}"
    return {
        "image": image,
        "hostname": host,
        "networks": {"default": {"aliases": [host]}},
        "command": command,
        "environment": {"FABRIC_CFG_PATH": f"{ROOT}/settings/{settings}", "FABRIC_LOGGING_SPEC": "warning"},
        "volumes": [f"network:{ROOT}:ro", f"data-{service}:{ROOT}/data/{settings}"],
        "depends_on": {"prepare": {"condition": _DONE}},
        # The images have neither curl nor Python; bash opens a connection by itself.
        "healthcheck": _check(["CMD", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{operations}"]),
        "restart": "unless-stopped",
    }


def _chaincode(topology: Topology, organization: Organization) -> dict[str, Any]:
    arguments = ("python", "-m", "mediledger.compose", "serve", "--member", organization.name)
    service = _ours(arguments, {"prepare": _DONE})
    service["networks"] = {"default": {"aliases": [topology.chaincode_host(organization)]}}
    return service


def _member(topology: Topology, organization: Organization) -> dict[str, Any]:
    """A member's own processes: schema, users, mirror, gateway and, with trucks, the bridge."""
    name = organization.name
    environment = {
        "MEDILEDGER_HOME": HOME,
        "MEDILEDGER_MEMBER": name,
        "MEDILEDGER_GLN": organization.gln,
        "MEDILEDGER_CHANNEL": topology.channel,
        "MEDILEDGER_PROFILE": f"{ROOT}/profiles/{name}.gateway.json",
        "MEDILEDGER_DATABASE_URL": _database_url(name),
        "MEDILEDGER_REDIS_URL": f"redis://:{_secret('REDIS_PASSWORD')}@redis:6379/0",
        "MEDILEDGER_MQTT_URL": f"mqtt://admin:{_secret('MQTT_PASSWORD')}@mosquitto:1883",
        "MEDILEDGER_TOKEN_SECRET": _secret("TOKEN_SECRET"),
        "MEDILEDGER_HTTP_HOST": "0.0.0.0",  # noqa: S104 - inside the container
        "MEDILEDGER_HTTP_PORT": "8000",
    }
    port = topology.gateway_port(organization)
    operator = ("python", "-m", "gateway.accounts", "add", "--user", "operator", "--role", "operator")
    services = {
        f"migrate-{name}": _ours(
            ("python", "-m", "gateway.migrations", "upgrade"), {"databases": _DONE}, environment
        )
        | {"restart": "on-failure:3"},
        f"user-{name}-operator": _ours(
            operator,
            {f"migrate-{name}": _DONE},
            environment | {"MEDILEDGER_PASSWORD": _secret("OPERATOR_PASSWORD")},
        )
        | {"restart": "on-failure:3"},
        f"mirror-{name}": _ours(
            ("python", "-m", "gateway.mirror", "run"),
            {f"migrate-{name}": _DONE, "deploy": _DONE},
            environment | {"MEDILEDGER_HEALTH_PORT": "8001"},
        )
        | {"healthcheck": _http("http://127.0.0.1:8001/health")},
        f"gateway-{name}": _ours(
            ("python", "-m", "gateway"),
            {f"mirror-{name}": _HEALTHY, f"user-{name}-operator": _DONE, "redis": _HEALTHY},
            environment,
        )
        | {
            "ports": [f"127.0.0.1:{port}:8000"],
            "healthcheck": _http("http://127.0.0.1:8000/api/v1/ready"),
        },
    }
    if organization.role == "wholesaler":
        services["bridge"] = _ours(
            ("python", "-m", "iot_bridge"),
            {f"mirror-{name}": _HEALTHY, "mosquitto": _HEALTHY},
            environment
            | {
                "MEDILEDGER_PROFILE": f"{ROOT}/profiles/{name}.bridge.json",
                "MEDILEDGER_HEALTH_PORT": "8002",
            },
        ) | {"healthcheck": _http("http://127.0.0.1:8002/health")}
    return services


def _ours(
    command: tuple[str, ...], after: dict[str, str], environment: dict[str, str] | None = None
) -> dict[str, Any]:
    """A process of the project's own image."""
    service: dict[str, Any] = {
        "image": OURS,
        "build": ".",
        "command": list(command),
        "environment": dict(environment or {}) | {"MQTT_PASSWORD": _secret("MQTT_PASSWORD")},
        "volumes": [f"network:{ROOT}", f"mosquitto:{HOME}/mosquitto"],
        "restart": "unless-stopped",
    }
    if after:
        service["depends_on"] = {name: {"condition": condition} for name, condition in after.items()}
    return service


def _check(test: list[str]) -> dict[str, Any]:
    return {"test": test, "interval": "2s", "timeout": "5s", "retries": 60}


def _http(url: str) -> dict[str, Any]:
    return _check(["CMD", "python", "-c", _PROBE, url])


def _secret(name: str) -> str:
    """A variable that the operator sets, in an .env file for instance; Compose stops without it."""
    return f"${{{name}:?set {name}}}"


def _admin_url() -> str:
    return f"postgresql://postgres:{_secret('POSTGRES_PASSWORD')}@postgres:5432/postgres"


def _database_url(member: str) -> str:
    role = f"mediledger_{member.replace('-', '_')}"
    return f"postgresql://{role}:{_secret('DATABASE_PASSWORD')}@postgres:5432/{role}"


def _members(topology: Topology) -> str:
    entries = ", ".join(f'"{o.name}": "{_secret("DATABASE_PASSWORD")}"' for o in topology.organizations)
    return f"{{{entries}}}"


def text(topology: Topology) -> str:
    """The file's content."""
    return _HEADER + yaml.safe_dump(compose(topology), sort_keys=False, width=110)


def prepare(topology: Topology) -> None:
    """Inside the containers: identities, settings, the first block; nodes find each other by host names."""
    layout = processes.Layout(topology, Path(ROOT), Hosts(topology), PEER_IMAGE_BUILDER)
    layout.identities.create()
    processes.prepare(layout, need())
    mosquitto.prepare(Path(HOME) / "mosquitto", "1883 0.0.0.0", MOSQUITTO_PLUGIN, os.environ["MQTT_PASSWORD"])


def main() -> None:
    """Print the file, or do a container's work."""
    parser = argparse.ArgumentParser(prog="mediledger.compose")
    parser.add_argument("work", nargs="?", choices=("prepare", "serve"))
    parser.add_argument("--member")
    options = parser.parse_args()
    topology = Topology.load()
    if options.work == "prepare":
        prepare(topology)
    elif options.work == "serve":
        organization = next(o for o in topology.organizations if o.name == options.member)
        command = chaincode_command(topology, Path(ROOT), organization, Hosts(topology))
        os.execv(command[0], command)  # noqa: S606 - the server takes this process's place
    else:
        sys.stdout.write(text(topology))


if __name__ == "__main__":
    main()
