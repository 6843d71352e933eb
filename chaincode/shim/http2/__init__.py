"""A small HTTP/2 server for one bidirectional gRPC method."""

from chaincode.shim.http2.session import Session
from chaincode.shim.http2.stream import Call

__all__ = ["Call", "Session"]
