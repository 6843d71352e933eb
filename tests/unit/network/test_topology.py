"""Topologies: what is refused and how it is named, and a port of its own for everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from network.addresses import Hosts, Loopback
from network.topology import DEFAULT, Batch, Chaincode, Organization, Topology, TopologyError

PRICES = {"name": "prices", "policy": "OR('PharmacyMSP.member', 'RegulatorMSP.member')"}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "topology.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


@pytest.fixture
def raw() -> dict[str, Any]:
    return yaml.safe_load(DEFAULT.read_text())


def test_the_projects_own(topology: Topology) -> None:
    assert (topology.channel, topology.base_port) == ("medicines", 17000)
    names = [organization.name for organization in topology.organizations]
    assert names == ["manufacturer", "distributor", "pharmacy", "regulator"]
    assert topology.orderer_organization.name == "regulator"
    assert [chaincode.label for chaincode in topology.chaincodes] == ["registry_1", "custody_1"]


def test_ports(topology: Topology) -> None:
    assert (topology.orderer_port, topology.orderer_admin_port, topology.orderer_operations_port) == (
        17000,
        17001,
        17002,
    )
    services = topology.service_ports()
    assert (services.postgres, services.redis, services.mosquitto) == (17003, 17004, 17005)
    second = topology.organizations[1]
    assert (
        topology.peer_port(second),
        topology.peer_chaincode_port(second),
        topology.peer_operations_port(second),
        *(topology.chaincode_port(second, chaincode) for chaincode in topology.chaincodes),
        topology.gateway_port(second),
        topology.mirror_health_port(second),
        topology.bridge_health_port(second),
    ) == (17040, 17041, 17042, 17043, 17044, 17050, 17051, 17052)


def test_no_port_is_taken_twice(topology: Topology) -> None:
    services = topology.service_ports()
    ports = [
        topology.orderer_port,
        topology.orderer_admin_port,
        topology.orderer_operations_port,
        services.postgres,
        services.redis,
        services.mosquitto,
    ]
    for organization in topology.organizations:
        ports += [
            topology.peer_port(organization),
            topology.peer_chaincode_port(organization),
            topology.peer_operations_port(organization),
            *(topology.chaincode_port(organization, chaincode) for chaincode in topology.chaincodes),
            topology.gateway_port(organization),
            topology.mirror_health_port(organization),
            topology.bridge_health_port(organization),
        ]
    assert len(set(ports)) == len(ports)


def test_the_most_chaincodes_leave_the_gateways_port_free(raw: dict[str, Any], tmp_path: Path) -> None:
    custody = raw["chaincodes"][1]
    raw["chaincodes"] = [custody | {"name": f"custody{n}"} for n in range(7)]
    read = Topology.load(written(tmp_path, raw))
    first = read.organizations[0]
    assert read.chaincode_port(first, read.chaincodes[-1]) < read.gateway_port(first)


def test_when_blocks_are_cut(topology: Topology, raw: dict[str, Any], tmp_path: Path) -> None:
    assert topology.batch is None
    raw["batch"] = {"messages": 50, "seconds": 0.5}
    assert Topology.load(written(tmp_path, raw)).batch == Batch(messages=50, seconds=0.5)


def test_another_base_port() -> None:
    moved = Topology.load(base_port=20000)
    assert moved.orderer_port == 20000
    assert moved.peer_port(moved.organizations[0]) == 20020


def test_hosts_and_addresses(topology: Topology) -> None:
    first, custody = topology.organizations[0], topology.chaincodes[1]
    domain = "manufacturer.mediledger.example"
    assert topology.peer_host(first) == f"peer0.{domain}"
    assert topology.chaincode_host(first) == f"chaincode.{domain}"
    assert topology.orderer_host == "orderer0.regulator.mediledger.example"
    loopback, hosts = Loopback(topology), Hosts(topology)
    assert loopback.peer(first) == ("127.0.0.1", 17020)
    assert loopback.orderer() == ("127.0.0.1", 17000)
    assert loopback.chaincode(first, custody) == "unix:sockets/manufacturer/custody_1.sock"
    assert loopback.serving(first, custody) == loopback.chaincode(first, custody)
    theirs = Chaincode(name="notes", version="1", server="localhost:9999")
    assert loopback.chaincode(first, theirs) == hosts.chaincode(first, theirs) == "localhost:9999"
    assert hosts.peer(first) == (f"peer0.{domain}", 17020)
    assert hosts.orderer() == (topology.orderer_host, 17000)
    assert hosts.chaincode(first, custody) == f"chaincode.{domain}:17024"
    assert hosts.serving(first, custody) == "0.0.0.0:17024"


def test_the_longest_names_fit_into_a_sockets_address(topology: Topology) -> None:
    first, custody = topology.organizations[0].model_dump(), topology.chaincodes[1].model_dump()
    organization = Organization(**first | {"name": "o" * 31})
    chaincode = Chaincode(**custody | {"name": "c" * 31, "version": "v" * 20})
    assert len(Loopback(topology).serving(organization, chaincode).removeprefix("unix:")) == 97
    with pytest.raises(ValidationError):
        Organization(**first | {"name": "o" * 32})
    with pytest.raises(ValidationError):
        Chaincode(**custody | {"name": "c" * 32})
    with pytest.raises(ValidationError):
        Chaincode(**custody | {"version": "v" * 21})


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("channel",), "Medicines", "channel: "),
        (("channel",), None, "channel: "),
        (("base_port",), 80, "base_port: "),
        (("base_port",), "high", "base_port: "),
        (("domain",), "a b", "domain: "),
        (("orderer",), "nobody", "orderer: nobody is no organization here"),
        (("organizations",), [], "organizations: "),
        (("organizations", 0, "gln"), "9521234000014", r"organizations\.0\.gln: .*check digit is 3"),
        (("organizations", 1, "role"), "doctor", r"organizations\.1\.role: .*is one of manufacturer"),
        (("organizations", 1, "name"), "Harbor Wholesale", r"organizations\.1\.name: "),
        (("organizations", 1, "extra"), 1, r"organizations\.1\.extra: "),
        (("organizations", 1, "name"), "manufacturer", r"organizations\.name: stands twice"),
        (("organizations", 1, "msp_id"), "ManufacturerMSP", r"organizations\.msp_id: stands twice"),
        (("organizations", 1, "gln"), "9521234000013", r"organizations\.gln: stands twice"),
        (("chaincodes", 0, "name"), "custody", r"chaincodes\.name: stands twice"),
        (("chaincodes", 0, "entry"), "registry", r"chaincodes\.0\.entry: "),
        (("chaincodes", 0, "server"), "127.0.0.1:9999", r"chaincodes\.0: .*either an entry or a server"),
        (("chaincodes", 0, "server_tls"), True, r"chaincodes\.0: .*server_tls is for a server"),
        (("chaincodes", 0, "entry"), None, r"chaincodes\.0: .*either an entry or a server"),
        (("chaincodes", 0, "probe"), [], r"chaincodes\.0: .*needs a probe"),
        (("organizations", 3, "role"), "3pl", r"organizations\.role: no regulator among them"),
        (("chaincodes", 1, "policy"), "MOST('A.peer')", r"chaincodes\.1\.policy: .*from character 1"),
        (("chaincodes", 1, "policy"), "AND('PharmacyMSP.peer'", r"chaincodes\.1\.policy: "),
        (
            ("chaincodes", 1, "policy"),
            "AND('PharmacyMSP.peer', OR('XMSP.peer', 'RegulatorMSP.peer'))",
            r"chaincodes\.1\.policy: no member here is XMSP",
        ),
        (("chaincodes", 0, "version"), "", r"chaincodes\.0\.version: "),
        (("chaincodes", 1, "collections"), [PRICES, PRICES], r"chaincodes\.1\.collections: .*stands twice"),
        (
            ("chaincodes", 1, "collections"),
            [PRICES | {"name": "_implicit_org_PharmacyMSP"}],
            r"chaincodes\.1\.collections\.0\.name: ",
        ),
        (
            ("chaincodes", 1, "collections"),
            [PRICES | {"required_peer_count": 2}],
            r"chaincodes\.1\.collections\.0: .*required_peer_count is above max_peer_count",
        ),
        (
            ("chaincodes", 1, "collections"),
            [
                PRICES
                | {"policy": "OR('RegulatorMSP.member', AND('PharmacyMSP.member', 'RegulatorMSP.member'))"}
            ],
            r"chaincodes\.1\.collections\.0\.policy: .*members are named by OR alone",
        ),
        (
            ("chaincodes", 1, "collections"),
            [PRICES | {"policy": "OR('XMSP.member')"}],
            r"chaincodes\.1\.collections\.0\.policy: no member here is XMSP",
        ),
        (
            ("chaincodes", 1, "collections"),
            [PRICES | {"endorsement_policy": "MOST()"}],
            r"chaincodes\.1\.collections\.0\.endorsement_policy: ",
        ),
        (("orderers",), "more", "orderers: "),
        (("batch",), {"messages": 0, "seconds": 1}, r"batch\.messages: "),
    ],
)
def test_errors_name_the_field(
    raw: dict[str, Any], tmp_path: Path, place: tuple[Any, ...], value: Any, message: str
) -> None:
    inner: Any = raw
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(TopologyError, match=rf"topology\.yaml: {message}"):
        Topology.load(written(tmp_path, raw))


@pytest.mark.parametrize("content", ["", "- 1\n", "a: [", "just a text"])
def test_no_topology_at_all(tmp_path: Path, content: str) -> None:
    with pytest.raises(TopologyError, match=r"topology\.yaml"):
        Topology.load(written(tmp_path, content), base_port=18000)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match=r"none\.yaml"):
        Topology.load(tmp_path / "none.yaml")


SECOND = {"name": "trade", "organizations": ["pharmacy", "manufacturer"], "chaincodes": ["custody"]}


def test_further_channels(raw: dict[str, Any], tmp_path: Path) -> None:
    raw["chaincodes"][1]["policy"] = "OR('ManufacturerMSP.peer', 'PharmacyMSP.peer')"
    raw["channels"] = [SECOND, {"name": "empty", "organizations": ["regulator"]}]
    read = Topology.load(written(tmp_path, raw))
    assert read.channel == "medicines"
    assert [
        (channel.name, [o.name for o in channel.organizations], [c.name for c in channel.chaincodes])
        for channel in read.channels
    ] == [
        ("medicines", ["manufacturer", "distributor", "pharmacy", "regulator"], ["registry"]),
        ("trade", ["manufacturer", "pharmacy"], ["custody"]),
        ("empty", ["regulator"], []),
    ]
    assert [[c.name for c in read.chaincodes_of(o)] for o in read.organizations] == [
        ["registry", "custody"],
        ["registry"],
        ["registry", "custody"],
        ["registry"],
    ]


def test_a_chaincode_of_several_channels(raw: dict[str, Any], tmp_path: Path) -> None:
    """Whoever its policy names is a member wherever it is defined."""
    other = SECOND | {"name": "other", "organizations": ["manufacturer", "regulator"]}
    raw["channels"] = [SECOND, other]
    raw["chaincodes"][1]["policy"] = "OR('ManufacturerMSP.peer', 'PharmacyMSP.peer')"
    with pytest.raises(TopologyError, match=r"chaincodes\.1\.policy: no member here is PharmacyMSP"):
        Topology.load(written(tmp_path, raw))
    raw["chaincodes"][1]["policy"] = "'ManufacturerMSP.peer'"
    first, *further = Topology.load(written(tmp_path, raw)).channels
    assert [c.name for c in first.chaincodes] == ["registry"]
    assert all([c.name for c in channel.chaincodes] == ["custody"] for channel in further)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "medicines"}, "channels.name: stands twice"),
        ({"name": "Trade"}, "channels.0.name: "),
        ({"organizations": []}, "channels.0.organizations: "),
        ({"organizations": ["nobody"]}, "channels.0.organizations: nobody: not among the organizations here"),
        ({"organizations": ["pharmacy", "pharmacy"]}, "channels.0.organizations: a name stands twice"),
        ({"chaincodes": ["nothing"]}, "channels.0.chaincodes: nothing: not among the chaincodes here"),
        ({"chaincodes": ["registry", "custody"]}, "channels: no chaincode is left for medicines"),
        ({"chaincodes": ["registry"]}, "no regulator among them"),
        ({"policy": ""}, "channels.0.policy: "),
    ],
)
def test_channels_that_cannot_be(
    raw: dict[str, Any], tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    raw["channels"] = [SECOND | fields]
    with pytest.raises(TopologyError, match=message.replace(".", r"\.")):
        Topology.load(written(tmp_path, raw))
