"""What can go wrong with a supervised system, each as one line for the person at the shell."""

from __future__ import annotations

from pathlib import Path

from chaincode.model.errors import MediLedgerError


class SupervisorError(MediLedgerError):
    """A system could not be started, stopped or read."""


class PortInUse(SupervisorError):
    """A port of the plan is taken by somebody else."""

    def __init__(self, port: int, process: str) -> None:
        super().__init__(
            f"port {port}, needed by {process}, is in use on 127.0.0.1: stop what uses it, "
            "or choose other ports with MEDILEDGER_BASE_PORT"
        )
        self.port = port
        self.process = process


class SocketInUse(SupervisorError):
    """Somebody else listens at a Unix socket of the plan."""

    def __init__(self, path: Path, process: str) -> None:
        super().__init__(f"{path}, needed by {process}, is in use: stop what listens there")


class StartFailed(SupervisorError):
    """A process of the plan did not become ready in time, or a job of it failed."""

    def __init__(self, process: str, reason: str, log: str) -> None:
        super().__init__(f"{process} {reason}; see {log}")
        self.process = process
