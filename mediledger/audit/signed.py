"""Valid transactions of a block, with the members whose peers did endorse them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import transaction_pb2

from network.devnet import config
from network.devnet.clock import Clock
from network.devnet.msp import IdentityRefused, Membership
from network.devnet.transaction import Action, Invalid, headers, of_headers
from network.policy import of_role

POLICY = "VALIDATION_PARAMETER"


@dataclass(frozen=True)
class Write:
    """A key's new value, None where it is deleted."""

    namespace: str
    key: str
    value: bytes | None


@dataclass(frozen=True)
class Signed:
    """One valid transaction.

    ``endorsers`` are the MSPs of those endorsing peers whose signatures are right: an envelope may carry
    others, which peers do not count. ``policies`` are set by namespace and key.
    """

    block: int
    transaction_id: str
    creator: str
    endorsers: frozenset[str]
    writes: tuple[Write, ...]
    policies: Mapping[tuple[str, str], bytes] = field(default_factory=dict)


class Signatures:
    """Reads the transactions of a channel's blocks, which are given in their order from block 0 on."""

    def __init__(self) -> None:
        self._membership: Membership | None = None

    def read(self, block: common_pb2.Block) -> Iterator[Signed]:
        """The valid endorsed transactions; network.devnet.transaction.Invalid of one that cannot be read."""
        if self._membership is None:
            # What the channel begins with, and signed by nobody.
            self._configure(block)
            return
        codes = block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER]
        if len(codes) != len(block.data.data):
            raise Invalid(transaction_pb2.NOT_VALIDATED)
        for data, code in zip(block.data.data, codes, strict=True):
            if code != transaction_pb2.VALID:
                continue
            header = headers(data)
            if header.channel_header.type == common_pb2.CONFIG:
                self._configure(block)
                continue
            transaction = of_headers(header)
            creator = identities_pb2.SerializedIdentity.FromString(header.signature_header.creator).mspid
            action = transaction.action
            yield Signed(
                block.header.number,
                transaction.transaction_id,
                creator,
                _endorsers(self._membership, action),
                tuple(
                    Write(space.namespace, write.key, None if write.is_delete else write.value)
                    for space in action.namespaces
                    for write in space.public.writes
                ),
                {
                    (space.namespace, write.key): entry.value
                    for space in action.namespaces
                    for write in space.public.metadata_writes
                    for entry in write.entries
                    if entry.name == POLICY
                },
            )

    def _configure(self, block: common_pb2.Block) -> None:
        self._membership = Membership(config.msps(block.SerializeToString()).values(), Clock())


def _endorsers(membership: Membership, action: Action) -> frozenset[str]:
    found: set[str] = set()
    for endorsement in action.endorsements:
        try:
            member = membership.identify(endorsement.endorser)
            member.verify(action.signed + endorsement.endorser, endorsement.signature)
        except IdentityRefused:
            # As to a peer: what does not count is not yet one too few.
            continue
        if of_role(member.msp_id, "peer") in member.principals:
            found.add(member.msp_id)
    return frozenset(found)
