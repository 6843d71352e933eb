"""The line to the ledger."""

from __future__ import annotations

import dataclasses
import gc
import json

from pytest_bdd import parsers, scenarios, then, when

from gateway.fabric import Deadlines, Peer, connect
from tests.scenario.features.applications import Applications

scenarios("tls.feature")


def connected(applications: Applications, **differently: object) -> None:
    """The manufacturer connects anew, with another description of its peer, and asks something."""
    profile = applications.profile("manufacturer")
    [peer] = profile.peers
    other = dataclasses.replace(profile, peers=(dataclasses.replace(peer, **differently),))
    applications.introduce("manufacturer", connect(other, Deadlines(evaluate=3.0)))
    asked = applications.contract("manufacturer", "anyone").evaluate("get", applications.key("stock"))
    applications.answer = applications.attempt(asked)
    applications.leave("manufacturer")
    # gRPC goes on trying to connect until a closed channel is collected.
    gc.collect()


@when("the manufacturer connects with the certificate of its own authority")
def own_authority(applications: Applications) -> None:
    connected(applications)


@when(parsers.parse("the manufacturer connects with the certificate of the {other:w}'s authority"))
def other_authority(applications: Applications, other: str) -> None:
    [peer] = applications.profile(other).peers
    connected(applications, tls_root=peer.tls_root)


@when(parsers.parse('the manufacturer connects expecting a peer of the name "{name}"'))
def other_name(applications: Applications, name: str) -> None:
    connected(applications, server_name=name)


@when("the manufacturer connects without encryption")
def without_tls(applications: Applications) -> None:
    [peer] = applications.profile("manufacturer").peers
    connected(applications, **dataclasses.asdict(Peer(peer.address)))


@then("the ledger answers")
def answers(applications: Applications) -> None:
    assert applications.failure is None
    assert json.loads(applications.answer) is None
