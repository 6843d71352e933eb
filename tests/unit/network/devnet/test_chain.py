"""Blocks in their chain, and whoever waits for them."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import grpc
import pytest
from fabric_protos.common import common_pb2

from gateway.fabric.blocks import header_der, header_hash, parse_block
from network.devnet import block as blocks
from network.devnet import orderer
from network.devnet.chain import Chain
from network.devnet.clock import Clock
from network.devnet.definitions import Definitions
from network.devnet.errors import Denied, DevnetError
from network.devnet.genesis import genesis_block
from network.devnet.nodes import load_node
from network.identities import Identities
from network.topology import Topology
from tests.unit.network.devnet.consortium import Consortium, opened


async def test_blocks_form_a_chain(consortium: Consortium) -> None:
    for number in range(3):
        await consortium.put(f"k{number}", "v")
    chain = consortium.chain
    assert chain.height == 4
    previous = b""
    for number in range(chain.height):
        block = common_pb2.Block.FromString(chain.block(number))
        assert (block.header.number, block.header.previous_hash) == (number, previous)
        assert block.header.data_hash == hashlib.sha256(b"".join(block.data.data)).digest()
        previous = header_hash(block.header)
        assert chain.store.number_of(previous) == number
    assert chain.last_hash == previous
    with pytest.raises(DevnetError, match="no block 4"):
        chain.block(4)


async def test_the_orderer_signs_every_header(consortium: Consortium) -> None:
    await consortium.put("k", "v")
    block = common_pb2.Block.FromString(consortium.chain.block(1))
    metadata = common_pb2.Metadata.FromString(block.metadata.metadata[common_pb2.SIGNATURES])
    [signature] = metadata.signatures
    creator = common_pb2.SignatureHeader.FromString(signature.signature_header).creator
    member = consortium.chain.membership.identify(creator)
    assert ("RegulatorMSP", "orderer") in member.principals
    member.verify(metadata.value + signature.signature_header + header_der(block.header), signature.signature)
    assert block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] == b"\x00"


async def test_status_before_and_after(consortium: Consortium) -> None:
    proposal = consortium.propose(b"Put", b"k", b"v")
    waiting = asyncio.create_task(consortium.chain.committed(proposal.transaction_id))
    abandoned = asyncio.create_task(consortium.chain.committed("0" * 64))
    await consortium.orderer.submit(await consortium.endorse(proposal))
    found = await waiting
    assert (found.block_number, found.index, found.code) == (1, 0, 0)
    assert await consortium.chain.committed(proposal.transaction_id) == found
    assert not abandoned.done()
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    assert consortium.chain._waiting == {}


async def test_many_at_once_share_blocks(consortium: Consortium) -> None:
    identities = await asyncio.gather(*(consortium.put(f"k{n}", str(n)) for n in range(30)))
    assert len(set(identities)) == 30
    assert consortium.chain.height < 15
    found = [await consortium.chain.committed(one) for one in identities]
    assert {one.code for one in found} == {0}


async def test_everything_is_there_when_it_is_opened_again(
    topology: Topology, identities: Identities, definitions: Definitions, tmp_path: Path
) -> None:
    async with opened(topology, identities, definitions, tmp_path) as first:
        done = await first.put("k", "one")
        last = first.chain.last_hash
    async with opened(topology, identities, definitions, tmp_path) as again:
        assert (again.chain.height, again.chain.last_hash) == (2, last)
        assert (await again.chain.committed(done)).block_number == 1
        await again.put("k", "two")
        block = common_pb2.Block.FromString(again.chain.block(2))
        assert block.header.previous_hash == last


async def test_a_ledger_of_others_is_not_opened(
    topology: Topology, identities: Identities, definitions: Definitions, tmp_path: Path
) -> None:
    async with opened(topology, identities, definitions, tmp_path / "ledger"):
        pass
    others = Identities(topology, tmp_path / "others")
    others.create()
    orderer_node = load_node("RegulatorMSP", others.orderer())
    with pytest.raises(DevnetError, match="begun for other members"):
        Chain(
            tmp_path / "ledger",
            topology.channel,
            genesis_block(topology, topology.channels[0], others, Clock()),
            definitions,
            orderer_node,
            Clock(),
        )


async def test_histories_come_out_of_blocks(consortium: Consortium) -> None:
    first, second = await consortium.put("k", "one"), await consortium.put("k", "two")
    written = consortium.chain.written(2, 0)
    assert (written.transaction_id, written.values) == (second, {("custody", "k"): b"two"})
    assert consortium.chain.written(1, 0).transaction_id == first
    assert consortium.chain.written(2, 0) is written


async def test_summaries(consortium: Consortium) -> None:
    done = await consortium.put("k", "v")
    [genesis] = consortium.chain.summary(0)
    assert (genesis.type, genesis.event) == (common_pb2.CONFIG, None)
    [one] = consortium.chain.summary(1)
    assert (one.transaction_id, one.code) == (done, 0)
    assert one.event
    assert (one.event.chaincode_id, one.event.event_name, one.event.tx_id) == ("custody", "Put", done)
    view = parse_block(common_pb2.Block.FromString(consortium.chain.block(1)))
    assert view.transactions[0].tx_id == done
    assert view.transactions[0].endorsers == ("ManufacturerMSP", "DistributorMSP", "PharmacyMSP")


def test_a_block_of_garbage_is_summed_up() -> None:
    made = blocks.make(1, b"", [b"\xff", b""], bytes([255, 2]), None)
    assert [(s.transaction_id, s.code, s.event) for s in blocks.summaries(made)] == [
        ("", 255, None),
        ("", 2, None),
    ]


async def test_what_the_orderer_does_not_take(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = await consortium.endorse(consortium.propose(b"Put", b"k", b"v"))
    forged = common_pb2.Envelope(payload=envelope.payload, signature=b"forged")
    payload = common_pb2.Payload.FromString(envelope.payload)
    header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)

    def changed(**fields: object) -> common_pb2.Envelope:
        other = common_pb2.ChannelHeader()
        other.CopyFrom(header)
        for name, value in fields.items():
            setattr(other, name, value)
        copy = common_pb2.Payload.FromString(envelope.payload)
        copy.header.channel_header = other.SerializeToString()
        data = copy.SerializeToString()
        return common_pb2.Envelope(payload=data, signature=consortium.client.sign(data))

    for bad, words in (
        (forged, "status=FORBIDDEN"),
        (common_pb2.Envelope(payload=b"\xff", signature=b"x"), "status=BAD_REQUEST"),
        (changed(channel_id="elsewhere"), "status=BAD_REQUEST, info=channel does not exist"),
        (changed(type=common_pb2.CONFIG), "status=BAD_REQUEST"),
    ):
        with pytest.raises(Denied, match=words) as caught:
            await consortium.orderer.submit(bad)
        assert caught.value.code == grpc.StatusCode.ABORTED
    monkeypatch.setattr(orderer, "MAX_ENVELOPE_BYTES", 100)
    with pytest.raises(Denied, match="exceeds maximum allowed 100 bytes"):
        await consortium.orderer.submit(envelope)
    monkeypatch.undo()
    monkeypatch.setattr(orderer, "MAX_WAITING_BYTES", 100)
    with pytest.raises(Denied, match="no orderers could successfully process") as caught:
        await consortium.orderer.submit(envelope)
    assert caught.value.code == grpc.StatusCode.UNAVAILABLE
    assert consortium.chain.height == 1
