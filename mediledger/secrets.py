"""Secrets of a locally run system: made once, kept in one file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

ROLES = ("admin", "operator", "auditor")


@dataclass(frozen=True)
class MemberSecrets:
    """One member's: ``token_secret`` signs its access tokens, ``passwords`` is by user name.

    In a locally run system each role has one user, named like the role.
    """

    token_secret: str
    passwords: dict[str, str]


def load_or_make(path: Path, members: list[str]) -> dict[str, MemberSecrets]:
    """The secrets of each member in ``members``; what is missing is made and written, mode 0600."""
    stored = json.loads(path.read_text()) if path.exists() else {}
    made = {member: MemberSecrets(**stored[member]) if member in stored else _make() for member in members}
    if set(made) - set(stored):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            everything = stored | {member: asdict(secret) for member, secret in made.items()}
            json.dump(everything, handle, indent=1)
        temporary.replace(path)
    return made


def _make() -> MemberSecrets:
    return MemberSecrets(
        token_secret=secrets.token_urlsafe(48),
        passwords={role: secrets.token_urlsafe(12) for role in ROLES},
    )
