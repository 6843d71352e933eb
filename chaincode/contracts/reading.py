"""Reading goods: by their refs, with the containers around and inside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from chaincode.contracts.context import Context
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Container, Unit
from chaincode.model.errors import Code, Refusal

# A pack in a bundle in a case on a pallet in a sea container, and room to spare.
MAX_DEPTH = 8
# Containers inside one shipment or container, which are looked at for holds and depth.
MAX_INSIDE = 2000


def key_of(ref: str) -> str:
    """The key of what an element string (in its normal form) names."""
    parsed = gs1.parse_ref(ref)
    if isinstance(parsed, gs1.UnitRef):
        return keys.unit_key(parsed.gtin, parsed.serial)
    return keys.container_key(parsed.sscc)


async def need_goods(context: Context, refs: Sequence[str], fields: Sequence[str]) -> list[Unit | Container]:
    """Units and containers by their refs; Refusal naming the field of the first that is unknown."""
    found = await context.read_all([key_of(ref) for ref in refs])
    for ref, field, document in zip(refs, fields, found, strict=True):
        if document is None:
            code = Code.UNIT_UNKNOWN if ref.startswith("01") else Code.CONTAINER_UNKNOWN
            raise Refusal(code, f"{ref} is not on the ledger", field)
    return found


async def need_container(context: Context, sscc: str, field: str) -> Container:
    """A container; Refusal where it is unknown."""
    what = gs1.container_ref(sscc)
    return await context.need(keys.container_key(sscc), Code.CONTAINER_UNKNOWN, what, field)


async def ancestors(context: Context, goods: Unit | Container) -> list[Container]:
    """The containers around something, innermost first."""
    around: list[Container] = []
    inner = goods
    while "parent" in inner:
        if len(around) == MAX_DEPTH:
            raise Refusal(Code.INVALID_ARGUMENT, f"packed more than {MAX_DEPTH} deep")
        inner = await need_container(context, inner["parent"], "parent")
        around.append(inner)
    return around


async def containers_inside(context: Context, containers: Sequence[Container], field: str) -> list[Container]:
    """Every container inside ``containers``, level by level."""
    return [inner async for level in _levels(context, containers, field) for inner in level]


async def height(context: Context, containers: Sequence[Container], field: str) -> int:
    """How many containers deep the deepest of ``containers`` is packed, itself counted; 0 of none."""
    levels = [level async for level in _levels(context, containers, field)]
    return len(levels) + 1 if containers else 0


async def _levels(
    context: Context, containers: Sequence[Container], field: str
) -> AsyncIterator[list[Container]]:
    """The containers inside ``containers``, those inside them, and so on; Refusal where they are too many."""
    count = 0
    level = list(containers)
    while refs := [ref for container in level for ref in container["children"] if ref.startswith("00")]:
        count += len(refs)
        if count > MAX_INSIDE:
            raise Refusal(Code.BATCH_TOO_LARGE, f"more than {MAX_INSIDE} containers inside", field)
        level = [c for c in await context.read_all([key_of(ref) for ref in refs]) if c]
        yield level
