"""A consortium for each test."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.unit.chaincode.contracts.world import World

# A busy machine is no failure of a property.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
async def world() -> World:
    made = World()
    await made.found()
    return made
