"""What every endpoint has in common: tokens, scopes, problems, limits, keys."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import httpx
import jwt
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from gateway.core.auth import User
from gateway.core.ledger import Ledger
from gateway.core.state import Gateway
from network.devnet.faults import Call, Kind
from tests.integration.gateway.desk import EXPIRED, GLN, GTIN, LOT, OTHER, STATEMENT, Desk, until

# For requests that never reach the ledger.
UNITS = {"gtin": GTIN, "lot": LOT, "serials": ["A1", "A2"]}


def as_role(gateway: Gateway, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {gateway.tokens.issue(User('ada', role))}"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:mediledger:problem:{code}"
    assert body["instance"] == f"urn:mediledger:request:{answer.headers['x-request-id']}"
    return body


async def test_a_write(client: httpx.AsyncClient, desk: Desk) -> None:
    answer = await client.post("/commissions", json=desk.units(1, 2), headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 201
    assert answer.headers["idempotency-key"] == "k1"
    height = await desk.network.height()
    assert answer.json() == {
        "transaction_id": (await desk.valid())[0],
        "block_number": height - 1,
        "result": {"gtin": GTIN, "lot": LOT, "count": 2},
    }


async def test_a_key_is_made_and_told(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission()
    await desk.lose(Kind.AWAY)
    body = {"ref": desk.ref(), "reason": "seal"}
    answer = await client.post("/quarantines", json=body)
    problem(answer, 503, "ledger_unavailable")
    assert answer.headers["retry-after"] == "1"
    key = answer.headers["idempotency-key"]
    again = await client.post("/quarantines", json=body, headers={"Idempotency-Key": key})
    assert again.status_code == 201
    assert again.headers["idempotency-key"] == key


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "ümlaut".encode("latin-1")])
async def test_a_key_that_is_none(client: httpx.AsyncClient, key: str | bytes) -> None:
    answer = await client.post("/commissions", json=UNITS, headers={"Idempotency-Key": key})
    problem(answer, 400, "idempotency_key_invalid")


async def test_the_same_key_for_another_body(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission()
    headers = {"Idempotency-Key": "k1"}
    body = {"ref": desk.ref(), "reason": "seal"}
    assert (await client.post("/quarantines", json=body, headers=headers)).status_code == 201
    other = await client.post("/quarantines", json=body | {"reason": "other"}, headers=headers)
    problem(other, 422, "idempotency_key_reused")


async def test_a_request_in_progress(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission()
    await desk.hold(Call.ENDORSE, 1.0)
    headers, body = {"Idempotency-Key": "k1"}, {"ref": desk.ref(), "reason": "seal"}
    first = asyncio.create_task(client.post("/quarantines", json=body, headers=headers))
    await until(desk.used)
    second = await client.post("/quarantines", json=body, headers=headers)
    problem(second, 409, "request_in_progress")
    assert second.headers["retry-after"] == "1"
    assert (await first).status_code == 201


async def test_a_refusal_of_the_ledger(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission()
    body = {"what": [desk.ref()], "to": EXPIRED, "statement": STATEMENT}
    told = problem(await client.post("/transfers", json=body), 403, "licence_expired")
    [error] = told["errors"]  # type: ignore[misc]
    assert (error["field"], error["code"]) == ("to", "licence_expired")


async def test_every_wrong_field_is_named(client: httpx.AsyncClient) -> None:
    body = {"gtin": "09521234100011", "lot": "", "serials": ["ok", "B" * 21], "extra": 1}
    told = problem(await client.post("/commissions", json=body), 400, "gtin_check_digit")
    found = {error["field"]: error["code"] for error in told["errors"]}  # type: ignore[attr-defined]
    assert found == {
        "gtin": "gtin_check_digit",
        "lot": "lot_invalid",
        "serials[1]": "serial_invalid",
        "extra": "invalid_argument",
    }


@pytest.mark.parametrize("body", [b"{", b"", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
async def test_a_body_that_is_no_object(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/commissions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_many_errors_are_few_in_the_answer(client: httpx.AsyncClient) -> None:
    body = UNITS | {"serials": ["x" * 21] * 1000}
    told = problem(await client.post("/commissions", json=body), 400, "serial_invalid")
    assert len(told["errors"]) == 50  # type: ignore[arg-type]


async def test_ledger_errors_tell_no_internals(client: httpx.AsyncClient, desk: Desk) -> None:
    # Once would be taken for a peer that is a block behind, and tried again.
    await desk.lose(Kind.DISAGREE, 1_000)
    answer = await client.post("/commissions", json=desk.units())
    problem(answer, 502, "ledger_failed")
    assert "127.0.0.1" not in answer.text


async def test_an_unforeseen_error_tells_no_internals(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret of line 17")

    monkeypatch.setattr(Ledger, "evaluate", broken)
    with caplog.at_level(logging.ERROR):
        answer = await client.get(f"/products/{GTIN}/lots/{LOT}")
    problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert "the secret of line 17" in caplog.text


async def test_a_database_that_is_away(
    app: FastAPI, client: httpx.AsyncClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise sa.exc.OperationalError("select 1", None, Exception("connection refused"))

    monkeypatch.setattr("gateway.core.pages.page", away)
    problem(await client.get("/parties"), 503, "database_unavailable")


async def test_paths_and_methods_that_are_not_there(client: httpx.AsyncClient) -> None:
    problem(await client.get("/nothing"), 404, "not_found")
    problem(await client.delete("/parties"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer nonsense", "Basic b2xnYTpwdw==", "Bearer " + "a" * 9000]
)
async def test_no_token(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get("/parties", headers={"Authorization": token})
    problem(answer, 401, "token_invalid")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"iss": "urn:mediledger:gln:9521234000020"},
        {"role": "king"},
        {"role": None},
        {"sub": None},
        {"exp": None},
    ],
)
async def test_claims_that_are_not_ours(
    client: httpx.AsyncClient, gateway: Gateway, changed: dict[str, str | None]
) -> None:
    secret = gateway.settings.token_secret.get_secret_value()
    good = gateway.tokens.issue(User("ada", "admin"))
    claims = jwt.decode(good, secret, ["HS256"], audience="mediledger")
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    forged = jwt.encode(claims, secret, "HS256")
    answer = await client.get("/parties", headers={"Authorization": f"Bearer {forged}"})
    problem(answer, 401, "token_invalid")


async def test_forged_and_unsigned_tokens(client: httpx.AsyncClient, gateway: Gateway) -> None:
    good = gateway.tokens.issue(User("ada", "admin"))
    claims = jwt.decode(good, options={"verify_signature": False})
    for forged in (
        jwt.encode(claims, "x" * 40, "HS256"),
        jwt.encode(claims, None, "none"),
        good.rpartition(".")[0] + ".",
    ):
        answer = await client.get("/parties", headers={"Authorization": f"Bearer {forged}"})
        problem(answer, 401, "token_invalid")


async def test_an_expired_token(client: httpx.AsyncClient, gateway: Gateway) -> None:
    secret = gateway.settings.token_secret.get_secret_value()
    claims = jwt.decode(gateway.tokens.issue(User("ada", "admin")), secret, ["HS256"], audience="mediledger")
    old = jwt.encode(claims | {"exp": claims["iat"] - 1}, secret, "HS256")
    problem(await client.get("/parties", headers={"Authorization": f"Bearer {old}"}), 401, "token_expired")


@pytest.mark.parametrize(
    ("role", "path", "answered"),
    [
        ("auditor", "/commissions", "scope_missing"),
        ("auditor", "/dispenses", "scope_missing"),
        # The scope lets it through: what comes back is the ledger's own answer.
        ("dispenser", "/dispenses", "unit_unknown"),
        ("dispenser", "/commissions", "scope_missing"),
        ("dispenser", "/devices", "scope_missing"),
        ("operator", "/commissions", ""),
        ("admin", "/commissions", ""),
    ],
)
async def test_scopes(
    client: httpx.AsyncClient, gateway: Gateway, desk: Desk, role: str, path: str, answered: str
) -> None:
    body = {
        "/commissions": desk.units(),
        "/dispenses": {"units": [desk.ref()]},
        "/devices": {"id": desk.serial()},
    }
    answer = await client.post(path, json=body[path], headers=as_role(gateway, role))
    if answered:
        problem(answer, 403 if answered == "scope_missing" else 404, answered)
    else:
        assert answer.status_code == 201, answer.text
    assert len(await desk.transactions()) == (not answered)


async def test_who_may_not_learns_nothing_of_the_body(client: httpx.AsyncClient) -> None:
    answer = await client.post("/commissions", json={"wrong": 1}, headers={"Authorization": ""})
    problem(answer, 401, "token_invalid")


async def test_a_body_too_large(client: httpx.AsyncClient, gateway: Gateway) -> None:
    too_large = b"0" * (gateway.settings.body_bytes + 1)
    problem(await client.post("/commissions", content=too_large), 413, "body_too_large")


async def test_a_chunked_body_is_not_read_past_the_limit(client: httpx.AsyncClient, gateway: Gateway) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 100 * gateway.settings.body_bytes:
            taken += 65536
            yield b"0" * 65536

    answer = await client.post("/commissions", content=endless())
    problem(answer, 413, "body_too_large")
    assert answer.headers["connection"] == "close"


async def test_security_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


async def test_a_request_id_is_kept_or_made(client: httpx.AsyncClient) -> None:
    given = await client.get("/health", headers={"X-Request-ID": "abc-12345678"})
    assert given.headers["x-request-id"] == "abc-12345678"
    made = await client.get("/health", headers={"X-Request-ID": "in\tvalid"})
    assert len(made.headers["x-request-id"]) == 32


async def test_a_log_line_names_no_serial_and_no_token(
    client: httpx.AsyncClient, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "gateway"):
        await client.post("/commissions", json=desk.units())
        await client.get(f"/units/{GTIN}/{desk.serial()}")
    lines = [record for record in caplog.records if record.getMessage() == "request"]
    assert [record.route for record in lines] == [  # type: ignore[attr-defined]
        "/commissions",
        "/units/{gtin}/{serial:path}",
    ]
    everything = json.dumps(
        [vars(record) for record in caplog.records if record.name.startswith("gateway")], default=str
    )
    assert desk.serial() not in everything
    assert client.headers["authorization"].split()[1] not in everything


async def test_transfer_ids_derive_from_the_key(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.commission(1, 2)
    offered = []
    for key, number in (("k1", 1), ("k1", 1), ("k2", 2)):
        body = {"what": [desk.ref(number)], "to": OTHER, "statement": STATEMENT}
        answer = await client.post("/transfers", json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 201, answer.text
        assert answer.json()["result"]["from"] == GLN
        offered.append(answer.json()["result"]["id"])
    assert len(await desk.valid("OfferTransfer")) == 2
    assert offered[0] == offered[1] != offered[2]


async def test_a_serial_with_a_slash(client: httpx.AsyncClient, desk: Desk) -> None:
    serial = f"A/B?{desk.serial()}"[:20]
    identity = (await client.post("/commissions", json=desk.units() | {"serials": [serial]})).json()
    quoted = serial.replace("/", "%2F").replace("?", "%3F")
    answer = await client.get(f"/units/{GTIN}/{quoted}/history")
    [change] = answer.json()["items"]
    assert (change["tx_id"], change["doc"]["serial"]) == (identity["transaction_id"], serial)


async def test_the_documentation(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as anybody:
        page = await anybody.get("/docs")
        assert page.status_code == 200
        assert "script-src" in page.headers["content-security-policy"]
        described = (await anybody.get("/openapi.json")).json()
    flows = described["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]
    assert flows["password"]["tokenUrl"] == "/api/v1/auth/token"
    schemas = described["components"]["schemas"]
    ours = {name for name in schemas if not name.startswith(("Page_", "Written_", "Body_"))}
    assert {name for name in ours if "example" not in schemas[name]} == {"ProblemField"}
    for path in described["paths"].values():
        for operation in path.values():
            assert operation["tags"]
            assert operation["summary"]
            assert "422" not in operation["responses"]
