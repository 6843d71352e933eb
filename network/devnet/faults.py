"""Faults that tests switch on: what networks and peers do to clients on a bad day, on purpose."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from network.devnet.errors import DevnetError

log = logging.getLogger(__name__)

MAX_DELAY_SECONDS = 600.0
MAX_COUNT = 1_000_000


class Kind(StrEnum):
    """What can go wrong.

    ``DELAY``: calls of one kind take longer. ``STATUS_SILENCE``: CommitStatus never answers, though the
    transaction is committed; ``STATUS_UNAVAILABLE``: once it is committed, it answers UNAVAILABLE.
    ``SUBMIT_UNAVAILABLE``: the transaction is ordered, yet its client is told UNAVAILABLE; ``SUBMIT_LOST``:
    it is told so and the transaction never reaches the orderer. ``DISAGREE``: a member's peer endorses
    results that differ from everybody else's. ``AWAY``: a member's peer answers nobody.
    """

    DELAY = "delay"
    STATUS_SILENCE = "status-silence"
    STATUS_UNAVAILABLE = "status-unavailable"
    SUBMIT_UNAVAILABLE = "submit-unavailable"
    SUBMIT_LOST = "submit-lost"
    DISAGREE = "disagree"
    AWAY = "away"


class Call(StrEnum):
    """The kinds of calls at a peer; ``RUN`` is each run of chaincode there, whoever's gateway asks for it."""

    EVALUATE = "evaluate"
    ENDORSE = "endorse"
    SUBMIT = "submit"
    COMMIT_STATUS = "commit-status"
    CHAINCODE_EVENTS = "chaincode-events"
    DELIVER = "deliver"
    PROCESS_PROPOSAL = "process-proposal"
    RUN = "run"


class Fault(BaseModel):
    """A fault: at ``member``'s peer, or at every peer; ``count`` times, or until it is cleared.

    ``call`` and ``seconds`` say what is delayed and by how much; only a delay has them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    member: str | None = None
    call: Call | None = None
    seconds: float | None = Field(default=None, gt=0, le=MAX_DELAY_SECONDS, allow_inf_nan=False)
    count: int | None = Field(default=None, ge=1, le=MAX_COUNT)

    @model_validator(mode="after")
    def _complete(self) -> Fault:
        delay = self.kind is Kind.DELAY
        if delay and (self.call is None or self.seconds is None):
            raise ValueError("a delay needs a call and seconds")
        if not delay and (self.call is not None or self.seconds is not None):
            raise ValueError("only a delay has a call and seconds")
        if self.kind in (Kind.DISAGREE, Kind.AWAY) and self.member is None:
            raise ValueError(f"{self.kind} needs a member")
        return self

    def __str__(self) -> str:
        words = [self.kind.value]
        if self.call:
            words.append(f"of {self.call.value} by {self.seconds:g} s")
        words.append(f"at {self.member or 'every member'}")
        if self.count is not None:
            words.append(f"({self.count} times)")
        return " ".join(words)


_Key = tuple[Kind, str | None, Call | None]


class Faults:
    """The faults that are switched on, of one kind, member and call at most one."""

    def __init__(self, members: Collection[str] = ()) -> None:
        """``members``: the names of those whose peers there are."""
        self._members = frozenset(members)
        self._on: dict[_Key, Fault] = {}
        self._watchers: list[Callable[[Fault], None]] = []

    def __bool__(self) -> bool:
        return bool(self._on)

    @property
    def active(self) -> list[Fault]:
        """What is switched on, with the counts that are left."""
        return list(self._on.values())

    def set(self, fault: Fault) -> None:
        """Switch a fault on, in place of a like one; DevnetError where it names nobody who is here."""
        if fault.member is not None and fault.member not in self._members:
            raise DevnetError(f"no member here is called {fault.member[:64]}")
        self._on[fault.kind, fault.member, fault.call] = fault
        log.warning("fault on: %s", fault)
        for watcher in self._watchers:
            watcher(fault)

    def watch(self, watcher: Callable[[Fault], None]) -> None:
        """Call ``watcher`` with every fault from now on, when it is switched on."""
        self._watchers.append(watcher)

    def clear(self, kind: Kind | None = None) -> int:
        """Switch off the faults of one kind, or all of them; how many there were."""
        gone = [key for key in self._on if kind in (None, key[0])]
        for key in gone:
            log.warning("fault off: %s", self._on.pop(key))
        return len(gone)

    def take(self, kind: Kind, member: str, call: Call | None = None) -> Fault | None:
        """A fault that now takes effect at a member's peer, and counts as one time more."""
        if not self._on:
            return None
        for key in ((kind, member, call), (kind, None, call)):
            fault = self._on.get(key)
            if fault is not None:
                self._use(key, fault)
                return fault
        return None

    def _use(self, key: _Key, fault: Fault) -> None:
        if fault.count is None:
            return
        if fault.count > 1:
            self._on[key] = fault.model_copy(update={"count": fault.count - 1})
        else:
            del self._on[key]
            log.warning("fault over: %s", fault)
