"""What the channel has agreed on for each chaincode: version, endorsement policy, collections."""

from __future__ import annotations

import json
from collections.abc import Collection as SomeOf
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fabric_protos.peer.lifecycle import lifecycle_pb2

from network.devnet.channel_policies import ENDORSEMENT, LIFECYCLE_ENDORSEMENT, ChannelPolicies
from network.devnet.committed import committed
from network.devnet.errors import DevnetError
from network.policy import MEMBER, Policy, Signer, any_peer_of
from network.policy_language import parse
from network.topology import Channel
from network.topology import Collection as Described

LIFECYCLE = "_lifecycle"
IMPLICIT_PREFIX = "_implicit_org_"


@dataclass(frozen=True)
class Collection:
    """A private data collection.

    ``access`` says who is a member; the peers of all organisations that it names, ``members``, keep the
    values. ``policy`` says who must endorse writes, in place of the chaincode's. A value lives for
    ``block_to_live`` blocks after its own, 0 for ever. ``required_peers`` others must be there to have it;
    endorsers send it to members only where it is ``sent``.
    """

    name: str
    access: Policy
    policy: Policy | None = None
    block_to_live: int = 0
    required_peers: int = 0
    sent: bool = True
    member_only_read: bool = False
    member_only_write: bool = False

    @cached_property
    def members(self) -> frozenset[str]:
        """The MSP ids of those that keep the values."""
        return frozenset(self.access.msp_ids())

    def holders(self, endorsers: SomeOf[str]) -> frozenset[str]:
        """Who comes by a value that these endorsed: any member gives it to the others, and to no one else.

        What no endorser sends, members ask of each other only (gossip/privdata: PvtdataProvider). An implicit
        collection has one member, whose peer must have endorsed: no other sends it anything
        (core/chaincode/lifecycle: generateImplicitCollectionForOrg).
        """
        return self.members if self.sent or not self.members.isdisjoint(endorsers) else frozenset()

    def expiry(self, number: int) -> int | None:
        """The block with which what block ``number`` wrote vanishes (core/ledger/pvtdatapolicy)."""
        return number + self.block_to_live + 1 if self.block_to_live else None

    def lets_read(self, creator: Signer) -> bool:
        """Whether chaincode may read values for this client."""
        return not self.member_only_read or self.access.satisfied_by([creator])

    def lets_write(self, creator: Signer) -> bool:
        """Whether chaincode may write values for this client."""
        return not self.member_only_write or self.access.satisfied_by([creator])


@dataclass(frozen=True)
class Definition:
    """A chaincode as the channel has defined it."""

    name: str
    version: str
    policy: Policy
    collections: Mapping[str, Collection] = field(default_factory=dict)


class Definitions:
    """The channel's chaincodes. Every organisation has its implicit collection in each.

    ``described`` is all of it in JSON, for the ledger to keep.
    """

    def __init__(
        self,
        channel: str,
        chaincodes: Mapping[str, Definition],
        msp_ids: SomeOf[str],
        described: str = "[]",
        committed: Mapping[str, lifecycle_pb2.QueryChaincodeDefinitionResult] | None = None,
    ) -> None:
        """``committed`` are the definitions in the words of the lifecycle."""
        self.channel = channel
        self.described = described
        self.committed = dict(committed or {})
        self._chaincodes = dict(chaincodes)
        self._implicit = {
            IMPLICIT_PREFIX + msp: Collection(
                IMPLICIT_PREFIX + msp, Policy(1, ((msp, MEMBER),)), any_peer_of(msp), sent=False
            )
            for msp in msp_ids
        }

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._chaincodes.values())

    def get(self, name: str) -> Definition | None:
        """A chaincode's definition."""
        return self._chaincodes.get(name)

    def collection(self, chaincode: str, name: str) -> Collection | None:
        """A chaincode's collection."""
        definition = self._chaincodes.get(chaincode)
        if definition is None:
            return None
        return definition.collections.get(name) or self._implicit.get(name)

    def need_collection(self, chaincode: str, name: str) -> Collection:
        """A chaincode's collection; DevnetError where there is none of that name."""
        found = self.collection(chaincode, name)
        if found is None:
            raise DevnetError(
                f"collection [{name}] not defined in the collection config for chaincode [{chaincode}]"
            )
        return found

    def writers(self, chaincode: str, collection: Collection) -> Policy:
        """Who must endorse writes to a collection: its own policy comes before the chaincode's."""
        return collection.policy or self._chaincodes[chaincode].policy


def of_channel(channel: Channel, policies: ChannelPolicies) -> Definitions:
    """What a channel of the topology has agreed on; ``policies`` are its configuration's.

    PolicyError where a policy cannot be read.
    """
    described = [
        chaincode.model_dump(mode="json", include={"name", "version", "policy", "collections"})
        for chaincode in channel.chaincodes
    ]
    members = [organization.msp_id for organization in channel.organizations]
    return read(json.dumps(described, sort_keys=True), channel.name, members, policies)


def read(described: str, channel: str, msp_ids: SomeOf[str], policies: ChannelPolicies) -> Definitions:
    """Definitions as ``Definitions.described`` has them."""
    # Of the system chaincodes, the lifecycle's transactions can be endorsed and committed.
    chaincodes = {LIFECYCLE: Definition(LIFECYCLE, "syscc", policies.need(LIFECYCLE_ENDORSEMENT))}
    kept = {}
    for one in json.loads(described):
        name, version, policy = one["name"], one["version"], one["policy"]
        collections = [Described.model_validate(collection) for collection in one["collections"]]
        kept[name] = committed(version, policy, collections)
        chaincodes[name] = Definition(
            name,
            version,
            parse(policy) if policy else policies.need(ENDORSEMENT),
            {collection.name: _collection(collection) for collection in collections},
        )
    return Definitions(channel, chaincodes, msp_ids, described, kept)


def _collection(described: Described) -> Collection:
    return Collection(
        described.name,
        parse(described.policy),
        parse(described.endorsement_policy) if described.endorsement_policy else None,
        described.block_to_live,
        described.required_peer_count,
        described.max_peer_count > 0,
        described.member_only_read,
        described.member_only_write,
    )
