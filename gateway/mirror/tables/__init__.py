"""Tables of a member's database: the ledger's copy, and what the bridge keeps beside it.

Times of the ledger's are its transactions' timestamps. ``block_number`` and ``tx_id`` name the last write.
"""

from gateway.mirror.tables.base import metadata
from gateway.mirror.tables.bridge import anchor_submission, dead_letter, outbox, reading
from gateway.mirror.tables.cases import (
    event_hash,
    high_risk,
    investigation,
    notification,
    notification_response,
    recall,
    recall_ack,
    recall_check,
    sample,
    trace_request,
    verification,
)
from gateway.mirror.tables.chain import block, checkpoint, ledger_transaction
from gateway.mirror.tables.coldchain import (
    container_temperature,
    device,
    excursion,
    excursion_decision,
    sensor_anchor,
)
from gateway.mirror.tables.goods import container, hold, lot, packing, repackaging, tray, unit
from gateway.mirror.tables.registry import parameter, party, product, proposal, vote
from gateway.mirror.tables.trade import transfer

_OWN = (anchor_submission, dead_letter, outbox, reading)
# The ledger's, which can be made again from it.
MIRRORED = tuple(table for table in metadata.sorted_tables if table not in _OWN)

__all__ = [
    "MIRRORED",
    "anchor_submission",
    "block",
    "checkpoint",
    "container",
    "container_temperature",
    "dead_letter",
    "device",
    "event_hash",
    "excursion",
    "excursion_decision",
    "high_risk",
    "hold",
    "investigation",
    "ledger_transaction",
    "lot",
    "metadata",
    "notification",
    "notification_response",
    "outbox",
    "packing",
    "parameter",
    "party",
    "product",
    "proposal",
    "reading",
    "recall",
    "recall_ack",
    "recall_check",
    "repackaging",
    "sample",
    "sensor_anchor",
    "trace_request",
    "transfer",
    "tray",
    "unit",
    "verification",
    "vote",
]
