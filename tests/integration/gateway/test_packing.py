"""What the gateway tells the ledger of packs that its mirror has as new, and what comes of a late mirror."""

from __future__ import annotations

import httpx
import pytest
from fabric_protos.peer.transaction_pb2 import TxValidationCode as Code
from sqlalchemy.ext.asyncio import AsyncEngine

from chaincode.model import gs1
from gateway.mirror import tables
from tests.integration.gateway.desk import Desk
from tests.integration.gateway.rows import put, unit


def sscc(number: int) -> str:
    body = f"09521234{number:09d}"
    return body + gs1.check_digit(body)


async def packings(desk: Desk) -> list[str]:
    """How the packings on the ledger ended, in their order."""
    return [Code.Name(t.validation_code) for t in await desk.transactions() if t.function == "Pack"]


async def test_new_packs_are_packed_at_once(
    client: httpx.AsyncClient, engine: AsyncEngine, desk: Desk
) -> None:
    await desk.commission(1, 2)
    for number in (1, 2):
        await put(engine, tables.unit, unit(desk.serial(number)))
    children = [desk.ref(1), desk.ref(2)]
    answer = await client.post("/containers", json={"sscc": sscc(1), "children": children})
    assert (answer.status_code, answer.json()["result"]["count"]) == (201, 2)
    assert await packings(desk) == ["VALID"]


@pytest.mark.parametrize("known", [(1, 2), (1,), ()], ids=["of all", "of some", "of none"])
async def test_packs_that_were_packed_since_the_mirror_read(
    client: httpx.AsyncClient, engine: AsyncEngine, desk: Desk, known: tuple[int, ...]
) -> None:
    """The gateway takes for new what the mirror has as new, and the ledger knows better."""
    await desk.commission(1, 2)
    for number in known:
        await put(engine, tables.unit, unit(desk.serial(number)))
    cases = [sscc(10 * len(known) + number) for number in (2, 3)]
    for case in cases:
        body = {"sscc": case, "children": [desk.ref(1), desk.ref(2)]}
        assert (await client.post("/containers", json=body)).status_code == 201
        assert (await client.post(f"/containers/{case}/unpack")).is_success
    assert await packings(desk) == ["VALID", "VALID"]
