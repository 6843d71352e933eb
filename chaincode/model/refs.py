"""What a ref names, in whichever of GS1's forms it is written.

The ledger's own form is ``01<GTIN-14>21<serial>`` or ``00<SSCC>``. An element string (raw or bracketed) and a
Digital Link may say more than the identity, such as lot and expiry: that does not make it another thing.
"""

from __future__ import annotations

from chaincode.model import digital_link, element_strings, gs1
from chaincode.model.application_identifiers import Element
from chaincode.model.errors import Code, Refusal
from chaincode.model.gs1 import ContainerRef, UnitRef


def parse(value: object, field: str) -> UnitRef | ContainerRef:
    """The unit or container that ``value`` names; Refusal naming ``field`` where it names neither or both."""
    if not isinstance(value, str):
        raise Refusal(Code.INVALID_ARGUMENT, "a ref is a text", field)
    if _own(value):
        return gs1.parse_ref(value, field)
    if value[:4].lower() == "http":
        return _identity(digital_link.parse(value, field).elements, field)
    return _identity(element_strings.parse(value, field), field)


def normal(value: object, field: str) -> str:
    """The ledger's own form of a ref; Refusal naming ``field`` where it is none."""
    if isinstance(value, str) and gs1.is_unit_ref(value):
        return value
    parsed = parse(value, field)
    if isinstance(parsed, UnitRef):
        return gs1.unit_ref(parsed.gtin, parsed.serial)
    return gs1.container_ref(parsed.sscc)


def _own(value: str) -> bool:
    """Whether it is in the ledger's own form, which is what a barcode with nothing more carries."""
    if value.startswith("00"):
        return len(value) == 20
    return value.startswith("01") and value[16:18] == "21" and element_strings.SEPARATOR not in value


def _identity(elements: tuple[Element, ...], field: str) -> UnitRef | ContainerRef:
    by_ai = {each.ai: each.value for each in elements}
    if "00" in by_ai and "01" not in by_ai:
        return ContainerRef(by_ai["00"])
    if "01" in by_ai and "21" in by_ai and "00" not in by_ai:
        return UnitRef(by_ai["01"], by_ai["21"])
    raise Refusal(Code.INVALID_ARGUMENT, "a ref names a unit by (01) and (21), or a container by (00)", field)
