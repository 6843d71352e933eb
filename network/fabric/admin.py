"""Administration of a native network through Fabric's own tools: join, install, approve, commit."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence

from gateway.fabric import Profile
from network import packages
from network.addresses import address
from network.fabric import definitions
from network.fabric.committed import Committed, committed
from network.fabric.errors import CommandFailed
from network.fabric.processes import Layout
from network.fabric.programs import Programs
from network.topology import Chaincode, Channel, Organization

COMMAND_SECONDS = 60.0
_BECAUSE = re.compile(r"(?:Error: |error: )(.*)", re.DOTALL)


class Admin:
    """Acts as each member's admin. Every step can be repeated: what is done already is left alone."""

    def __init__(self, layout: Layout, programs: Programs, committed: Committed = committed) -> None:
        """``committed`` reads what the channel holds already."""
        self._layout = layout
        self._programs = programs
        self._committed = committed
        self._topology = layout.topology

    async def deploy(self) -> None:
        """Join orderer and peers to the channels and bring every chaincode to the topology's definition."""
        for channel in self._topology.channels:
            await self._join_orderer(channel)
        organizations = self._topology.organizations
        await asyncio.gather(*(self._join_peer(organization) for organization in organizations))
        await asyncio.gather(*(self._install_all(organization) for organization in organizations))
        for channel in self._topology.channels:
            for chaincode in channel.chaincodes:
                await self._define(channel, chaincode)

    async def _join_orderer(self, channel: Channel) -> None:
        tls = self._layout.identities.tls(self._layout.identities.orderer())
        connection = [
            f"--orderer-address={self._layout.addresses.orderer()[0]}:{self._topology.orderer_admin_port}",
            f"--ca-file={tls.root}",
            f"--client-cert={tls.certificate}",
            f"--client-key={tls.key}",
        ]
        osnadmin = self._programs["osnadmin"]
        listed = await _run([osnadmin, "channel", "list", *connection], {})
        if f'"{channel.name}"' in listed:
            return
        joined = await _run(
            [
                osnadmin,
                "channel",
                "join",
                f"--channelID={channel.name}",
                f"--config-block={self._layout.genesis(channel)}",
                *connection,
            ],
            {},
        )
        if "Status: 201" not in joined:
            raise CommandFailed(f"osnadmin channel join: {joined.strip()}")

    async def _join_peer(self, organization: Organization) -> None:
        listed = (await self._peer(organization, "channel", "list")).split()
        for channel in self._topology.channels:
            if organization in channel.organizations and channel.name not in listed:
                await self._peer(organization, "channel", "join", "-b", str(self._layout.genesis(channel)))

    async def _install_all(self, organization: Organization) -> None:
        for chaincode in self._topology.chaincodes_of(organization):
            package = self._package(organization, chaincode)
            listed = await self._peer(organization, "lifecycle", "chaincode", "queryinstalled")
            if package.package_id not in listed:
                path = packages.write(package, self._layout.package(organization, chaincode.name))
                await self._peer(organization, "lifecycle", "chaincode", "install", str(path))

    async def _define(self, channel: Channel, chaincode: Chaincode) -> None:
        """Approve by every member and commit; again, with the next sequence, where it has changed."""
        organizations = channel.organizations
        first = organizations[0]
        committed = await self._committed(self._profile(first), channel.name, chaincode.name)
        changed = committed is None or definitions.differs(committed, chaincode)
        sequence = (committed.sequence if committed else 0) + (1 if changed else 0)
        definition = [
            "--channelID",
            channel.name,
            "--name",
            chaincode.name,
            "--version",
            chaincode.version,
            "--sequence",
            str(sequence),
            *self._rules(chaincode),
        ]
        await asyncio.gather(
            *(self._approve(o, channel, chaincode, sequence, definition) for o in organizations)
        )
        if changed:
            targets: list[str] = []
            for organization in organizations:
                tls = self._layout.identities.tls(self._layout.identities.peer(organization))
                peer = address(self._layout.addresses.peer(organization))
                targets += ["--peerAddresses", peer, "--tlsRootCertFiles", str(tls.root)]
            await self._peer(
                first, "lifecycle", "chaincode", "commit", *self._orderer(), *definition, *targets
            )

    def _rules(self, chaincode: Chaincode) -> list[str]:
        """Who must endorse, and the collections."""
        rules = ["--signature-policy", chaincode.policy] if chaincode.policy else []
        if chaincode.collections:
            file = self._layout.collections(chaincode.name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(definitions.collections(chaincode), indent=1) + "\n")
            rules += ["--collections-config", str(file)]
        return rules

    async def _approve(
        self,
        organization: Organization,
        channel: Channel,
        chaincode: Chaincode,
        sequence: int,
        definition: Sequence[str],
    ) -> None:
        package_id = self._package(organization, chaincode).package_id
        if await self._approved(organization, channel, chaincode, sequence) == package_id:
            return
        await self._peer(
            organization,
            "lifecycle",
            "chaincode",
            "approveformyorg",
            *self._orderer(),
            *definition,
            "--package-id",
            package_id,
        )

    async def _approved(
        self, organization: Organization, channel: Channel, chaincode: Chaincode, sequence: int
    ) -> str | None:
        """The package id that a member approved for a sequence."""
        try:
            answer = await self._peer(
                organization,
                "lifecycle",
                "chaincode",
                "queryapproved",
                "--channelID",
                channel.name,
                "--name",
                chaincode.name,
                "--sequence",
                str(sequence),
                "--output",
                "json",
            )
        except CommandFailed:
            return None
        source = json.loads(answer).get("source", {}).get("Type", {}).get("LocalPackage", {})
        return source.get("package_id")

    def _profile(self, organization: Organization) -> Profile:
        return Profile.load(self._layout.identities.profile(organization, "admin"))

    def _orderer(self) -> list[str]:
        tls = self._layout.identities.tls(self._layout.identities.orderer())
        return ["-o", address(self._layout.addresses.orderer()), "--tls", "--cafile", str(tls.root)]

    def _package(self, organization: Organization, chaincode: Chaincode) -> packages.Package:
        return packages.build(self._layout.identities, self._layout.addresses, organization, chaincode)

    async def _peer(self, organization: Organization, *arguments: str) -> str:
        """Fabric's ``peer`` command as the organisation's admin."""
        identities = self._layout.identities
        environment = {
            "FABRIC_CFG_PATH": str(self._layout.settings(organization.name)),
            "FABRIC_LOGGING_SPEC": "error",
            "CORE_PEER_MSPCONFIGPATH": str(identities.user(organization, "admin") / "msp"),
            "CORE_PEER_TLS_ROOTCERT_FILE": str(identities.tls(identities.peer(organization)).root),
        }
        if self._layout.topology.mutual_tls:
            shown = identities.tls(identities.user(organization, "admin"))
            environment |= {
                "CORE_PEER_TLS_CLIENTAUTHREQUIRED": "true",
                "CORE_PEER_TLS_CLIENTCERT_FILE": str(shown.certificate),
                "CORE_PEER_TLS_CLIENTKEY_FILE": str(shown.key),
            }
        return await _run([self._programs["peer"], *arguments], environment)


async def _run(command: Sequence[str], environment: dict[str, str]) -> str:
    """A tool's standard output; CommandFailed with its own reason, bounded in time."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": "/usr/bin:/bin", **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise CommandFailed(f"{_called(command)}: no answer in {COMMAND_SECONDS:.0f} s") from None
    finally:
        # It ends with whoever waits for it: in time, or cancelled since another step failed.
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        text = errors.decode(errors="replace").strip() or output.decode(errors="replace").strip()
        found = _BECAUSE.search(text)
        reason = (found.group(1) if found else text)[:500]
        raise CommandFailed(f"{_called(command)}: {reason}")
    return output.decode()


def _called(command: Sequence[str]) -> str:
    """A command in as many words as say what it is."""
    return " ".join([command[0].rpartition("/")[2], *command[1:4]])
