"""A Fabric Gateway client for asyncio, usable on its own: evaluate, endorse, submit, status, events."""

from gateway.fabric import hashes
from gateway.fabric.calls import Deadlines
from gateway.fabric.checkpoint import (
    Checkpoint,
    Checkpointer,
    CheckpointError,
    FileCheckpointer,
    InMemoryCheckpointer,
    Position,
)
from gateway.fabric.client import NotSigned
from gateway.fabric.commit import Commit, Status, SubmittedTransaction
from gateway.fabric.connections import Concurrency
from gateway.fabric.contract import Contract
from gateway.fabric.errors import (
    CommitError,
    CommitStatusError,
    EndorseError,
    EvaluateError,
    EventsError,
    EventsRefused,
    FabricError,
    GatewayCallError,
    PeerDetail,
    SubmitError,
    chaincode_refusal,
)
from gateway.fabric.event_requests import (
    BlockAndPrivateDataEventsRequest,
    BlockEventsRequest,
    ChaincodeEvent,
    ChaincodeEventsRequest,
    FilteredBlockEventsRequest,
)
from gateway.fabric.gateway import Gateway, connect
from gateway.fabric.hashes import Hash
from gateway.fabric.identity import Identity, KeyNotSupported, KeySigner, Signer, signer_from_pem
from gateway.fabric.network import Network
from gateway.fabric.profile import Peer, Profile, ProfileError, TlsClient
from gateway.fabric.proposal import Proposal
from gateway.fabric.streams import Events
from gateway.fabric.transaction import Transaction

__all__ = [
    "BlockAndPrivateDataEventsRequest",
    "BlockEventsRequest",
    "ChaincodeEvent",
    "ChaincodeEventsRequest",
    "Checkpoint",
    "CheckpointError",
    "Checkpointer",
    "Commit",
    "CommitError",
    "CommitStatusError",
    "Concurrency",
    "Contract",
    "Deadlines",
    "EndorseError",
    "EvaluateError",
    "Events",
    "EventsError",
    "EventsRefused",
    "FabricError",
    "FileCheckpointer",
    "FilteredBlockEventsRequest",
    "Gateway",
    "GatewayCallError",
    "Hash",
    "Identity",
    "InMemoryCheckpointer",
    "KeyNotSupported",
    "KeySigner",
    "Network",
    "NotSigned",
    "Peer",
    "PeerDetail",
    "Position",
    "Profile",
    "ProfileError",
    "Proposal",
    "Signer",
    "Status",
    "SubmitError",
    "SubmittedTransaction",
    "TlsClient",
    "Transaction",
    "chaincode_refusal",
    "connect",
    "hashes",
    "signer_from_pem",
]
