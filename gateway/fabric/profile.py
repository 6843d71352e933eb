"""A connection profile: whom to connect to, and as whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gateway.fabric.errors import FabricError

Value = TypeVar("Value")

_KINDS = {list: "a list of at least one", str: "a text", bool: "true or false"}


class ProfileError(FabricError):
    """A profile that cannot be used; the message names the file and the field."""


@dataclass(frozen=True)
class TlsClient:
    """What a client shows where TLS is mutual: its TLS certificate and that one's key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class Peer:
    """A gateway peer.

    Attributes:
        address: ``host:port``.
        tls_root: PEM of the authority that issued its TLS certificate, None for those that gRPC knows.
        server_name: the name in that certificate where it is not the address's host.
        insecure: without TLS.
    """

    address: str
    tls_root: bytes | None = None
    server_name: str | None = None
    insecure: bool = False


@dataclass(frozen=True)
class Profile:
    """What a client needs.

    Attributes:
        channel: the channel's name.
        msp_id: the organisation's MSP id.
        peers: gateway peers, the preferred first.
        certificate: the client's certificate (PEM).
        key: its private key (PEM).
        tls: what the client shows to a peer that asks for a TLS certificate.
    """

    channel: str
    msp_id: str
    peers: tuple[Peer, ...]
    certificate: bytes
    key: bytes
    tls: TlsClient | None = None

    @classmethod
    def load(cls, path: Path) -> Profile:
        """Read a profile's JSON; file names in it are relative to it. Raises ProfileError.

        Its members are ``channel``, ``msp_id``, ``certificate``, ``key`` and ``peers``, each peer with
        ``address``, ``tls_root`` and perhaps ``server_name``, or ``address`` and ``"insecure": true`` for one
        without TLS; for mutual TLS also ``tls_certificate`` and ``tls_key``.
        """
        try:
            raw: Any = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ProfileError(f"{path}: {error}") from error
        peers = _field(path, raw, "", "peers", list)
        return cls(
            _field(path, raw, "", "channel", str),
            _field(path, raw, "", "msp_id", str),
            tuple(_peer(path, peer, f"peers[{place}].") for place, peer in enumerate(peers)),
            _file(path, raw, "", "certificate"),
            _file(path, raw, "", "key"),
            _tls(path, raw),
        )


def _tls(path: Path, raw: Any) -> TlsClient | None:
    if "tls_certificate" not in raw and "tls_key" not in raw:
        return None
    return TlsClient(_file(path, raw, "", "tls_certificate"), _file(path, raw, "", "tls_key"))


def _peer(path: Path, raw: Any, prefix: str) -> Peer:
    address = _field(path, raw, prefix, "address", str)
    if "insecure" in raw and _field(path, raw, prefix, "insecure", bool):
        return Peer(address, insecure=True)
    tls_root = _file(path, raw, prefix, "tls_root")
    name = _field(path, raw, prefix, "server_name", str) if "server_name" in raw else None
    return Peer(address, tls_root, name)


def _field(path: Path, raw: Any, prefix: str, name: str, kind: type[Value]) -> Value:
    """A field that is there, of its kind and no empty list or text."""
    value = raw.get(name) if isinstance(raw, dict) else None
    if value is None:
        raise ProfileError(f"{path}: {prefix}{name} is missing")
    if not isinstance(value, kind) or not (value or kind is bool):
        raise ProfileError(f"{path}: {prefix}{name} is not {_KINDS[kind]}")
    return value


def _file(path: Path, raw: Any, prefix: str, name: str) -> bytes:
    """What the file that a field names holds."""
    file = path.parent / _field(path, raw, prefix, name, str)
    try:
        return file.read_bytes()
    except OSError as error:
        raise ProfileError(f"{path}: {prefix}{name}: {error}") from error
