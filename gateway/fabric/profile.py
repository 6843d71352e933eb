"""A connection profile: whom to connect to, and as whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.fabric.errors import FabricError


class ProfileError(FabricError):
    """A profile that cannot be used; the message names the file and the field."""


@dataclass(frozen=True)
class Peer:
    """A gateway peer.

    Attributes:
        address: ``host:port``.
        tls_root: PEM of the authority that issued its TLS certificate, None for a connection without TLS.
        server_name: the name in that certificate where it is not the address's host.
    """

    address: str
    tls_root: bytes | None = None
    server_name: str | None = None


@dataclass(frozen=True)
class Profile:
    """What a client needs: a channel, gateway peers, the preferred first, a certificate and its key (PEM)."""

    channel: str
    msp_id: str
    peers: tuple[Peer, ...]
    certificate: bytes
    key: bytes

    @classmethod
    def load(cls, path: Path) -> Profile:
        """Read a profile's JSON; file names in it are relative to it. Raises ProfileError."""
        try:
            raw: Any = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                raw["channel"],
                raw["msp_id"],
                tuple(
                    Peer(p["address"], (path.parent / p["tls_root"]).read_bytes(), p.get("server_name"))
                    for p in raw["peers"]
                ),
                (path.parent / raw["certificate"]).read_bytes(),
                (path.parent / raw["key"]).read_bytes(),
            )
        except KeyError as error:
            raise ProfileError(f"{path}: {error.args[0]} is missing") from error
        except (OSError, ValueError, TypeError) as error:
            raise ProfileError(f"{path}: {error}") from error
