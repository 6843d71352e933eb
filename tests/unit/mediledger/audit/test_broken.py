"""Every rule that a write can break, broken once."""

from __future__ import annotations

import pytest

from mediledger.audit.finding import Broken
from tests.unit.chaincode.contracts.world import World
from tests.unit.mediledger.audit.cases import documents, held, others, packed, periods, trays
from tests.unit.mediledger.audit.forged import EVERYBODY, Forged, Made, key_of, shelved
from tests.unit.mediledger.audit.histories import audited, found

CASES = [case for about in (documents, held, others, packed, periods, trays) for case in about.CASES]


@pytest.mark.parametrize(("made", "broken"), CASES)
async def test_found(made: Made, broken: set[Broken]) -> None:
    assert await found(made) == broken


def test_every_rule_of_a_write_is_broken_somewhere() -> None:
    seen = {broken for case in CASES for broken in case.values[1]}
    assert seen == set(Broken) - {Broken.CHAIN, Broken.UNREADABLE}


async def test_what_is_forged_once_does_not_make_what_follows_wrong() -> None:
    world = World()
    await world.found()
    ref = await shelved(world)
    audit, _ = audited(world.ledger)
    gap = Forged({key_of(ref, 7): world.unit(ref) | {"period": 7}}, EVERYBODY)
    assert audit.transaction(gap.signed())
    honest = Forged({key_of(ref, 1): world.unit(ref) | {"status": "dispensed"}}, EVERYBODY)
    assert audit.transaction(honest.signed()) == []
