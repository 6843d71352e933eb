"""What the channel has agreed on for each chaincode: version, endorsement policy, collections."""

from __future__ import annotations

from collections.abc import Collection as SomeOf
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from network.devnet.errors import DevnetError
from network.policy import Policy, any_peer_of
from network.policy_language import parse
from network.topology import Chaincode, Topology

IMPLICIT_PREFIX = "_implicit_org_"


@dataclass(frozen=True)
class Collection:
    """Who keeps a collection's data, and who must endorse writes to it; without policy the chaincode's."""

    name: str
    members: frozenset[str]
    policy: Policy | None


@dataclass(frozen=True)
class Definition:
    """A chaincode as the channel has defined it."""

    name: str
    version: str
    policy: Policy


class Definitions:
    """The channel's chaincodes. Every organisation has its implicit collection in each."""

    def __init__(self, chaincodes: Mapping[str, Definition], msp_ids: SomeOf[str]) -> None:
        self._chaincodes = dict(chaincodes)
        self._implicit = {
            IMPLICIT_PREFIX + msp: Collection(IMPLICIT_PREFIX + msp, frozenset({msp}), any_peer_of(msp))
            for msp in msp_ids
        }

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._chaincodes.values())

    def get(self, name: str) -> Definition | None:
        """A chaincode's definition."""
        return self._chaincodes.get(name)

    def collection(self, chaincode: str, name: str) -> Collection | None:
        """A chaincode's collection."""
        return self._implicit.get(name) if chaincode in self._chaincodes else None

    def need_collection(self, chaincode: str, name: str) -> Collection:
        """A chaincode's collection; DevnetError where there is none of that name."""
        found = self.collection(chaincode, name)
        if found is None:
            raise DevnetError(
                f"collection [{name}] not defined in the collection config for chaincode [{chaincode}]"
            )
        return found


def from_topology(topology: Topology) -> Definitions:
    """The topology's chaincodes; PolicyError where a policy cannot be read."""
    return Definitions(
        {c.name: Definition(c.name, c.version, _policy(c, topology)) for c in topology.chaincodes},
        [organization.msp_id for organization in topology.organizations],
    )


def _policy(chaincode: Chaincode, topology: Topology) -> Policy:
    """A chaincode's own endorsement policy, else the channel's: peers of a majority of its members."""
    if chaincode.policy:
        return parse(chaincode.policy)
    members = topology.organizations
    return Policy(len(members) // 2 + 1, tuple((member.msp_id, "peer") for member in members))
