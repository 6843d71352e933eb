"""The registry: parties with their licences, products, the consortium's parameters."""

from __future__ import annotations

from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments, licence, party_role
from chaincode.contracts.context import Context, regulators
from chaincode.contracts.contract import Contract
from chaincode.model import gs1, keys
from chaincode.model.documents import Party, Product
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties

MAX_LICENCES = 50
MAX_PAGE = 200
MAX_RESOLVE = 400
MAX_REGULATORS = 10


async def bootstrap(context: Context, arguments: Arguments) -> Any:
    """Name the consortium's regulators, once; by one of them."""
    named = arguments.each("regulators", MAX_REGULATORS, lambda v, f: Arguments({f: v}).text(f, 64))
    arguments.done()
    parties.regulator(context.msp_id, named)
    key = keys.parameter_key("regulators")
    if await context.read(key) is not None:
        raise Refusal(Code.PARAMETER_EXISTS, "the regulators are named already", "regulators")
    parameter = {"doc": "param", "name": "regulators", "value": named}
    context.write(key, parameter)
    context.event("Bootstrapped", {"regulators": named})
    return parameter


async def register_party(context: Context, arguments: Arguments) -> Any:
    """Register a party; by a regulator."""
    gln = arguments.gln()
    party: Party = {
        "doc": "party",
        "gln": gln,
        "name": arguments.text("name"),
        "msp_id": arguments.text("msp_id", 64),
        "role": party_role(arguments),  # type: ignore[typeddict-item]
        "licences": arguments.each("licences", MAX_LICENCES, licence),
        "registered_at": context.now,
    }
    arguments.done()
    parties.regulator(context.msp_id, await regulators(context))
    key = keys.party_key(gln)
    if await context.read(key) is not None:
        raise Refusal(Code.PARTY_EXISTS, f"party {gln} is registered", "gln")
    context.write(key, party)
    context.event("PartyRegistered", {"gln": gln, "role": party["role"]})
    return party


async def add_licence(context: Context, arguments: Arguments) -> Any:
    """Add a licence to a party, or replace the one with its authority and number; by a regulator."""
    gln = arguments.gln()
    field, value = arguments.take("licence")
    added = licence(value, field)
    arguments.done()
    parties.regulator(context.msp_id, await regulators(context))
    party = await _party(context, gln)
    changed = parties.with_licence(party, added)
    if len(changed["licences"]) > MAX_LICENCES:
        raise Refusal(Code.BATCH_TOO_LARGE, f"a party has at most {MAX_LICENCES} licences", "licence")
    context.write(keys.party_key(gln), changed)
    context.event("LicenceAdded", {"gln": gln, "authority": added["authority"], "number": added["number"]})
    return changed


async def register_product(context: Context, arguments: Arguments) -> Any:
    """Register a product; by its manufacturer or repackager, licensed."""
    gtin, manufacturer = arguments.gtin(), arguments.gln("manufacturer")
    product: Product = {
        "doc": "product",
        "gtin": gtin,
        "manufacturer": manufacturer,
        "name": arguments.text("name"),
        "strength": arguments.text("strength"),
        "dosage_form": arguments.text("dosage_form"),
        "ndc": arguments.text("ndc", 13),
        "container_size": arguments.text("container_size"),
        "storage": arguments.storage("storage"),
        "registered_at": context.now,
    }
    arguments.done()
    key = keys.product_key(gtin)
    party, existing = await context.read_all([keys.party_key(manufacturer), key])
    if party is None:
        raise Refusal(Code.PARTY_UNKNOWN, f"party {manufacturer} is not registered", "manufacturer")
    parties.acting_for(party, context.msp_id, "manufacturer")
    parties.in_role(party, ("manufacturer", "repackager"), "manufacturer")
    parties.licensed(party, context.today, "manufacturer")
    if existing is not None:
        raise Refusal(Code.PRODUCT_EXISTS, f"product {gtin} is registered", "gtin")
    context.write(key, product)
    context.event("ProductRegistered", {"gtin": gtin, "manufacturer": manufacturer})
    return product


async def get_party(context: Context, arguments: Arguments) -> Any:
    """A party by GLN."""
    gln = arguments.gln()
    arguments.done()
    return await _party(context, gln)


async def get_product(context: Context, arguments: Arguments) -> Any:
    """A product by GTIN."""
    gtin = arguments.gtin()
    arguments.done()
    return await context.need(keys.product_key(gtin), Code.PRODUCT_UNKNOWN, f"product {gtin}", "gtin")


async def list_parties(context: Context, arguments: Arguments) -> Any:
    """A page of parties, by GLN."""
    return await _page(context, "party", arguments)


async def list_products(context: Context, arguments: Arguments) -> Any:
    """A page of products, by GTIN."""
    return await _page(context, "product", arguments)


async def resolve(context: Context, arguments: Arguments) -> Any:
    """Parties and products by their keys, unknown ones left out: what another chaincode asks in one call.

    With a product comes its manufacturer.
    """
    glns, gtins = arguments.values("glns"), arguments.values("gtins")
    arguments.done()
    if len(glns) + len(gtins) > MAX_RESOLVE:
        raise Refusal(Code.BATCH_TOO_LARGE, f"at most {MAX_RESOLVE} parties and products at once", "glns")
    glns = [gs1.gln(value, f"glns[{place}]") for place, value in enumerate(glns)]
    gtins = [gs1.gtin(value, f"gtins[{place}]") for place, value in enumerate(gtins)]
    asked = [*map(keys.product_key, gtins), *map(keys.party_key, glns)]
    documents = await context.read_all(asked)
    products = _found(gtins, documents[: len(gtins)])
    found = _found(glns, documents[len(gtins) :])
    others = list(dict.fromkeys(product["manufacturer"] for product in products.values()))
    others = [gln for gln in others if gln not in glns]
    if others:
        found |= _found(others, await context.read_all([*map(keys.party_key, others)]))
    return {"parties": found, "products": products}


async def _party(context: Context, gln: str) -> Party:
    return await context.need(keys.party_key(gln), Code.PARTY_UNKNOWN, f"party {gln}", "gln")


def _found(names: list[str], documents: list[Any]) -> dict[str, Any]:
    return {name: doc for name, doc in zip(names, documents, strict=True) if doc is not None}


async def _page(context: Context, kind: str, arguments: Arguments) -> dict[str, Any]:
    size = arguments.integer("page_size", 1, MAX_PAGE) if arguments.has("page_size") else MAX_PAGE
    bookmark = arguments.bookmark() if arguments.has("bookmark") else ""
    arguments.done()
    page = await context.stub.state_by_partial_key(kind, [], size, bookmark)
    items = [orjson.loads(item.value) for item in page.items]
    return {"items": items, "bookmark": page.bookmark if len(items) == size else ""}


chaincode = Contract(
    "registry",
    {
        "Bootstrap": bootstrap,
        "RegisterParty": register_party,
        "AddLicence": add_licence,
        "RegisterProduct": register_product,
        "GetParty": get_party,
        "GetProduct": get_product,
        "ListParties": list_parties,
        "ListProducts": list_products,
        "Resolve": resolve,
    },
)
