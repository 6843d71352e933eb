"""Fabric's discovery service, by which clients without a gateway find peers and plan endorsements."""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import grpc
from fabric_protos.discovery import protocol_pb2
from fabric_protos.gossip import message_pb2
from fabric_protos.peer import proposal_response_pb2
from google.protobuf.message import DecodeError

from network import policy
from network.devnet import access, config, services
from network.devnet.channel_policies import WRITERS
from network.devnet.endorser import Endorser
from network.devnet.errors import DevnetError
from network.devnet.site import Joined, Site
from network.policy import Policy

Query: TypeAlias = protocol_pb2.Query
Result: TypeAlias = protocol_pb2.QueryResult

MAX_QUERIES = 100
_DENIED = "access denied"


class DiscoveryService:
    """Discover at one member's peer.

    The TLS certificate that a client claims is taken as claimed, as Fabric 3.1's peers were seen to do.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def handler(self) -> grpc.GenericRpcHandler:
        """The service, for gRPC."""
        method = services.unary(protocol_pb2.SignedRequest, self.Discover)
        return services.service("discovery.Discovery", {"Discover": method})

    async def Discover(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """Answer every query of a signed request; what is wrong with one of them is its own answer."""
        try:
            asked = protocol_pb2.Request.FromString(request.payload)
        except DecodeError:
            await context.abort(grpc.StatusCode.UNKNOWN, "failed parsing request")
        if not asked.authentication.client_identity:
            await context.abort(grpc.StatusCode.UNKNOWN, f"{_DENIED}, client identity wasn't supplied")
        if len(asked.queries) > MAX_QUERIES:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"more than {MAX_QUERIES} queries")
        return protocol_pb2.Response(results=[self._answer(query, request, asked) for query in asked.queries])

    def _answer(self, query: Query, request: Any, asked: protocol_pb2.Request) -> Result:
        joined = self._site.joined(query.channel)
        if joined is None or not self._eligible(joined, query, request, asked):
            return _error(_DENIED)
        kind = query.WhichOneof("query")
        try:
            if not query.channel and kind == "local_peers":
                return Result(members=_members(joined, ""))
            if query.channel and kind == "peer_query":
                return Result(members=_members(joined, query.channel))
            if query.channel and kind == "config_query":
                return Result(config_result=_config(joined))
            if query.channel and kind == "cc_query":
                return Result(cc_query_res=_plans(joined, query.cc_query))
        except DevnetError as error:
            return _error(str(error))
        return _error("unknown or missing request type")

    def _eligible(self, joined: Joined, query: Query, request: Any, asked: protocol_pb2.Request) -> bool:
        """A channel's writers may ask of it, and a member's administrators of its peer."""
        identity = asked.authentication.client_identity
        path = WRITERS if query.channel else f"/Channel/Application/{self._site.peer.msp_id}/Admins"
        return not access.refusal(joined.chain, path, identity, request.payload, request.signature)


def _error(content: str) -> Result:
    return Result(error=protocol_pb2.Error(content=content))


def _members(joined: Joined, channel: str) -> protocol_pb2.PeerMembershipResult:
    """Every organisation's peer; with its state in the channel where that was asked for."""
    found = protocol_pb2.PeerMembershipResult()
    for endorser in joined.endorsements.endorsers:
        found.peers_by_org[endorser.peer.msp_id].peers.append(_peer(joined, endorser, channel))
    return found


def _config(joined: Joined) -> protocol_pb2.ConfigResult:
    block = joined.chain.block(0)
    found = protocol_pb2.ConfigResult()
    for msp_id, msp in config.msps(block).items():
        found.msps[msp_id].CopyFrom(msp)
    for msp_id, addresses in config.orderers(block).items():
        for address in addresses:
            host, _, port = address.rpartition(":")
            found.orderers[msp_id].endpoint.add(host=host, port=int(port))
    return found


def _plans(joined: Joined, query: protocol_pb2.ChaincodeQuery) -> protocol_pb2.ChaincodeQueryResult:
    if not query.interests:
        raise DevnetError("chaincode query must have at least one chaincode interest")
    return protocol_pb2.ChaincodeQueryResult(content=[_plan(joined, one) for one in query.interests])


def _plan(
    joined: Joined, interest: proposal_response_pb2.ChaincodeInterest
) -> protocol_pb2.EndorsementDescriptor:
    """Every smallest set of organisations that may endorse a call, each organisation a group of its own."""
    if not interest.chaincodes:
        raise DevnetError("chaincode interest must contain at least one chaincode")
    policies: set[Policy] = set()
    members: frozenset[str] | None = None
    for call in interest.chaincodes:
        definition = joined.chain.definitions.get(call.name)
        if definition is None:
            raise DevnetError(f"failed constructing descriptor for {call.name[:64]}")
        own = {policy.read(key.SerializeToString()) for key in call.key_policies}
        for name in call.collection_names:
            collection = joined.chain.definitions.need_collection(call.name, name)
            own.add(joined.chain.definitions.writers(call.name, collection))
            if not call.no_private_reads:
                members = collection.members if members is None else members & collection.members
        if not call.disregard_namespace_policy and not (call.no_public_writes and own):
            own.add(definition.policy)
        policies |= own
    endorsers = {e.peer.msp_id: e for e in joined.endorsements.endorsers}
    sets = joined.endorsements.smallest(frozenset(policies), members)
    if not sets:
        raise DevnetError(f"failed constructing descriptor for {interest.chaincodes[0].name[:64]}")
    descriptor = protocol_pb2.EndorsementDescriptor(chaincode=interest.chaincodes[0].name)
    for msp_id in sorted({msp_id for one in sets for msp_id in one}):
        peer = _peer(joined, endorsers[msp_id], joined.chain.channel)
        descriptor.endorsers_by_groups[msp_id].peers.append(peer)
    for one in sets:
        descriptor.layouts.add(quantities_by_group=dict.fromkeys(one, 1))
    return descriptor


def _peer(joined: Joined, endorser: Endorser, channel: str) -> protocol_pb2.Peer:
    """A peer as gossip tells of it: that it is there and, in a channel, how high and with which chaincode."""
    node, chain = endorser.peer.node, joined.chain
    identity = hashlib.sha256(node.serialized).digest()
    time = message_pb2.PeerTime(inc_num=1, seq_num=chain.height)
    alive = message_pb2.GossipMessage(tag=message_pb2.GossipMessage.EMPTY)
    alive.alive_msg.membership.endpoint = endorser.peer.address
    alive.alive_msg.membership.pki_id = identity
    alive.alive_msg.timestamp.CopyFrom(time)
    told = protocol_pb2.Peer(identity=node.serialized, membership_info=_signed(endorser, alive))
    if channel:
        state = message_pb2.GossipMessage(tag=message_pb2.GossipMessage.CHAN_OR_ORG)
        state.state_info.timestamp.CopyFrom(time)
        state.state_info.pki_id = identity
        state.state_info.channel_MAC = hashlib.sha256(identity + channel.encode()).digest()
        state.state_info.properties.ledger_height = chain.height
        for definition in chain.definitions:
            state.state_info.properties.chaincodes.add(name=definition.name, version=definition.version)
        told.state_info.CopyFrom(_signed(endorser, state))
    return told


def _signed(endorser: Endorser, message: message_pb2.GossipMessage) -> message_pb2.Envelope:
    payload = message.SerializeToString()
    return message_pb2.Envelope(payload=payload, signature=endorser.peer.node.sign(payload))
