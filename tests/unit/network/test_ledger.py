"""Which ledger it is, and its processes in the order in which they need each other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chaincode.model.errors import MediLedgerError
from network import ledger
from network.addresses import Hosts
from network.fabric import programs
from network.identities import Identities
from network.topology import DEFAULT, Topology


@pytest.fixture
def fabric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment where Fabric's programs are found; stand-ins that succeed at everything."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in programs.NEEDED:
        (folder / name).write_text('#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done; : > "$1"\n')
        (folder / name).chmod(0o755)
    monkeypatch.setenv("MEDILEDGER_FABRIC_BIN", str(folder))
    return {"MEDILEDGER_FABRIC_BIN": str(folder), "PATH": ""}


def test_kind(fabric: dict[str, str]) -> None:
    without = {"PATH": ""}
    assert ledger.kind(fabric) == "fabric"
    assert ledger.kind(fabric | {"LEDGER": "devnet"}) == "devnet"
    assert ledger.kind(fabric | {"LEDGER": "fabric"}) == "fabric"
    assert ledger.kind(without) == "devnet"
    assert ledger.kind(without | {"LEDGER": ""}) == "devnet"
    with pytest.raises(MediLedgerError, match="LEDGER is fabric or devnet, not besu"):
        ledger.kind(fabric | {"LEDGER": "besu"})
    with pytest.raises(programs.FabricMissing, match="LEDGER=fabric needs peer, orderer, "):
        ledger.kind(without | {"LEDGER": "fabric"})


@pytest.mark.usefixtures("fabric")
@pytest.mark.parametrize("kind", ledger.KINDS, ids="plan-{}".format)
def test_plan(topology: Topology, tmp_path: Path, kind: str) -> None:
    ledger.prepare(topology, tmp_path, kind)
    specs = ledger.plan(topology, tmp_path, kind)
    names = [spec.name for spec in specs]
    members = [organization.name for organization in topology.organizations]
    nodes = ["devnet"] if kind == "devnet" else ["orderer", *(f"peer-{name}" for name in members)]
    assert names == [*nodes, *(f"chaincode-{name}" for name in members), "deploy"]
    ports = [port for spec in specs for port in spec.ports]
    assert len(set(ports)) == len(ports)
    deploy = specs[-1]
    assert deploy.run_once
    assert deploy.after == tuple(names[:-1])
    assert deploy.argv == (
        *(sys.executable, "-m", "network.deploy", "--home", str(tmp_path), "--topology", str(DEFAULT)),
        *("--base-port", "17000", "--kind", kind),
    )


@pytest.mark.usefixtures("fabric")
@pytest.mark.parametrize("kind", ledger.KINDS, ids="plan-{}".format)
def test_prepared_again_it_is_the_same_plan(topology: Topology, tmp_path: Path, kind: str) -> None:
    ledger.prepare(topology, tmp_path, kind)
    before = ledger.plan(topology, tmp_path, kind)
    ledger.prepare(topology, tmp_path, kind)
    assert ledger.plan(topology, tmp_path, kind) == before


def test_a_chaincode_server_serves_every_chaincode_of_its_member(topology: Topology, tmp_path: Path) -> None:
    ledger.prepare(topology, tmp_path, "devnet")
    specs = {spec.name: spec for spec in ledger.plan(topology, tmp_path, "devnet")}
    server = specs["chaincode-pharmacy"]
    assert server.ports == ()
    folder = tmp_path / "network" / "sockets" / "pharmacy"
    assert server.sockets == (folder / "registry_1.sock", folder / "custody_1.sock")
    served = [server.argv[at + 1] for at, word in enumerate(server.argv) if word == "--serve"]
    assert [one.partition(":")[0] for one in served] == ["registry_1", "custody_1"]
    assert served[1].endswith(f"=chaincode.contracts.custody:chaincode@unix:{folder}/custody_1.sock")
    # Who may enter the folder is let in.
    assert not [word for word in server.argv if word.startswith("--tls")]


def test_a_chaincode_server_on_another_host_has_tls(topology: Topology, identities: Identities) -> None:
    pharmacy = topology.organizations[2]
    argv = ledger.chaincode_command(topology, identities.root, pharmacy, Hosts(topology))
    served = [argv[at + 1] for at, word in enumerate(argv) if word == "--serve"]
    assert served[1].endswith("=chaincode.contracts.custody:chaincode@0.0.0.0:17064")
    # Its certificate is its own, and whom it lets in its member's authority has vouched for.
    tls = identities.chaincode_tls(pharmacy)
    files = {"--tls-cert": tls.certificate, "--tls-key": tls.key, "--tls-client-ca": tls.root}
    for option, file in files.items():
        assert argv[argv.index(option) + 1] == str(file)
    # No secret is on a command line.
    assert "PRIVATE" not in " ".join(argv)


def test_profiles(topology: Topology, tmp_path: Path) -> None:
    ledger.prepare(topology, tmp_path, "devnet")
    profile = ledger.member_profile(tmp_path, topology.organizations[2])
    assert (profile.msp_id, profile.channel) == ("PharmacyMSP", "medicines")
    assert [peer.address for peer in profile.peers] == ["127.0.0.1:17060"]
