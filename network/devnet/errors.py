"""What devnet refuses, with the gRPC status that a peer would give."""

from __future__ import annotations

import grpc
from fabric_protos.gateway import gateway_pb2
from google.protobuf import any_pb2

from chaincode.model.errors import MediLedgerError

_ERROR_DETAIL = "type.googleapis.com/gateway.ErrorDetail"


class DevnetError(MediLedgerError):
    """devnet cannot do what was asked."""


class Denied(DevnetError):
    """A call that a peer would refuse.

    ``detail`` is one node's own words: its address, its MSP id, its message.
    """

    def __init__(
        self, code: grpc.StatusCode, message: str, detail: tuple[str, str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail

    def trailers(self) -> tuple[tuple[str, bytes], ...]:
        """The status with its details, as gRPC carries it in a call's trailing metadata."""
        if self.detail is None:
            return ()
        address, msp_id, message = self.detail
        detail = gateway_pb2.ErrorDetail(address=address, msp_id=msp_id, message=message)
        packed = any_pb2.Any(type_url=_ERROR_DETAIL, value=detail.SerializeToString())
        status = (
            _field(1, self.code.value[0])
            + _bytes(2, self.message.encode())
            + _bytes(3, packed.SerializeToString())
        )
        return (("grpc-status-details-bin", status),)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: int) -> bytes:
    """A protobuf integer field; google.rpc.Status is three fields, and no dependency brings it."""
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value
