"""Which recalls cover goods: what every function that makes, passes on or dispenses packs asks first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from chaincode.contracts.context import Context
from chaincode.contracts.packings import lists_of
from chaincode.contracts.standing import Walk
from chaincode.model import gs1, keys
from chaincode.model.documents.goods import Container, Unit
from chaincode.model.documents.recall import Recall
from chaincode.model.documents.registry import Party
from chaincode.model.errors import Code, Refusal
from chaincode.rules import recall as rules

# Containers and packs inside one container, which are looked at where a range of serial numbers is recalled.
MAX_CONTAINERS = 2_000
MAX_PACKS = 100_000

# GTIN, lot and serial number of a pack; without the serial number a whole lot.
Scope = tuple[str, str, str | None]


def asked_first(lots: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The keys of what is read first about recalls of lots (GTIN, lot number), the lots' own before others.

    Whoever reads something else of the goods reads these with it, and then asks without a message more.
    """
    return _asked_first(tuple(lots))


# A transaction asks for them several times, and the next one of the same lots.
@lru_cache(maxsize=256)
def _asked_first(names: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    products = dict.fromkeys(gtin for gtin, _ in names)
    return (*(keys.lot_key(*name) for name in names), *map(keys.recalled_product_key, products))


async def recalls_of(context: Context, gtins: Iterable[str]) -> rules.Recalls:
    """The open recalls of products, by GTIN; of a product that was never recalled, none.

    One key says that a product never was. One that was has a range of keys. The peers look at either again
    before they commit: a recall that is committed meanwhile makes the transaction invalid, as one that ends
    does.
    """
    products = sorted(set(gtins))
    marks = await context.read_all([keys.recalled_product_key(gtin) for gtin in products])
    found: dict[str, Sequence[Recall]] = {}
    for gtin, mark in zip(products, marks, strict=True):
        if mark is not None:
            recalls = await every_recall(context, gtin)
            found[gtin] = [one for one in recalls if one and one["gtin"] == gtin and one["status"] == "open"]
    return found


async def every_recall(context: Context, gtin: str) -> list[Recall | None]:
    """What every entry of a recall of a product stands for, by id; None where the entry is forged."""
    entries = await context.stub.state_by_partial_key(keys.RECALLED, [gtin])
    names = [keys.split(entry.key)[1][1] for entry in entries.items]
    return await context.read_all([keys.recall_key(name) for name in names])


async def check_recalls(
    context: Context,
    goods: Sequence[Unit | Container],
    fields: Sequence[str],
    back: tuple[Party, Party] | None = None,
) -> None:
    """Refuse goods of which anything is recalled; each is the document of what is passed on.

    With ``back``, sender and receiver of a transfer that returns the goods, only what does not go back. A
    recall of a lot covers those that were repackaged from it. A container is judged by its ``contents``; its
    packing lists are read only where a range of serial numbers of a lot in it is recalled.
    """
    covered, recalls = await _scopes(context, [_own(one) for one in goods])
    for one, scopes, field in zip(goods, covered, fields, strict=True):
        if one["doc"] == "container" and any(rules.by_range(recalls, gtin, lot) for gtin, lot, _ in scopes):
            scopes += await _in_ranges(context, one, recalls, field)
        for scope in scopes:
            if back is None:
                context.check(rules.not_recalled, recalls, *scope, field)
            else:
                context.check(rules.only_back, recalls, *scope, *back, field)


async def check_new_packs(
    context: Context, lot: tuple[str, str], serials: Sequence[str], fields: tuple[str, str]
) -> None:
    """Refuse new packs of a lot (GTIN, lot number) that is recalled, or with recalled serial numbers.

    ``fields`` name the lot and the list of serial numbers. These are looked at one by one only where a range
    of the lot's is recalled.
    """
    [scopes], recalls = await _scopes(context, [[(*lot, None)]])
    for scope in scopes:
        context.check(rules.not_recalled, recalls, *scope, fields[0])
    if rules.by_range(recalls, *lot):
        for place, serial in enumerate(serials):
            context.check(rules.not_recalled, recalls, *lot, serial, f"{fields[1]}[{place}]")


async def recalls_over(context: Context, unit: Unit) -> list[Recall]:
    """The open recalls that cover a pack, or a lot that its own was repackaged from."""
    [scopes], recalls = await _scopes(context, [_own(unit)])
    return [recall for scope in scopes for recall in rules.covering(recalls, *scope)]


async def _scopes(context: Context, own: Sequence[list[Scope]]) -> tuple[list[list[Scope]], rules.Recalls]:
    """What a recall may cover of goods with these ``own`` scopes, and the open recalls of their products."""
    names = sorted({(gtin, lot) for scopes in own for gtin, lot, _ in scopes})
    lots: list[Any] = (await context.read_all(asked_first(names)))[: len(names)]
    origins: dict[tuple[str, str], list[Scope]] = {
        name: [(origin["gtin"], origin["lot"], None) for origin in lot.get("origins", ())]
        for name, lot in zip(names, lots, strict=True)
        if lot is not None
    }
    covered = [
        scopes + [origin for gtin, lot, _ in scopes for origin in origins.get((gtin, lot), ())]
        for scopes in own
    ]
    return covered, await recalls_of(context, [gtin for scopes in covered for gtin, _, _ in scopes])


def _own(goods: Unit | Container) -> list[Scope]:
    if goods["doc"] == "unit":
        return [(goods["gtin"], goods["lot"], goods["serial"])]
    return [(content["gtin"], content["lot"], None) for content in goods["contents"]]


async def _in_ranges(
    context: Context, container: Container, recalls: rules.Recalls, field: str
) -> list[Scope]:
    """The packs inside whose serial numbers are in a recalled range."""
    units = [
        unit
        for unit in await _packs(context, container, field)
        if any(
            "serials" in recall and rules.in_range(unit.serial, recall["serials"])
            for recall in recalls.get(unit.gtin, ())
        )
    ]
    documents = await context.read_all([keys.unit_key(unit.gtin, unit.serial) for unit in units])
    return [
        (unit.gtin, document["lot"], unit.serial) for unit, document in zip(units, documents, strict=True)
    ]


async def _packs(context: Context, container: Container, field: str) -> list[gs1.UnitRef]:
    """Every pack inside a container, at all levels, by the packing lists without what was taken out."""
    packs: list[gs1.UnitRef] = []
    walk = Walk(context)
    level, count = [container], 0
    while level:
        nested: list[str] = []
        for one, listed in zip(level, await lists_of(context, level, field), strict=True):
            for ref in listed.without(one["taken"]).refs:
                parsed = gs1.parse_ref(ref)
                if isinstance(parsed, gs1.UnitRef):
                    packs.append(parsed)
                else:
                    nested.append(ref)
        count += len(nested)
        if count > MAX_CONTAINERS or len(packs) > MAX_PACKS:
            message = f"more than {MAX_CONTAINERS} containers or {MAX_PACKS} packs inside to search"
            raise Refusal(Code.BATCH_TOO_LARGE, message, field)
        await walk.load(nested)
        level = [found[-1] for found in map(walk.documents, nested) if found]
    return packs
