"""The registry: parties with their licences, products, the consortium's parameters."""

from __future__ import annotations

from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments, licence, party_role
from chaincode.contracts.context import Context
from chaincode.contracts.contract import Contract, Function
from chaincode.contracts.settings import Settings
from chaincode.model import gs1, keys
from chaincode.model.documents.registry import Party, Product
from chaincode.model.documents.registry import Settings as Document
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties

MAX_LICENCES = 50
MAX_PAGE = 200
MAX_RESOLVE = 400
MAX_REGULATORS = 10
MAX_MEMBERS = 100


async def bootstrap(context: Context, arguments: Arguments) -> Any:
    """Name the consortium's regulators and members (MSP ids), once; by one of the regulators."""
    regulators = arguments.each("regulators", MAX_REGULATORS, _msp)
    members = arguments.each("members", MAX_MEMBERS, _msp)
    arguments.done()
    parties.regulator(context.msp_id, regulators)
    key = keys.parameter_key("consortium")
    if await context.read(key) is not None:
        raise Refusal(Code.PARAMETER_EXISTS, "the consortium is set up already", "regulators")
    settings: Document = {
        "doc": "param",
        "name": "consortium",
        "version": 1,
        "value": {"regulators": regulators, "members": sorted(members), "rules": 1, "parameters": {}},
    }
    context.write(key, settings)
    context.event("Bootstrapped", {"regulators": regulators})
    return settings


async def _settings(context: Context) -> Settings:
    """The consortium's settings, which the context has afterwards; Refusal where there are none yet."""
    key = keys.parameter_key("consortium")
    found = await context.need(key, Code.PARAMETER_UNKNOWN, "the consortium's settings", "settings")
    context.settings = Settings(found)
    return context.settings


def _msp(value: Any, field: str) -> str:
    return Arguments({field: value}).text(field, 64)


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
    parties.regulator(context.msp_id, (await _settings(context)).regulators)
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
    parties.regulator(context.msp_id, (await _settings(context)).regulators)
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
        "ndc": arguments.ndc("ndc", gtin),
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
    """Settings, parties and products, unknown ones left out: what another chaincode asks in one call.

    With a product comes its manufacturer.
    """
    glns, gtins = arguments.values("glns"), arguments.values("gtins")
    arguments.done()
    if len(glns) + len(gtins) > MAX_RESOLVE:
        raise Refusal(Code.BATCH_TOO_LARGE, f"at most {MAX_RESOLVE} parties and products at once", "glns")
    glns = [gs1.gln(value, f"glns[{place}]") for place, value in enumerate(glns)]
    gtins = [gs1.gtin(value, f"gtins[{place}]") for place, value in enumerate(gtins)]
    asked = [keys.parameter_key("consortium"), *map(keys.product_key, gtins), *map(keys.party_key, glns)]
    settings, *documents = await context.read_all(asked)
    if settings is None:
        raise Refusal(Code.PARAMETER_UNKNOWN, "the consortium is not set up yet", "settings")
    products = _found(gtins, documents[: len(gtins)])
    found = _found(glns, documents[len(gtins) :])
    others = list(dict.fromkeys(product["manufacturer"] for product in products.values()))
    others = [gln for gln in others if gln not in glns]
    if others:
        found |= _found(others, await context.read_all([*map(keys.party_key, others)]))
    return {"parties": found, "products": products, "settings": settings}


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
        "Bootstrap": Function(bootstrap, "governance"),
        "RegisterParty": Function(register_party, "registry"),
        "AddLicence": Function(add_licence, "registry"),
        "RegisterProduct": Function(register_product, "registry"),
        "GetParty": Function(get_party),
        "GetProduct": Function(get_product),
        "ListParties": Function(list_parties),
        "ListProducts": Function(list_products),
        "Resolve": Function(resolve),
    },
)
