"""Which fields of a document name those who must have endorsed it, and those whose policy it stands under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """``author``: the field (GLN or MSP id) of whoever says what the document's first version says.

    ``guards``: fields of those without whom it is never changed. ``once``: it never changes.
    ``found_by``: the kind of the key without which chaincode does not find it, and the fields in that key.
    """

    author: str | None = None
    guards: tuple[str, ...] = ()
    once: bool = False
    found_by: tuple[str, ...] = ()


# Goods and packing lists are checked by mediledger.audit.goods, and holds by what they are on.
KINDS: dict[str, Kind] = {
    "lot": Kind("manufacturer", ("manufacturer",)),
    "packing": Kind(once=True),
    "transfer": Kind("from", ("from", "to")),
    "device": Kind("gln", ("gln",)),
    "sensor_anchor": Kind("msp_id", once=True),
    "container_temperature": Kind("msp_id", ("msp_id",)),
    "excursion": Kind(once=True),
    "event_hash": Kind("msp_id", once=True),
    "held_lot": Kind(once=True),
    "recall": Kind("initiator", ("initiator",), found_by=("recalled", "gtin", "id")),
    "recalled": Kind(once=True, found_by=("recalled_product", "gtin")),
    "recalled_product": Kind(once=True),
    "recall_ack": Kind("gln", ("gln",)),
    "recall_check": Kind("gln", ("gln",)),
    "trace_request": Kind("requester", ("requester", "asked")),
    "verification": Kind("requester", ("requester", "responder")),
    "investigation": Kind("gln", ("gln",)),
    "sample": Kind(once=True),
    "notification": Kind("filer", ("filer",)),
    "notification_response": Kind("gln", ("gln",)),
    "high_risk": Kind("raised_by", ("raised_by",)),
    "repackaging": Kind(once=True),
    "product": Kind("manufacturer", ("manufacturer",)),
    "vote": Kind("msp_id", once=True),
    "proposal": Kind("msp_id"),
}
ANY = Kind()
