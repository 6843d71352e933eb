"""What a contract does with a proposal that no client of good will sends: coded, short, nothing in a log."""

from __future__ import annotations

import orjson
import pytest

from chaincode.contracts.arguments import MAX_NAME, MAX_TIME_MS
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.world import MAKER, MSPS, World

FIRST_TIME_OF_ALL = 0


async def refusal(world: World, argument: bytes) -> Refusal:
    response = await world.ledger.respond(MSPS[MAKER], "registry", [b"GetParty", argument])
    refused = Refusal.parse(response.message)
    assert refused is not None, response.message[:200]
    assert response.status == refused.code.status
    return refused


@pytest.mark.parametrize("depth", [900, 1_100, 100_000])
async def test_nested_deeper_than_anything_meant(
    world: World, depth: int, caplog: pytest.LogCaptureFixture
) -> None:
    refused = await refusal(world, b'{"gln":' + b"[" * depth + b"]" * depth + b"}")
    assert (refused.code, refused.field) == (Code.INVALID_ARGUMENT, "argument")
    assert caplog.messages == []


async def test_an_unknown_fields_name_is_not_repeated_at_length(world: World) -> None:
    refused = await refusal(world, orjson.dumps({"gln": MAKER, "x" * 100_000: 1}))
    assert (refused.code, refused.field) == (Code.INVALID_ARGUMENT, "x" * MAX_NAME)
    assert len(refused.message) < 2 * MAX_NAME


@pytest.mark.parametrize("now", [FIRST_TIME_OF_ALL - 1, MAX_TIME_MS + 1, 2**63])
async def test_a_time_that_no_document_can_hold(
    world: World, now: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The client names it, and whoever mirrors the ledger must be able to store it."""
    world.ledger.now = now
    with pytest.raises(Refusal) as refused:
        await world.custody(MAKER, "RegisterDevice", {"id": "D", "gln": MAKER, "kind": "temperature"})
    assert (refused.value.code, refused.value.field) == (Code.INVALID_ARGUMENT, "timestamp")
    assert world.ledger.transactions[-1].writes == {}
    assert caplog.messages == []


@pytest.mark.parametrize("now", [FIRST_TIME_OF_ALL, MAX_TIME_MS])
async def test_the_first_and_the_last_time(world: World, now: int) -> None:
    world.ledger.now = now
    argument = {"id": "D", "gln": MAKER, "kind": "temperature"}
    assert (await world.custody(MAKER, "RegisterDevice", argument))["registered_at"] == now
