"""Where the nodes of a network answer: on this machine's loopback, or by host name in containers."""

from __future__ import annotations

from typing import Protocol

from network.topology import Chaincode, Organization, Topology


class Addresses(Protocol):
    """Host and port of each node as the other nodes reach it, and the address that it listens on."""

    listen: str

    def peer(self, organization: Organization) -> tuple[str, int]: ...

    def orderer(self) -> tuple[str, int]: ...

    def chaincode(self, organization: Organization, chaincode: Chaincode) -> tuple[str, int]: ...


def address(place: tuple[str, int]) -> str:
    """``host:port``."""
    return f"{place[0]}:{place[1]}"


class Loopback:
    """Everything on 127.0.0.1."""

    listen = "127.0.0.1"

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def peer(self, organization: Organization) -> tuple[str, int]:
        return self.listen, self._topology.peer_port(organization)

    def orderer(self) -> tuple[str, int]:
        return self.listen, self._topology.orderer_port

    def chaincode(self, organization: Organization, chaincode: Chaincode) -> tuple[str, int]:
        return _server(chaincode) or (self.listen, self._topology.chaincode_port(organization, chaincode))


class Hosts:
    """Each node in a container of its own, found by its host name."""

    listen = "0.0.0.0"  # noqa: S104 - inside a container, on the network of its own

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def peer(self, organization: Organization) -> tuple[str, int]:
        return self._topology.peer_host(organization), self._topology.peer_port(organization)

    def orderer(self) -> tuple[str, int]:
        return self._topology.orderer_host, self._topology.orderer_port

    def chaincode(self, organization: Organization, chaincode: Chaincode) -> tuple[str, int]:
        return _server(chaincode) or (
            self._topology.chaincode_host(organization),
            self._topology.chaincode_port(organization, chaincode),
        )


def _server(chaincode: Chaincode) -> tuple[str, int] | None:
    """Where a chaincode is served that nobody here starts."""
    if chaincode.server is None:
        return None
    host, _, port = chaincode.server.rpartition(":")
    return host, int(port)
