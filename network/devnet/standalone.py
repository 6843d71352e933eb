"""A devnet for chaincode and clients that are not MediLedger's: its topology."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chaincode.model import gs1
from chaincode.model.documents.registry import ROLES
from network.devnet import handout
from network.devnet.errors import DevnetError
from network.identities import Identities
from network.topology import Organization, Topology

TOPOLOGY = "topology.yaml"
DOMAIN = "devnet.example"
BASE_PORT = 17500
CHANNEL = "mychannel"
MEMBERS = ("manufacturer", "distributor")

_ROLES = {"distributor": "wholesaler", "pharmacy": "dispenser"} | {role: role for role in ROLES}
# The prefix under which GS1 lets examples be numbered; members here need a number, not a registered one.
_GLN_PREFIX = "9521234"


@dataclass(frozen=True)
class Served:
    """A chaincode: where its server listens, and what the channel agrees on for it.

    Its server has TLS or not. Without a policy it takes a majority of the members. ``collections`` is as
    in Fabric's own file of them.
    """

    name: str
    server: str
    policy: str | None = None
    tls: bool = False
    collections: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for; what is None or empty was not said."""

    members: tuple[str, ...] = ()
    channel: str | None = None
    chaincodes: tuple[Served, ...] = ()
    base_port: int | None = None


def prepare(home: Path, wanted: Wanted) -> Topology:
    """The topology in ``home``, made as wanted where there is none, with identities and the SDKs' files.

    Raises DevnetError where nothing says which chaincode, or the one there is of another network;
    TopologyError where it cannot be.
    """
    path = home / TOPOLOGY
    topology = _again(path, wanted) if path.exists() else _new(path, wanted)
    identities = Identities(topology, home / "network")
    identities.create()
    for organization in topology.organizations:
        handout.write(topology, identities, organization, members_folder(home, organization))
    handout.write_server(identities, server_folder(home))
    return topology


def members_folder(home: Path, organization: Organization) -> Path:
    """Where all stands that a member's clients need."""
    return home / "members" / organization.name


def server_folder(home: Path) -> Path:
    """Where the TLS files of chaincode servers stand."""
    return home / "chaincode"


def collections(text: str) -> list[dict[str, Any]]:
    """Private data collections out of the JSON that Fabric's commands read; DevnetError."""
    try:
        return [_collection(one) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DevnetError(f"these are no collections: {error!r}") from error


def _collection(one: dict[str, Any]) -> dict[str, Any]:
    made = {
        "name": one["name"],
        "policy": one["policy"],
        "required_peer_count": one.get("requiredPeerCount", 0),
        "max_peer_count": one.get("maxPeerCount", one.get("maximumPeerCount", 1)),
        "block_to_live": one.get("blockToLive", 0),
        "member_only_read": one.get("memberOnlyRead", False),
        "member_only_write": one.get("memberOnlyWrite", False),
    }
    policy = one.get("endorsementPolicy", {}).get("signaturePolicy")
    return made | ({"endorsement_policy": policy} if policy else {})


def _new(path: Path, wanted: Wanted) -> Topology:
    if not wanted.chaincodes:
        raise DevnetError("name a chaincode and where its server listens, such as notes=127.0.0.1:9999")
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_name("topology.new.yaml")
    described = _described(wanted, wanted.members or MEMBERS, wanted.channel or CHANNEL)
    candidate.write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")
    try:
        Topology.load(candidate)
        candidate.replace(path)
    finally:
        candidate.unlink(missing_ok=True)
    return Topology.load(path)


def _again(path: Path, wanted: Wanted) -> Topology:
    """The topology that is there: a ledger's members and policies are for good, addresses are not."""
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    members = wanted.members or tuple(one["name"] for one in described["organizations"])
    channel = wanted.channel or described["channel"]
    if wanted.base_port is None:
        wanted = Wanted(members, channel, wanted.chaincodes, described["base_port"])
    new = _described(wanted, members, channel)
    if not wanted.chaincodes:
        new["chaincodes"] = described["chaincodes"]
    if _lasting(new) != _lasting(described):
        raise DevnetError(
            f"{path.parent} holds a ledger with other members, another channel or other chaincodes: "
            "remove it to begin anew, or choose another --home"
        )
    path.write_text(yaml.safe_dump(new, sort_keys=False), encoding="utf-8")
    return Topology.load(path)


def _lasting(described: dict[str, Any]) -> dict[str, Any]:
    chaincodes = [
        {k: v for k, v in one.items() if not k.startswith("server")} for one in described["chaincodes"]
    ]
    return {k: v for k, v in described.items() if k != "base_port"} | {"chaincodes": chaincodes}


def _described(wanted: Wanted, members: Sequence[str], channel: str) -> dict[str, Any]:
    return {
        "channel": channel,
        "domain": DOMAIN,
        "base_port": wanted.base_port or BASE_PORT,
        "orderer": members[0],
        "organizations": [_organization(place, name) for place, name in enumerate(members)],
        "chaincodes": [_chaincode(one) for one in wanted.chaincodes],
    }


def _organization(place: int, name: str) -> dict[str, str]:
    digits = f"{_GLN_PREFIX}{place:05}"
    return {
        "name": name,
        "msp_id": "".join(part.capitalize() for part in name.split("-")) + "MSP",
        "gln": digits + gs1.check_digit(digits),
        "role": _ROLES.get(name, "wholesaler"),
        "title": name.capitalize(),
    }


def _chaincode(one: Served) -> dict[str, Any]:
    made: dict[str, Any] = {"name": one.name, "version": "1", "server": one.server}
    if one.tls:
        made["server_tls"] = True
    if one.policy:
        made["policy"] = one.policy
    if one.collections:
        made["collections"] = [dict(collection) for collection in one.collections]
    return made
