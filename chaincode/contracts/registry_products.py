"""Products: what a GTIN stands for, by whom it is made, and how it is kept."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context
from chaincode.contracts.paging import page
from chaincode.contracts.registry_settings import load
from chaincode.model import gs1, keys
from chaincode.model.documents.registry import Party, Product
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties

MAX_PRODUCTS = 400


async def register_product(context: Context, arguments: Arguments) -> Any:
    """Register a product; by its manufacturer or repackager, authorised.

    From then on its key takes the endorsement of that member and of the regulators.
    """
    gtin, manufacturer = arguments.gtin(), arguments.gln("manufacturer")
    product: Product = {
        "doc": "product",
        "gtin": gtin,
        "manufacturer": manufacturer,
        "name": arguments.text("name"),
        "strength": arguments.text("strength"),
        "dosage_form": arguments.text("dosage_form"),
        "ndc": arguments.ndc("ndc", gtin),
        "container_size": arguments.text("container_size"),
        "storage": arguments.storage("storage"),
        "registered_at": context.now,
    }
    arguments.done()
    existing, maker = await load(context, keys.product_key(gtin), keys.party_key(manufacturer))
    _by_maker(context, maker, manufacturer, "manufacturer")
    if existing is not None:
        raise Refusal(Code.PRODUCT_EXISTS, f"product {gtin} is registered", "gtin")
    return _written(context, product, maker, "ProductRegistered")


async def update_product(context: Context, arguments: Arguments) -> Any:
    """Change how a product is to be kept; by its manufacturer, authorised. Containers keep their profile."""
    gtin, storage = arguments.gtin(), arguments.storage("storage")
    arguments.done()
    [product] = await load(context, keys.product_key(gtin))
    if product is None:
        raise Refusal(Code.PRODUCT_UNKNOWN, f"product {gtin} is not on the ledger", "gtin")
    maker = await context.read(keys.party_key(product["manufacturer"]))
    _by_maker(context, maker, product["manufacturer"], "gtin")
    return _written(context, product | {"storage": storage}, maker, "ProductUpdated")


async def get_product(context: Context, arguments: Arguments) -> Any:
    """A product by GTIN."""
    gtin = arguments.gtin()
    arguments.done()
    return await context.need(keys.product_key(gtin), Code.PRODUCT_UNKNOWN, f"product {gtin}", "gtin")


async def get_products(context: Context, arguments: Arguments) -> Any:
    """Products by GTIN, those of ``gtins`` that are registered: what custody asks in its transactions."""
    gtins = arguments.values("gtins")
    arguments.done()
    if len(gtins) > MAX_PRODUCTS:
        raise Refusal(Code.BATCH_TOO_LARGE, f"at most {MAX_PRODUCTS} products at once", "gtins")
    gtins = [gs1.gtin(value, f"gtins[{place}]") for place, value in enumerate(gtins)]
    found = await context.read_all([*map(keys.product_key, gtins)])
    return {gtin: product for gtin, product in zip(gtins, found, strict=True) if product is not None}


async def list_products(context: Context, arguments: Arguments) -> Any:
    """A page of products, by GTIN."""
    return await page(context, "product", arguments)


def _by_maker(context: Context, maker: Party | None, gln: str, field: str) -> None:
    if maker is None:
        raise Refusal(Code.PARTY_UNKNOWN, f"party {gln} is not registered", field)
    context.check(parties.acting_for, maker, context.msp_id, field)
    context.check(parties.authorised, maker, parties.MAKERS, context.today, field)


def _written(context: Context, product: Product, maker: Party, event: str) -> Product:
    guards = [maker["msp_id"], *context.settings.regulators]
    context.write(keys.product_key(product["gtin"]), product, protected_by=guards)
    context.event(event, {"gtin": product["gtin"], "manufacturer": product["manufacturer"]})
    return product
