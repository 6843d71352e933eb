"""Reading blocks: what was written in comes out again, and nothing a member signs breaks it."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fabric_protos.common import common_pb2
from fabric_protos.peer import transaction_pb2
from hypothesis import given
from hypothesis import strategies as st

from gateway.fabric.blocks import (
    UNREADABLE,
    Event,
    MalformedBlock,
    Write,
    header_der,
    header_hash,
    parse_block,
    parse_transaction,
)
from tests.unit.gateway.fabric.envelopes import block, header, transaction, wrapped

INVALID = transaction_pb2.BAD_PAYLOAD
CONFLICT = transaction_pb2.MVCC_READ_CONFLICT


def test_a_transaction_comes_out_as_it_went_in() -> None:
    writes = {"custody": {"\0unit\0a\0": b"{}", "\0unit\0b\0": None}, "registry": {"\0party\0c\0": b"[]"}}
    data = transaction(
        writes=writes,
        arguments=[b"Commission", b"{}"],
        endorsers=["AMSP", "BMSP"],
        event=("UnitsCommissioned", b'{"count":2}'),
    )
    view = parse_block(
        block(7, [wrapped(header("abc", seconds=1_700_000_000, nanos=5_999_999), data)])
    ).transactions[0]
    assert (view.tx_id, view.index, view.type, view.channel) == (
        "abc",
        0,
        "ENDORSER_TRANSACTION",
        "medicines",
    )
    assert view.valid
    assert view.creator_msp == "ManufacturerMSP"
    assert view.timestamp_ms == 1_700_000_000_005
    assert (view.chaincode, view.function) == ("custody", "Commission")
    assert view.endorsers == ("AMSP", "BMSP")
    assert view.writes == (
        Write("custody", "\0unit\0a\0", b"{}", False),
        Write("custody", "\0unit\0b\0", b"", True),
        Write("registry", "\0party\0c\0", b"[]", False),
    )
    assert view.event == Event("UnitsCommissioned", b'{"count":2}')


_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@given(
    writes=st.dictionaries(
        _NAMES, st.dictionaries(st.text(max_size=20), st.none() | st.binary(min_size=1), max_size=4)
    ),
    name=_NAMES,
    tx_id=_NAMES,
)
def test_any_write_set_comes_out(writes: dict[str, dict[str, bytes | None]], name: str, tx_id: str) -> None:
    data = transaction(writes=writes, arguments=[name.encode()], event=(name, b"x"))
    view = parse_transaction(wrapped(header(tx_id), data), 3, 0)
    assert (view.tx_id, view.function, view.index) == (tx_id, name, 3)
    assert view.event == Event(name, b"x")
    found: dict[str, dict[str, bytes | None]] = {}
    for write in view.writes:
        found.setdefault(write.namespace, {})[write.key] = None if write.is_delete else write.value
    assert found == {namespace: changes for namespace, changes in writes.items() if changes}


def test_each_transaction_has_its_own_validation_code() -> None:
    envelopes = [wrapped(header(str(number)), transaction()) for number in range(3)]
    views = parse_block(block(1, envelopes, bytes([0, CONFLICT]))).transactions
    assert [view.validation_code for view in views] == [0, CONFLICT, transaction_pb2.NOT_VALIDATED]
    assert [view.valid for view in views] == [True, False, False]


def test_a_configuration_has_no_call() -> None:
    view = parse_block(block(0, [wrapped(header("", common_pb2.CONFIG), b"a configuration")])).transactions[0]
    assert (view.type, view.tx_id, view.chaincode, view.writes, view.event) == ("CONFIG", "", "", (), None)


def test_a_block_without_metadata_is_not_validated() -> None:
    made = block(1, [wrapped(header("a"), transaction())])
    del made.metadata.metadata[:]
    assert parse_block(made).transactions[0].validation_code == transaction_pb2.NOT_VALIDATED


GARBAGE = {
    "no envelope": b"\xff",
    "no payload": common_pb2.Envelope(payload=b"\xff").SerializeToString(),
    "no channel header": wrapped(common_pb2.Header(channel_header=b"\xff"), b""),
    "no signature header": wrapped(common_pb2.Header(signature_header=b"\xff"), b""),
    "no action": wrapped(header("garbage"), b""),
    "no transaction": wrapped(header("garbage"), b"\xff"),
    "no payload of an action": wrapped(
        header("garbage"), transaction_pb2.Transaction(actions=[{"payload": b"\xff"}]).SerializeToString()
    ),
    "no such type": wrapped(header("garbage", 99), b""),
}


@pytest.mark.parametrize("envelope", GARBAGE.values(), ids=GARBAGE)
def test_garbage_that_was_ordered_hides_nothing_else(envelope: bytes) -> None:
    """Peers find it invalid and go on; so must whoever reads the block."""
    good = wrapped(header("good"), transaction())
    garbage, other = parse_block(block(1, [envelope, good], bytes([INVALID, 0]))).transactions
    assert (garbage.type, garbage.index, garbage.validation_code) == (UNREADABLE, 0, INVALID)
    assert garbage.tx_id in ("", "garbage")
    assert (garbage.writes, garbage.event, garbage.valid) == ((), None, False)
    assert (other.tx_id, other.valid) == ("good", True)


@pytest.mark.parametrize("envelope", GARBAGE.values(), ids=GARBAGE)
def test_garbage_that_is_said_to_be_valid_is_an_error(envelope: bytes) -> None:
    with pytest.raises(MalformedBlock):
        parse_block(block(1, [envelope]))


def test_an_invalid_transaction_keeps_what_can_be_read() -> None:
    view = parse_transaction(GARBAGE["no transaction"], 0, INVALID)
    assert (view.tx_id, view.channel, view.creator_msp) == ("garbage", "medicines", "ManufacturerMSP")


def test_a_call_without_arguments_has_no_function() -> None:
    view = parse_transaction(wrapped(header("a"), transaction(arguments=[])), 0, 0)
    assert (view.function, view.event) == ("", None)


def test_names_can_be_stored() -> None:
    data = transaction(arguments=[b"a\0b\xff"], endorsers=["A\0"], event=("E\0", b"\0"))
    view = parse_transaction(wrapped(header("x\0"), data), 0, INVALID)
    assert view.tx_id == "x\ufffd"
    assert view.function == "a\ufffdb\ufffd"
    assert view.endorsers == ("A\ufffd",)
    assert view.event == Event("E\ufffd", b"\0")


@given(data=st.binary(max_size=80))
def test_no_bytes_break_it(data: bytes) -> None:
    for envelope in (data, wrapped(header("a"), data)):
        assert parse_transaction(envelope, 0, INVALID).validation_code == INVALID


@given(
    number=st.integers(0, 2**64 - 1) | st.sampled_from([0, 127, 128, 255, 256, 32_768, 2**63]),
    previous=st.binary(max_size=32),
)
def test_the_header_hash_is_of_its_der(number: int, previous: bytes) -> None:
    made = common_pb2.BlockHeader(number=number, previous_hash=previous, data_hash=b"d" * 32)
    # A DER integer as a library writes it: the first of a signature's two.
    signature = encode_dss_signature(number, 1)
    integer = signature[2 : 4 + signature[3]]
    hashes = b"\x04" + bytes([len(previous)]) + previous + b"\x04\x20" + b"d" * 32
    der = b"\x30" + bytes([len(integer + hashes)]) + integer + hashes
    assert header_der(made) == der
    assert header_hash(made) == hashlib.sha256(der).digest()


def test_a_header_in_bytes() -> None:
    made = common_pb2.BlockHeader(number=128, previous_hash=b"\xaa" * 32, data_hash=b"\xbb" * 32)
    assert header_der(made).hex() == "3048" + "02020080" + "0420" + "aa" * 32 + "0420" + "bb" * 32
