"""Dry runs of transactions through the API, on a ledger that stays as it was."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.integration.gateway.desk import GLN, GTIN, Desk

CHECKS = "/compliance/checks"


async def test_what_would_be_taken(client: httpx.AsyncClient, desk: Desk) -> None:
    answer = await client.post(CHECKS, json={"function": "Commission", "arguments": desk.units(1, 2)})
    assert (answer.status_code, answer.json()) == (200, {"allowed": True, "count": 0, "refusals": []})
    party = {"chaincode": "registry", "function": "GetParty", "arguments": {"gln": GLN}}
    assert (await client.post(CHECKS, json=party)).json()["allowed"] is True
    assert await desk.transactions() == []
    await desk.commission(1, 2)


async def test_what_would_be_refused_and_why(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission(2)
    written = len(await desk.transactions())
    answer = await client.post(CHECKS, json={"function": "Commission", "arguments": desk.units(1, 2)})
    told = answer.json()
    assert (answer.status_code, told["allowed"], told["count"]) == (200, False, 1)
    [refusal] = told["refusals"]
    assert (refusal["code"], refusal["field"]) == ("serial_duplicate", "serials[1]")
    dispense = {"gln": GLN, "units": [desk.ref(2)]}
    told = (await client.post(CHECKS, json={"function": "Dispense", "arguments": dispense})).json()
    assert "role_required" in [one["code"] for one in told["refusals"]]
    assert all("." in one["rule"] for one in told["refusals"])
    assert len(await desk.transactions()) == written


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"function": "Commission"}, "arguments"),
        ({"function": "Commission", "arguments": [], "chaincode": "custody"}, "arguments"),
        ({"function": "Commission", "arguments": {}, "chaincode": "lscc"}, "chaincode"),
        ({"function": "Commission", "arguments": {"gtin": 1.5}}, "arguments"),
        ({"function": "Commission", "arguments": {"gtin": 2**64}}, "arguments"),
        ({"function": "x" * 65, "arguments": {}}, "function"),
    ],
)
async def test_a_question_that_is_none(client: httpx.AsyncClient, body: Any, field: str) -> None:
    answer = await client.post(CHECKS, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "invalid_argument")
    assert [one["field"] for one in problem["errors"]] == [field]


async def test_a_function_that_is_none(client: httpx.AsyncClient) -> None:
    told = (await client.post(CHECKS, json={"function": "Fly", "arguments": {"gtin": GTIN}})).json()
    assert [one["code"] for one in told["refusals"]] == ["function_unknown"]


async def test_only_who_is_known_asks(client: httpx.AsyncClient) -> None:
    body = {"function": "GetParty", "arguments": {"gln": GLN}}
    assert (await client.post(CHECKS, json=body, headers={"Authorization": ""})).status_code == 401
