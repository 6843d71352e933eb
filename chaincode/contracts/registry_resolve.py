"""What another chaincode asks of the registry in the middle of a transaction, in one call."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context
from chaincode.contracts.registry_settings import KEY, use
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from chaincode.rules import parties

MAX_RESOLVE = 400


async def resolve(context: Context, arguments: Arguments) -> Any:
    """Parties and products by their keys, unknown ones left out, and the settings (a document).

    Parties are told as the settings leave them, see ``parties.effective``. With a product comes its
    manufacturer; who asks for both at once spares a second look.
    """
    glns, gtins = arguments.values("glns"), arguments.values("gtins")
    arguments.done()
    if len(glns) + len(gtins) > MAX_RESOLVE:
        raise Refusal(Code.BATCH_TOO_LARGE, f"at most {MAX_RESOLVE} parties and products at once", "glns")
    glns = [gs1.gln(value, f"glns[{place}]") for place, value in enumerate(glns)]
    gtins = [gs1.gtin(value, f"gtins[{place}]") for place, value in enumerate(gtins)]
    asked = [*map(keys.product_key, gtins), *map(keys.party_key, glns)]
    settings, *documents = await context.read_all([KEY, *asked])
    consortium = use(context, settings)
    products = _found(gtins, documents[: len(gtins)])
    found = _found(glns, documents[len(gtins) :])
    others = list(dict.fromkeys(product["manufacturer"] for product in products.values()))
    others = [gln for gln in others if gln not in glns]
    if others:
        found |= _found(others, await context.read_all([*map(keys.party_key, others)]))
    stand = {
        gln: parties.effective(party, consortium.members, consortium.regulators)
        for gln, party in found.items()
    }
    return {
        "parties": {gln: party for gln, party in stand.items() if party is not None},
        "products": products,
        "settings": settings,
    }


def _found(names: list[str], documents: list[Any]) -> dict[str, Any]:
    return {name: document for name, document in zip(names, documents, strict=True) if document is not None}
