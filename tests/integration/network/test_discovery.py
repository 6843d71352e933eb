"""Fabric's discovery service: who is there, and who may endorse what, said alike by both ledgers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fabric_protos.discovery import protocol_pb2, protocol_pb2_grpc
from fabric_protos.gossip import message_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import proposal_response_pb2

from network.devnet.nodes import load_node
from network.identities import Identities
from tests.support.ledgers import Ledger

Query = protocol_pb2.Query
ALL = {"ManufacturerMSP", "PharmacyMSP", "RegulatorMSP"}


class Discovery:
    """Asks the manufacturer's peer as one of its users."""

    def __init__(self, ledger: Ledger, user: str = "gateway") -> None:
        self._ledger = ledger
        self._member = ledger.member("manufacturer")
        self._identities = Identities(ledger.topology, ledger.home / "network")
        self._node = load_node(self._member.msp_id, self._identities.user(self._member, user))

    async def ask(self, *queries: Query, signature: bytes | None = None) -> list[protocol_pb2.QueryResult]:
        tls = self._identities.tls(self._identities.peer(self._member))
        certificate = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
        request = protocol_pb2.Request(queries=queries)
        request.authentication.client_identity = self._node.serialized
        # A real peer wants a TLS certificate shown; whose it is does not matter.
        digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
        request.authentication.client_tls_cert_hash = digest
        payload = request.SerializeToString()
        signed = protocol_pb2.SignedRequest(
            payload=payload, signature=self._node.sign(payload) if signature is None else signature
        )
        credentials = grpc.ssl_channel_credentials(
            tls.root.read_bytes(), tls.key.read_bytes(), tls.certificate.read_bytes()
        )
        options = [("grpc.ssl_target_name_override", self._ledger.topology.peer_host(self._member))]
        address = f"127.0.0.1:{self._ledger.topology.peer_port(self._member)}"
        async with grpc.aio.secure_channel(address, credentials, options) as channel:
            answer = await protocol_pb2_grpc.DiscoveryStub(channel).Discover(signed, timeout=20)
        return list(answer.results)


@pytest.fixture
def discovery(consortium: Ledger) -> Discovery:
    return Discovery(consortium)


def of_channel(consortium: Ledger, **query: object) -> Query:
    return Query(channel=consortium.topology.channel, **query)


def endpoint(peer: protocol_pb2.Peer) -> str:
    told = message_pb2.GossipMessage.FromString(peer.membership_info.payload)
    return str(told.alive_msg.membership.endpoint)


def msp_of(peer: protocol_pb2.Peer) -> str:
    return str(identities_pb2.SerializedIdentity.FromString(peer.identity).mspid)


async def test_peers_of_a_channel(consortium: Ledger, discovery: Discovery) -> None:
    [result] = await discovery.ask(of_channel(consortium, peer_query={}))
    topology = consortium.topology
    peers = {msp_id: list(peers.peers) for msp_id, peers in result.members.peers_by_org.items()}
    assert {msp_id: [endpoint(one) for one in found] for msp_id, found in peers.items()} == {
        one.msp_id: [f"127.0.0.1:{topology.peer_port(one)}"] for one in topology.organizations
    }
    for msp_id, [one] in peers.items():
        assert msp_of(one) == msp_id
        state = message_pb2.GossipMessage.FromString(one.state_info.payload).state_info.properties
        assert state.ledger_height > 0
        assert {"anyone", "everyone", "majority"} <= {chaincode.name for chaincode in state.chaincodes}


async def test_the_channels_configuration(consortium: Ledger, discovery: Discovery) -> None:
    [result] = await discovery.ask(of_channel(consortium, config_query={}))
    config = result.config_result
    assert set(config.msps) == ALL
    for member in consortium.topology.organizations:
        folder = Identities(consortium.topology, consortium.home / "network").msp(member)
        [root] = config.msps[member.msp_id].root_certs
        assert root.strip() == (folder / "cacerts" / "ca.pem").read_bytes().strip()
    [place] = config.orderers["RegulatorMSP"].endpoint
    assert (place.host, place.port) == ("127.0.0.1", consortium.topology.orderer_port)


def call(name: str, *collections: str, **more: bool) -> proposal_response_pb2.ChaincodeInterest:
    one = proposal_response_pb2.ChaincodeCall(name=name, collection_names=collections, **more)
    return proposal_response_pb2.ChaincodeInterest(chaincodes=[one])


def layouts(descriptor: protocol_pb2.EndorsementDescriptor) -> set[frozenset[str]]:
    """Whose endorsements together suffice, for each layout."""
    groups = {
        name: {msp_of(peer) for peer in group.peers} for name, group in descriptor.endorsers_by_groups.items()
    }
    found = set()
    for layout in descriptor.layouts:
        names: set[str] = set()
        for group, quantity in layout.quantities_by_group.items():
            assert (quantity, len(groups[group])) == (1, 1)
            names |= groups[group]
        found.add(frozenset(names))
    return found


def sets(*choices: Iterable[str]) -> set[frozenset[str]]:
    return {frozenset(f"{name}MSP" for name in one) for one in choices}


M, P, R = "Manufacturer", "Pharmacy", "Regulator"


@pytest.mark.parametrize(
    ("interest", "expected"),
    [
        (call("anyone"), sets([M], [P], [R])),
        (call("everyone"), sets([M, P, R])),
        (call("majority"), sets([M, P], [M, R], [P, R])),
        # Whoever is to have read private data must be one of those who keep it.
        (call("anyone", "pair"), sets([M], [P])),
        (call("anyone", "both-sign"), sets([M, P])),
    ],
)
async def test_who_may_endorse(
    consortium: Ledger,
    discovery: Discovery,
    interest: proposal_response_pb2.ChaincodeInterest,
    expected: set[frozenset[str]],
) -> None:
    [result] = await discovery.ask(of_channel(consortium, cc_query={"interests": [interest]}))
    [descriptor] = result.cc_query_res.content
    assert descriptor.chaincode == interest.chaincodes[0].name
    assert layouts(descriptor) == expected


async def test_peers_without_a_channel_are_for_administrators(consortium: Ledger) -> None:
    local = Query(local_peers={})
    [refused] = await Discovery(consortium).ask(local)
    assert refused.error.content == "access denied"
    [allowed] = await Discovery(consortium, "admin").ask(local)
    assert set(allowed.members.peers_by_org) == ALL
    assert not any(
        peer.HasField("state_info") for peers in allowed.members.peers_by_org.values() for peer in peers.peers
    )


async def test_what_is_not_told(consortium: Ledger, discovery: Discovery) -> None:
    nobody = of_channel(consortium, cc_query={"interests": [call("nobody")]})
    nothing = of_channel(consortium, cc_query={})
    results = await discovery.ask(
        Query(channel="elsewhere", peer_query={}), nobody, nothing, of_channel(consortium)
    )
    told = [result.error.content for result in results]
    assert told[0] == "access denied"
    assert told[1].startswith("failed constructing descriptor for ")
    assert told[2:] == [
        "chaincode query must have at least one chaincode interest",
        "unknown or missing request type",
    ]
    [forged] = await discovery.ask(of_channel(consortium, peer_query={}), signature=b"forged")
    assert forged.error.content == "access denied"
