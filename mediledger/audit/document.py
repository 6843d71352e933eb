"""Documents as they stand in a transaction, read by somebody who trusts nobody."""

from __future__ import annotations

from typing import Any

from chaincode.model import canonical, keys
from chaincode.model.directory import SETTINGS
from chaincode.model.errors import Refusal
from chaincode.model.periods import whole, written
from mediledger.audit.kinds import ANY, KINDS
from mediledger.audit.signed import Write

GOODS = ("unit", "container")
# Where the word of the key is not that of the document.
_KEYS = {"epcis": "event_hash"}
_IDENTITY = {
    "unit": ("gtin", "serial"),
    "container": ("sscc",),
    "packing": ("sscc", "part"),
    "directory": ("bucket",),
    "recall": ("id",),
    "recalled": ("gtin", "id"),
}
_Shape = dict[str, type]
_PACKED: _Shape = {"parent": str, "part": str}
_LOOSE: _Shape = {"owner": str, "owner_msp": str, "custodian": str}
_SHAPES: dict[str, _Shape] = {
    "unit": {"gtin": str, "serial": str, "lot": str, "period": int},
    "container": {"sscc": str, "period": int, "status": str, "taken": list, "parts": list},
    "packing": {"sscc": str, "part": str, "children": list, "periods": list, "msp_id": str},
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
        shape |= _PACKED if "parent" in document else _LOOSE
    known = KINDS.get(kind, ANY)
    shape |= {name: str for name in (known.author, *known.guards, *known.found_by[1:]) if name}
    if not all(isinstance(document[name], wanted) for name, wanted in shape.items()):
        return False
    if kind == "param":
        return all(isinstance(document["value"][name], list) for name in ("members", "regulators"))
    if kind == "directory":
        held = document["settings" if document["bucket"] == SETTINGS else "parties"]
        if not isinstance(held, dict):
            return False
    if kind == "packing" and len(document["children"]) != len(document["periods"]):
        return False
    if not all(
        isinstance(ref, str)
        for name in ("children", "taken", "parts", "guards")
        for ref in document.get(name, ())
    ):
        return False
    if kind == "hold":
        return attributes == tuple(document[name] for name in ("ref", "gln") if name in document)
    own = tuple(document[name] for name in _IDENTITY.get(kind, ()))
    return kind not in _IDENTITY or attributes in (own, (*own, str(document.get("period"))))
