"""The custody chaincode: lots, units, containers, transfers, sensors, traces."""

from __future__ import annotations

from chaincode.contracts import containers, dispensing, lots, sensors, tracing, transfers
from chaincode.contracts.contract import Contract

chaincode = Contract(
    "custody",
    {
        "CreateLot": lots.create_lot,
        "Commission": lots.commission,
        "GetLot": lots.get_lot,
        "Pack": containers.pack,
        "Unpack": containers.unpack,
        "GetContainer": containers.get_container,
        "OfferTransfer": transfers.offer_transfer,
        "AcceptTransfer": transfers.accept_transfer,
        "RejectTransfer": transfers.reject_transfer,
        "CancelTransfer": transfers.cancel_transfer,
        "GetTransfer": transfers.get_transfer,
        "Dispense": dispensing.dispense,
        "Quarantine": dispensing.quarantine,
        "ReleaseQuarantine": dispensing.release_quarantine,
        "RegisterDevice": sensors.register_device,
        "AttachDevice": sensors.attach_device,
        "DetachDevice": sensors.detach_device,
        "AnchorReadings": sensors.anchor_readings,
        "GetDevice": sensors.get_device,
        "GetAnchor": sensors.get_anchor,
        "GetExcursion": sensors.get_excursion,
        "GetUnit": tracing.get_unit,
        "Trace": tracing.trace,
        "History": tracing.history,
    },
)
