"""The stub against a peer that batches, one that batches little and one that does not."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from fabric_protos.peer import proposal_response_pb2

from chaincode.shim import (
    ChaincodeCallError,
    PeerError,
    Response,
    ShimError,
    Stub,
    create_composite_key,
    failure,
    signature_policy,
    success,
)
from tests.unit.chaincode.shim.certificates import issue
from tests.unit.chaincode.shim.conftest import Bench
from tests.unit.chaincode.shim.fake_peer import Change, FakePeer, Message, signed_proposal

OFFERS = [(1000, 1000), (3, 2), (0, 0)]


@pytest.fixture(params=OFFERS, ids=["batches", "small batches", "one by one"])
def offers(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"write_batch": request.param[0], "get_multiple": request.param[1]}


async def run(bench: Bench, function: Any, peer_options: dict[str, Any], state: dict[str, bytes]) -> FakePeer:
    peer = await bench.peer(await bench.server(run=function), **peer_options)
    peer.ledger.state.update({("", key): value for key, value in state.items()})
    return peer


async def test_what_the_client_sent(bench: Bench) -> None:
    seen: dict[str, Any] = {}
    certificate = issue("line 3", attributes={"gln": "0614141000005"}).pem

    async def run(stub: Stub) -> Response:
        seen.update(
            channel=stub.channel_id,
            tx=stub.tx_id,
            function=stub.function,
            params=stub.params,
            args=stub.args,
            at=stub.timestamp_ms,
            transient=stub.transient,
            msp=stub.creator.msp_id,
            attributes=stub.creator.attributes,
            init=stub.is_init,
        )
        return success()

    peer = await bench.start(run=run)
    proposal = signed_proposal({"price": b"12"}, "PharmacyMSP", certificate)
    await peer.invoke("run", b"\xff", tx_id="t1", proposal=proposal)
    assert seen == {
        "channel": "medicines",
        "tx": "t1",
        "function": "run",
        "params": [b"\xff"],
        "args": [b"run", b"\xff"],
        "at": 1_700_000_000_123,
        "transient": {"price": b"12"},
        "msp": "PharmacyMSP",
        "attributes": {"gln": "0614141000005"},
        "init": False,
    }
    await peer.invoke("run", kind=Message.INIT, proposal=proposal)
    assert seen["init"]


async def test_state_is_read_and_written_in_order(bench: Bench, offers: dict[str, Any]) -> None:
    async def function(stub: Stub) -> Response:
        stub.put_state("a", b"new")
        stub.put_state("b", b"1")
        stub.del_state("b")
        stub.put_state("b", b"2")
        stub.del_state("gone")
        own = await stub.get_state("a")
        return success(repr((own, await stub.get_state("none"))).encode())

    peer = await run(bench, function, offers, {"a": b"old", "gone": b"x"})
    outcome = await peer.invoke("run")
    assert outcome.payload == repr((b"old", None)).encode()
    assert peer.ledger.state == {("", "a"): b"new", ("", "b"): b"2"}
    assert peer.dropped == 0


async def test_many_keys_keep_their_order(bench: Bench, offers: dict[str, Any]) -> None:
    async def function(stub: Stub) -> Response:
        values = await stub.get_states(["a", "none", "b", "a", "c"])
        assert await stub.get_states([]) == []
        return success(repr(values).encode())

    peer = await run(bench, function, offers, {"a": b"1", "b": b"2", "c": b"3"})
    assert (await peer.invoke("run")).payload == repr([b"1", None, b"2", b"1", b"3"]).encode()
    expected = {1000: (1, 0), 2: (3, 0), 0: (0, 5)}[offers["get_multiple"]]
    assert (peer.counts["GET_STATE_MULTIPLE"], peer.counts["GET_STATE"]) == expected


async def test_writes_travel_in_batches_of_the_offered_size(bench: Bench, offers: dict[str, Any]) -> None:
    async def function(stub: Stub) -> Response:
        for number in range(7):
            stub.put_state(f"k{number}", b"v")
        return success()

    peer = await run(bench, function, offers, {})
    await peer.invoke("run")
    assert len(peer.ledger.state) == 7
    sizes = {1000: [7], 3: [3, 3, 1], 0: []}[offers["write_batch"]]
    assert peer.sizes == sizes
    assert peer.counts["PUT_STATE"] == (0 if offers["write_batch"] else 7)


async def test_a_batch_is_cut_where_its_values_are_large(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        for number in range(3):
            stub.put_state(f"k{number}", bytes([65 + number]) * (5 * 1024 * 1024))
        return success()

    peer = await run(bench, function, {}, {})
    await peer.invoke("run")
    assert peer.sizes == [1, 1, 1]
    assert peer.ledger.state["", "k2"] == b"C" * (5 * 1024 * 1024)


async def test_a_refused_transaction_writes_nothing(bench: Bench, offers: dict[str, Any]) -> None:
    async def function(stub: Stub) -> Response:
        stub.put_state("a", b"new")
        stub.set_event("Changed", b"")
        return failure("not yours", 403)

    peer = await run(bench, function, offers, {})
    outcome = await peer.invoke("run")
    assert (outcome.status, outcome.message, outcome.event) == (403, "not yours", None)
    assert peer.counts["WRITE_BATCH_STATE"] + peer.counts["PUT_STATE"] == 0


@pytest.mark.parametrize(
    "write",
    [
        lambda stub: stub.put_state("", b"v"),
        lambda stub: stub.put_state("k", b""),
        lambda stub: stub.put_state("k", bytes(100 * 1024 * 1024)),
        lambda stub: stub.put_private("", "k", b"v"),
        lambda stub: stub.set_event("", b""),
        lambda stub: stub.iterate_range("\x00", ""),
    ],
)
async def test_what_fabric_would_misread_is_refused_at_once(bench: Bench, write: Any) -> None:
    raised: list[str] = []

    async def function(stub: Stub) -> Response:
        with pytest.raises(ShimError) as caught:
            write(stub)
        raised.append(str(caught.value))
        return success()

    peer = await run(bench, function, {}, {})
    assert (await peer.invoke("run")).status == 200
    assert raised


async def test_ranges_and_prefixes(bench: Bench) -> None:
    state = {f"k{number:03}": b"%d" % number for number in range(250)}
    state |= {create_composite_key("unit", ["036", f"{number}"]): b"u" for number in range(3)}
    state |= {create_composite_key("unit", ["0361", "9"]): b"other"}

    async def function(stub: Stub) -> Response:
        everything = [item async for item in stub.iterate_range("", "")]
        assert [item.key for item in everything] == [f"k{number:03}" for number in range(250)]
        assert everything[7].value == b"7"
        part = await stub.state_range("k010", "k013")
        assert [key for key, _ in part.items] == ["k010", "k011", "k012"]
        assert part.bookmark == ""
        units = [key async for key, _ in stub.iterate_prefix("unit", ["036"])]
        assert units == [create_composite_key("unit", ["036", f"{number}"]) for number in range(3)]
        assert len((await stub.state_by_partial_key("unit", [])).items) == 4
        return success()

    peer = await run(bench, function, {}, state)
    assert (await peer.invoke("run")).status == 200
    assert peer.counts["QUERY_STATE_NEXT"] == 2


@pytest.mark.parametrize(("limit", "asked"), [(30, 0), (100, 0), (101, 1), (250, 2), (999, 2)])
async def test_what_is_taken_of_a_range_at_once(bench: Bench, limit: int, asked: int) -> None:
    every = [create_composite_key("unit", [f"{number:03}"]) for number in range(260)]

    async def function(stub: Stub) -> Response:
        found = await stub.iterate_between("unit", ["005"], ["254"]).take(limit)
        assert [key for key, _ in found] == every[5:255][:limit]
        return success()

    peer = await run(bench, function, {}, dict.fromkeys(every, b"u"))
    assert (await peer.invoke("run")).status == 200
    assert (peer.counts["QUERY_STATE_NEXT"], peer.counts["QUERY_STATE_CLOSE"]) == (asked, limit < 250)


async def test_pages_follow_their_bookmarks(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        keys: list[str] = []
        bookmark, pages = "", 0
        while True:
            page = await stub.state_range("", "", page_size=2, bookmark=bookmark)
            keys += [key for key, _ in page.items]
            pages += 1
            bookmark = page.bookmark
            if not bookmark:
                break
        assert (keys, pages) == (["a", "b", "c", "d", "e"], 3)
        units = await stub.state_by_partial_key("unit", [], page_size=1)
        assert len(units.items) == 1
        with pytest.raises(ShimError):
            await stub.state_range("", "", page_size=-1)
        return success()

    units = {create_composite_key("unit", [part]): b"u" for part in "xy"}
    peer = await run(bench, function, {}, dict.fromkeys("abcde", b"v") | units)
    assert (await peer.invoke("run")).status == 200


async def test_a_query_can_be_left(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        results = stub.iterate_range("", "")
        async for _ in results:
            break
        await results.close()
        assert [item async for item in results] == []
        await stub.iterate_range("", "").close()
        return success()

    peer = await run(bench, function, {}, {f"k{number:03}": b"v" for number in range(150)})
    assert (await peer.invoke("run")).status == 200
    assert peer.counts["QUERY_STATE_CLOSE"] == 1


async def test_history_is_newest_first(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        changes = [change async for change in stub.history("a")]
        return success(repr([(c.tx_id, c.timestamp_ms, c.is_delete, c.value) for c in changes]).encode())

    peer = await run(bench, function, {}, {})
    peer.ledger.history["a"] = [Change("t1", 10, b"1"), Change("t2", 20, b"")]
    expected = [("t2", 20_005, True, b""), ("t1", 10_005, False, b"1")]
    assert (await peer.invoke("run")).payload == repr(expected).encode()


async def test_private_data(bench: Bench, offers: dict[str, Any]) -> None:
    async def function(stub: Stub) -> Response:
        assert await stub.get_private("terms", "t1") == b"12"
        assert await stub.get_private("terms", "none") is None
        assert await stub.get_privates("terms", ["none", "t1"]) == [None, b"12"]
        assert await stub.get_private_hash("terms", "t1") == hashlib.sha256(b"12").digest()
        assert await stub.get_private_hash("terms", "none") is None
        assert [key async for key, _ in stub.iterate_private_range("terms", "", "")] == ["t1", "t2", "t3"]
        found = [key async for key, _ in stub.iterate_private_prefix("terms", "unit", ["1"])]
        assert found == [create_composite_key("unit", ["1"])]
        stub.put_private("terms", "t4", b"13")
        stub.del_private("terms", "t2")
        stub.purge_private("terms", "t3")
        return success()

    peer = await run(bench, function, offers, {})
    peer.ledger.state = {
        ("terms", key): b"12" for key in ("t1", "t2", "t3", create_composite_key("unit", ["1"]))
    }
    outcome = await peer.invoke("run")
    assert outcome.status == 200
    assert {key for _, key in peer.ledger.state} == {"t1", "t4", create_composite_key("unit", ["1"])}
    assert peer.counts["PURGE_PRIVATE_DATA"] == (0 if offers["write_batch"] else 1)


async def test_a_key_can_have_a_policy_of_its_own(bench: Bench, offers: dict[str, Any]) -> None:
    policy = signature_policy(["ManufacturerMSP"])

    async def function(stub: Stub) -> Response:
        before = await stub.get_validation_parameter("a"), await stub.get_validation_parameter("t", "terms")
        stub.set_validation_parameter("a", policy)
        stub.set_validation_parameter("t", b"", "terms")
        return success(repr(before).encode())

    peer = await run(bench, function, offers, {})
    peer.ledger.metadata["terms", "t"] = {"other": b"x", "VALIDATION_PARAMETER": policy}
    assert (await peer.invoke("run")).payload == repr((None, policy)).encode()
    assert peer.ledger.metadata["", "a"] == {"VALIDATION_PARAMETER": policy}
    assert (await peer.invoke("run")).payload == repr((policy, None)).encode()


async def test_the_last_event_counts(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        stub.set_event("First", b"1")
        stub.set_event("Last", b"2")
        return success()

    peer = await run(bench, function, {}, {})
    event = (await peer.invoke("run")).event
    assert event is not None
    assert (event.event_name, event.payload) == ("Last", b"2")


async def test_another_chaincode_answers(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        assert await stub.invoke_chaincode("registry", [b"Resolve", b"x"]) == b"Resolve x"
        assert await stub.invoke_chaincode("registry", [b"other"], "channel2") == b"elsewhere"
        with pytest.raises(ChaincodeCallError) as refused:
            await stub.invoke_chaincode("broken", [])
        assert (refused.value.status, refused.value.message) == (404, "party_unknown")
        assert "party_unknown" not in str(refused.value)
        with pytest.raises(PeerError, match="not found"):
            await stub.invoke_chaincode("nobody", [])
        return success()

    def answer(status: int, payload: bytes = b"", message: str = "") -> proposal_response_pb2.Response:
        return proposal_response_pb2.Response(status=status, payload=payload, message=message)

    peer = await run(bench, function, {}, {})
    peer.chaincodes["registry"] = lambda args: answer(200, b" ".join(args))
    peer.chaincodes["registry/channel2"] = lambda _: answer(200, b"elsewhere")
    peer.chaincodes["broken"] = lambda _: answer(404, b"", "party_unknown")
    assert (await peer.invoke("run")).status == 200


async def test_the_peers_refusal_raises(bench: Bench, offers: dict[str, Any]) -> None:
    async def function(stub: Stub) -> Response:
        with pytest.raises(PeerError, match="no such channel"):
            await stub.get_state("a")
        stub.put_private("terms", "t", b"v")
        with pytest.raises(PeerError, match="no write access"):
            await stub.flush()
        return success(b"caught")

    peer = await run(bench, function, offers, {})
    peer.refuse = {Message.GET_STATE: "no such channel"}
    peer.refuse |= {Message.WRITE_BATCH_STATE: "no write access", Message.PUT_STATE: "no write access"}
    assert (await peer.invoke("run")).payload == b"caught"


async def test_writes_that_the_peer_refuses_at_the_end_refuse_the_transaction(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        stub.put_state("a", b"v")
        return success()

    peer = await run(bench, function, {}, {})
    peer.refuse = {Message.WRITE_BATCH_STATE: "no write access"}
    outcome = await peer.invoke("run")
    assert (outcome.status, outcome.message) == (500, "internal error of the chaincode")


async def test_a_function_may_ask_several_things_at_once(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        values = await asyncio.gather(*(stub.get_state(key) for key in "abcde"))
        return success(repr(values).encode())

    peer = await run(bench, function, {}, {key: key.encode() for key in "abcde"})
    assert (await peer.invoke("run")).payload == repr([b"a", b"b", b"c", b"d", b"e"]).encode()
    assert peer.dropped == 0


async def test_a_read_that_is_given_up_does_not_disturb_the_next(bench: Bench) -> None:
    async def function(stub: Stub) -> Response:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await stub.get_state("a")
        peer.release()
        return success(await stub.get_state("b") or b"")

    peer = await run(bench, function, {}, {"a": b"A", "b": b"B"})
    peer.held = {Message.GET_STATE}
    assert (await peer.invoke("run")).payload == b"B"
    assert peer.dropped == 0
