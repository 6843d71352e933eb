"""A ledger whose faults are scripted: what the gateway's client would see, without a network."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import grpc
from fabric_protos.peer import transaction_pb2

from chaincode.model.errors import Code, Refusal
from gateway.fabric import CommitStatusError, EndorseError, EvaluateError, Status, SubmitError
from gateway.fabric.errors import GatewayCallError, PeerDetail

Function = Callable[[dict[str, Any]], Any]


class FakeNetwork:
    """Stands in for ``gateway.fabric.Network``.

    ``faults`` is taken from, one per submission: ``""`` (none), ``lost`` (never arrives), ``answer lost``
    (arrives, the caller does not learn it), ``conflict`` and ``invalid`` (arrives and is invalid), ``hang``.
    ``endorsing`` is what endorsing raises, one per proposal, None for nothing.
    """

    channel = "medicines"

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self.faults: deque[str] = deque()
        self.endorsing: deque[Exception | None] = deque()
        self.before_endorsement: Callable[[], Any] | None = None
        self.status_away = 0
        self.blocks: dict[str, tuple[int, int]] = {}
        self.endorsed: list[str] = []
        self.submitted: list[str] = []
        self.evaluated: list[tuple[str, dict[str, Any]]] = []
        self._numbers = itertools.count(1)

    @property
    def valid(self) -> list[str]:
        """Ids of valid transactions."""
        return [tx_id for tx_id, (code, _) in self.blocks.items() if code == transaction_pb2.VALID]

    async def was_asked(self) -> bool:
        """Whether a proposal came."""
        return bool(self.endorsed)

    async def was_sent(self) -> bool:
        """Whether a transaction came."""
        return bool(self.submitted)

    async def has_valid(self) -> bool:
        """Whether a transaction is committed and valid."""
        return bool(self.valid)

    def contract(self, name: str) -> FakeContract:
        return FakeContract(self, name)

    def transaction_from(self, envelope: bytes) -> FakeTransaction:
        stored = json.loads(envelope)
        return FakeTransaction(self, stored["tx_id"], stored["result"])

    def next_id(self) -> str:
        return hashlib.sha256(str(next(self._numbers)).encode()).hexdigest()

    async def height(self) -> int:
        return len(self.blocks)

    async def block_by_transaction(self, transaction_id: str) -> Any:
        raise failed(EvaluateError, grpc.StatusCode.UNKNOWN, transaction_id)


class FakeContract:
    def __init__(self, network: FakeNetwork, name: str) -> None:
        self._network = network
        self._name = name

    def proposal(self, function: str, argument: bytes) -> FakeProposal:
        return FakeProposal(self._network, function, json.loads(argument))

    async def evaluate(self, function: str, argument: bytes) -> bytes:
        self._network.evaluated.append((function, json.loads(argument)))
        return json.dumps(self._network.functions[function](json.loads(argument))).encode()


class FakeProposal:
    def __init__(self, network: FakeNetwork, function: str, argument: dict[str, Any]) -> None:
        self._network = network
        self._function = function
        self._argument = argument
        self.transaction_id = network.next_id()

    async def endorse(self) -> FakeTransaction:
        network = self._network
        network.endorsed.append(self.transaction_id)
        if network.before_endorsement:
            await network.before_endorsement()
        if network.endorsing and (error := network.endorsing.popleft()):
            raise error
        function = network.functions.get(self._function, lambda argument: argument)
        return FakeTransaction(network, self.transaction_id, function(self._argument))


class FakeTransaction:
    def __init__(self, network: FakeNetwork, transaction_id: str, result: Any) -> None:
        self._network = network
        self.transaction_id = transaction_id
        self.result = json.dumps(result).encode()
        self.bytes = json.dumps({"tx_id": transaction_id, "result": result}).encode()
        self.commit = FakeCommit(network, transaction_id)

    async def submit(self) -> FakeCommit:
        network = self._network
        network.submitted.append(self.transaction_id)
        fault = network.faults.popleft() if network.faults else ""
        if fault == "hang":
            await asyncio.Event().wait()
        if fault != "lost" and self.transaction_id not in network.blocks:
            code = {
                "conflict": transaction_pb2.MVCC_READ_CONFLICT,
                "invalid": transaction_pb2.ENDORSEMENT_POLICY_FAILURE,
            }.get(fault, transaction_pb2.VALID)
            network.blocks[self.transaction_id] = (code, len(network.blocks) + 1)
        if fault in ("lost", "answer lost"):
            raise failed(SubmitError, grpc.StatusCode.UNAVAILABLE, self.transaction_id)
        return self.commit


class FakeCommit:
    def __init__(self, network: FakeNetwork, transaction_id: str) -> None:
        self._network = network
        self._transaction_id = transaction_id

    async def status(self, seconds: float | None = None) -> Status:
        if self._network.status_away:
            self._network.status_away -= 1
            raise failed(CommitStatusError, grpc.StatusCode.UNAVAILABLE, self._transaction_id)
        if self._transaction_id not in self._network.blocks:
            raise failed(CommitStatusError, grpc.StatusCode.DEADLINE_EXCEEDED, self._transaction_id)
        code, block = self._network.blocks[self._transaction_id]
        return Status(self._transaction_id, code, transaction_pb2.TxValidationCode.Name(code), block)


def failed(
    kind: type[GatewayCallError], code: grpc.StatusCode, transaction_id: str = "", told: str = ""
) -> GatewayCallError:
    """An error of the client's, as a gateway peer causes it."""
    details = (PeerDetail("peer0:7051", "AlpineMSP", told),) if told else ()
    return kind(code, "failed", details, transaction_id)


def refused(code: Code, message: str, field: str | None = None) -> GatewayCallError:
    """What a chaincode's refusal looks like to the client."""
    text = f"chaincode response {code.status}, {Refusal(code, message, field).to_json()}"
    return failed(EndorseError, grpc.StatusCode.ABORTED, told=text)
