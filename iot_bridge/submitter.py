"""Anchors onto the ledger, each exactly once; they wait in the database while the ledger is away.

The signed envelope is stored before it is sent; after an unclear answer or a crash the status of *that*
transaction is asked and *that* envelope sent again (``gateway.fabric.outcomes``). Should the database have
lost an envelope that was sent, the ledger refuses a second anchor of the same id.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time

import grpc
import orjson

from chaincode.model import canonical
from chaincode.model.errors import Code, Refusal
from gateway.fabric import (
    CommitError,
    EndorseError,
    FabricError,
    GatewayCallError,
    Network,
    Transaction,
    chaincode_refusal,
)
from gateway.fabric.outcomes import settle, submit_with_retry
from iot_bridge import submissions
from iot_bridge.counters import Counters, Status
from iot_bridge.database import AWAY, Connection, connect
from iot_bridge.submissions import Submission

log = logging.getLogger(__name__)

CHAINCODE = "custody"
CONCURRENCY = 32
POLL_SECONDS = 1.0
STANDBY_SECONDS = 2.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
# Peers that endorse may be blocks behind the one that told of an attachment.
PATIENCE_SECONDS = 30.0
_MAY_COME_RIGHT = frozenset({Code.DEVICE_UNKNOWN, Code.DEVICE_NOT_ATTACHED, Code.CONTAINER_UNKNOWN})


class Submitter:
    """Of all bridges on one database, one submits; ``run`` waits for its turn."""

    def __init__(
        self, url: str, network: Network, counters: Counters, status: Status, claimed: asyncio.Event
    ) -> None:
        self._url = url
        self._network = network
        self._counters = counters
        self._status = status
        self._claimed = claimed
        # By container.
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._not_before: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self.waiting = 0

    async def run(self) -> None:
        """Submit what waits, until cancelled."""
        while True:
            try:
                async with await connect(self._url) as connection:
                    if await submissions.lock(connection):
                        await self._lead(connection)
                await asyncio.sleep(STANDBY_SECONDS)
            except AWAY as error:
                log.warning("submitting anchors is interrupted: %s", type(error).__name__)
                await asyncio.sleep(FIRST_PAUSE * random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    async def _lead(self, connection: Connection) -> None:
        try:
            while True:
                self._claimed.clear()
                await self._begin(connection)
                await self._wait()
        finally:
            # Their envelopes are stored: whoever leads next settles them.
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception) and not isinstance(ended, AWAY):
                    log.error("submitting an anchor failed: %s", type(ended).__name__)
            self._tasks.clear()

    async def _begin(self, connection: Connection) -> None:
        """Start on what waits and is not resting; raises what ended a task because the database is away."""
        for container, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[container]
                task.result()
        now = time.monotonic()
        resting = [anchor_id for anchor_id, until in self._not_before.items() if until > now]
        free = CONCURRENCY - len(self._tasks)
        self.waiting = await submissions.count_open(connection)
        if free > 0 and self.waiting > len(self._tasks):
            for row in await submissions.open_ones(connection, resting, list(self._tasks), free):
                container = row.arguments["container"]
                self._tasks[container] = asyncio.create_task(self._submit(connection, row))

    async def _wait(self) -> None:
        """Until a submission ends, a new one waits, or some time has passed."""
        claimed = asyncio.create_task(self._claimed.wait())
        try:
            await asyncio.wait(
                {claimed, *self._tasks.values()}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            claimed.cancel()

    async def _submit(self, connection: Connection, row: Submission) -> None:
        try:
            transaction = await self._carry_out(connection, row)
        except EndorseError as error:
            await self._not_endorsed(connection, row, error)
        except FabricError as error:
            self._failed(row, error)
        else:
            await self._succeeded(connection, row, transaction)

    async def _carry_out(self, connection: Connection, row: Submission) -> Transaction:
        """The committed transaction; raises EndorseError or another FabricError."""
        if row.envelope is not None:
            transaction = self._network.transaction_from(row.envelope)
            status = await settle(transaction, sent_before=True)
            if status.successful:
                return transaction
            # It is in a block and invalid: another may be made.
            log.info("anchor %s: transaction %s was %s", row.id, status.transaction_id, status.name)
        arguments = canonical.dumps(row.arguments)
        contract = self._network.contract(CHAINCODE)

        async def keep(made: Transaction) -> None:
            await submissions.sending(connection, row.id, made.transaction_id, made.bytes)

        transaction, _ = await submit_with_retry(lambda: contract.proposal("AnchorReadings", arguments), keep)
        return transaction

    async def _succeeded(self, connection: Connection, row: Submission, transaction: Transaction) -> None:
        await submissions.done(connection, row.id, transaction.transaction_id)
        self._status.ledger = True
        self._forget(row)
        self._counters.anchors += 1
        if "excursion" in orjson.loads(transaction.result):
            self._counters.excursions += 1
            log.warning("excursion of container %s, anchor %s", row.arguments["container"], row.id)
        log.info("anchor %s is on the ledger, transaction %s", row.id, transaction.transaction_id)

    async def _not_endorsed(self, connection: Connection, row: Submission, error: EndorseError) -> None:
        answer = chaincode_refusal(error)
        refusal = Refusal.parse(answer[1]) if answer else None
        if refusal is None:
            self._failed(row, error)
        elif refusal.code == Code.ANCHOR_EXISTS:
            await submissions.done(connection, row.id, None)
            self._forget(row)
            self._counters.anchors += 1
            log.warning("anchor %s was on the ledger already", row.id)
        elif refusal.code in _MAY_COME_RIGHT and row.age_seconds < PATIENCE_SECONDS:
            self._rest(row)
        else:
            await submissions.refused(connection, row.id, refusal.to_json())
            self._forget(row)
            self._counters.refused_anchors += 1
            log.error("the ledger refuses anchor %s: %s", row.id, refusal.message)

    def _failed(self, row: Submission, error: FabricError) -> None:
        self._rest(row)
        away = isinstance(error, GatewayCallError) and error.code in (
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.DEADLINE_EXCEEDED,
        )
        self._status.ledger = not away and not isinstance(error, CommitError) and self._status.ledger
        log.warning("anchor %s waits: %s", row.id, " ".join(str(error).split())[:300])

    def _rest(self, row: Submission) -> None:
        pause = min(self._pauses.get(row.id, FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
        self._pauses[row.id] = pause
        self._not_before[row.id] = time.monotonic() + pause * random.uniform(0.5, 1.0)  # noqa: S311 - jitter

    def _forget(self, row: Submission) -> None:
        self._pauses.pop(row.id, None)
        self._not_before.pop(row.id, None)
