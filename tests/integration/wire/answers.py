"""What a ledger answers, in a form that two ledgers' answers can be compared in."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import events_pb2, proposal_response_pb2

from gateway.fabric.errors import GatewayCallError

CALL_SECONDS = 20.0
# Of a whole chain's blocks.
STREAM_SECONDS = 120.0
# A stream that has said nothing for so long has found nothing wrong.
QUIET_SECONDS = 4.0

_WORDS = (
    (re.compile("\u00a0"), " "),
    (re.compile(r"\b127\.0\.0\.1:\d+|\blocalhost:\d+"), "<address>"),
    (re.compile(r"-?\d{1,20}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"\b[0-9a-f]{41,}"), "<hex>"),
    # Each ledger has its own reasons not to change its channel.
    (re.compile(r"(?<=error authorizing update: ).*", re.DOTALL), "<reason>"),
    (re.compile(r"(?<=txid ').*?(?=' -- expected)", re.DOTALL), "<id>"),
    (re.compile(r"\bvs\. \d+|\(\d+ vs|\b\d{7,}(?= bytes)"), "<size>"),
)


@dataclass(frozen=True, order=True)
class Answer:
    """A call's gRPC code, its message, its details as (MSP id, message); or, where it is OK, what came."""

    code: str
    message: str
    details: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """In one line."""
        told = "".join(f" [{msp}: {message}]" for msp, message in self.details)
        return f"{self.code}: {self.message}{told}"


def plain(message: str) -> str:
    """A message without what differs from one run to the next: addresses, times, hashes, sizes."""
    for pattern, word in _WORDS:
        message = pattern.sub(word, message)
    return message[:600]


def failed(error: grpc.aio.AioRpcError) -> Answer:
    """The answer that an error is."""
    read = GatewayCallError.from_rpc(error)
    details = sorted((one.msp_id, plain(one.message)) for one in read.details if one.address)
    return Answer(error.code().name, plain(error.details() or ""), tuple(details))


class Caller:
    """Sends bytes to one peer, whatever they are."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def ask(self, call: str, message: bytes) -> Answer:
        """Make a call named as in HTTP/2 (``/gateway.Gateway/Evaluate``)."""
        try:
            if call.startswith("/protos.Deliver/"):
                return await self._deliver(call, message)
            if call.endswith("/ChaincodeEvents"):
                return await self._events(call, message)
            under_way = self._channel.unary_unary(call)(message, timeout=CALL_SECONDS)
            try:
                async with asyncio.timeout(QUIET_SECONDS if call.endswith("/CommitStatus") else None):
                    return _read(call, await under_way)
            except TimeoutError:
                under_way.cancel()
                return Answer("OK", "waits")
        except grpc.aio.AioRpcError as error:
            return failed(error)

    async def _events(self, call: str, message: bytes) -> Answer:
        stream = self._channel.unary_stream(call)(message, timeout=CALL_SECONDS)
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                first = await stream.read()
        except TimeoutError:
            return Answer("OK", "waits")
        finally:
            stream.cancel()
        found = gateway_pb2.ChaincodeEventsResponse.FromString(first)
        return Answer("OK", f"events of {sorted({one.chaincode_id for one in found.events})}")

    async def _deliver(self, call: str, message: bytes) -> Answer:
        stream = self._channel.stream_stream(call)(timeout=STREAM_SECONDS)
        blocks = 0
        try:
            await stream.write(message)
            while True:
                # The blocks may be many: it is silence that is waited for, not the end of the stream.
                async with asyncio.timeout(QUIET_SECONDS):
                    data = await stream.read()
                if data is grpc.aio.EOF:
                    return Answer("OK", f"{blocks} blocks")
                answer = events_pb2.DeliverResponse.FromString(data)
                if answer.WhichOneof("Type") == "status":
                    return Answer("OK", f"{blocks} blocks, {common_pb2.Status.Name(answer.status)}")
                blocks = min(blocks + 1, 1)
        except TimeoutError:
            return Answer("OK", f"{blocks} blocks, waits")
        finally:
            stream.cancel()


def _read(call: str, data: bytes) -> Answer:
    if call.endswith("/ProcessProposal"):
        made = proposal_response_pb2.ProposalResponse.FromString(data)
        signed = ", endorsed" if made.HasField("endorsement") else ""
        return Answer("OK", plain(f"{made.response.status} {made.response.message}{signed}"))
    if call.endswith("/Evaluate"):
        response = gateway_pb2.EvaluateResponse.FromString(data).result
        return Answer("OK", plain(f"{response.status} {response.message}"))
    if call.endswith("/CommitStatus"):
        return Answer("OK", f"code {gateway_pb2.CommitStatusResponse.FromString(data).result}")
    return Answer("OK", "")


def channel(address: str, root: bytes, name: str) -> grpc.aio.Channel:
    """A channel to a peer that takes large messages."""
    options: list[tuple[str, Any]] = [
        ("grpc.ssl_target_name_override", name),
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
        # A refusal quotes what was sent; both ledgers may be long-winded.
        ("grpc.max_metadata_size", 1 << 20),
    ]
    return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(root), options)
