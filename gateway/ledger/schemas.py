"""What the API says about the ledger."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from gateway.core.schemas import TX_ID


class LedgerState(BaseModel):
    """Blocks on this member's peer and in its mirror, and how far that is behind in milliseconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "channel": "medicines",
                "height": 120,
                "mirror_height": 120,
                "lag_ms": 0,
                "transactions": 340,
            }
        }
    )

    channel: str
    height: int
    mirror_height: int
    lag_ms: int
    transactions: int


class Transaction(BaseModel):
    """Where a transaction stands. ``validation_code`` 0 is valid, others are Fabric's TxValidationCode."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "tx_id": TX_ID,
                "block_number": 42,
                "position": 0,
                "type": "ENDORSER_TRANSACTION",
                "validation_code": 0,
                "creator_msp": "ManufacturerMSP",
                "chaincode": "custody",
                "function": "Commission",
                "at": "2026-09-21T13:33:20.000Z",
                "endorsers": ["ManufacturerMSP", "DistributorMSP", "RegulatorMSP"],
                "event_name": "UnitsCommissioned",
            }
        }
    )

    tx_id: str
    block_number: int
    position: int
    type: str
    validation_code: int
    creator_msp: str
    chaincode: str
    function: str
    at: str
    endorsers: list[str]
    event_name: str | None = None
