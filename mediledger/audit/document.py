"""Documents as they stand in a transaction, read by somebody who trusts nobody."""

from __future__ import annotations

from typing import Any

from chaincode.model import canonical, keys
from chaincode.model.directory import SETTINGS
from chaincode.model.errors import Refusal
from chaincode.model.periods import HANDS, is_inside, whole, written
from mediledger.audit.kinds import ANY, KINDS
from mediledger.audit.signed import Write

# What mediledger.audit.goods looks at; packing lists it looks at too.
GOODS = ("unit", "container", "tray")
_GTIN = "0" * 14
# Where the word of the key is not that of the document.
_KEYS = {"epcis": "event_hash"}
_IDENTITY = {
    "unit": ("gtin", "serial"),
    "container": ("sscc",),
    "tray": ("gtin", "serial"),
    "packing": ("sscc",),
    "lot": ("gtin", "lot"),
    "product": ("gtin",),
    "directory": ("bucket",),
    "recall": ("id",),
    "recalled": ("gtin", "id"),
}
_Shape = dict[str, type]
_SHAPES: dict[str, _Shape] = {
    "unit": {"gtin": str, "serial": str, "period": int, "status": str, "lot": str, "commissioned_at": int},
    "tray": {"gtin": str, "serial": str, "lot": str, "commissioned_at": int, "serials": list, "left": list},
    "container": {"sscc": str, "period": int, "status": str, "taken": list},
    "packing": {"sscc": str, "trays": list, "children": list},
    "hold": {"ref": str, "status": str, "inside": list, "guards": list},
    "directory": {"bucket": str},
    "party": {"gln": str, "msp_id": str},
    "param": {"value": dict},
}


def document_of(write: Write) -> dict[str, Any] | None:
    """The document of a write; None where it is none, not canonical JSON, or not what its key is of."""
    try:
        document = canonical.loads(write.value or b"")
        kind, attributes = keys.split(write.key)
        if canonical.dumps(document) != write.value or document["doc"] != _KEYS.get(kind, kind):
            return None
        if kind == "unit":
            found, document = document, whole(document, *attributes[:2])
            if written(document) != found:
                return None
        return document if _complete(document, kind, attributes) else None
    except (Refusal, ValueError, TypeError, KeyError):
        return None


def _complete(document: dict[str, Any], kind: str, attributes: tuple[str, ...]) -> bool:
    """Whether it has the fields that the audit looks at, and names what its key names."""
    shape = dict(_SHAPES.get(kind, {}))
    if kind in GOODS:
        shape |= {} if is_inside(document) else dict.fromkeys(HANDS, str)
        shape |= {name: str for name in ("origin", "parent", "tray") if name in document}
    known = KINDS.get(document["doc"], ANY)
    shape |= {name: str for name in (known.author, *known.guards, *known.found_by[1:]) if name}
    if not all(type(document[name]) is wanted for name, wanted in shape.items()):
        return False
    if kind == "param":
        return all(isinstance(document["value"][name], list) for name in ("members", "regulators"))
    if kind == "directory":
        held = document["settings" if document["bucket"] == SETTINGS else "parties"]
        if not isinstance(held, dict):
            return False
    # Packs alone have a tray, in their first period.
    if kind in GOODS and ("tray" in document) != (kind == "unit" and document["period"] == 0):
        return False
    if document.get("period", 0) < 0 or len(document.get("gtin", _GTIN)) != len(_GTIN):
        return False
    if kind == "packing" and not all(isinstance(name, list) and len(name) == 2 for name in document["trays"]):
        return False
    texts = [document.get(name, ()) for name in ("children", "taken", "serials", "left", "guards")]
    if not all(isinstance(text, str) for texts in (*texts, *document.get("trays", ())) for text in texts):
        return False
    return attributes == _attributes(document, kind, attributes)


def _attributes(document: dict[str, Any], kind: str, attributes: tuple[str, ...]) -> tuple[str, ...]:
    """What the key of a document names; ``attributes``, those of the key that it has, where it may be any."""
    if kind == "hold":
        return tuple(document[name] for name in ("ref", "gln") if name in document)
    if kind not in _IDENTITY:
        return attributes
    own = tuple(document[name] for name in _IDENTITY[kind])
    return (*own, str(document["period"])) if document.get("period") else own
