"""The settings files: every path in them exists, everything is on loopback, and TLS is on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from network.addresses import Hosts, Loopback
from network.fabric import settings
from network.fabric.processes import Layout
from network.topology import Batch, Topology


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar of a settings file with its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, place)
    else:
        yield place, value


@pytest.fixture
def peer(layout: Layout) -> dict[str, Any]:
    """The manufacturer's core.yaml."""
    first = layout.topology.organizations[0]
    return settings.core(
        layout.topology, layout.identities, layout.addresses, first, layout.data(first.name), layout.builder
    )


@pytest.fixture
def orderer(layout: Layout) -> dict[str, Any]:
    return settings.orderer(layout.topology, layout.identities, layout.addresses, layout.data("orderer"))


@pytest.fixture
def configtx(layout: Layout) -> dict[str, Any]:
    return settings.configtx(
        layout.topology, layout.topology.channels[0], layout.identities, layout.addresses
    )


def test_what_is_named_exists(
    layout: Layout, peer: dict[str, Any], orderer: dict[str, Any], configtx: dict[str, Any]
) -> None:
    organizations = str(layout.root / "organizations")
    for made in (peer, orderer, configtx):
        named = [value for _, value in leaves(made) if str(value).startswith(organizations)]
        assert len(named) >= 4
        for path in named:
            assert Path(path).exists()


def test_everything_listens_on_loopback(peer: dict[str, Any], orderer: dict[str, Any]) -> None:
    for made in (peer, orderer):
        listening = [str(value) for place, value in leaves(made) if place.lower().endswith("listenaddress")]
        assert len(listening) >= 3
        for value in listening:
            assert value.split(":")[0] == "127.0.0.1"


def test_in_a_container_it_is_found_by_name(layout: Layout) -> None:
    topology, first = layout.topology, layout.topology.organizations[0]
    made = settings.core(
        topology, layout.identities, Hosts(topology), first, layout.data(first.name), layout.builder
    )["peer"]
    assert made["listenAddress"] == "0.0.0.0:17020"
    for name in ("bootstrap", "endpoint", "externalEndpoint"):
        assert made["gossip"][name] == "peer0.manufacturer.mediledger.example:17020"


def test_tls_everywhere(peer: dict[str, Any], orderer: dict[str, Any]) -> None:
    assert peer["peer"]["tls"]["enabled"]
    assert orderer["General"]["TLS"]["Enabled"]
    # Whoever may change the orderer's channels shows a certificate.
    assert orderer["Admin"]["TLS"]["Enabled"]
    assert orderer["Admin"]["TLS"]["ClientAuthRequired"]


def test_peers_ask_for_a_certificate_where_tls_is_mutual(layout: Layout, peer: dict[str, Any]) -> None:
    assert not peer["peer"]["tls"]["clientAuthRequired"]
    mutual = dataclasses.replace(layout.topology, mutual_tls=True)
    tls = settings.core(
        mutual, layout.identities, layout.addresses, mutual.organizations[0], layout.root, layout.builder
    )["peer"]["tls"]
    assert tls["clientAuthRequired"]
    assert len(tls["clientRootCAs"]["files"]) == len(mutual.organizations)


def test_chaincode_is_external_and_batched(layout: Layout, peer: dict[str, Any]) -> None:
    chaincode = peer["chaincode"]
    assert [builder["path"] for builder in chaincode["externalBuilders"]] == [str(layout.builder)]
    parameters = chaincode["runtimeParams"]
    assert (parameters["useWriteBatch"], parameters["useGetMultipleKeys"]) == (True, True)
    assert parameters["maxSizeWriteBatch"] == parameters["maxSizeGetMultipleKeys"] == 1000
    assert peer["vm"]["endpoint"] == ""


def test_a_batch_of_a_thousand_units_fits(peer: dict[str, Any], configtx: dict[str, Any]) -> None:
    # A unit and its read set are below 1 kB; a block takes the orderer's most and its signatures.
    batch = configtx["Profiles"]["Channel"]["Orderer"]["BatchSize"]
    assert batch["AbsoluteMaxBytes"] == "32 MB"
    assert peer["peer"]["maxRecvMsgSize"] > 32 * 1024 * 1024


def test_blocks_are_cut_as_the_topology_says(layout: Layout, configtx: dict[str, Any]) -> None:
    orderer = configtx["Profiles"]["Channel"]["Orderer"]
    assert (orderer["BatchSize"]["MaxMessageCount"], orderer["BatchTimeout"]) == (200, "100ms")
    topology = dataclasses.replace(layout.topology, batch=Batch(messages=7, seconds=0.5))
    other = settings.configtx(topology, topology.channels[0], layout.identities, layout.addresses)[
        "Profiles"
    ]["Channel"]["Orderer"]
    assert (other["BatchSize"]["MaxMessageCount"], other["BatchTimeout"]) == (7, "500ms")


def test_invalid_transactions_hold_up_no_block(peer: dict[str, Any]) -> None:
    assert peer["peer"]["gossip"]["pvtData"]["skipPullingInvalidTransactionsDuringCommit"] is True


def test_channel(topology: Topology, configtx: dict[str, Any]) -> None:
    profile = configtx["Profiles"]["Channel"]
    assert profile["Capabilities"] == {"V3_0": True}
    assert profile["Orderer"]["OrdererType"] == "etcdraft"
    (consenter,) = profile["Orderer"]["EtcdRaft"]["Consenters"]
    assert (consenter["Host"], consenter["Port"]) == ("127.0.0.1", 17000)
    # The orderer is the regulator's; who writes to the channel is each member.
    assert [o["ID"] for o in profile["Orderer"]["Organizations"]] == ["RegulatorMSP"]
    application = {o["ID"]: o for o in profile["Application"]["Organizations"]}
    assert set(application) == {o.msp_id for o in topology.organizations}
    for organization in topology.organizations:
        made = application[organization.msp_id]
        assert made["Policies"]["Admins"]["Rule"] == f"OR('{organization.msp_id}.admin')"
        assert made["Policies"]["Endorsement"]["Rule"] == f"OR('{organization.msp_id}.peer')"
        assert made["AnchorPeers"] == [{"Host": "127.0.0.1", "Port": topology.peer_port(organization)}]


def test_one_policy_says_who_reads_and_writes(topology: Topology, layout: Layout) -> None:
    """Of the channel, with whoever orders; of its chaincodes and their ledger, whoever is a member."""
    channel = dataclasses.replace(topology.channels[0], organizations=topology.organizations[:2])
    made = settings.configtx(topology, channel, layout.identities, layout.addresses)["Profiles"]["Channel"]
    roles = {"Readers": ["admin", "peer", "client", "orderer"], "Writers": ["admin", "client", "orderer"]}
    for part, msps in (
        (made, ["ManufacturerMSP", "DistributorMSP", "RegulatorMSP"]),
        (made["Application"], ["ManufacturerMSP", "DistributorMSP"]),
    ):
        for name, some in roles.items():
            rule = ", ".join(f"'{msp}.{role}'" for msp in msps for role in some)
            assert part["Policies"][name] == {"Type": "Signature", "Rule": f"OR({rule})"}
    for name in roles:
        assert made["Orderer"]["Policies"][name] == {"Type": "ImplicitMeta", "Rule": f"ANY {name}"}


def test_members(topology: Topology, configtx: dict[str, Any]) -> None:
    assert settings.members(configtx) == [
        ("ManufacturerMSP", "127.0.0.1:17020"),
        ("DistributorMSP", "127.0.0.1:17040"),
        ("PharmacyMSP", "127.0.0.1:17060"),
        ("RegulatorMSP", "127.0.0.1:17080", "127.0.0.1:17000"),
    ]


def test_no_two_nodes_listen_on_the_same_port(
    topology: Topology, layout: Layout, orderer: dict[str, Any]
) -> None:
    taken = [str(orderer["General"]["ListenPort"])]
    made = [orderer] + [
        settings.core(topology, layout.identities, Loopback(topology), o, layout.data(o.name), layout.builder)
        for o in topology.organizations
    ]
    for one in made:
        for place, value in leaves(one):
            if place.lower().endswith("listenaddress") and ":" in str(value):
                taken.append(str(value).split(":")[1])
    assert len(set(taken)) == len(taken) == 3 + 3 * len(topology.organizations)
