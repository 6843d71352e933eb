"""What devnet refuses, with the gRPC status that a peer would give."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from fabric_protos.gateway import gateway_pb2
from google.protobuf import any_pb2

from chaincode.model.errors import MediLedgerError

# A refusal's words may quote what was sent, and travel in headers, which have an end.
MAX_WORDS = 12_000
_ERROR_DETAIL = "type.googleapis.com/gateway.ErrorDetail"


class DevnetError(MediLedgerError):
    """devnet cannot do what was asked."""


@dataclass(frozen=True)
class Detail:
    """One node's own words: its address, its MSP id, its message."""

    address: str
    msp_id: str
    message: str


class Denied(DevnetError):
    """A call that a peer would refuse, with its gRPC code and each node's detail."""

    def __init__(self, code: grpc.StatusCode, message: str, *details: Detail) -> None:
        super().__init__(message)
        self.code = code
        self.message = message[:MAX_WORDS]
        self.details = details

    def trailers(self) -> tuple[tuple[str, bytes], ...]:
        """The status with its details, as gRPC carries it in a call's trailing metadata."""
        if not self.details:
            return ()
        status = _field(1, self.code.value[0]) + _bytes(2, self.message.encode())
        for detail in self.details:
            packed = any_pb2.Any(
                type_url=_ERROR_DETAIL,
                value=gateway_pb2.ErrorDetail(
                    address=detail.address, msp_id=detail.msp_id, message=detail.message[:MAX_WORDS]
                ).SerializeToString(),
            )
            status += _bytes(3, packed.SerializeToString())
        return (("grpc-status-details-bin", status),)


def varint(value: int) -> bytes:
    """A protobuf base-128 integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: int) -> bytes:
    """A protobuf integer field; google.rpc.Status is three fields, and no dependency brings it."""
    return varint(number << 3) + varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value
