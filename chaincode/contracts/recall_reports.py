"""How far a recall has come: from what was written about it, and from what the ledger knows of each pack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.holds import holds_of
from chaincode.contracts.recalled import every_recall
from chaincode.contracts.recalls import MAX_QUANTITY, need_recall
from chaincode.contracts.standing import Standing, Walk
from chaincode.model import gs1, keys
from chaincode.model.documents.recall import FOUND, Recall
from chaincode.model.errors import Code, Refusal
from chaincode.rules import recall as rules
from chaincode.shim import KeyValue

MAX_PAGE = 1_000


async def list_recalls(context: Context, arguments: Arguments) -> Any:
    """Every recall of a product, open and ended, by id."""
    gtin = arguments.gtin()
    arguments.done()
    return {"items": await every_recall(context, gtin)}


async def recall_status(context: Context, arguments: Arguments) -> Any:
    """A recall's report in one call (21 CFR 7.53(b)), from what holders and checkers wrote.

    ``{recall, holders, found: {on_hand, quarantined, dispensed, returned, destroyed}, checks: {due, made,
    notified, acted}}``. What the ledger itself knows of the packs is counted by ``CountRecalled``.
    """
    recall_id = arguments.identifier("id")
    arguments.done()
    recall = await need_recall(context, recall_id, "id")
    answers = await _all(context, keys.ACKNOWLEDGEMENT, recall_id)
    checks = await _all(context, keys.EFFECTIVENESS_CHECK, recall_id)
    answered = {answer["gln"] for answer in answers}
    checked = {check["checked"] for check in checks}
    return {
        "recall": recall,
        "holders": len(answers),
        "found": {name: sum(answer["found"][name] for answer in answers) for name in FOUND},
        "checks": {
            "due": rules.checks_due(recall["effectiveness"], len(answered | checked)),
            "made": len(checked),
            "notified": len({check["checked"] for check in checks if check["notified"]}),
            "acted": len({check["checked"] for check in checks if check["acted"]}),
        },
    }


async def count_recalled(context: Context, arguments: Arguments) -> Any:
    """Count the packs in a recall's scope by what the ledger knows of each; without a write, page by page.

    ``{id, page_size?, bookmark?, counts?}``: the ledger has no index by lot, since every pack would cost a
    second key, so the product's packs are read in order, with all their periods. Whoever wants the whole
    gives each answer's ``bookmark`` and ``counts`` with the next call; the answer without a bookmark is the
    total.

    ``{counts, packs, accounted, permille, bookmark?}``: packs so far by disposition, all of them, those that
    the recall need not look for any more, and these in thousandths.
    """
    recall_id = arguments.identifier("id")
    size = arguments.integer("page_size", 1, MAX_PAGE) if arguments.has("page_size") else MAX_PAGE
    bookmark = arguments.bookmark() if arguments.has("bookmark") else ""
    counts = _counts(arguments)
    arguments.done()
    recall = await need_recall(context, recall_id, "id")
    page = await context.stub.state_by_partial_key(keys.UNITS, [recall["gtin"]], size, bookmark)
    for disposition in await _dispositions(context, recall, page.items):
        counts[disposition] += 1
    packs, accounted = sum(counts.values()), rules.accounted(recall, counts)
    answer = {
        "counts": counts,
        "packs": packs,
        "accounted": accounted,
        "permille": rules.permille(accounted, packs),
    }
    return answer | ({"bookmark": page.bookmark} if len(page.items) == size and page.bookmark else {})


async def _dispositions(
    context: Context, recall: Recall, items: Sequence[KeyValue]
) -> list[rules.Disposition]:
    """What became of the packs in scope whose first periods are among ``items``."""
    refs: list[str] = []
    for item in items:
        try:
            _, (gtin, serial) = keys.split(item.key)
            lot = orjson.loads(item.value)["lot"]
        except (ValueError, KeyError, TypeError):
            # A later period of a pack; or whatever a majority wrote there, it is no pack.
            continue
        if rules.covers(recall, gtin, lot, serial):
            refs.append(gs1.unit_ref(gtin, serial))
    walk = Walk(context)
    await walk.load(refs)
    proven: list[Standing] = []
    for ref in refs:
        try:
            proven.append(walk.standing(ref, "id"))
        except Refusal as refusal:
            if refusal.code != Code.RECORD_FORGED:
                raise
    held = await holds_of(context, proven)
    resolved = await resolve(context, {standing.custodian for standing in proven})
    found = [
        rules.disposition(recall, one.status, held.held(one), resolved.party(one.custodian, "id"))
        for one in proven
    ]
    return found + ["forged"] * (len(refs) - len(proven))


def _counts(arguments: Arguments) -> dict[str, int]:
    """The counts of the earlier answer; of nothing at first."""
    if not arguments.has("counts"):
        return dict.fromkeys(rules.DISPOSITIONS, 0)
    field, value = arguments.take("counts")
    inner = Arguments(value, field)
    counts: dict[str, int] = {name: inner.integer(name, 0, MAX_QUANTITY) for name in rules.DISPOSITIONS}
    inner.done()
    return counts


async def _all(context: Context, kind: str, recall_id: str) -> list[Any]:
    page = await context.stub.state_by_partial_key(kind, [recall_id])
    return [orjson.loads(item.value) for item in page.items]
