"""Lists: a page of one kind of document, in the order of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context

MAX_PAGE = 200


async def page(
    context: Context, kind: str, arguments: Arguments, within: Sequence[str] = ()
) -> dict[str, Any]:
    """``{items, bookmark}``: up to ``page_size`` documents, and where the next page begins, "" at the end.

    ``within`` are the first parts that the keys of all of them have.
    """
    size = arguments.integer("page_size", 1, MAX_PAGE) if arguments.has("page_size") else MAX_PAGE
    bookmark = arguments.bookmark() if arguments.has("bookmark") else ""
    arguments.done()
    found = await context.stub.state_by_partial_key(kind, within, size, bookmark)
    items = [orjson.loads(item.value) for item in found.items]
    return {"items": items, "bookmark": found.bookmark if len(items) == size else ""}
