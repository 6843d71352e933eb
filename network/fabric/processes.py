"""Fabric's nodes as native processes of this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from chaincode.model.errors import MediLedgerError
from network.addresses import Addresses, Loopback
from network.fabric import settings
from network.fabric.programs import Programs
from network.identities import Identities
from network.process import HttpReady, ProcessSpec
from network.topology import Channel, Organization, Topology

CONFIGTXGEN_SECONDS = 60.0


class Layout:
    """Folders of a network below ``root`` (HOME/network), whose nodes answer at ``addresses``."""

    def __init__(
        self,
        topology: Topology,
        root: Path,
        addresses: Addresses | None = None,
        builder: Path | None = None,
    ) -> None:
        self.topology = topology
        self.root = root
        self.addresses = addresses or Loopback(topology)
        self.identities = Identities(topology, root, self.addresses)
        # Where the external builder is, if it comes with the peer; else one is put together from programs.
        self._builder = builder

    def settings(self, node: str) -> Path:
        """The folder that a node or tool reads its settings from (FABRIC_CFG_PATH)."""
        return self.root / "settings" / node

    def data(self, node: str) -> Path:
        return self.root / "data" / node

    @property
    def builder(self) -> Path:
        """The external builder for chaincode as a service."""
        return self._builder or self.root / "builder"

    @property
    def builder_given(self) -> bool:
        return self._builder is not None

    def genesis(self, channel: Channel) -> Path:
        """A channel's first block."""
        return self.root / "channel" / f"{channel.name}.block"

    def channel_settings(self, channel: Channel) -> Path:
        """The folder of what a channel's first block is made from."""
        first = channel.name == self.topology.channel
        return self.settings("channel") if first else self.settings("channels") / channel.name

    def package(self, organization: Organization, chaincode: str) -> Path:
        return self.root / "packages" / organization.name / f"{chaincode}.tgz"

    def collections(self, chaincode: str) -> Path:
        """A chaincode's collections as the lifecycle's commands read them."""
        return self.root / "settings" / "collections" / f"{chaincode}.json"


def prepare(layout: Layout, programs: Programs) -> None:
    """Write every node's settings and, once, each channel's first block.

    Raises MediLedgerError where a channel in use was made for other members or addresses.
    """
    topology, identities, addresses = layout.topology, layout.identities, layout.addresses
    for channel in topology.channels:
        _first_block(layout, channel, programs)
    if not layout.builder_given:
        _link_builder(layout.builder, programs)
    for organization in topology.organizations:
        name = organization.name
        made = settings.core(topology, identities, addresses, organization, layout.data(name), layout.builder)
        _write(layout.settings(name) / "core.yaml", made)
    _write(
        layout.settings("orderer") / "orderer.yaml",
        settings.orderer(topology, identities, addresses, layout.data("orderer")),
    )
    for node in ("orderer", *(organization.name for organization in topology.organizations)):
        layout.data(node).mkdir(mode=0o700, parents=True, exist_ok=True)


def _first_block(layout: Layout, channel: Channel, programs: Programs) -> None:
    """Make a channel's first block; again where none of the nodes uses the one that is there."""
    path = layout.channel_settings(channel) / "configtx.yaml"
    wanted = settings.configtx(layout.topology, channel, layout.identities, layout.addresses)
    if layout.genesis(channel).exists():
        made = yaml.safe_load(path.read_text())
        if settings.members(made) == settings.members(wanted):
            return
        if any(layout.data("orderer").glob("*")):
            raise MediLedgerError(
                f"the channel {channel.name} in {layout.root} was made for {_shown(made)}, "
                f"not for {_shown(wanted)}: "
                "use the topology and base port that it was made with, or another MEDILEDGER_HOME"
            )
    _write(path, wanted)
    make_genesis(layout, channel, programs)


def _shown(configtx: Any) -> str:
    return ", ".join(f"{name} at {' '.join(places)}" for name, *places in settings.members(configtx))


def make_genesis(layout: Layout, channel: Channel, programs: Programs) -> None:
    """Run ``configtxgen``; MediLedgerError with its last line when it fails."""
    path = layout.genesis(channel)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    command = [
        programs["configtxgen"],
        "-profile",
        settings.PROFILE,
        "-channelID",
        channel.name,
        "-outputBlock",
        str(unfinished),
    ]
    try:
        finished = subprocess.run(  # noqa: S603 - Fabric's program, no shell
            command,
            env={"FABRIC_CFG_PATH": str(layout.channel_settings(channel))},
            capture_output=True,
            text=True,
            timeout=CONFIGTXGEN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MediLedgerError(f"configtxgen: not done in {CONFIGTXGEN_SECONDS:.0f} s") from error
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or [f"exit code {finished.returncode}"]
        raise MediLedgerError(f"configtxgen: {lines[-1]}")
    unfinished.replace(path)


def specs(layout: Layout, programs: Programs) -> list[ProcessSpec]:
    """The orderer and every member's peer."""
    topology = layout.topology
    orderer = ProcessSpec(
        "orderer",
        (programs["orderer"],),
        layout.root,
        HttpReady(f"http://127.0.0.1:{topology.orderer_operations_port}/healthz"),
        _environment(layout.settings("orderer")),
        ports=(topology.orderer_port, topology.orderer_admin_port, topology.orderer_operations_port),
    )
    return [orderer, *(_peer(layout, programs, organization) for organization in topology.organizations)]


def _peer(layout: Layout, programs: Programs, organization: Organization) -> ProcessSpec:
    topology = layout.topology
    operations = topology.peer_operations_port(organization)
    return ProcessSpec(
        f"peer-{organization.name}",
        (programs["peer"], "node", "start"),
        # From here it finds the sockets of the chaincode servers, by the paths in their packages.
        layout.root,
        HttpReady(f"http://127.0.0.1:{operations}/healthz"),
        _environment(layout.settings(organization.name)),
        ports=(topology.peer_port(organization), topology.peer_chaincode_port(organization), operations),
    )


def _environment(folder: Path) -> Mapping[str, str]:
    return {
        "FABRIC_CFG_PATH": str(folder),
        "FABRIC_LOGGING_SPEC": "warning",
        "FABRIC_LOGGING_FORMAT": "%{time:2006-01-02T15:04:05.000Z07:00} %{level} [%{module}] %{message}",
        # Collect garbage half as often as by default: memory is there, on two cores the time is not.
        "GOGC": "200",
    }


def _link_builder(folder: Path, programs: Programs) -> None:
    """Fabric looks for bin/detect, bin/build and bin/release in a builder's folder."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    for phase in ("detect", "build", "release"):
        link = folder / "bin" / phase
        link.unlink(missing_ok=True)
        link.symlink_to(programs[f"ccaas_{phase}"])


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
