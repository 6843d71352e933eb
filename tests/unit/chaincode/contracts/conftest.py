"""A consortium for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from tests.unit.chaincode.contracts.world import World
from tests.unit.mediledger.audit.histories import audited

# A busy machine is no failure of a property.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """What a test does through the contracts, everybody endorsing it, is no breach to the audit."""
    made = World()
    await made.found()
    yield made
    if not any(transaction.tx_id.startswith("direct-") for transaction in made.ledger.transactions):
        assert audited(made.ledger)[1] == []
