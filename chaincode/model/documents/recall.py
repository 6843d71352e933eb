"""Recalls and withdrawals, what holders found of the goods, and checks that holders were reached."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

KINDS = ("recall", "withdrawal")
CLASSES = ("I", "II", "III")
DEPTHS = ("wholesale", "retail", "consumer")
# Of effectiveness checks: all consignees, more than a tenth, a tenth, a fiftieth, none (21 CFR 7.42(b)(3)).
LEVELS = ("A", "B", "C", "D", "E")
METHODS = ("visit", "telephone", "letter")
# What a holder says of the recalled packs that it had (21 CFR 7.53(b)).
FOUND = ("on_hand", "quarantined", "dispensed", "returned", "destroyed")


class SerialRange(TypedDict):
    """Serial numbers from ``first`` to ``last``, both among them; shorter ones come before longer ones."""

    first: str
    last: str


# ``class`` is a word of Python's, so this one is written as a call.
Recall = TypedDict(
    "Recall",
    {
        "doc": Literal["recall"],
        "id": str,
        "initiator": str,
        "by_regulator": bool,
        "manufacturer": str,
        "gtin": str,
        "lot": NotRequired[str],
        "serials": NotRequired[SerialRange],
        "kind": Literal["recall", "withdrawal"],
        "class": NotRequired[Literal["I", "II", "III"]],
        "depth": Literal["wholesale", "retail", "consumer"],
        "effectiveness": Literal["A", "B", "C", "D", "E"],
        "reason": str,
        "status": Literal["open", "ended"],
        "started_at": int,
        "ended_at": NotRequired[int],
        "ended_by": NotRequired[str],
        "end_reason": NotRequired[str],
    },
)


class Recalled(TypedDict):
    """That there is a recall of a product: by these a transaction finds them all in one range of keys."""

    doc: Literal["recalled"]
    gtin: str
    id: str


class RecalledProduct(TypedDict):
    """That a product was once recalled: without it no recall of the product is looked for."""

    doc: Literal["recalled_product"]
    gtin: str


class Found(TypedDict):
    """Packs in a recall's scope as their holder counted them, by what became of them."""

    on_hand: int
    quarantined: int
    dispensed: int
    returned: int
    destroyed: int


class Acknowledgement(TypedDict):
    """A holder's latest answer to a recall; the earlier ones are in its key's history."""

    doc: Literal["recall_ack"]
    recall: str
    gln: str
    found: Found
    acknowledged_at: int


class EffectivenessCheck(TypedDict):
    """Whether a consignee, asked by ``gln``, had received the notice and acted on it."""

    doc: Literal["recall_check"]
    recall: str
    checked: str
    gln: str
    method: Literal["visit", "telephone", "letter"]
    notified: bool
    acted: bool
    checked_at: int
