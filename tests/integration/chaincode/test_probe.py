"""Every call of the shim, on the ledgers that this machine has."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from gateway.fabric import CommitError, EndorseError, EvaluateError, FabricError, chaincode_refusal
from tests.integration.chaincode.members import Probe

MANUFACTURER, REGULATOR = "ManufacturerMSP", "RegulatorMSP"
COLLECTION = f"_implicit_org_{MANUFACTURER}"


async def test_state_history_and_event(manufacturer: Probe) -> None:
    first = await manufacturer.write("put", "k", "one")
    second = await manufacturer.write("put", "k", "two")
    third = await manufacturer.write("delete", "k")
    assert await manufacturer.read("get", "k") is None
    changes = await manufacturer.read("history", "k")
    assert [(c["tx"], c["deleted"], c["value"]) for c in changes] == [
        (third, True, ""),
        (second, False, "two"),
        (first, False, "one"),
    ]
    assert changes[0]["at"] > changes[2]["at"]
    assert await manufacturer.read("read_own_write", "own", "x") is None
    start = await manufacturer.network.height()
    told = await manufacturer.write("event", "Shipped", "hello")
    events = manufacturer.network.chaincode_events("probe", start_block=start)
    async with asyncio.timeout(30):
        event = await anext(aiter(events))
    assert (event.transaction_id, event.name, event.payload) == (told, "Shipped", b"hello")


async def test_many_keys_ranges_and_pages(manufacturer: Probe) -> None:
    await manufacturer.write("put_many", "p", "2500")
    assert await manufacturer.read("get_many", "p", "2501") == {"found": 2500, "last": None}
    everything = await manufacturer.read("range", "p", "q")
    assert everything[1234] == ["p001234", "value 1234"]
    assert len(everything) == 2500
    found: list[Any] = []
    bookmark = ""
    while True:
        page = await manufacturer.read("range_page", "p", "q", "1000", bookmark)
        found += page["items"]
        bookmark = page["bookmark"]
        if not bookmark:
            break
    assert found == everything
    assert await manufacturer.read("leave_queries", "p", "q") == ["p000000", "p000000"]
    for attributes in (("036", "0"), ("036", "1"), ("0361", "9")):
        await manufacturer.write("put_composite", "unit", *attributes)
    assert [value for _, value in await manufacturer.read("prefix", "unit", "036")] == ["036/0", "036/1"]
    page = await manufacturer.read("prefix_page", "1", "", "unit", "036")
    assert [value for _, value in page["items"]] == ["036/0"]
    page = await manufacturer.read("prefix_page", "1", page["bookmark"], "unit", "036")
    assert [value for _, value in page["items"]] == ["036/1"]
    for name in ("a", "aa", "b", "c"):
        await manufacturer.write("put_composite", "pack", name)
    for bounds, found in ((("a", "b"), ["a", "aa", "b"]), (("a", "c"), ["a", "aa", "b"]), (("d", "e"), [])):
        assert [value for _, value in await manufacturer.read("between", "pack", *bounds, "3")] == found


async def test_who_signed(manufacturer: Probe, regulator: Probe) -> None:
    for probe in (manufacturer, regulator):
        who = await probe.read("who", transient={"secret": b"12"})
        assert who["msp"] == probe.organization.msp_id
        assert who["transient"] == {"secret": "12"}
        assert "CN=" in who["subject"]
        assert isinstance(who["attributes"], dict)


async def test_private_data(manufacturer: Probe, regulator: Probe) -> None:
    digest = hashlib.sha256(b"12").hexdigest()
    await manufacturer.write(
        "put_private", COLLECTION, "t", transient={"value": b"12"}, endorsers=[MANUFACTURER]
    )
    expected = {"value": "12", "many": ["12", None], "hash": digest}
    assert await manufacturer.read("get_private", COLLECTION, "t") == expected
    assert await manufacturer.read("range_private", COLLECTION, "", "") == [["t", "12"]]
    assert await regulator.read("private_hash", COLLECTION, "t") == digest
    with pytest.raises(EvaluateError):
        await regulator.read("get_private", COLLECTION, "t")
    gone = {"value": None, "many": [None, None], "hash": None}
    await manufacturer.write("delete_private", COLLECTION, "t", endorsers=[MANUFACTURER])
    assert await manufacturer.read("get_private", COLLECTION, "t") == gone
    await manufacturer.write(
        "put_private", COLLECTION, "u", transient={"value": b"13"}, endorsers=[MANUFACTURER]
    )
    await manufacturer.write("set_private_policy", COLLECTION, "u", MANUFACTURER, endorsers=[MANUFACTURER])
    assert await manufacturer.read("get_private_policy", COLLECTION, "u") == [MANUFACTURER]
    await manufacturer.write("purge_private", COLLECTION, "u", endorsers=[MANUFACTURER])
    assert await manufacturer.read("get_private", COLLECTION, "u") == gone


async def test_a_key_with_a_policy_of_its_own(manufacturer: Probe) -> None:
    await manufacturer.write("put", "guarded", "1")
    await manufacturer.write("set_policy", "guarded", REGULATOR)
    assert await manufacturer.read("get_policy", "guarded") == [REGULATOR]
    with pytest.raises(CommitError, match="ENDORSEMENT_POLICY_FAILURE"):
        await manufacturer.write("put", "guarded", "2", endorsers=[MANUFACTURER])
    assert await manufacturer.read("get", "guarded") == "1"
    await manufacturer.write("put", "guarded", "3", endorsers=[REGULATOR])
    await manufacturer.write("set_policy", "guarded", endorsers=[REGULATOR])
    assert await manufacturer.read("get_policy", "guarded") is None


async def test_calls_of_another_chaincode(manufacturer: Probe) -> None:
    await manufacturer.write("call", "probe2", "", "put", "far", "away")
    assert await manufacturer.read("call", "probe2", "", "get", "far") == {"answer": "away"}
    assert await manufacturer.read("get", "far") is None
    refused = await manufacturer.read("call", "probe2", "", "nothing")
    assert refused == {"status": 404, "message": "no function nothing"}
    assert "nobody" in (await manufacturer.read("call", "nobody", "", "get", "far"))["peer"]


async def test_errors_say_nothing_of_the_inside(manufacturer: Probe) -> None:
    with pytest.raises(EvaluateError) as failed:
        await manufacturer.read("fail", "secret words")
    assert chaincode_refusal(failed.value) == (500, "internal error of the chaincode")
    assert await manufacturer.read("get", "never") is None
    with pytest.raises(EvaluateError) as unknown:
        await manufacturer.read("nothing")
    assert chaincode_refusal(unknown.value) == (404, "no function nothing")


async def test_a_peers_refusal_is_an_error_or_refuses_the_transaction(manufacturer: Probe) -> None:
    assert "no such collection" in await manufacturer.read("peer_error")
    with pytest.raises((EndorseError, FabricError)):
        await manufacturer.write("peer_error_at_the_end")
    await manufacturer.write("put", "a page's start", "x")
    with pytest.raises(FabricError):
        await manufacturer.write("range_page_and_write", "", "")


async def test_two_hundred_transactions_at_once(manufacturer: Probe) -> None:
    await asyncio.gather(*(manufacturer.write("put", f"c{number:03}", f"{number}") for number in range(200)))
    assert len(await manufacturer.read("range", "c", "d")) == 200


async def test_a_chaincode_server_that_dies_is_found_again(manufacturer: Probe) -> None:
    await manufacturer.write("put", "survivor", "1")
    manufacturer.ledger.kill("chaincode-manufacturer")
    with pytest.raises(EvaluateError):
        await manufacturer.read("get", "survivor")
    manufacturer.ledger.run("chaincode-manufacturer")
    async with asyncio.timeout(60):
        while True:
            try:
                assert await manufacturer.read("get", "survivor") == "1"
                return
            except EvaluateError:
                await asyncio.sleep(0.2)
