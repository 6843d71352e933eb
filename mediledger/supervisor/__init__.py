"""Keeps a planned set of processes running: ordered start, health waits, restarts, logs, clean stop."""

from mediledger.supervisor.errors import PortInUse, SocketInUse, StartFailed, SupervisorError
from mediledger.supervisor.state import ProcessState, RunDirectory, SystemState
from mediledger.supervisor.supervisor import Supervisor

__all__ = [
    "PortInUse",
    "ProcessState",
    "RunDirectory",
    "SocketInUse",
    "StartFailed",
    "Supervisor",
    "SupervisorError",
    "SystemState",
]
