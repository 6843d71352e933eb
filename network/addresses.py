"""Where the nodes of a network answer: on this machine, or by host name in containers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from http2 import unix_socket
from network.topology import Chaincode, Organization, Topology


class Addresses(Protocol):
    """Host and port of each node as the other nodes reach it, and the address that it listens on.

    A member's chaincode server on its peer's own machine has a Unix socket in place of them. As that is its
    owner's alone, there is no TLS there.
    """

    listen: str

    def peer(self, organization: Organization) -> tuple[str, int]: ...

    def orderer(self) -> tuple[str, int]: ...

    def chaincode(self, organization: Organization, chaincode: Chaincode) -> str:
        """``host:port`` of a chaincode's server, or ``unix:PATH``, from the folder that peers run in."""
        ...

    def serving(self, organization: Organization, chaincode: Chaincode) -> str:
        """Where a chaincode's server listens that is started here."""
        ...


def address(place: tuple[str, int]) -> str:
    """``host:port``."""
    return f"{place[0]}:{place[1]}"


def below(root: Path, place: str) -> str:
    """A chaincode's address for a process that runs elsewhere than in ``root``, as peers do."""
    path = unix_socket.path_in(place)
    return place if path is None else f"{unix_socket.SCHEME}{root / path}"


class Loopback:
    """Everything on 127.0.0.1, and members' chaincode servers at Unix sockets below HOME/network."""

    listen = "127.0.0.1"

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def peer(self, organization: Organization) -> tuple[str, int]:
        return self.listen, self._topology.peer_port(organization)

    def orderer(self) -> tuple[str, int]:
        return self.listen, self._topology.orderer_port

    def chaincode(self, organization: Organization, chaincode: Chaincode) -> str:
        return chaincode.server or self.serving(organization, chaincode)

    def serving(self, organization: Organization, chaincode: Chaincode) -> str:
        # At most 97 bytes, of the 107 that a socket's address may have. A label leads to one package of a
        # member, so that no peer finds a server of another here, whose answer it would wait for.
        return f"{unix_socket.SCHEME}sockets/{organization.name}/{chaincode.label}.sock"


class Hosts:
    """Each node in a container of its own, found by its host name."""

    listen = "0.0.0.0"  # noqa: S104 - inside a container, on the network of its own

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def peer(self, organization: Organization) -> tuple[str, int]:
        return self._topology.peer_host(organization), self._topology.peer_port(organization)

    def orderer(self) -> tuple[str, int]:
        return self._topology.orderer_host, self._topology.orderer_port

    def chaincode(self, organization: Organization, chaincode: Chaincode) -> str:
        host = self._topology.chaincode_host(organization)
        return chaincode.server or address((host, self._topology.chaincode_port(organization, chaincode)))

    def serving(self, organization: Organization, chaincode: Chaincode) -> str:
        return address((self.listen, self._topology.chaincode_port(organization, chaincode)))
