"""Packing on a real ledger: what the ledger then says of packs and cases, and the mirror says the same."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from chaincode.model import gs1
from gateway.core.settings import Settings
from gateway.mirror.reader import parsed
from gateway.mirror.spotcheck import spot_check
from gateway.mirror.writer import Writer
from tests.integration.gateway.desk import GLN, GTIN, Desk


class Case:
    """A case that is packed, and looked into, by REST."""

    def __init__(self, client: httpx.AsyncClient, desk: Desk, number: int) -> None:
        body = f"09521234{desk.since:06d}{number:03d}"
        self.sscc = body + gs1.check_digit(body)
        self._client = client
        self._desk = desk

    async def pack(self, *numbers: int) -> None:
        children = [self._desk.ref(number) for number in numbers]
        answer = await self._client.post("/containers", json={"sscc": self.sscc, "children": children})
        assert (answer.status_code, answer.json()["result"]["count"]) == (201, len(numbers))

    async def take_out(self, *numbers: int) -> None:
        some = {"children": [self._desk.ref(number) for number in numbers]}
        answer = await self._client.post(f"/containers/{self.sscc}/unpack", json=some if numbers else None)
        assert answer.is_success

    async def read(self) -> dict[str, Any]:
        answer = (await self._client.get(f"/containers/{self.sscc}")).json()
        return {**answer["container"], "held": answer["held"]}

    async def inside(self) -> list[str]:
        return (await self.read())["children"]


async def unit(client: httpx.AsyncClient, desk: Desk, number: int) -> dict[str, Any]:
    answer = (await client.get(f"/units/{GTIN}/{desk.serial(number)}")).json()
    return {**answer["unit"], "held": answer["held"]}


async def test_a_whole_tray(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission(1, 2)
    case = Case(client, desk, 1)
    await case.pack(1, 2)
    assert await case.inside() == [desk.ref(1), desk.ref(2)]
    found = await unit(client, desk, 2)
    assert (found["period"], found["tray"], found["parent"]) == (0, desk.serial(1), case.sscc)
    assert "owner" not in found


async def test_a_part_of_a_tray(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission(1, 2, 3)
    case, other = Case(client, desk, 1), Case(client, desk, 2)
    await case.pack(2)
    assert await case.inside() == [desk.ref(2)]
    found = await unit(client, desk, 2)
    assert (found["period"], found["parent"]) == (1, case.sscc)
    assert "tray" not in found
    beside = await unit(client, desk, 3)
    assert (beside["period"], beside["tray"], beside["owner"]) == (0, desk.serial(1), GLN)
    # What is left in the tray is all of it now.
    await other.pack(3, 1)
    assert await other.inside() == [desk.ref(1), desk.ref(3)]
    assert (await unit(client, desk, 3))["period"] == 0


async def test_packs_that_were_taken_out(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission(1, 2)
    case, again = Case(client, desk, 1), Case(client, desk, 2)
    await case.pack(1, 2)
    await case.take_out()
    assert await case.inside() == []
    await again.pack(1, 2)
    assert await again.inside() == [desk.ref(1), desk.ref(2)]
    found = await unit(client, desk, 1)
    assert (found["period"], found["parent"]) == (1, again.sscc)


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_mirror_has_what_the_ledger_has(
    client: httpx.AsyncClient, desk: Desk, settings: Settings, at_once: bool
) -> None:
    """Of packs loose and packed, in their trays and out of them, whatever batches their blocks come in."""
    await desk.commission(1, 2, 3, 4)
    await desk.commission(5, 6)
    await desk.commission(7, 8)
    cases = [Case(client, desk, number) for number in range(4)]
    mixed, whole, again, outer = cases
    await mixed.pack(1, 5, 6)
    await whole.pack(2, 3, 4)
    await whole.take_out(3)
    await again.pack(3, 7)
    answer = await client.post("/containers", json={"sscc": outer.sscc, "children": [f"00{mixed.sscc}"]})
    assert answer.status_code == 201
    url = settings.database_url.get_secret_value()
    blocks = [parsed(await desk.network.block(n)) for n in range(await desk.network.height())]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        here = None
        for batch in [blocks] if at_once else [[block] for block in blocks]:
            here = await Writer(desk.network.channel, outbox=False).write(connection, here, batch)
    units = (await client.get("/units", params={"limit": 200})).json()["items"]
    told = {one["serial"]: one for one in units}
    for number in range(1, 9):
        assert told[desk.serial(number)] == await unit(client, desk, number)
    containers = (await client.get("/containers", params={"limit": 200})).json()["items"]
    listed = {one["sscc"]: one for one in containers}
    for case in cases:
        assert listed[case.sscc] == await case.read()
    checks = await spot_check(desk.network, url)
    assert checks.read > 0
    assert (checks.different, checks.unsure) == ((), 0)
