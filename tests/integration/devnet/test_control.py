"""The control socket on a devnet that runs: its clock, its faults, and what clients notice of them."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.fabric import (
    CommitStatusError,
    EndorseError,
    EvaluateError,
    GatewayCallError,
    Network,
    SubmitError,
    connect,
)
from http2 import unix_socket
from network import ledger
from network.devnet.control import SOCKET
from network.devnet.control_client import DevnetControl, NotRunning
from network.devnet.errors import DevnetError
from network.devnet.faults import Call, Fault, Kind
from tests.support.devnet import CHANNEL, Devnet

HOUR = 3600


@pytest.fixture
async def control(devnet: Devnet, network: Network) -> AsyncIterator[DevnetControl]:
    made = DevnetControl(devnet.home)
    yield made
    await made.clear()


async def test_status_tells_what_runs(devnet: Devnet, network: Network, control: DevnetControl) -> None:
    status = await control.status()
    [channel] = status.channels
    assert (channel.name, channel.height) == (CHANNEL, await network.height())
    assert {one.name: status.peers[one.name] for one in devnet.topology.organizations} == {
        one.name: f"127.0.0.1:{devnet.topology.peer_port(one)}" for one in devnet.topology.organizations
    }
    assert all(one.connected for one in status.chaincodes if one.name == "notes")
    assert (status.faults, status.ahead) == ([], 0)
    assert status.time == pytest.approx(time.time(), abs=60)


async def test_what_is_sent_wrongly_is_answered_in_one_line(devnet: Devnet, control: DevnetControl) -> None:
    folder = devnet.home / "network" / "devnet"
    assert stat.S_IMODE((folder / SOCKET).stat().st_mode) == 0o600

    async def say(line: bytes) -> dict[str, object]:
        made = unix_socket.connected(folder / SOCKET)
        reader, writer = await asyncio.open_unix_connection(sock=made)
        writer.write(line)
        answer = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        return json.loads(answer) if answer else {}

    for line, words in (
        (b"hello\n", "Invalid JSON"),
        (b'{"command": "explode"}\n', "explode"),
        (b'{"command": "advance", "seconds": "soon"}\n', "advance.seconds"),
        (b'{"command": "fault", "fault": {"kind": "delay"}}\n', "a delay needs a call and seconds"),
    ):
        answer = await say(line)
        assert answer["ok"] is False
        assert words in str(answer["error"])
        assert "\n" not in str(answer["error"])
    assert await say(b"x" * 100_000 + b"\n") == {}
    with pytest.raises(DevnetError, match="no member here is called nobody"):
        await control.fault(Fault(kind=Kind.AWAY, member="nobody"))
    with pytest.raises(DevnetError, match="forward only"):
        await control.advance(-1)


async def test_nobody_to_ask(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no devnet runs in"):
        await DevnetControl(tmp_path).status()


async def test_delays_are_counted(network: Network, control: DevnetControl) -> None:
    await control.delay(Call.EVALUATE, 1.0, count=2)
    notes = network.contract("notes")
    took = []
    for _ in range(3):
        began = time.monotonic()
        await notes.evaluate("Get", b"ready")
        took.append(time.monotonic() - began)
    assert min(took[:2]) >= 1.0 > took[2]
    assert (await control.status()).faults == []
    slow = Fault(kind=Kind.DELAY, member="distributor", call=Call.RUN, seconds=1.0)
    assert (await control.fault(slow)).faults == [slow]
    began = time.monotonic()
    await notes.evaluate("Get", b"ready")
    assert time.monotonic() - began < 1.0
    await notes.proposal("Put", b"k", b"v", endorsing_organizations=["DistributorMSP"]).endorse()
    assert time.monotonic() - began >= 1.0


async def test_a_commit_whose_status_is_lost(network: Network, control: DevnetControl) -> None:
    notes = network.contract("notes")
    for kind, seconds, code in (
        (Kind.STATUS_UNAVAILABLE, 20.0, "UNAVAILABLE"),
        (Kind.STATUS_SILENCE, 1.0, "DEADLINE_EXCEEDED"),
    ):
        await control.fault(Fault(kind=kind, member="manufacturer"))
        commit = await (await notes.proposal("Put", kind.encode(), b"v").endorse()).submit()
        with pytest.raises(CommitStatusError) as caught:
            await commit.status(seconds)
        assert caught.value.code.name == code
        await control.clear(kind)
        assert (await commit.status()).successful
        assert await notes.evaluate("Get", kind.encode()) == b"v"


async def test_a_submit_whose_answer_is_lost(network: Network, control: DevnetControl) -> None:
    await control.fault(Fault(kind=Kind.SUBMIT_UNAVAILABLE, count=1))
    notes = network.contract("notes")
    transaction = await notes.proposal("Put", b"submitted", b"v").endorse()
    with pytest.raises(SubmitError) as caught:
        await transaction.submit()
    assert caught.value.code.name == "UNAVAILABLE"
    assert (await transaction.commit.status()).successful
    assert await notes.evaluate("Get", b"submitted") == b"v"
    again = await (await notes.proposal("Put", b"submitted", b"w").endorse()).submit()
    assert (await again.status()).successful


async def test_a_peer_that_disagrees(devnet: Devnet, network: Network, control: DevnetControl) -> None:
    await control.fault(Fault(kind=Kind.DISAGREE, member="distributor"))
    both = ["ManufacturerMSP", "DistributorMSP"]
    notes = network.contract("notes")
    with pytest.raises(EndorseError) as caught:
        await notes.proposal("Put", b"disputed", b"v", endorsing_organizations=both).endorse()
    [detail] = caught.value.details
    assert detail.msp_id == "DistributorMSP"
    assert "disputed" in detail.message
    await control.clear(Kind.DISAGREE)
    await notes.proposal("Put", b"disputed", b"v", endorsing_organizations=both).endorse()
    assert "fault on: disagree at distributor" in devnet.log()


async def test_a_peer_that_is_away(devnet: Devnet, network: Network, control: DevnetControl) -> None:
    notes = network.contract("notes")
    async with devnet.gateway("distributor") as gateway:
        theirs = gateway.network(CHANNEL)
        started = theirs.block_events(start_block=0)
        for _ in range(await theirs.height()):
            await anext(started)
        following = asyncio.ensure_future(anext(started))
        await asyncio.sleep(0.2)
        await control.fault(Fault(kind=Kind.AWAY, member="distributor"))
        await notes.submit(
            "Put", b"unseen", b"v", endorsing_organizations=["ManufacturerMSP", "RegulatorMSP"]
        )
        await asyncio.sleep(0.5)
        assert not following.done()
        for call, error in (
            (theirs.contract("notes").evaluate("Get", b"k"), EvaluateError),
            (theirs.contract("notes").proposal("Put", b"k", b"v").endorse(), EndorseError),
        ):
            with pytest.raises(error) as caught:
                await call
            assert isinstance(caught.value, GatewayCallError)
            assert caught.value.code.name == "UNAVAILABLE"
        blocks = theirs.block_events(start_block=0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(blocks), 1.0)
        await control.clear(Kind.AWAY)
        # A stream that was lost goes on where it was.
        block = await asyncio.wait_for(following, 20.0)
        assert block.header.number == await theirs.height() - 1
        await started.aclose()
        blocks = theirs.block_events(start_block=0)
        assert (await asyncio.wait_for(anext(blocks), 20.0)).header.number == 0
        await blocks.aclose()
    await control.fault(Fault(kind=Kind.AWAY, member="distributor"))
    with pytest.raises(EndorseError) as caught:
        await notes.proposal("Put", b"k", b"v", endorsing_organizations=["DistributorMSP"]).endorse()
    assert "connection refused" in caught.value.details[0].message
    # The others suffice.
    await notes.submit("Put", b"without", b"them")


# The last here: the module's devnet is a day ahead after it.
async def test_time_goes_forward_and_outlives_a_restart(
    devnet: Devnet, network: Network, control: DevnetControl
) -> None:
    notes = network.contract("notes")
    made = notes.proposal("Put", b"early", b"v")
    status = await control.advance(25 * HOUR)
    assert status.ahead == 25 * HOUR
    with pytest.raises(EndorseError) as caught:
        await made.endorse()
    assert "incorrect timestamp" in caught.value.details[0].message
    devnet.end("devnet")
    devnet.start("devnet")
    profile = ledger.member_profile(devnet.home, devnet.topology.organizations[0])
    ahead = 25 * HOUR * 10**9
    async with connect(profile, clock=lambda: time.time_ns() + ahead) as gateway:
        later = gateway.network(CHANNEL)
        await devnet.ready(later)
        await later.contract("notes").submit("Put", b"tomorrow", b"v")
        block = await anext(later.block_events(start_block=0))
        assert block.header.number == 0
    assert (await control.status()).ahead == 25 * HOUR
