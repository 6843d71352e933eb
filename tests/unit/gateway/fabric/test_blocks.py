"""Blocks in Fabric's real format, built with its protos, read back."""

from __future__ import annotations

import hashlib

import pytest
from fabric_protos.common import common_pb2, configtx_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from gateway.fabric import blocks
from gateway.fabric.blocks import Event, Write

MVCC = transaction_pb2.MVCC_READ_CONFLICT


def identity(msp_id: str) -> bytes:
    return identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=b"certificate").SerializeToString()


def payload(kind: int, data: bytes, tx_id: str = "tx", creator: bytes = b"") -> common_pb2.Payload:
    header = common_pb2.ChannelHeader(type=kind, channel_id="medicines", tx_id=tx_id)
    header.timestamp.seconds, header.timestamp.nanos = 1_700_000_000, 123_999_999
    return common_pb2.Payload(
        header=common_pb2.Header(
            channel_header=header.SerializeToString(),
            signature_header=common_pb2.SignatureHeader(creator=creator, nonce=b"n").SerializeToString(),
        ),
        data=data,
    )


def envelope(content: common_pb2.Payload) -> bytes:
    return common_pb2.Envelope(payload=content.SerializeToString(), signature=b"s").SerializeToString()


def endorser_transaction(
    tx_id: str = "tx", arguments: tuple[bytes, ...] = (b"Pack", b"{}"), event: bool = True
) -> bytes:
    """An envelope with writes in two namespaces, endorsed by two members."""
    custody = kv_rwset_pb2.KVRWSet()
    custody.reads.add(key="read only")
    custody.writes.add(key="\x00unit\x00a\x00", value=b'{"doc":"unit"}')
    custody.writes.add(key="gone", is_delete=True)
    registry = kv_rwset_pb2.KVRWSet()
    registry.writes.add(key="k", value=b"v")
    results = rwset_pb2.TxReadWriteSet(data_model=rwset_pb2.TxReadWriteSet.KV)
    results.ns_rwset.add(namespace="custody", rwset=custody.SerializeToString())
    results.ns_rwset.add(namespace="registry", rwset=registry.SerializeToString())
    happened = chaincode_event_pb2.ChaincodeEvent(
        chaincode_id="custody", tx_id=tx_id, event_name="ContainerPacked", payload=b'{"sscc":"1"}'
    )
    action = proposal_pb2.ChaincodeAction(
        results=results.SerializeToString(),
        events=happened.SerializeToString() if event else b"",
        response=proposal_response_pb2.Response(status=200, payload=b"{}"),
        chaincode_id=chaincode_pb2.ChaincodeID(name="custody", version="1"),
    )
    answer = proposal_response_pb2.ProposalResponsePayload(
        proposal_hash=b"h", extension=action.SerializeToString()
    )
    spec = chaincode_pb2.ChaincodeInvocationSpec(
        chaincode_spec=chaincode_pb2.ChaincodeSpec(
            chaincode_id=chaincode_pb2.ChaincodeID(name="custody"),
            input=chaincode_pb2.ChaincodeInput(args=arguments),
        )
    )
    proposed = proposal_pb2.ChaincodeProposalPayload(input=spec.SerializeToString())
    endorsed = transaction_pb2.ChaincodeActionPayload(
        chaincode_proposal_payload=proposed.SerializeToString(),
        action=transaction_pb2.ChaincodeEndorsedAction(
            proposal_response_payload=answer.SerializeToString(),
            endorsements=[
                proposal_response_pb2.Endorsement(endorser=identity(msp), signature=b"s")
                for msp in ("MakerMSP", "PharmacyMSP")
            ],
        ),
    )
    transaction = transaction_pb2.Transaction(
        actions=[transaction_pb2.TransactionAction(payload=endorsed.SerializeToString())]
    )
    content = payload(
        common_pb2.ENDORSER_TRANSACTION, transaction.SerializeToString(), tx_id, identity("MakerMSP")
    )
    return envelope(content)


def config_transaction() -> bytes:
    config = configtx_pb2.ConfigEnvelope(config=configtx_pb2.Config(sequence=1))
    return envelope(payload(common_pb2.CONFIG, config.SerializeToString(), tx_id=""))


def block(number: int, *data: bytes, codes: bytes | None = None) -> common_pb2.Block:
    made = common_pb2.Block()
    made.header.number = number
    made.header.previous_hash = hashlib.sha256(b"previous").digest()
    made.header.data_hash = hashlib.sha256(b"".join(data)).digest()
    made.data.data.extend(data)
    made.metadata.metadata.extend([b""] * 5)
    made.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] = bytes(len(data)) if codes is None else codes
    return made


def asn1(tag: int, content: bytes) -> bytes:
    """X.690, 8.1.3: definite lengths, the long form from 128 on."""
    length = len(content)
    if length > 127:
        octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
        return bytes([tag, 0x80 | len(octets)]) + octets + content
    return bytes([tag, length]) + content


def asn1_integer(value: int) -> bytes:
    """X.690, 8.3: two's complement in as few octets as there can be."""
    octets = 1
    while value >= 1 << (8 * octets - 1):
        octets += 1
    return asn1(0x02, value.to_bytes(octets, "big", signed=True))


hashes = st.just(b"") | st.binary(min_size=32, max_size=32)


@given(
    st.integers(0, 2**64 - 1) | st.sampled_from([0, 127, 128, 255, 256, 32_767, 32_768, 2**63, 2**64 - 1]),
    hashes,
    hashes,
)
def test_header_hash(number: int, previous: bytes, data: bytes) -> None:
    header = common_pb2.BlockHeader(number=number, previous_hash=previous, data_hash=data)
    expected = asn1(0x30, asn1_integer(number) + asn1(0x04, previous) + asn1(0x04, data))
    assert blocks.header_der(header) == expected
    assert blocks.header_hash(header) == hashlib.sha256(expected).digest()


def test_header_in_bytes() -> None:
    header = common_pb2.BlockHeader(number=128, previous_hash=b"\xaa" * 32, data_hash=b"\xbb" * 32)
    assert blocks.header_der(header).hex() == "3048" + "02020080" + "0420" + "aa" * 32 + "0420" + "bb" * 32


def test_block() -> None:
    made = block(
        7,
        config_transaction(),
        endorser_transaction("one"),
        endorser_transaction("two"),
        codes=bytes([0, 0, MVCC]),
    )
    view = blocks.parse_block(made)
    assert (view.number, view.previous_hash, view.data_hash) == (
        7,
        made.header.previous_hash,
        made.header.data_hash,
    )
    assert view.header_hash == blocks.header_hash(made.header)
    assert [(t.tx_id, t.index, t.validation_code, t.valid) for t in view.transactions] == [
        ("", 0, 0, True),
        ("one", 1, 0, True),
        ("two", 2, MVCC, False),
    ]


def test_transaction() -> None:
    view = blocks.parse_transaction(endorser_transaction("one"), 3, 0)
    assert view == blocks.TransactionView(
        tx_id="one",
        index=3,
        type="ENDORSER_TRANSACTION",
        channel="medicines",
        validation_code=0,
        creator_msp="MakerMSP",
        timestamp_ms=1_700_000_000_123,
        chaincode="custody",
        function="Pack",
        endorsers=("MakerMSP", "PharmacyMSP"),
        writes=(
            Write("custody", "\x00unit\x00a\x00", b'{"doc":"unit"}', False),
            Write("custody", "gone", b"", True),
            Write("registry", "k", b"v", False),
        ),
        event=Event("ContainerPacked", b'{"sscc":"1"}'),
    )


def test_transaction_without_event_or_arguments() -> None:
    view = blocks.parse_transaction(endorser_transaction(arguments=(), event=False), 0, 0)
    assert (view.event, view.function) == (None, "")


def test_function_that_is_no_text() -> None:
    assert blocks.parse_transaction(endorser_transaction(arguments=(b"\xff",)), 0, 0).function == "\ufffd"


def test_configuration() -> None:
    view = blocks.parse_transaction(config_transaction(), 0, 0)
    assert (view.type, view.creator_msp, view.chaincode) == ("CONFIG", "", "")
    assert (view.endorsers, view.writes, view.event) == ((), (), None)


GARBAGE = {
    "no envelope": b"\xff\xff",
    "no payload": common_pb2.Envelope(payload=b"\xff").SerializeToString(),
    "no action": envelope(payload(common_pb2.ENDORSER_TRANSACTION, b"", "garbage")),
    "no transaction": envelope(payload(common_pb2.ENDORSER_TRANSACTION, b"\xff", "garbage")),
    "no such type": envelope(payload(99, b"", "garbage")),
    "no identity": envelope(payload(common_pb2.CONFIG, b"", "garbage", b"\xff")),
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_that_was_ordered_hides_nothing_else(data: bytes) -> None:
    """Peers find it invalid and go on; so must whoever reads the block."""
    bad = transaction_pb2.BAD_PAYLOAD
    view = blocks.parse_block(block(1, data, endorser_transaction("one"), codes=bytes([bad, 0])))
    unreadable, good = view.transactions
    assert (unreadable.type, unreadable.index, unreadable.validation_code) == (blocks.UNREADABLE, 0, bad)
    assert unreadable.tx_id in ("", "garbage")
    assert (unreadable.writes, unreadable.event, unreadable.valid) == ((), None, False)
    assert (good.tx_id, good.valid) == ("one", True)


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_garbage_said_to_be_valid_is_an_error(data: bytes) -> None:
    with pytest.raises((DecodeError, IndexError, ValueError)):
        blocks.parse_block(block(1, data))


@given(st.binary(max_size=60))
def test_any_invalid_bytes_are_read(data: bytes) -> None:
    [view] = blocks.parse_block(block(1, data, codes=b"\x01")).transactions
    assert not view.valid


def test_block_that_no_peer_has_validated() -> None:
    made = block(1, endorser_transaction("one"))
    del made.metadata.metadata[:]
    [view] = blocks.parse_block(made).transactions
    assert (view.validation_code, view.valid) == (transaction_pb2.NOT_VALIDATED, False)
