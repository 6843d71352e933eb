"""Refusals as gRPC carries them."""

from __future__ import annotations

import grpc
from grpc.aio import AioRpcError, Metadata

from gateway.fabric import EndorseError
from network.devnet.errors import MAX_WORDS, Denied, Detail, varint


def test_details_reach_the_client() -> None:
    details = [Detail(f"127.0.0.1:{port}", "ManufacturerMSP", "m" * port) for port in (1, 300, MAX_WORDS)]
    denied = Denied(grpc.StatusCode.ABORTED, "words", *details)
    error = AioRpcError(denied.code, Metadata(), Metadata(*denied.trailers()), denied.message)
    read = EndorseError.from_rpc(error)
    assert (read.code, read.message) == (grpc.StatusCode.ABORTED, "words")
    assert [(d.address, d.msp_id, d.message) for d in read.details] == [
        (d.address, d.msp_id, d.message) for d in details
    ]


def test_without_details() -> None:
    assert Denied(grpc.StatusCode.NOT_FOUND, "words").trailers() == ()


def test_varint() -> None:
    assert [varint(n) for n in (0, 127, 128, 300)] == [b"\x00", b"\x7f", b"\x80\x01", b"\xac\x02"]


def test_words_have_an_end() -> None:
    denied = Denied(grpc.StatusCode.ABORTED, "w" * 50_000, Detail("a:1", "M", "m" * 50_000))
    assert len(denied.message) == MAX_WORDS
    assert len(denied.trailers()[0][1]) < 3 * MAX_WORDS
