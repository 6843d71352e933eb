"""One question at a time."""

import asyncio

import pytest

from chaincode.shim import PeerError, StreamLost
from chaincode.shim.limits import Offers
from chaincode.shim.transaction import ChaincodeMessage, Transaction


class Wire:
    """Collects what goes out and answers by hand."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.transaction = Transaction(
            "medicines",
            "tx",
            Offers(),
            lambda message: self.sent.append(message.payload),
            asyncio.get_event_loop(),
        )

    def ask(self, payload: bytes) -> asyncio.Task[bytes]:
        return asyncio.create_task(self.transaction.request(ChaincodeMessage.GET_STATE, payload))

    def answer(self, payload: bytes, kind: int = ChaincodeMessage.RESPONSE) -> bool:
        return self.transaction.answered(ChaincodeMessage(type=kind, payload=payload))


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_requests_made_together_go_out_one_by_one() -> None:
    wire = Wire()
    first, second = wire.ask(b"1"), wire.ask(b"2")
    await turns()
    assert wire.sent == [b"1"]
    wire.answer(b"one")
    await turns()
    assert wire.sent == [b"1", b"2"]
    wire.answer(b"two")
    assert [await first, await second] == [b"one", b"two"]


async def test_an_error_raises_the_peers_words() -> None:
    wire = Wire()
    asked = wire.ask(b"1")
    await turns()
    wire.answer("refus\u00e9".encode(), ChaincodeMessage.ERROR)
    with pytest.raises(PeerError, match="refus\u00e9"):
        await asked


async def test_the_answer_to_a_cancelled_request_is_not_taken_for_the_next_ones() -> None:
    wire = Wire()
    asked = wire.ask(b"1")
    await turns()
    asked.cancel()
    await turns()
    following = wire.ask(b"2")
    await turns()
    assert wire.sent == [b"1"]
    assert wire.answer(b"one")
    await turns()
    assert wire.sent == [b"1", b"2"]
    wire.answer(b"two")
    assert await following == b"two"


async def test_an_answer_between_a_cancellation_and_its_effect_is_dropped() -> None:
    wire = Wire()
    asked = wire.ask(b"1")
    await turns()
    asked.cancel()
    assert wire.answer(b"one")
    await turns()
    following = wire.ask(b"2")
    await turns()
    wire.answer(b"two")
    assert await following == b"two"


async def test_an_answer_that_nothing_waits_for_is_reported() -> None:
    assert not Wire().answer(b"one")


async def test_a_lost_stream_ends_what_waits_and_what_comes() -> None:
    wire = Wire()
    asked, queued = wire.ask(b"1"), wire.ask(b"2")
    await turns()
    wire.transaction.lost()
    for task in (asked, queued):
        with pytest.raises(StreamLost):
            await task


async def test_a_lost_stream_ends_the_wait_for_a_late_answer() -> None:
    wire = Wire()
    asked = wire.ask(b"1")
    await turns()
    asked.cancel()
    following = wire.ask(b"2")
    await turns()
    wire.transaction.lost()
    with pytest.raises(StreamLost):
        await following
