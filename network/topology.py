"""A consortium's topology: members, channel, chaincodes, and the port of every process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from chaincode.model import gs1
from chaincode.model.documents.registry import ROLES
from chaincode.model.errors import MediLedgerError
from network.policy import PolicyError
from network.policy_language import parse

DEFAULT = Path(__file__).with_name("topology.yaml")
ORGANIZATION_PORTS = 20
FIRST_ORGANIZATION_PORT = 20
MAX_ORGANIZATIONS = 40
MAX_CHAINCODES = 7
# The chaincode in which regulators enter the parties.
REGISTRY = "registry"
MAX_CHANNELS = 8


class TopologyError(MediLedgerError):
    """A topology file that cannot be used; the message names the field and the rule."""


class Organization(BaseModel):
    """A member. ``name`` names its folders and processes; ``gln`` and ``role`` are its party's.

    With ``intermediate_ca`` its root authority vouches for one other, which issues all its identities.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    msp_id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,62}$")
    gln: str
    role: str
    title: str = Field(min_length=1, max_length=100)
    intermediate_ca: bool = False

    @field_validator("gln")
    @classmethod
    def _gln(cls, value: str) -> str:
        try:
            return gs1.gln(value)
        except MediLedgerError as error:
            raise ValueError(str(error)) from error

    @field_validator("role")
    @classmethod
    def _role(cls, value: str) -> str:
        if value not in ROLES:
            raise ValueError(f"is one of {', '.join(ROLES)}")
        return value


def _readable(policy: str) -> str:
    try:
        parse(policy)
    except PolicyError as error:
        raise ValueError(str(error)) from error
    return policy


SignaturePolicy = Annotated[str, AfterValidator(_readable)]


class Collection(BaseModel):
    """A private data collection, in the words of Fabric's collection definitions.

    ``policy`` says whose peers hold the values, by MSP members: any of them, which OR alone says.
    ``block_to_live`` is the number of blocks after which they forget a value, 0 for never. With
    ``member_only_read`` or ``member_only_write`` chaincode reads or writes values only for clients of those
    members. ``required_peer_count`` other peers must have a value before it is endorsed, and at most
    ``max_peer_count`` are sent it then. ``endorsement_policy`` takes the place of the chaincode's for writes
    to the collection.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A chaincode may not define one that is called as the implicit ones are, each organisation's own.
    name: str = Field(pattern=r"^[A-Za-z0-9-][A-Za-z0-9_-]{0,63}$")
    policy: SignaturePolicy
    required_peer_count: int = Field(0, ge=0)
    max_peer_count: int = Field(1, ge=0)
    block_to_live: int = Field(0, ge=0)
    member_only_read: bool = False
    member_only_write: bool = False
    endorsement_policy: SignaturePolicy | None = None

    @field_validator("policy")
    @classmethod
    def _any_of(cls, value: str) -> str:
        # Fabric takes no other (core/chaincode/lifecycle: validateSpOrConcat).
        if not parse(value).takes_anyone():
            raise ValueError("members are named by OR alone")
        return value

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if self.required_peer_count > self.max_peer_count:
            raise ValueError("required_peer_count is above max_peer_count")
        return self


class Chaincode(BaseModel):
    """A chaincode: ``entry`` is ``module:attribute`` of what serves it, ``policy`` its endorsement policy.

    Without a policy it is the channel's: a majority of its members. ``probe`` is a function with its
    arguments that succeeds on an empty ledger: deployment has it endorsed.

    In place of an entry, ``server`` is the address (``host:port``, on this machine's loopback) of a server
    that somebody else starts, in whatever language, and that serves every member. It has no TLS, or with
    ``server_tls`` shows ``Identities.shared_chaincode_tls``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")
    version: str = Field(pattern=r"^[A-Za-z0-9_.+-]{1,20}$")
    entry: str | None = Field(None, pattern=r"^[\w.]+:\w+$")
    server: str | None = Field(None, pattern=r"^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}):\d{1,5}$")
    server_tls: bool = False
    policy: SignaturePolicy | None = None
    probe: tuple[str, ...] = ()
    collections: tuple[Collection, ...] = ()

    @field_validator("collections")
    @classmethod
    def _collections(cls, value: tuple[Collection, ...]) -> tuple[Collection, ...]:
        if len({collection.name for collection in value}) < len(value):
            raise ValueError("a collection's name stands twice")
        return value

    @model_validator(mode="after")
    def _served(self) -> Self:
        if (self.entry is None) == (self.server is None):
            raise ValueError("either an entry or a server is needed")
        if self.server_tls and self.server is None:
            raise ValueError("server_tls is for a server")
        if self.entry is not None and not self.probe:
            raise ValueError("a chaincode with an entry needs a probe")
        return self

    @property
    def label(self) -> str:
        return f"{self.name}_{self.version}"

    def policies(self) -> Iterator[tuple[str, str]]:
        """Every signature policy in it, with the name of its field."""
        if self.policy is not None:
            yield "policy", self.policy
        for place, collection in enumerate(self.collections):
            yield f"collections.{place}.policy", collection.policy
            if collection.endorsement_policy is not None:
                yield f"collections.{place}.endorsement_policy", collection.endorsement_policy


class Batch(BaseModel):
    """When the ordering service cuts a block: after so many transactions, or so long after the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: int = Field(ge=1, le=10_000)
    seconds: float = Field(ge=0.001, le=60.0)


ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9.-]{0,248}$")]


class _FileChannel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ChannelName
    organizations: list[str] = Field(min_length=1)
    chaincodes: list[str] = []


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel: ChannelName
    channels: list[_FileChannel] = Field([], max_length=MAX_CHANNELS - 1)
    domain: str = Field(pattern=r"^[a-z0-9.-]+$")
    base_port: int = Field(ge=1024, le=60000)
    orderer: str
    batch: Batch | None = None
    mutual_tls: bool = False
    organizations: list[Organization] = Field(min_length=1, max_length=MAX_ORGANIZATIONS)
    chaincodes: list[Chaincode] = Field(min_length=1, max_length=MAX_CHAINCODES)


@dataclass(frozen=True)
class ServicePorts:
    """Ports of the private database, cache and broker."""

    postgres: int
    redis: int
    mosquitto: int


@dataclass(frozen=True)
class Channel:
    """A channel: its members and the chaincodes that are defined on it."""

    name: str
    organizations: tuple[Organization, ...]
    chaincodes: tuple[Chaincode, ...]


@dataclass(frozen=True)
class Topology:
    """A checked topology. Every port follows from ``base_port`` and an organisation's place in the list.

    ``channels`` has the first, ``channel``, with all members and every chaincode that no other has, and
    further ones. Without a ``batch`` each kind of ledger cuts blocks as suits it. With
    ``mutual_tls`` peers take connections only from whoever shows a TLS certificate of a member's authority.
    """

    path: Path
    channels: tuple[Channel, ...]
    domain: str
    base_port: int
    orderer_organization: Organization
    organizations: tuple[Organization, ...]
    chaincodes: tuple[Chaincode, ...]
    batch: Batch | None = None
    mutual_tls: bool = False

    @classmethod
    def load(cls, path: Path | None = None, base_port: int | None = None) -> Topology:
        """Read a topology file, the project's own by default; raises TopologyError.

        ``base_port`` takes the place of the file's.
        """
        source = (path or DEFAULT).resolve()
        try:
            raw: Any = yaml.safe_load(source.read_text(encoding="utf-8"))
            if base_port is not None and isinstance(raw, dict):
                raw["base_port"] = base_port
            read = _File.model_validate(raw)
        except (OSError, yaml.YAMLError) as error:
            raise TopologyError(f"{source}: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise TopologyError(f"{source}: {place}: {first['msg']}") from error
        for what, names in (
            ("organizations.name", [o.name for o in read.organizations]),
            ("organizations.msp_id", [o.msp_id for o in read.organizations]),
            ("organizations.gln", [o.gln for o in read.organizations]),
            ("chaincodes.name", [c.name for c in read.chaincodes]),
        ):
            if len(set(names)) < len(names):
                raise TopologyError(f"{source}: {what}: stands twice")
        orderer = next((o for o in read.organizations if o.name == read.orderer), None)
        if orderer is None:
            raise TopologyError(f"{source}: orderer: {read.orderer} is no organization here")
        channels = _channels(source, read)
        for channel in channels:
            registry = any(chaincode.name == REGISTRY for chaincode in channel.chaincodes)
            if registry and all(o.role != "regulator" for o in channel.organizations):
                raise TopologyError(f"{source}: organizations.role: no regulator among them")
        for position, chaincode in enumerate(read.chaincodes):
            msps = _members(channels, chaincode)
            for field, policy in chaincode.policies():
                strangers = ", ".join(sorted(parse(policy).msp_ids() - msps))
                if strangers:
                    where = f"{source}: chaincodes.{position}.{field}"
                    raise TopologyError(f"{where}: no member here is {strangers}")
        return cls(
            source,
            channels,
            read.domain,
            read.base_port,
            orderer,
            tuple(read.organizations),
            tuple(read.chaincodes),
            read.batch,
            read.mutual_tls,
        )

    @property
    def channel(self) -> str:
        """The first channel's name."""
        return self.channels[0].name

    def chaincodes_of(self, organization: Organization) -> tuple[Chaincode, ...]:
        """What a member runs: the chaincodes of the channels that it is in."""
        joined = [channel for channel in self.channels if organization in channel.organizations]
        return tuple(c for c in self.chaincodes if any(c in channel.chaincodes for channel in joined))

    def domain_of(self, organization: Organization) -> str:
        """The domain of a member's hosts."""
        return f"{organization.name}.{self.domain}"

    def peer_host(self, organization: Organization) -> str:
        return f"peer0.{self.domain_of(organization)}"

    @property
    def orderer_host(self) -> str:
        return f"orderer0.{self.domain_of(self.orderer_organization)}"

    def chaincode_host(self, organization: Organization) -> str:
        return f"chaincode.{self.domain_of(organization)}"

    @property
    def orderer_port(self) -> int:
        return self.base_port

    @property
    def orderer_admin_port(self) -> int:
        return self.base_port + 1

    @property
    def orderer_operations_port(self) -> int:
        return self.base_port + 2

    def service_ports(self) -> ServicePorts:
        return ServicePorts(self.base_port + 3, self.base_port + 4, self.base_port + 5)

    def peer_port(self, organization: Organization) -> int:
        return self._port(organization, 0)

    def peer_chaincode_port(self, organization: Organization) -> int:
        return self._port(organization, 1)

    def peer_operations_port(self, organization: Organization) -> int:
        return self._port(organization, 2)

    def chaincode_port(self, organization: Organization, chaincode: Chaincode) -> int:
        """Where its server listens in a container of its own; beside its peer it has a Unix socket."""
        return self._port(organization, 3 + self.chaincodes.index(chaincode))

    def gateway_port(self, organization: Organization) -> int:
        return self._port(organization, 10)

    def mirror_health_port(self, organization: Organization) -> int:
        return self._port(organization, 11)

    def bridge_health_port(self, organization: Organization) -> int:
        return self._port(organization, 12)

    def _port(self, organization: Organization, offset: int) -> int:
        place = self.organizations.index(organization)
        return self.base_port + FIRST_ORGANIZATION_PORT + ORGANIZATION_PORTS * place + offset


def _channels(source: Path, read: _File) -> tuple[Channel, ...]:
    """The channels of a file, the first one first; TopologyError."""
    organizations = {organization.name: organization for organization in read.organizations}
    chaincodes = {chaincode.name: chaincode for chaincode in read.chaincodes}
    names = [read.channel, *(channel.name for channel in read.channels)]
    if len(set(names)) < len(names):
        raise TopologyError(f"{source}: channels.name: stands twice")
    further = []
    for position, channel in enumerate(read.channels):
        where = f"{source}: channels.{position}"
        for field, named, known in (
            ("organizations", channel.organizations, organizations),
            ("chaincodes", channel.chaincodes, chaincodes),
        ):
            if len(set(named)) < len(named):
                raise TopologyError(f"{where}.{field}: a name stands twice")
            unknown = ", ".join(sorted(set(named) - set(known)))
            if unknown:
                raise TopologyError(f"{where}.{field}: {unknown}: not among the {field} here")
        further.append(
            Channel(
                channel.name,
                tuple(o for o in read.organizations if o.name in channel.organizations),
                tuple(c for c in read.chaincodes if c.name in channel.chaincodes),
            )
        )
    elsewhere = {name for channel in read.channels for name in channel.chaincodes}
    first = tuple(chaincode for chaincode in read.chaincodes if chaincode.name not in elsewhere)
    if not first:
        raise TopologyError(f"{source}: channels: no chaincode is left for {read.channel}")
    return (Channel(read.channel, tuple(read.organizations), first), *further)


def _members(channels: tuple[Channel, ...], chaincode: Chaincode) -> set[str]:
    """The MSP ids that are members wherever a chaincode is defined."""
    each = [
        {organization.msp_id for organization in channel.organizations}
        for channel in channels
        if chaincode in channel.chaincodes
    ]
    return set.intersection(*each)
