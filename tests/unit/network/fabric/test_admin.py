"""What the admin asks of Fabric's tools: only what is missing; and what becomes of their failures."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time

import pytest
from fabric_protos.peer import policy_pb2

from gateway.fabric import Profile
from network import packages
from network.fabric import admin, processes
from network.fabric.admin import Admin
from network.fabric.committed import Definition
from network.fabric.errors import CommandFailed
from network.fabric.processes import Layout
from network.policy import envelope_of
from network.policy_language import parse
from network.topology import Chaincode, Organization
from tests.unit.network.fabric.conftest import Tools

JOINED = 'echo "Status: 201"'
# A network without channel or chaincode, whose tools say yes to everything.
FRESH = """case "$*" in
*queryapproved*) echo "Error: no approval" >&2; exit 1;;
esac"""


class Held(dict[str, Definition]):
    """What the channel holds, by a chaincode's name."""

    async def __call__(self, profile: Profile, channel: str, chaincode: str) -> Definition | None:
        assert (profile.channel, channel) == ("medicines", "medicines")
        return self.get(chaincode)


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def act(layout: Layout, tools: Tools, held: Held) -> Admin:
    processes.prepare(layout, tools.programs)
    tools.script("osnadmin", JOINED)
    tools.script("peer", FRESH)
    return Admin(layout, tools.programs, held)


def package_id(layout: Layout, organization: Organization, chaincode: Chaincode) -> str:
    return packages.build(layout.identities, layout.addresses, organization, chaincode).package_id


def running(layout: Layout, tools: Tools, held: Held, version: str = "1", changed: str = "") -> None:
    """All is joined, installed, approved and committed: ``changed`` names a chaincode of another policy."""
    topology = layout.topology
    tools.script("osnadmin", f"""echo '{{"channels":[{{"name":"{topology.channel}"}}]}}'""")
    cases = [f"*'channel list'*) echo 'Channels peers has joined: '; echo {topology.channel};;"]
    installed = [
        package_id(layout, organization, chaincode)
        for organization in topology.organizations
        for chaincode in topology.chaincodes
    ]
    cases.append(f"*queryinstalled*) echo '{' '.join(installed)}';;")
    for chaincode in topology.chaincodes:
        policy = "OR('RegulatorMSP.peer')" if chaincode.name == changed else chaincode.policy
        made = policy_pb2.ApplicationPolicy(signature_policy=envelope_of(parse(policy)))
        parameter = made.SerializeToString()
        held[chaincode.name] = Definition(sequence=1, version=version, validation_parameter=parameter)
        for organization in topology.organizations:
            local = {"package_id": package_id(layout, organization, chaincode)}
            approval = {"sequence": 1, "source": {"Type": {"LocalPackage": local}}}
            cases.append(
                f"""*queryapproved*'--name {chaincode.name} --sequence 1 '*'@{organization.name}') """
                f"echo '{json.dumps(approval)}';;"
            )
    cases.append("*queryapproved*) echo 'Error: no approval' >&2; exit 1;;")
    # Which member it acts for is in the environment.
    member = 'org=$(basename "$FABRIC_CFG_PATH"); case "$*@$org" in\n'
    tools.script("peer", member + "\n".join(cases) + "\nesac")


async def test_from_nothing(layout: Layout, tools: Tools, act: Admin) -> None:
    await act.deploy()
    organizations, chaincodes = layout.topology.organizations, layout.topology.chaincodes
    assert len([call for call in tools.calls("osnadmin") if " join " in call]) == 1
    calls = tools.calls("peer ")
    assert len([call for call in calls if "channel join" in call]) == len(organizations)
    assert len([call for call in calls if "chaincode install" in call]) == len(organizations) * len(
        chaincodes
    )
    approvals = [call for call in calls if "approveformyorg" in call]
    assert len(approvals) == len(organizations) * len(chaincodes)
    commits = [call for call in calls if "chaincode commit" in call]
    assert len(commits) == len(chaincodes)
    for call, chaincode in zip(commits, chaincodes, strict=True):
        assert (
            f"--name {chaincode.name} --version 1 --sequence 1 --signature-policy {chaincode.policy}" in call
        )
        # Every member's peer endorses the commit.
        addresses = re.findall(r"--peerAddresses (\S+)", call)
        assert addresses == [f"127.0.0.1:{layout.topology.peer_port(o)}" for o in organizations]
    approved = {re.search(r"--package-id (\S+)", call)[1] for call in approvals}  # type: ignore[index]
    assert approved == {package_id(layout, o, c) for o in organizations for c in chaincodes}


async def test_again_only_asks(layout: Layout, tools: Tools, held: Held, act: Admin) -> None:
    running(layout, tools, held)
    await act.deploy()
    for call in tools.calls():
        assert not re.search(r"channel join| install |approveformyorg|chaincode commit", call), call


async def test_a_new_version_takes_the_next_sequence(
    layout: Layout, tools: Tools, held: Held, act: Admin
) -> None:
    running(layout, tools, held, version="0")
    await act.deploy()
    commits = [call for call in tools.calls("peer ") if "chaincode commit" in call]
    assert len(commits) == len(layout.topology.chaincodes)
    assert all("--version 1 --sequence 2 " in call for call in commits)


async def test_a_new_policy_takes_the_next_sequence(
    layout: Layout, tools: Tools, held: Held, act: Admin
) -> None:
    running(layout, tools, held, changed="custody")
    await act.deploy()
    (commit,) = [call for call in tools.calls("peer ") if "chaincode commit" in call]
    assert "--name custody --version 1 --sequence 2 --signature-policy OutOf(3, " in commit
    approvals = [call for call in tools.calls("peer ") if "approveformyorg" in call]
    assert len(approvals) == len(layout.topology.organizations)


@pytest.mark.parametrize(
    ("tool", "body", "message"),
    [
        ("osnadmin", "echo 'Status: 403'; echo 'forbidden'", "osnadmin channel join: Status: 403\nforbidden"),
        ("osnadmin", "echo 'osnadmin: error: no route' >&2; exit 1", "osnadmin channel list .*: no route"),
        (
            "peer",
            "echo 'Error: proposal failed: access denied' >&2; exit 1",
            "peer channel list: proposal failed",
        ),
        ("peer", "exit 7", "peer channel list: "),
    ],
)
async def test_the_tools_own_words(tools: Tools, act: Admin, tool: str, body: str, message: str) -> None:
    tools.script(tool, body)
    with pytest.raises(CommandFailed, match=message):
        await act.deploy()


async def test_an_unclear_answer_commits_nothing(layout: Layout, tools: Tools, act: Admin) -> None:
    # The peer is away: nothing listens where the profile says.
    unclear = Admin(layout, tools.programs)
    with pytest.raises(CommandFailed, match="definition of registry cannot be read"):
        await unclear.deploy()
    assert not [call for call in tools.calls() if "approveformyorg" in call or "chaincode commit" in call]


async def gone(pid: int) -> None:
    """Wait until a process has ended."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{pid} still runs")


async def pid_of(tools: Tools) -> int:
    """The process that a hanging script has written down."""
    deadline = time.monotonic() + 5
    path = tools.folder / "pid"
    while not path.exists() or not path.read_text().strip():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    return int(path.read_text())


HANGS = 'echo $$ > "$folder/pid"; exec sleep 60'


async def test_a_tool_that_hangs(tools: Tools, act: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "COMMAND_SECONDS", 0.5)
    tools.script("osnadmin", HANGS)
    with pytest.raises(CommandFailed, match=r"osnadmin channel list .*: no answer in"):
        await act.deploy()
    await gone(await pid_of(tools))


async def test_a_tool_ends_with_its_caller(tools: Tools, act: Admin) -> None:
    tools.script("osnadmin", HANGS)
    task = asyncio.create_task(act.deploy())
    pid = await pid_of(tools)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(pid)
