"""Blocks as peers give them: the chain, and whose endorsements count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2

from chaincode.contracts.protection import owners_policy
from chaincode.model import canonical, keys
from gateway.fabric.blocks import header_hash
from mediledger.audit.auditor import Auditor
from mediledger.audit.finding import Broken, Finding
from mediledger.audit.signed import POLICY
from network.devnet import block as blocks
from network.devnet.clock import Clock
from network.devnet.genesis import genesis_block
from network.devnet.nodes import Node, load_node
from network.identities import Identities
from network.topology import Topology
from tests.unit.mediledger.audit.forged import opened
from tests.unit.network.devnet import transactions

VALID, INVALID = 0, 10
MAKER, DISTRIBUTOR, PHARMACY, REGULATOR = "ManufacturerMSP", "DistributorMSP", "PharmacyMSP", "RegulatorMSP"
SETTINGS: dict[str, Any] = {
    "doc": "param",
    "name": "consortium",
    "value": {"members": [MAKER, DISTRIBUTOR, PHARMACY, REGULATOR], "regulators": [REGULATOR]},
}


@dataclass
class Channel:
    """A channel's members, and blocks made by hand."""

    genesis: common_pb2.Block
    peers: dict[str, Node]
    client: Node
    orderer: Node

    def envelope(self, document: dict[str, object], *msps: str) -> bytes:
        """A transaction that puts the settings, all of custody's directory too, endorsed by these peers."""
        header = transactions.headers(self.client, "registry")
        answer = transactions.answer_of(header, _results(document), "registry")
        endorsements = [transactions.endorsement(self.peers[msp], answer) for msp in msps]
        return transactions.envelope(
            self.client, header, transactions.transaction(header, answer, endorsements)
        )

    def with_a_false_signature(self, document: dict[str, object], false: str, *msps: str) -> bytes:
        """The same, with an endorsement that one more member never made."""
        header = transactions.headers(self.client, "registry")
        answer = transactions.answer_of(header, _results(document), "registry")
        endorsements = [transactions.endorsement(self.peers[msp], answer) for msp in msps]
        other = transactions.endorsement(self.peers[false], b"something else")
        return transactions.envelope(
            self.client, header, transactions.transaction(header, answer, [*endorsements, other])
        )

    def block(
        self, before: common_pb2.Block, *envelopes: bytes, codes: Sequence[int] = ()
    ) -> common_pb2.Block:
        return blocks.make(
            before.header.number + 1,
            header_hash(before.header),
            envelopes,
            bytes(codes or [VALID] * len(envelopes)),
            self.orderer,
        )


def _results(document: dict[str, object]) -> bytes:
    entered = opened(document)
    policy = owners_policy([REGULATOR], SETTINGS["value"]["members"])
    guard = kv_rwset_pb2.KVMetadataEntry(name=POLICY, value=policy)
    told = kv_rwset_pb2.KVRWSet(
        writes=map(_write, entered, entered.values()),
        metadata_writes=[kv_rwset_pb2.KVMetadataWrite(key=key, entries=[guard]) for key in entered],
    )
    written = kv_rwset_pb2.KVRWSet(writes=[_write(keys.parameter_key("consortium"), document)])
    spaces = [
        rwset_pb2.NsReadWriteSet(namespace=name, rwset=sets.SerializeToString())
        for name, sets in (("custody", told), ("registry", written))
    ]
    return rwset_pb2.TxReadWriteSet(ns_rwset=spaces).SerializeToString()


def _write(key: str, document: dict[str, Any]) -> kv_rwset_pb2.KVWrite:
    return kv_rwset_pb2.KVWrite(key=key, value=canonical.dumps(document))


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    topology = Topology.load()
    identities = Identities(topology, Path(tmp_path_factory.mktemp("network")))
    identities.create()
    genesis = genesis_block(topology, topology.channels[0], identities, Clock())
    first = topology.organizations[0]
    yield Channel(
        common_pb2.Block.FromString(genesis),
        {one.msp_id: load_node(one.msp_id, identities.peer(one)) for one in topology.organizations},
        load_node(first.msp_id, identities.user(first, "gateway")),
        load_node(topology.orderer_organization.msp_id, identities.orderer()),
    )


def audited(*given: common_pb2.Block) -> list[Finding]:
    auditor = Auditor()
    return [finding for block in given for finding in auditor.block(block)]


def test_a_chain(channel: Channel) -> None:
    founding = channel.block(channel.genesis, channel.envelope(SETTINGS, MAKER, DISTRIBUTOR, REGULATOR))
    again = channel.block(founding, channel.envelope(SETTINGS, PHARMACY, DISTRIBUTOR, REGULATOR))
    assert audited(channel.genesis, founding, again) == []


def test_what_the_regulator_did_not_sign(channel: Channel) -> None:
    founding = channel.block(channel.genesis, channel.envelope(SETTINGS, MAKER, DISTRIBUTOR, REGULATOR))
    false = channel.with_a_false_signature(SETTINGS, REGULATOR, MAKER, DISTRIBUTOR, PHARMACY)
    found = audited(channel.genesis, founding, channel.block(founding, false))
    [finding] = [one for one in found if one.namespace == "registry"]
    assert (finding.block, finding.broken) == (2, Broken.REGULATOR)
    assert finding.endorsers == (DISTRIBUTOR, MAKER, PHARMACY)
    assert (finding.creator, finding.readable_key) == (MAKER, "param consortium")


def test_what_peers_found_invalid_has_no_effect(channel: Channel) -> None:
    founding = channel.block(channel.genesis, channel.envelope(SETTINGS, MAKER, DISTRIBUTOR, REGULATOR))
    refused = channel.envelope(SETTINGS, MAKER)
    assert audited(channel.genesis, founding, channel.block(founding, refused, codes=[INVALID])) == []


def test_a_valid_transaction_that_cannot_be_read(channel: Channel) -> None:
    [finding] = audited(channel.genesis, channel.block(channel.genesis, b"garbage"))
    assert (finding.block, finding.broken) == (1, Broken.UNREADABLE)


def test_a_block_that_does_not_follow(channel: Channel) -> None:
    founding = channel.block(channel.genesis, channel.envelope(SETTINGS, MAKER, DISTRIBUTOR, REGULATOR))
    stranger = channel.block(channel.genesis, channel.envelope(SETTINGS, MAKER, DISTRIBUTOR, REGULATOR))
    stranger.header.number = 2
    [finding] = audited(channel.genesis, founding, stranger)
    assert (finding.block, finding.broken) == (2, Broken.CHAIN)


def test_a_block_with_other_data_than_its_header_says(channel: Channel) -> None:
    founding = channel.block(channel.genesis, channel.envelope(SETTINGS, MAKER, DISTRIBUTOR, REGULATOR))
    founding.data.data[0] = channel.envelope(SETTINGS, MAKER, PHARMACY, REGULATOR)
    [finding] = audited(channel.genesis, founding)
    assert (finding.block, finding.broken) == (1, Broken.CHAIN)
