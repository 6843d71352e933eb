"""Custody's directory that is not what the registry says, or could be made so without a regulator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chaincode.contracts.protection import owners_policy
from chaincode.model import keys
from chaincode.model.directory import SETTINGS_KEY, bucket_key, with_parties
from mediledger.audit.auditor import Ledger as Audit
from mediledger.audit.finding import Broken
from mediledger.audit.signed import Signed
from tests.unit.chaincode.contracts.world import MAKER, MSPS, STRANGER, WHOLESALER, World
from tests.unit.mediledger.audit.forged import EVERYBODY, NOT_REGULATOR, Forged, Made, mine, opened
from tests.unit.mediledger.audit.histories import found

SETTINGS = {"doc": "param", "name": "consortium", "value": {"members": ["A"], "regulators": ["A"]}}


def renamed(world: World) -> dict[str, Any]:
    """The wholesaler's party under another name."""
    return world.ledger.document("registry", keys.party_key(WHOLESALER)) | {"name": "Another"}


async def a_party_that_custody_is_not_told_of(world: World) -> Forged:
    return Forged({keys.party_key(WHOLESALER): renamed(world)}, EVERYBODY, namespace="registry")


async def a_party_that_the_registry_does_not_know(world: World) -> Forged:
    key = bucket_key(STRANGER)
    bucket = world.ledger.document("custody", key)
    return Forged({key: with_parties(bucket, [renamed(world) | {"gln": STRANGER}])}, EVERYBODY)


async def a_party_changed_beside_settings_that_are_right(world: World) -> Forged:
    key = bucket_key(WHOLESALER)
    bucket = with_parties(world.ledger.document("custody", key), [renamed(world)])
    settings = world.ledger.document("custody", SETTINGS_KEY)["settings"]
    return Forged({key: bucket | {"settings": settings}}, EVERYBODY)


async def a_party_changed_in_the_directory_without_the_regulator(world: World) -> Forged:
    key = bucket_key(WHOLESALER)
    bucket = world.ledger.document("custody", key)
    return Forged({key: with_parties(bucket, [renamed(world)])}, NOT_REGULATOR)


async def settings_changed_in_the_directory_without_the_regulator(world: World) -> Forged:
    known = world.ledger.document("custody", SETTINGS_KEY)
    settings = known["settings"] | {"version": 2}
    return Forged({SETTINGS_KEY: known | {"settings": settings}}, NOT_REGULATOR)


async def a_part_of_the_directory_that_leaves_the_regulator_out(world: World) -> Forged:
    key = bucket_key(WHOLESALER)
    return Forged({key: world.ledger.document("custody", key)}, EVERYBODY, {key: mine(MSPS[MAKER])})


async def a_policy_of_the_directory_that_leaves_the_regulator_out(world: World) -> Forged:
    return Forged({}, EVERYBODY, {bucket_key(WHOLESALER): mine(MSPS[MAKER])})


CASES: list[tuple[Made, set[Broken]]] = [
    (a_party_changed_beside_settings_that_are_right, {Broken.DIRECTORY}),
    (a_party_that_custody_is_not_told_of, {Broken.DIRECTORY}),
    (a_party_that_the_registry_does_not_know, {Broken.DIRECTORY}),
    (a_party_changed_in_the_directory_without_the_regulator, {Broken.POLICY, Broken.DIRECTORY}),
    (settings_changed_in_the_directory_without_the_regulator, {Broken.POLICY, Broken.DIRECTORY}),
    (a_part_of_the_directory_that_leaves_the_regulator_out, {Broken.GUARD}),
    (a_policy_of_the_directory_that_leaves_the_regulator_out, {Broken.GUARD}),
]


@pytest.mark.parametrize(("made", "broken"), CASES, ids=[made.__name__ for made, _ in CASES])
async def test_found(made: Made, broken: set[Broken]) -> None:
    assert await found(made) == broken


def founded(directory: dict[str, Any]) -> Signed:
    """The transaction that founds a consortium of one, with these documents of the directory."""
    by = frozenset({"A"})
    told = Forged(directory, by, dict.fromkeys(directory, owners_policy(["A"], ["A"]))).signed()
    written = Forged({keys.parameter_key("consortium"): SETTINGS}, by, namespace="registry").signed()
    return replace(told, writes=told.writes + written.writes)


def test_before_there_is_a_consortium_anybody_may_found_it() -> None:
    assert Audit().transaction(founded(opened(SETTINGS))) == []


@pytest.mark.parametrize("left_out", [SETTINGS_KEY, bucket_key(MAKER)])
def test_a_consortium_is_founded_with_a_whole_directory(left_out: str) -> None:
    """Who finds a part of it missing could enter a party there, by any majority."""
    entered = opened(SETTINGS)
    del entered[left_out]
    findings = Audit().transaction(founded(entered))
    assert {finding.broken for finding in findings} == {Broken.DIRECTORY, Broken.GUARD}
