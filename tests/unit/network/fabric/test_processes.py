"""A native network's files and processes; its channel's first block is made once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from chaincode.model.errors import MediLedgerError
from network.addresses import Hosts
from network.fabric import processes
from network.fabric.processes import Layout
from network.process import HttpReady
from network.topology import Topology
from tests.unit.network.fabric.conftest import Tools


def test_everything_that_a_node_reads(layout: Layout, tools: Tools) -> None:
    processes.prepare(layout, tools.programs)
    for spec in processes.specs(layout, tools.programs):
        folder = Path(spec.env["FABRIC_CFG_PATH"])
        (file,) = folder.iterdir()
        assert yaml.safe_load(file.read_text())
        assert file.name == ("orderer.yaml" if spec.name == "orderer" else "core.yaml")
    for phase in ("detect", "build", "release"):
        link = layout.builder / "bin" / phase
        assert link.resolve() == tools.folder / f"ccaas_{phase}"
    assert layout.genesis(layout.topology.channels[0]).exists()


def test_ledgers_are_their_owners_to_read(layout: Layout, tools: Tools) -> None:
    # A peer keeps installed packages there, with the key that opens the member's chaincode server.
    processes.prepare(layout, tools.programs)
    for node in ("orderer", *(o.name for o in layout.topology.organizations)):
        assert stat.S_IMODE(layout.data(node).stat().st_mode) == 0o700


def test_again_changes_nothing(layout: Layout, tools: Tools) -> None:
    processes.prepare(layout, tools.programs)
    files = {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file()}
    processes.prepare(layout, tools.programs)
    assert {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file()} == files
    assert len(tools.calls("configtxgen")) == 1


def test_a_channel_that_no_node_has_moves_with_its_base_port(layout: Layout, tools: Tools) -> None:
    # As when the first start found a port in use: all was prepared, nothing was started.
    processes.prepare(layout, tools.programs)
    moved = Layout(Topology.load(base_port=20000), layout.root)
    processes.prepare(moved, tools.programs)
    assert "20080" in layout.genesis(layout.topology.channels[0]).read_text()
    assert len(tools.calls("configtxgen")) == 2


def test_a_channel_in_use_stays_where_it_is(layout: Layout, tools: Tools) -> None:
    processes.prepare(layout, tools.programs)
    (layout.data("orderer") / "chains").mkdir()
    core = layout.settings("manufacturer") / "core.yaml"
    before = layout.genesis(layout.topology.channels[0]).read_bytes(), core.read_bytes()
    moved = Layout(Topology.load(base_port=20000), layout.root)
    with pytest.raises(MediLedgerError, match=r"made for .*RegulatorMSP at 127\.0\.0\.1:17080") as failed:
        processes.prepare(moved, tools.programs)
    assert "not for ManufacturerMSP at 127.0.0.1:20020" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert (layout.genesis(layout.topology.channels[0]).read_bytes(), core.read_bytes()) == before
    processes.prepare(layout, tools.programs)


def test_a_home_that_was_moved_keeps_its_channel(layout: Layout, tools: Tools, tmp_path: Path) -> None:
    processes.prepare(layout, tools.programs)
    (layout.data("orderer") / "chains").mkdir()
    moved = tmp_path / "elsewhere"
    layout.root.rename(moved)
    processes.prepare(Layout(layout.topology, moved), tools.programs)
    core = yaml.safe_load((moved / "settings" / "manufacturer" / "core.yaml").read_text())
    assert core["peer"]["fileSystemPath"] == str(moved / "data" / "manufacturer")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo first >&2; echo 'no such profile' >&2; exit 1", "configtxgen: no such profile"),
        ("exit 3", "configtxgen: exit code 3"),
    ],
)
def test_what_configtxgen_says(layout: Layout, tools: Tools, body: str, message: str) -> None:
    tools.script("configtxgen", body)
    with pytest.raises(MediLedgerError, match=message):
        processes.prepare(layout, tools.programs)
    assert not layout.genesis(layout.topology.channels[0]).exists()


def test_configtxgen_that_hangs(layout: Layout, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "CONFIGTXGEN_SECONDS", 0.2)
    tools.script("configtxgen", "exec sleep 30")
    with pytest.raises(MediLedgerError, match="configtxgen: not done in"):
        processes.prepare(layout, tools.programs)


def test_specs(layout: Layout, tools: Tools) -> None:
    specs = {spec.name: spec for spec in processes.specs(layout, tools.programs)}
    assert list(specs) == ["orderer", *(f"peer-{o.name}" for o in layout.topology.organizations)]
    assert specs["orderer"].ready == HttpReady("http://127.0.0.1:17002/healthz")
    assert specs["orderer"].ports == (17000, 17001, 17002)
    peer = specs["peer-distributor"]
    assert peer.argv == (str(tools.folder / "peer"), "node", "start")
    assert peer.ready == HttpReady("http://127.0.0.1:17042/healthz")
    assert peer.ports == (17040, 17041, 17042)


def test_the_images_bring_their_own_builder(topology: Topology, tools: Tools, tmp_path: Path) -> None:
    given = tmp_path / "image" / "ccaas_builder"
    layout = Layout(topology, tmp_path / "network", Hosts(topology), given)
    layout.identities.create()
    processes.prepare(layout, tools.programs)
    core = yaml.safe_load((layout.settings("pharmacy") / "core.yaml").read_text())
    assert core["chaincode"]["externalBuilders"][0]["path"] == str(given)
    assert not given.exists()
    assert not (layout.root / "builder").exists()
