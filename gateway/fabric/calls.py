"""The calls of the Gateway service: their names, deadlines and errors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from gateway.fabric.errors import (
    CommitStatusError,
    EndorseError,
    EvaluateError,
    GatewayCallError,
    SubmitError,
)


@dataclass(frozen=True)
class Deadlines:
    """Seconds that each sort of call may take, its wait for a turn included; None: a stream without end."""

    evaluate: float = 30.0
    endorse: float = 30.0
    submit: float = 10.0
    commit_status: float = 60.0
    chaincode_events: float | None = None
    block_events: float | None = None
    filtered_block_events: float | None = None
    block_and_private_data_events: float | None = None


class Priority(IntEnum):
    """Whose turn is next where calls wait: what finishes a transaction comes before what begins one."""

    FINISH = 0
    BEGIN = 1


@dataclass(frozen=True)
class Method:
    """One unary call.

    Attributes:
        name: its name in the Gateway service.
        deadline: its field in Deadlines.
        failure: the error it ends in.
        repeatable: it may be asked of another peer after one could not be reached.
        waits: the peer answers when something happens, which may be never.
        priority: whose turn is next.
    """

    name: str
    deadline: str
    failure: type[GatewayCallError]
    repeatable: bool = True
    waits: bool = False
    priority: Priority = Priority.BEGIN


EVALUATE = Method("Evaluate", "evaluate", EvaluateError)
ENDORSE = Method("Endorse", "endorse", EndorseError)
# Not repeatable: an answer that was lost leaves it open whether an orderer has the transaction.
SUBMIT = Method("Submit", "submit", SubmitError, repeatable=False, priority=Priority.FINISH)
COMMIT_STATUS = Method(
    "CommitStatus", "commit_status", CommitStatusError, waits=True, priority=Priority.FINISH
)


@dataclass(frozen=True)
class Subject:
    """What a call is about."""

    transaction_id: str
    channel: str
    chaincode: str = ""
