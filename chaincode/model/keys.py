"""The ledger's keys: Fabric's composite keys, one per document.

A peer's LevelDB keeps keys in order. When it merges what was written lately, it writes again all that lies
between the first and the last of these keys. So what there is most of stands before everything else: packs,
each with all its periods. Whatever shipping writes has no packs of earlier years behind it; nor have packs
that are commissioned or packed, as long as serial numbers go up.
"""

from __future__ import annotations

from chaincode.model import gs1

SEPARATOR = "\x00"
_UNIT = "unit"
# What a pack's keys begin with: a digit sorts before all other kinds.
UNITS = f"0{_UNIT}"


def composite(kind: str, *attributes: str) -> str:
    """The composite key of ``kind`` and ``attributes``, as Fabric's shim makes it.

    A unit's are its GTIN and serial number, and of a period after the first its number.
    """
    return SEPARATOR.join(("", UNITS if kind == _UNIT else kind, *attributes, ""))


def split(key: str) -> tuple[str, tuple[str, ...]]:
    """Kind and attributes of a composite key; ValueError for any other key, and for another's spelling."""
    if not key.startswith(SEPARATOR) or not key.endswith(SEPARATOR) or len(key) < 3:
        raise ValueError(f"not a composite key: {key!r}")
    kind, *attributes = key[1:-1].split(SEPARATOR)
    if kind == _UNIT:
        raise ValueError(f"not a composite key of a unit: {key!r}")
    return _UNIT if kind == UNITS else kind, tuple(attributes)


def party_key(gln: str) -> str:
    return composite("party", gln)


def directory_key(bucket: str) -> str:
    """Of a part of custody's directory of the registry."""
    return composite("directory", bucket)


def product_key(gtin: str) -> str:
    return composite("product", gtin)


def lot_key(gtin: str, lot: str) -> str:
    return composite("lot", gtin, lot)


def unit_key(gtin: str, serial: str) -> str:
    return f"\x00{UNITS}\x00{gtin}\x00{serial}\x00"


def container_key(sscc: str) -> str:
    return composite("container", sscc)


def transfer_key(transfer_id: str) -> str:
    return composite("transfer", transfer_id)


def device_key(device_id: str) -> str:
    return composite("device", device_id)


def anchor_key(anchor_id: str) -> str:
    return composite("sensor_anchor", anchor_id)


def excursion_key(excursion_id: str) -> str:
    return composite("excursion", excursion_id)


def event_hash_key(event_hash: str) -> str:
    return composite("epcis", event_hash)


def excursion_decision_key(excursion_id: str) -> str:
    return composite("excursion_decision", excursion_id)


def container_temperature_key(sscc: str, msp_id: str) -> str:
    """Of what the sensors of one member recorded of a container."""
    return composite("container_temperature", sscc, msp_id)


def parameter_key(name: str) -> str:
    return composite("param", name)


def proposal_key(proposal_id: str) -> str:
    return composite("proposal", proposal_id)


def vote_key(proposal_id: str, msp_id: str) -> str:
    return composite("vote", proposal_id, msp_id)


def period_key(ref: str, period: int) -> str:
    """The document of a period of what an element string, in its normal form, names.

    Of period 0 it is ``unit_key`` or ``container_key``.
    """
    first = container_key(ref[2:]) if ref[1] == "0" else unit_key(ref[2:16], ref[18:])
    return f"{first}{period}\x00" if period else first


def tray_key(gtin: str, serial: str) -> str:
    """Of a tray of packs, by the serial number of its first."""
    return composite("tray", gtin, serial)


def packing_key(sscc: str) -> str:
    """Of a container's packing list."""
    return composite("packing", sscc)


def hold_key(ref: str) -> str:
    return composite("hold", ref)


# Kinds of key that are also read by their first parts.
RECALLED = "recalled"
ACKNOWLEDGEMENT = "recall_ack"
EFFECTIVENESS_CHECK = "recall_check"


def recall_key(recall_id: str) -> str:
    return composite("recall", recall_id)


def recalled_key(gtin: str, recall_id: str) -> str:
    return composite(RECALLED, gtin, recall_id)


def recalled_product_key(gtin: str) -> str:
    return composite("recalled_product", gtin)


def acknowledgement_key(recall_id: str, gln: str) -> str:
    return composite(ACKNOWLEDGEMENT, recall_id, gln)


def effectiveness_check_key(recall_id: str, checked: str, gln: str) -> str:
    return composite(EFFECTIVENESS_CHECK, recall_id, checked, gln)


def verification_key(verification_id: str) -> str:
    return composite("verification", verification_id)


def verified_key(gtin: str, serial: str, gln: str) -> str:
    return composite("verified", gtin, serial, gln)


def trace_request_key(request_id: str) -> str:
    return composite("trace_request", request_id)


def lot_hold_key(gtin: str, lot: str, gln: str) -> str:
    """Of the hold on whatever one party has of a lot."""
    return composite("hold", gs1.lot_ref(gtin, lot), gln)


def held_lot_key(gtin: str, lot: str) -> str:
    return composite("held_lot", gtin, lot)


def investigation_key(investigation_id: str) -> str:
    return composite("investigation", investigation_id)


def sample_key(investigation_id: str, ref: str) -> str:
    return composite("sample", investigation_id, ref)


def high_risk_key(risk_id: str) -> str:
    return composite("high_risk", risk_id)


def notification_key(notification_id: str) -> str:
    return composite("notification", notification_id)


def notification_response_key(notification_id: str, gln: str) -> str:
    return composite("notification_response", notification_id, gln)


def repackaging_key(repackaging_id: str) -> str:
    return composite("repackaging", repackaging_id)


def price_key(transfer_id: str) -> str:
    """Of the price of a transfer, in its parties' implicit collections."""
    return composite("price", transfer_id)
