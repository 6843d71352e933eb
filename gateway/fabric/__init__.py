"""A Fabric Gateway client for asyncio, usable on its own: evaluate, endorse, submit, status, events."""

from gateway.fabric.client import NotSigned
from gateway.fabric.commit import Commit, Status
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
from gateway.fabric.events import ChaincodeEvent, Checkpoint, EventsRefused
from gateway.fabric.gateway import Gateway, connect
from gateway.fabric.identity import Identity, KeyNotSupported, Signer, signer_from_pem
from gateway.fabric.network import Contract, Network
from gateway.fabric.profile import Peer, Profile, ProfileError, TlsClient
from gateway.fabric.proposal import Proposal
from gateway.fabric.transaction import Transaction
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
    "EventsRefused",
    "FabricError",
    "Gateway",
    "GatewayCallError",
    "Identity",
    "KeyNotSupported",
    "Network",
    "NotSigned",
    "Peer",
    "PeerDetail",
    "Profile",
    "ProfileError",
    "Proposal",
    "Signer",
    "Status",
    "SubmitError",
    "TlsClient",
    "Transaction",
    "chaincode_refusal",
    "connect",
    "signer_from_pem",
]
