"""What of the services is started, and the URLs under which the members' processes find them."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mediledger.services import mosquitto, postgres, redis
from network.process import ProcessSpec
from network.topology import ServicePorts

PROJECT = Path(__file__).resolve().parent.parent.parent
DATABASE_JOB = "databases"


@dataclass(frozen=True)
class Services:
    """Processes to start and URLs to use.

    ``admin_url`` is the database server's, of an account that may create databases and roles.
    """

    specs: tuple[ProcessSpec, ...]
    admin_url: str
    redis_url: str
    mqtt_url: str
    member_passwords: Mapping[str, str]

    def database_url(self, member: str) -> str:
        """A member's own database, as the member's own role, which reaches no other."""
        parts = urlsplit(self.admin_url)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{postgres.name(member)}:{self.member_passwords[member]}@{host}"
        return urlunsplit(("postgresql", netloc, f"/{postgres.name(member)}", parts.query, ""))


def plan(home: Path, ports: ServicePorts, members: Sequence[str], environ: Mapping[str, str]) -> Services:
    """Private instances below ``home``, or the operator's where ``environ`` has their URLs.

    Those are ``MEDILEDGER_DATABASE_URL`` (an account that may create roles and databases),
    ``MEDILEDGER_REDIS_URL`` and ``MEDILEDGER_MQTT_URL`` (an admin of the broker's dynamic security plugin).
    Raises ProgramMissing.
    """
    folder = home / "services"
    kept = _passwords(folder / "secrets.json", members)
    specs: list[ProcessSpec] = []
    admin_url = environ.get("MEDILEDGER_DATABASE_URL", "")
    redis_url = environ.get("MEDILEDGER_REDIS_URL", "")
    mqtt_url = environ.get("MEDILEDGER_MQTT_URL", "")
    if not admin_url:
        specs += postgres.specs(postgres.data_folder(home), ports.postgres, kept["postgres"])
        admin_url = f"postgresql://postgres:{kept['postgres']}@127.0.0.1:{ports.postgres}/postgres"
    if not redis_url:
        specs.append(redis.spec(folder / "redis", ports.redis, kept["redis"]))
        redis_url = f"redis://:{kept['redis']}@127.0.0.1:{ports.redis}/0"
    if not mqtt_url:
        specs.append(mosquitto.spec(folder / "mosquitto", ports.mosquitto, kept["mosquitto"]))
        mqtt_url = f"mqtt://{mosquitto.ADMIN}:{kept['mosquitto']}@127.0.0.1:{ports.mosquitto}"
    passwords = {member: kept[f"member-{member}"] for member in members}
    services = Services(tuple(specs), admin_url, redis_url, mqtt_url, passwords)
    return Services((*specs, _databases(services, members)), admin_url, redis_url, mqtt_url, passwords)


def _databases(services: Services, members: Sequence[str]) -> ProcessSpec:
    """The job that makes each member's role and database."""
    return ProcessSpec(
        DATABASE_JOB,
        (sys.executable, "-m", "mediledger.services.databases"),
        PROJECT,
        env={
            "MEDILEDGER_DATABASE_URL": services.admin_url,
            "MEDILEDGER_MEMBERS": json.dumps({m: services.member_passwords[m] for m in members}),
        },
        after=tuple(spec.name for spec in services.specs if spec.name == postgres.SERVER),
        run_once=True,
    )


def _passwords(path: Path, members: Sequence[str]) -> dict[str, str]:
    """Generated once and kept in a file for its owner's eyes."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    wanted = ["postgres", "redis", "mosquitto", *(f"member-{member}" for member in members)]
    missing = [name for name in wanted if name not in kept]
    if missing:
        kept |= {name: secrets.token_hex(16) for name in missing}
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump(kept, handle, indent=1)
        temporary.replace(path)
    return kept
