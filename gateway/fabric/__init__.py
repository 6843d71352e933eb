"""A Fabric Gateway client for asyncio, usable on its own: evaluate, endorse, submit, status, events."""

from gateway.fabric.errors import (
    CommitError,
    CommitStatusError,
    EndorseError,
    EvaluateError,
    FabricError,
    GatewayCallError,
    PeerDetail,
    SubmitError,
    chaincode_refusal,
)
from gateway.fabric.events import ChaincodeEvent, Checkpoint
from gateway.fabric.gateway import Gateway, connect
from gateway.fabric.identity import Identity, Signer
from gateway.fabric.network import Contract, Network
from gateway.fabric.profile import Peer, Profile, ProfileError
from gateway.fabric.transaction import Commit, Proposal, Status, Transaction
from gateway.fabric.transport import Deadlines

__all__ = [
    "ChaincodeEvent",
    "Checkpoint",
    "Commit",
    "CommitError",
    "CommitStatusError",
    "Contract",
    "Deadlines",
    "EndorseError",
    "EvaluateError",
    "FabricError",
    "Gateway",
    "GatewayCallError",
    "Identity",
    "Network",
    "Peer",
    "PeerDetail",
    "Profile",
    "ProfileError",
    "Proposal",
    "Signer",
    "Status",
    "SubmitError",
    "Transaction",
    "chaincode_refusal",
    "connect",
]
