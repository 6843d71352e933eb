"""Packs whose serial numbers follow one another, as off a packing line, read as one range of keys.

A key that is read by itself is looked up by each endorser, put into the transaction's read set and looked up
again by every peer. A range is gone through in order, and of many results the read set has only a hash: less
than half the work for a thousand packs, and hardly any where none is there yet. What else stands in a range
would be read with it, so a run has no room for other numbers, and too many longer ones end the attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.context import Context
from chaincode.model import keys

# Of fewer packs a range costs more messages than it saves.
MIN_RUN = 100
# Results that are taken of a range for each pack asked for, before all are read by themselves.
_MOST = 2


def is_run(serials: Sequence[str]) -> bool:
    """Whether serial numbers are consecutive: one beginning, then decimal numbers of one length, going up."""
    first, count = serials[0], len(serials)
    beginning = first.rstrip("0123456789")
    width = len(first) - len(beginning)
    if count < MIN_RUN or not width or len(serials[-1]) != len(first):
        return False
    start = int(first[-width:])
    return list(serials) == [f"{beginning}{number:0{width}}" for number in range(start, start + count)]


async def first_periods(context: Context, gtin: str, serials: Sequence[str]) -> list[Any]:
    """What is written of the first periods of a product's packs, None of those that are not there.

    As by ``Context.read_all``: a pack that comes to be, or changes, before the transaction is committed makes
    it invalid. In a run, so does another pack whose longer number stands among them.
    """
    wanted = [keys.unit_key(gtin, serial) for serial in serials]
    if is_run(serials):
        bounds = (gtin, serials[0]), (gtin, serials[-1])
        await context.read_between(wanted, keys.UNITS, *bounds, _MOST * len(wanted))
    return await context.read_all(wanted)
