"""A consortium for each test."""

from __future__ import annotations

import pytest

from tests.unit.chaincode.contracts.world import World


@pytest.fixture
async def world() -> World:
    made = World()
    await made.found()
    return made
