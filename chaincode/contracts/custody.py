"""The custody chaincode: lots, units, containers, transfers, sensors, traces."""

from __future__ import annotations

from chaincode.contracts import (
    containers,
    dispensing,
    epcis,
    lots,
    recalls,
    sensors,
    trace_requests,
    tracing,
    transfers,
)
from chaincode.contracts.contract import Contract, Function

chaincode = Contract(
    "custody",
    {
        "CreateLot": Function(lots.create_lot, "custody"),
        "Commission": Function(lots.commission, "custody"),
        "GetLot": Function(lots.get_lot),
        "Pack": Function(containers.pack, "custody"),
        "Unpack": Function(containers.unpack, "custody"),
        "GetContainer": Function(containers.get_container),
        "OfferTransfer": Function(transfers.offer_transfer, "custody"),
        "AcceptTransfer": Function(transfers.accept_transfer, "custody"),
        "RejectTransfer": Function(transfers.reject_transfer, "custody"),
        "CancelTransfer": Function(transfers.cancel_transfer, "custody"),
        "GetTransfer": Function(transfers.get_transfer),
        "Dispense": Function(dispensing.dispense, "custody"),
        "Quarantine": Function(dispensing.quarantine, "quality"),
        "ReleaseQuarantine": Function(dispensing.release_quarantine, "quality"),
        "RegisterDevice": Function(sensors.register_device, "sensor"),
        "AttachDevice": Function(sensors.attach_device, "sensor"),
        "DetachDevice": Function(sensors.detach_device, "sensor"),
        "AnchorReadings": Function(sensors.anchor_readings, "sensor"),
        "GetDevice": Function(sensors.get_device),
        "GetAnchor": Function(sensors.get_anchor),
        "GetExcursion": Function(sensors.get_excursion),
        "AnchorEvents": Function(epcis.anchor_events, "custody"),
        "GetEventHash": Function(epcis.get_event_hash),
        "StartRecall": Function(recalls.start_recall, "compliance"),
        "AcknowledgeRecall": Function(recalls.acknowledge_recall, "compliance"),
        "RecordEffectivenessCheck": Function(recalls.record_effectiveness_check, "compliance"),
        "EndRecall": Function(recalls.end_recall, "compliance"),
        "GetRecall": Function(recalls.get_recall),
        "ListRecalls": Function(recalls.list_recalls),
        "RecallStatus": Function(recalls.recall_status),
        "RequestTrace": Function(trace_requests.request_trace, "compliance"),
        "AnswerTrace": Function(trace_requests.answer_trace, "compliance"),
        "GetTraceRequest": Function(trace_requests.get_trace_request),
        "GetUnit": Function(tracing.get_unit),
        "Trace": Function(tracing.trace),
        "History": Function(tracing.history),
    },
)
