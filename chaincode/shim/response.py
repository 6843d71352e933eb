"""What a chaincode is and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chaincode.shim.stub import Stub

OK = 200
# From this status on a peer does not endorse (fabric core/endorser: ERRORTHRESHOLD).
ERROR_THRESHOLD = 400
INTERNAL_ERROR = 500
BUSY = 503


@dataclass(frozen=True, slots=True)
class Response:
    """A transaction function's result.

    Attributes:
        status: 200 to 399 is endorsed; 400 and above is refused and none of its writes reach the peer.
        payload: result bytes for the client.
        message: text for the client, used with a refusal.
    """

    status: int
    payload: bytes = b""
    message: str = ""


def success(payload: bytes = b"") -> Response:
    """An endorsed result."""
    return Response(OK, payload)


def failure(message: str, status: int = INTERNAL_ERROR, payload: bytes = b"") -> Response:
    """A refusal; `status` must be 400 or above."""
    if status < ERROR_THRESHOLD:
        raise ValueError(f"a failure needs a status of {ERROR_THRESHOLD} or above, not {status}")
    return Response(status, payload, message)


class Chaincode(Protocol):
    """What a server serves: one coroutine for every transaction, initialisation too (`stub.is_init`)."""

    async def invoke(self, stub: Stub) -> Response: ...
