"""Products as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from gateway.core.fields import Gln, Gtin, ShortText, Text
from gateway.core.schemas import GLN, GTIN, TIME_MS, LedgerDocument, Request, Storage

_PRODUCT: dict[str, Any] = {
    "gtin": GTIN,
    "name": "Insulin glargine",
    "strength": "100 units/mL",
    "dosage_form": "injection, solution",
    "ndc": "99999-0100-10",
    "container_size": "5 x 3 mL pens",
    "storage": {"min_mc": 2000, "max_mc": 8000},
}


class NewProduct(Request):
    """A product to register. ``manufacturer`` is this member unless it is given."""

    model_config = ConfigDict(json_schema_extra={"example": _PRODUCT})

    gtin: Gtin
    manufacturer: Gln | None = None
    name: Text
    strength: Text
    dosage_form: Text
    ndc: ShortText
    container_size: Text
    storage: Storage


class NewStorage(Request):
    """How a product is to be kept from now on."""

    model_config = ConfigDict(json_schema_extra={"example": {"storage": _PRODUCT["storage"]}})

    storage: Storage


class Product(LedgerDocument):
    """A product on the ledger; ``registered_at`` in epoch milliseconds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"doc": "product", **_PRODUCT, "manufacturer": GLN, "registered_at": TIME_MS}
        }
    )

    gtin: str
    manufacturer: str
    name: str
    strength: str
    dosage_form: str
    ndc: str
    container_size: str
    storage: Storage
    registered_at: int
