"""The plan of a whole system: every process that one command starts, in words of the supervisor."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaincode.model.errors import MediLedgerError
from mediledger import secrets
from mediledger.services import Services
from mediledger.services import plan as plan_services
from network import ledger
from network.process import HttpReady, ProcessSpec
from network.topology import Organization, Topology

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_HOME = ".mediledger"
# The member whose trucks carry the sensors runs the bridge.
BRIDGE_MEMBER_ROLE = "wholesaler"


@dataclass(frozen=True)
class System:
    """One locally run consortium.

    ``root`` is the state directory; ``kind`` is ``fabric`` or ``devnet``. Each kind keeps its state in a
    directory of its own below ``root``, so changing the ledger loses nothing.
    """

    root: Path
    kind: str
    topology: Topology

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> System:
        """From ``MEDILEDGER_HOME``, ``LEDGER``, ``MEDILEDGER_TOPOLOGY`` and ``MEDILEDGER_BASE_PORT``.

        Raises MediLedgerError when the ledger asked for cannot be had or a value is malformed.
        """
        base_port = environ.get("MEDILEDGER_BASE_PORT", "")
        if base_port and not base_port.isdecimal():
            raise MediLedgerError(f"MEDILEDGER_BASE_PORT is a port number, not {base_port}")
        topology = Topology.load(
            Path(environ["MEDILEDGER_TOPOLOGY"]) if environ.get("MEDILEDGER_TOPOLOGY") else None,
            base_port=int(base_port) if base_port else None,
        )
        root = Path(environ.get("MEDILEDGER_HOME") or DEFAULT_HOME).absolute()
        return cls(root, ledger.kind(environ), topology)

    @property
    def home(self) -> Path:
        return self.root / self.kind

    @property
    def run_path(self) -> Path:
        """One run directory for all kinds: they use the same ports, so one of them runs at a time."""
        return self.root / "run"

    @property
    def log_path(self) -> Path:
        return self.home / "log"

    def secrets(self) -> dict[str, secrets.MemberSecrets]:
        """Each member's secrets, made on first use."""
        return secrets.load_or_make(self.home / "secrets.json", [o.name for o in self.topology.organizations])

    def gateway_url(self, organization: Organization) -> str:
        """Where a member's REST API answers, without a trailing slash."""
        return f"http://127.0.0.1:{self.topology.gateway_port(organization)}"

    def services(self) -> Services:
        return plan_services(
            self.home,
            self.topology.service_ports(),
            [o.name for o in self.topology.organizations],
            os.environ,
        )

    def prepare(self) -> None:
        """Make identities, genesis block and secrets; what exists is kept."""
        self.home.mkdir(parents=True, exist_ok=True)
        ledger.prepare(self.topology, self.home, self.kind)
        self.secrets()

    def network_plan(self) -> list[ProcessSpec]:
        """The ledger alone: orderer, peers or devnet, chaincode servers, deployment."""
        return ledger.plan(self.topology, self.home, self.kind)

    def plan(self) -> list[ProcessSpec]:
        """Everything: services, the ledger, and each member's jobs, mirror, gateway and bridge."""
        local = self.services()
        members = [
            spec
            for organization in self.topology.organizations
            for spec in self._member_plan(organization, local)
        ]
        return [*local.specs, *self.network_plan(), *members]

    def environment(self, organization: Organization, user: str = "gateway") -> dict[str, str]:
        """The settings of a member's processes, as environment variables."""
        local = self.services()
        return {
            "MEDILEDGER_HOME": str(self.home),
            "MEDILEDGER_MEMBER": organization.name,
            "MEDILEDGER_GLN": organization.gln,
            "MEDILEDGER_CHANNEL": self.topology.channel,
            "MEDILEDGER_PROFILE": str(
                self.home / "network" / "profiles" / f"{organization.name}.{user}.json"
            ),
            "MEDILEDGER_DATABASE_URL": local.database_url(organization.name),
            "MEDILEDGER_REDIS_URL": local.redis_url,
            "MEDILEDGER_MQTT_URL": local.mqtt_url,
            "MEDILEDGER_TOKEN_SECRET": self.secrets()[organization.name].token_secret,
            "MEDILEDGER_HTTP_PORT": str(self.topology.gateway_port(organization)),
        }

    def _member_plan(self, organization: Organization, local: Services) -> list[ProcessSpec]:
        name = organization.name
        env = self.environment(organization)
        databases = tuple(spec.name for spec in local.specs if spec.run_once)
        migrate = ProcessSpec(
            f"migrate-{name}",
            _python("gateway.migrations", "upgrade"),
            PROJECT,
            env=env,
            after=databases,
            run_once=True,
        )
        users = [
            ProcessSpec(
                f"user-{name}-{role}",
                _python("gateway.accounts", "add", "--user", role, "--role", role),
                PROJECT,
                env=env | {"MEDILEDGER_PASSWORD": password},
                after=(migrate.name,),
                run_once=True,
            )
            for role, password in self.secrets()[name].passwords.items()
        ]
        mirror_port = self.topology.mirror_health_port(organization)
        mirror = ProcessSpec(
            f"mirror-{name}",
            _python("gateway.mirror", "run"),
            PROJECT,
            HttpReady(f"http://127.0.0.1:{mirror_port}/health"),
            env | {"MEDILEDGER_HEALTH_PORT": str(mirror_port)},
            after=(migrate.name, "deploy"),
            ports=(mirror_port,),
        )
        gateway = ProcessSpec(
            f"gateway-{name}",
            _python("gateway"),
            PROJECT,
            HttpReady(f"{self.gateway_url(organization)}/api/v1/ready"),
            env,
            after=(
                mirror.name,
                *(user.name for user in users),
                *(s.name for s in local.specs if not s.run_once),
            ),
            ports=(self.topology.gateway_port(organization),),
        )
        specs = [migrate, *users, mirror, gateway]
        if organization.role == BRIDGE_MEMBER_ROLE:
            specs.append(self._bridge(organization, mirror, local))
        return specs

    def _bridge(self, organization: Organization, mirror: ProcessSpec, local: Services) -> ProcessSpec:
        port = self.topology.bridge_health_port(organization)
        return ProcessSpec(
            "bridge",
            _python("iot_bridge"),
            PROJECT,
            HttpReady(f"http://127.0.0.1:{port}/health"),
            self.environment(organization, "bridge")
            | {
                "MEDILEDGER_HEALTH_PORT": str(port),
                # A day: a replayed export of hourly readings then anchors 24 of them at a time.
                "MEDILEDGER_BRIDGE_WINDOW_SECONDS": "86400",
            },
            after=(mirror.name, *(spec.name for spec in local.specs if not spec.run_once)),
            ports=(port,),
        )


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
