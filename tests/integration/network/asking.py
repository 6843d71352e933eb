"""Proposals to a peer itself, without its gateway: also those that name no channel."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import chaincode_pb2, peer_pb2_grpc, proposal_pb2, proposal_response_pb2

from gateway.fabric import Profile
from gateway.fabric.identity import signer_from_pem


def proposal(
    profile: Profile, channel: str, chaincode: str, arguments: Sequence[bytes]
) -> proposal_pb2.SignedProposal:
    """A proposal that the profile's user signs."""
    creator = identities_pb2.SerializedIdentity(
        mspid=profile.msp_id, id_bytes=profile.certificate
    ).SerializeToString()
    nonce = os.urandom(24)
    named = chaincode_pb2.ChaincodeID(name=chaincode)
    header = common_pb2.ChannelHeader(
        type=common_pb2.ENDORSER_TRANSACTION,
        channel_id=channel,
        tx_id=hashlib.sha256(nonce + creator).hexdigest(),
        extension=proposal_pb2.ChaincodeHeaderExtension(chaincode_id=named).SerializeToString(),
    )
    header.timestamp.GetCurrentTime()
    invocation = chaincode_pb2.ChaincodeInvocationSpec(
        chaincode_spec=chaincode_pb2.ChaincodeSpec(
            chaincode_id=named, input=chaincode_pb2.ChaincodeInput(args=arguments)
        )
    )
    made = proposal_pb2.Proposal(
        header=common_pb2.Header(
            channel_header=header.SerializeToString(),
            signature_header=common_pb2.SignatureHeader(creator=creator, nonce=nonce).SerializeToString(),
        ).SerializeToString(),
        payload=proposal_pb2.ChaincodeProposalPayload(
            input=invocation.SerializeToString()
        ).SerializeToString(),
    ).SerializeToString()
    signature = signer_from_pem(profile.key)(hashlib.sha256(made).digest())
    return proposal_pb2.SignedProposal(proposal_bytes=made, signature=signature)


async def ask(
    profile: Profile, channel: str, chaincode: str, *arguments: bytes
) -> proposal_response_pb2.ProposalResponse:
    """What the profile's first peer answers; AioRpcError where it takes no such proposal."""
    peer = profile.peers[0]
    credentials = grpc.ssl_channel_credentials(peer.tls_root)
    options = (("grpc.ssl_target_name_override", peer.server_name),)
    async with grpc.aio.secure_channel(peer.address, credentials, options) as connection:
        stub = peer_pb2_grpc.EndorserStub(connection)
        return await stub.ProcessProposal(proposal(profile, channel, chaincode, arguments))
