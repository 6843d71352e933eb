"""The deploy job against gateways that answer late, refuse, or never come up."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from chaincode.model.errors import Code, MediLedgerError, Refusal
from gateway.fabric import EndorseError, FabricError, Profile
from network import deploy, ledger
from network.topology import Topology

Answer = Callable[[str, str], FabricError | None]


def unavailable(message: str = "no endorsers") -> EndorseError:
    return EndorseError(grpc.StatusCode.UNAVAILABLE, message, (), "tx")


def refused(code: Code) -> EndorseError:
    message = f"chaincode response {code.status}, {Refusal(code, 'no').to_json()}"
    return EndorseError(grpc.StatusCode.ABORTED, message, (), "tx")


class FakeGateway:
    """A peer's gateway whose ``answer`` to (chaincode, function) is an error or None; it notes each call.

    ``away`` are the MSP ids of those whose peers it does not reach.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls: list[tuple[str, str, str, bytes | str]] = []
        self.away: set[str] = set()
        self.reached: set[tuple[str, str, str]] = set()

    def connect(self, profile: Profile) -> Any:
        outer = self

        class Contract:
            def __init__(self, name: str) -> None:
                self.name = name

            def call(self, function: str, body: bytes | str) -> None:
                outer.calls.append((profile.msp_id, self.name, function, body))
                failure = outer.answer(self.name, function)
                if failure:
                    raise failure

            async def submit(self, function: str, body: bytes) -> None:
                self.call(function, body)

            async def evaluate(
                self, function: str, body: str, endorsing_organizations: Sequence[str]
            ) -> None:
                [at] = endorsing_organizations
                if at in outer.away:
                    raise unavailable("nobody there")
                outer.reached.add((profile.msp_id, self.name, at))

            def proposal(self, function: str, body: str) -> Any:
                contract = self

                class Proposal:
                    async def endorse(self) -> None:
                        contract.call(function, body)

                return Proposal()

        class Network:
            def contract(self, name: str) -> Contract:
                return Contract(name)

        class Connected:
            async def __aenter__(self) -> Connected:
                return self

            async def __aexit__(self, *_: object) -> None:
                return None

            def network(self, channel: str) -> Network:
                assert channel == profile.channel
                return Network()

        return Connected()


@pytest.fixture
def home(topology: Topology, tmp_path: Path) -> Path:
    ledger.prepare(topology, tmp_path, "devnet")
    return tmp_path


@pytest.fixture
def gateways(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], FakeGateway]:
    def use(answer: Answer) -> FakeGateway:
        fake = FakeGateway(answer)
        monkeypatch.setattr(deploy, "connect", fake.connect)
        monkeypatch.setattr(deploy, "RETRY_SECONDS", 0.001)
        return fake

    return use


Use = Callable[[Answer], FakeGateway]


async def test_the_regulator_names_the_regulators(topology: Topology, home: Path, gateways: Use) -> None:
    fake = gateways(lambda chaincode, function: None)
    await deploy.deploy(topology, home, "devnet")
    first = fake.calls[0]
    assert first[:3] == ("RegulatorMSP", "registry", "Bootstrap")
    named = json.loads(first[3])
    assert named["regulators"] == ["RegulatorMSP"]
    assert named["members"] == [organization.msp_id for organization in topology.organizations]
    # Then each member's peer shows that it runs each chaincode.
    asked = {call[:2] for call in fake.calls[1:]}
    assert asked == {(o.msp_id, c.name) for o in topology.organizations for c in topology.chaincodes}
    # And that it reaches every other's.
    msp_ids = [o.msp_id for o in topology.organizations]
    assert fake.reached == {(a, c.name, b) for a in msp_ids for b in msp_ids for c in topology.chaincodes}


async def test_a_member_that_is_away_holds_nobody_up(
    topology: Topology,
    home: Path,
    gateways: Use,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(deploy, "GOSSIP_SECONDS", 0.01)
    fake = gateways(lambda chaincode, function: None)
    fake.away = {"PharmacyMSP"}
    await deploy.deploy(topology, home, "devnet")
    assert len(caplog.records) == len(topology.organizations) * len(topology.chaincodes)
    assert "distributor's peer does not reach custody at pharmacy yet" in caplog.text


async def test_done_before(topology: Topology, home: Path, gateways: Use) -> None:
    def answer(chaincode: str, function: str) -> FabricError | None:
        return refused(Code.PARAMETER_EXISTS) if function == "Bootstrap" else None

    fake = gateways(answer)
    await deploy.deploy(topology, home, "devnet")
    assert len(fake.calls) == 1 + len(topology.organizations) * len(topology.chaincodes)


async def test_it_waits_for_gossip(topology: Topology, home: Path, gateways: Use) -> None:
    seen = 0

    def answer(chaincode: str, function: str) -> FabricError | None:
        nonlocal seen
        seen += 1
        return unavailable() if seen % 3 else None

    fake = gateways(answer)
    await deploy.deploy(topology, home, "devnet")
    assert [call[2] for call in fake.calls[:3]] == ["Bootstrap"] * 3


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("Bootstrap", "the registry cannot be bootstrapped: .*no endorsers"),
        ("GetProducts", "peer finds no endorsers of registry: .*no endorsers"),
    ],
)
async def test_it_gives_up(
    topology: Topology,
    home: Path,
    gateways: Use,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    message: str,
) -> None:
    monkeypatch.setattr(deploy, "ENDORSEMENT_SECONDS", 0.05)
    gateways(lambda chaincode, called: unavailable() if called == function else None)
    with pytest.raises(MediLedgerError, match=message):
        await deploy.deploy(topology, home, "devnet")


async def test_a_refusal_to_bootstrap_is_no_success(
    topology: Topology, home: Path, gateways: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "ENDORSEMENT_SECONDS", 0.05)
    gateways(lambda chaincode, function: refused(Code.NOT_AUTHORISED))
    with pytest.raises(MediLedgerError, match="not_authorised"):
        await deploy.deploy(topology, home, "devnet")


def test_one_line_and_exit_1(
    home: Path, gateways: Use, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(deploy, "ENDORSEMENT_SECONDS", 0.0)
    gateways(lambda chaincode, function: unavailable())
    path = str(Topology.load().path)
    options = ["--home", str(home), "--topology", path, "--base-port", "17000", "--kind", "devnet"]
    monkeypatch.setattr(sys, "argv", ["network.deploy", *options])
    with pytest.raises(SystemExit) as stopped:
        deploy.main()
    assert stopped.value.code == 1
    (record,) = [record for record in caplog.records if record.name == deploy.log.name]
    assert "the registry cannot be bootstrapped" in record.getMessage()
    assert record.exc_info is None
