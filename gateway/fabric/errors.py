"""What can go wrong with a call, with each peer's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import grpc
from fabric_protos.gateway import gateway_pb2
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

_REFUSAL = re.compile(r"chaincode response (\d+), (.*)", re.DOTALL)
_DETAILS_KEY = "grpc-status-details-bin"
# Fabric's limiters answer UNKNOWN with these words, before a call is handed on.
_BUSY = "exceeding concurrency limit"
_MISMATCH = "ProposalResponsePayloads do not match"


class FabricError(Exception):
    """The root of this client's errors."""


@dataclass(frozen=True)
class PeerDetail:
    """What one node said: its address, its organisation's MSP id, its message."""

    address: str
    msp_id: str
    message: str


class GatewayCallError(FabricError):
    """A call to the gateway failed.

    Attributes:
        code: the gRPC status code.
        message: the gateway's message.
        details: what the nodes behind the gateway said, if they were asked.
        transaction_id: the transaction that the call was about.
    """

    call = "call"

    def __init__(
        self, code: grpc.StatusCode, message: str, details: tuple[PeerDetail, ...], transaction_id: str
    ) -> None:
        told = "; ".join(f"{d.address} ({d.msp_id}): {d.message}" for d in details)
        super().__init__(f"{self.call}: {code.name}: {message}" + (f" [{told}]" if told else ""))
        self.code = code
        self.message = message
        self.details = details
        self.transaction_id = transaction_id

    @property
    def busy(self) -> bool:
        """The peer had too many calls in hand and did not look at this one."""
        return self.code == grpc.StatusCode.UNKNOWN and _BUSY in self.message

    @classmethod
    def from_rpc(cls, error: grpc.aio.AioRpcError, transaction_id: str = "") -> GatewayCallError:
        """The error that a failed gRPC call stands for."""
        details = tuple(_details(error.trailing_metadata() or ()))
        return cls(error.code(), error.details() or "", details, transaction_id)


class EvaluateError(GatewayCallError):
    """An evaluation failed; nothing was written."""

    call = "evaluate"


class EndorseError(GatewayCallError):
    """A proposal was not endorsed; nothing was written."""

    call = "endorse"

    @property
    def mismatch(self) -> bool:
        """Endorsers came to different results, as peers at different heights do for a while."""
        return any(_MISMATCH in detail.message for detail in self.details)

    def refused_elsewhere(self, msp_id: str) -> bool:
        """Chaincode refused it on other members' peers alone, none of them ``msp_id``'s.

        The gateway asks a peer of its own organisation first, so that one found nothing wrong: the others
        may not have the blocks yet that it builds on.
        """
        refused_by = {detail.msp_id for detail in self.details if _REFUSAL.search(detail.message)}
        return bool(refused_by) and msp_id not in refused_by


class SubmitError(GatewayCallError):
    """A transaction may or may not have reached the orderer."""

    call = "submit"


class CommitStatusError(GatewayCallError):
    """The outcome of a transaction could not be learnt; it may still come about."""

    call = "commit status"


class EventsError(GatewayCallError):
    """A stream of events ended, and is not taken up again."""

    call = "events"


class EventsRefused(EventsError):
    """The peer refuses a stream; asking again does not help."""


class CommitError(FabricError):
    """A transaction was ordered and found invalid: it is in a block and changed nothing.

    Attributes:
        transaction_id: the transaction.
        code: the validation code (peer.TxValidationCode).
        name: that code's name, such as MVCC_READ_CONFLICT.
        block_number: the block that it is in.
    """

    def __init__(self, transaction_id: str, code: int, name: str, block_number: int) -> None:
        super().__init__(f"transaction {transaction_id} is invalid: {name}, block {block_number}")
        self.transaction_id = transaction_id
        self.code = code
        self.name = name
        self.block_number = block_number


def chaincode_refusal(error: GatewayCallError) -> tuple[int, str] | None:
    """Status and message of a chaincode's refusal, None where the failure is another."""
    for text in (*(detail.message for detail in error.details), error.message):
        found = _REFUSAL.search(text)
        if found:
            return int(found.group(1)), found.group(2)
    return None


def _status_class() -> type:
    """google.rpc.Status, which no dependency brings: code, message, details."""
    file = descriptor_pb2.FileDescriptorProto(
        name="gateway_fabric_status.proto", package="gateway_fabric", syntax="proto3"
    )
    file.dependency.append("google/protobuf/any.proto")
    status = file.message_type.add(name="Status")
    field = descriptor_pb2.FieldDescriptorProto
    status.field.add(name="code", number=1, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    status.field.add(name="message", number=2, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    status.field.add(
        name="details",
        number=3,
        type=field.TYPE_MESSAGE,
        label=field.LABEL_REPEATED,
        type_name=".google.protobuf.Any",
    )
    pool = descriptor_pool.DescriptorPool()
    anything = descriptor_pb2.FileDescriptorProto()
    any_pb2.DESCRIPTOR.CopyToProto(anything)
    pool.Add(anything)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("gateway_fabric.Status"))


_Status = _status_class()


def _details(metadata: Iterable[tuple[str, str | bytes]]) -> Iterable[PeerDetail]:
    for key, value in metadata:
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                yield from _read_details(value)
            except DecodeError:
                # The call's own code and message still count; details that cannot be read add nothing.
                continue


def _read_details(status: bytes) -> list[PeerDetail]:
    found = []
    for detail in _Status.FromString(status).details:  # type: ignore[attr-defined]
        if detail.type_url.endswith("gateway.ErrorDetail"):
            read = gateway_pb2.ErrorDetail.FromString(detail.value)
            found.append(PeerDetail(read.address, read.msp_id, read.message))
    return found
