"""Many transactions on one stream, and how they end."""

from __future__ import annotations

import asyncio
import logging

import pytest

from chaincode.shim import Limits, Response, StreamLost, Stub, success
from tests.unit.chaincode.shim.conftest import Bench
from tests.unit.chaincode.shim.fake_peer import FakePeer, Ledger, Message

SECRET = "batch 12 for Mrs. Smith"


async def write(stub: Stub) -> Response:
    key = stub.params[0].decode()
    old = await stub.get_state(key)
    stub.put_state(key, b"after " + (old or b"nothing"))
    stub.set_event("Written", stub.params[0])
    return success(stub.params[0])


@pytest.mark.parametrize("offers", [(1000, 1000), (0, 0)])
async def test_two_thousand_at_once_each_get_their_own_answer(bench: Bench, offers: tuple[int, int]) -> None:
    peer = await bench.peer(await bench.server(write=write), write_batch=offers[0], get_multiple=offers[1])
    outcomes = await asyncio.gather(*(peer.invoke("write", f"k{number}") for number in range(2_000)))
    for number, outcome in enumerate(outcomes):
        assert outcome.payload == b"k%d" % number
        assert outcome.event is not None
        assert outcome.event.payload == b"k%d" % number
    assert len(peer.ledger.state) == 2_000
    assert peer.dropped == 0


async def test_two_thousand_are_really_in_flight_together(bench: Bench) -> None:
    waiting, all_there, go = 0, asyncio.Event(), asyncio.Event()

    async def wait(stub: Stub) -> Response:
        nonlocal waiting
        waiting += 1
        if waiting == 2_000:
            all_there.set()
        await go.wait()
        return success(stub.tx_id.encode())

    peer = await bench.start(wait=wait)
    calls = [asyncio.create_task(peer.invoke("wait", tx_id=f"t{number}")) for number in range(2_000)]
    await all_there.wait()
    go.set()
    assert [(await call).payload for call in calls] == [b"t%d" % number for number in range(2_000)]


async def test_one_transaction_id_on_two_channels_is_two_transactions(bench: Bench) -> None:
    async def where(stub: Stub) -> Response:
        await stub.get_state("k")
        return success(stub.channel_id.encode())

    peer = await bench.start(where=where)
    outcomes = await asyncio.gather(
        *(peer.invoke("where", tx_id="t", channel=name) for name in ("one", "two"))
    )
    assert [outcome.payload for outcome in outcomes] == [b"one", b"two"]


async def test_calls_between_chaincodes_of_one_server_do_not_block_each_other(bench: Bench) -> None:
    async def outer(stub: Stub) -> Response:
        return success(await stub.invoke_chaincode("inner", [b"inner", stub.params[0]]))

    async def inner(stub: Stub) -> Response:
        return success(b"inner " + stub.params[0] + (await stub.get_state("k") or b""))

    one = await bench.start(outer=outer)
    other = await bench.start(inner=inner)
    one.chaincodes["inner"] = other
    outcomes = await asyncio.gather(*(one.invoke("outer", f"{number}") for number in range(500)))
    assert [outcome.payload for outcome in outcomes] == [b"inner %d" % number for number in range(500)]


async def test_an_exception_is_a_500_without_its_words(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(stub: Stub) -> Response:
        stub.put_state("k", b"v")
        raise ValueError(SECRET)

    peer = await bench.start(fail=fail)
    outcome = await peer.invoke("fail", SECRET, tx_id="t9")
    assert (outcome.status, outcome.message) == (500, "internal error of the chaincode")
    assert peer.ledger.state == {}
    assert "tx=t9" in caplog.text
    assert "test_connection.py" in caplog.text
    assert SECRET not in caplog.text
    assert (await peer.invoke("fail")).status == 500


async def test_no_payload_reaches_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    peer = await bench.start(write=write)
    await peer.invoke("write", SECRET)
    await peer.invoke("unknown", SECRET)
    assert SECRET not in caplog.text


async def test_a_long_or_strange_function_name_is_cut_and_quoted(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await bench.start()
    assert (await peer.invoke("x\nlevel=FORGED" + "y" * 500)).status == 500
    assert (await peer.invoke(b"\xff")).status == 500
    assert (await peer.invoke()).status == 500
    assert "\nlevel=FORGED" not in caplog.text
    assert "y" * 65 not in caplog.text


async def test_a_result_that_does_not_fit_a_message_is_a_500(bench: Bench) -> None:
    async def large(stub: Stub) -> Response:
        return success(bytes(100 * 1024 * 1024 + 1))

    peer = await bench.start(large=large)
    assert (await peer.invoke("large")).status == 500


async def test_a_lost_stream_ends_its_transactions(bench: Bench) -> None:
    ended: list[type[BaseException]] = []
    asked = asyncio.Event()

    async def read(stub: Stub) -> Response:
        asked.set()
        try:
            await stub.get_state("k")
        except StreamLost as error:
            ended.append(type(error))
            raise
        return success()

    async def sleep(stub: Stub) -> Response:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(asyncio.CancelledError)
            raise
        return success()

    server = await bench.server(read=read, sleep=sleep)
    peer = await bench.peer(server)
    peer.held = {Message.GET_STATE}
    calls = [asyncio.create_task(peer.invoke("sleep")), asyncio.create_task(peer.invoke("read"))]
    await asked.wait()
    await peer.close()
    for call in calls:
        with pytest.raises(ConnectionError):
            await call
    await server.stop(5.0)
    assert set(ended) <= {StreamLost, asyncio.CancelledError}
    assert len(ended) >= 1


async def test_the_peer_may_come_back(bench: Bench) -> None:
    server = await bench.server(write=write)
    peer = await bench.peer(server)
    await peer.invoke("write", "k")
    await peer.close()
    again = await bench.peer(server)
    assert (await again.invoke("write", "k")).status == 200


async def test_several_peers_at_once(bench: Bench) -> None:
    server = await bench.server(write=write)
    ledgers = [Ledger() for _ in range(4)]
    peers = [await bench.peer(server, ledger=ledger) for ledger in ledgers]
    await asyncio.gather(*(peer.invoke("write", "k", tx_id="same") for peer in peers for _ in range(1)))
    assert all(ledger.state == {("", "k"): b"after nothing"} for ledger in ledgers)
    assert {peer.registered for peer in peers} == {"test:1"}


async def test_a_keepalive_is_answered(bench: Bench) -> None:
    peer = await bench.start()
    await peer.send(Message(type=Message.KEEPALIVE))
    async with asyncio.timeout(5):
        await peer.keepalive.wait()


async def test_an_answer_to_nothing_is_ignored(bench: Bench) -> None:
    peer = await bench.start(write=write)
    await peer.send(Message(type=Message.RESPONSE, txid="unknown", channel_id="medicines"))
    assert (await peer.invoke("write", "k")).status == 200


@pytest.mark.parametrize(
    "data",
    [b"\xff\xff", Message(type=Message.PUT_STATE).SerializeToString()],
    ids=["garbage", "not for a chaincode"],
)
async def test_a_peer_that_breaks_the_protocol_loses_its_stream(bench: Bench, data: bytes) -> None:
    server = await bench.server(write=write)
    peer, other = await bench.peer(server), await bench.peer(server)
    await peer.send_bytes(data)
    assert peer.ended is not None
    async with asyncio.timeout(5):
        assert (await peer.ended).name == "INTERNAL"
    assert (await other.invoke("write", "k")).status == 200


async def test_no_more_transactions_than_the_limit(bench: Bench) -> None:
    go = asyncio.Event()

    async def wait(stub: Stub) -> Response:
        await go.wait()
        return success()

    peer = await bench.peer(await bench.server(Limits(transactions=2), wait=wait))
    calls = [asyncio.create_task(peer.invoke("wait")) for _ in range(3)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert [call.result().status for call in done] == [503]
    go.set()
    assert sorted([(await call).status for call in calls]) == [200, 200, 503]


async def test_a_transaction_that_still_runs_is_not_started_twice(bench: Bench) -> None:
    go = asyncio.Event()

    async def wait(stub: Stub) -> Response:
        await go.wait()
        return success()

    peer = await bench.start(wait=wait)
    first = asyncio.create_task(peer.invoke("wait", tx_id="t"))
    await asyncio.sleep(0)
    peer.forget("t")
    with pytest.raises(TimeoutError):
        await first
    outcome = await peer.invoke("wait", tx_id="t")
    assert outcome.status == 503
    go.set()


async def test_what_takes_too_long_is_cancelled(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaincode.shim.connection._SWEEP_SECONDS", 0.01)

    async def forever(stub: Stub) -> Response:
        await asyncio.Event().wait()
        return success()

    peer = await bench.peer(await bench.server(Limits(execute_seconds=0.02), forever=forever))
    assert (await peer.invoke("forever")).status == 503


async def test_a_transaction_before_ready_is_a_broken_protocol(bench: Bench) -> None:
    server = await bench.server(write=write)

    class Early(FakePeer):
        async def _dispatch(self, message: object) -> None:
            await self.send(Message(type=Message.TRANSACTION, txid="t", channel_id="medicines"))

    with pytest.raises(ConnectionError):
        await bench.peer(server, kind=Early)


async def test_a_registration_that_nobody_accepts_is_reported(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await bench.server(Limits(register_seconds=0.01), write=write)

    reported = asyncio.Event()
    monkeypatch.setattr(logging.getLogger("chaincode.shim.connection"), "error", lambda *_: reported.set())

    class Silent(FakePeer):
        async def _dispatch(self, message: object) -> None:
            await reported.wait()
            self._ready.set()

    async with asyncio.timeout(5):
        await bench.peer(server, kind=Silent)
