"""Endpoints for products."""

from __future__ import annotations

from typing import Any

from gateway.core import mirrored
from gateway.core.auth import Reader
from gateway.core.fields import Gln, Gtin
from gateway.core.ledger import REGISTRY
from gateway.core.pages import Cursor, Limit, Page
from gateway.core.routing import router_for
from gateway.core.state import Core, RegistryWriter, Written
from gateway.core.submissions import Receipt
from gateway.mirror import tables
from gateway.products.schemas import NewProduct, NewStorage, Product

router = router_for("/products", "Products")


@router.post("", status_code=201, summary="Register a product", response_model=Written[Product])
async def register(body: NewProduct, write: RegistryWriter) -> Receipt:
    """By its manufacturer or repackager, licensed."""
    product = body.model_dump(mode="json", exclude_none=True) | {
        "manufacturer": body.manufacturer or write.gln
    }
    return await write.registry("RegisterProduct", **product)


@router.get("", summary="List products", response_model=Page[Product])
async def list_products(
    core: Core, _: Reader, manufacturer: Gln | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """From this member's mirror, by GTIN."""
    where = [tables.product.c.manufacturer == manufacturer] if manufacturer else []
    return await mirrored.listed(core.engine, tables.product, where, limit, cursor)


@router.get("/{gtin}", summary="A product", response_model=Product)
async def get(core: Core, _: Reader, gtin: Gtin) -> Any:
    """As it stands on the ledger now."""
    return await core.ledger.evaluate(REGISTRY, "GetProduct", {"gtin": gtin})


@router.post("/{gtin}/storage", summary="Change a storage profile", response_model=Written[Product])
async def keep(gtin: Gtin, body: NewStorage, write: RegistryWriter) -> Receipt:
    """By the product's manufacturer, authorised; what is packed keeps the profile that it was packed with."""
    return await write.registry(
        "UpdateProduct", gtin=gtin, storage=body.storage.model_dump(exclude_none=True)
    )
