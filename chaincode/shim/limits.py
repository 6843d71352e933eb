"""The bounds that a server keeps."""

from __future__ import annotations

from dataclasses import dataclass

# Fabric's own gRPC limit in both directions (fabric internal/pkg/comm: MaxRecvMsgSize, MaxSendMsgSize).
MAX_MESSAGE_BYTES = 100 * 1024 * 1024
# A batch of writes is cut here, so that a large one cannot block the stream's other transactions for long.
BATCH_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one stream.

    Attributes:
        transactions: in flight at once; one more is answered 503. A peer asks for 2,500 by default.
        execute_seconds: a transaction that takes longer is cancelled; the peer's own limit
            (`chaincode.executetimeout`, 30 s by default) should be the shorter one.
        register_seconds: a peer that has not accepted the registration by then is reported in the log.
    """

    transactions: int = 10_000
    execute_seconds: float = 300.0
    register_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Offers:
    """What the peer's READY offers beyond Fabric 2.x; 0 means that the message must not be used.

    Attributes:
        write_batch: records that one WRITE_BATCH_STATE may hold.
        get_multiple: keys that one GET_STATE_MULTIPLE may hold.
    """

    write_batch: int = 0
    get_multiple: int = 0
