"""Recalls and withdrawals: what they cover, who starts and ends them, and where recalled goods may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from chaincode.model import gs1
from chaincode.model.documents.recall import Recall, SerialRange
from chaincode.model.documents.registry import Party, Product
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

# Open recalls by GTIN.
Recalls = Mapping[str, Sequence[Recall]]
# What became of a pack in a recall's scope (21 CFR 7.53(b)(4)): dispensed; decommissioned, so that nobody
# supplies it; returned to the recall's initiator or the manufacturer; quarantined where it is; beyond the
# recall's depth; repackaged into packs of another product or lot; outstanding; of a record that is forged.
Disposition = Literal[
    "dispensed",
    "decommissioned",
    "returned",
    "quarantined",
    "beyond_depth",
    "repackaged",
    "outstanding",
    "forged",
]
DISPOSITIONS: tuple[Disposition, ...] = get_args(Disposition)
# How far from the maker a party stands; what is recalled only goes to a smaller number, or to the initiator.
_STEPS = {"manufacturer": 0, "repackager": 1, "wholesaler": 2, "3pl": 2, "dispenser": 3}


def in_range(serial: str, serials: SerialRange) -> bool:
    """Whether a serial number lies between ``first`` and ``last``, both included.

    A shorter serial number comes before a longer one, and those of one length are compared character by
    character in the order of their ASCII codes. So numbers without leading zeros stand in their own order
    (9, 10, 11), as do those of one fixed length.
    """
    return place(serials["first"]) <= place(serial) <= place(serials["last"])


def place(serial: str) -> tuple[int, str]:
    """What serial numbers are ordered by."""
    return len(serial), serial


def covers(recall: Recall, gtin: str, lot: str, serial: str | None) -> bool:
    """Whether a pack is in a recall's scope.

    Of a whole lot (``serial`` None): whether all of it is, so that a range of serial numbers never covers it.
    """
    if recall["gtin"] != gtin or recall.get("lot", lot) != lot:
        return False
    if "serials" not in recall:
        return True
    return serial is not None and in_range(serial, recall["serials"])


def by_range(recalls: Recalls, gtin: str, lot: str) -> list[Recall]:
    """The open recalls that some serial numbers of a lot may be in."""
    return [
        recall for recall in recalls.get(gtin, ()) if "serials" in recall and recall.get("lot", lot) == lot
    ]


def covering(recalls: Recalls, gtin: str, lot: str, serial: str | None) -> list[Recall]:
    """The open recalls that a pack, or a whole lot, is in."""
    return [recall for recall in recalls.get(gtin, ()) if covers(recall, gtin, lot, serial)]


@rule(Code.RECALLED)
def not_recalled(recalls: Recalls, gtin: str, lot: str, serial: str | None, field: str) -> None:
    """What is recalled or withdrawn, by product, lot or serial number, is not made, passed on or dispensed.

    At every depth: a recall's depth says whom it asks for their stock, not who may go on selling.

    Source: 21 CFR 7.3(g), (j), 7.49(a)(2); Directive 2001/83/EC, article 117; Delegated Regulation (EU)
    2016/161, article 40.
    """
    for recall in covering(recalls, gtin, lot, serial):
        raise _refusal(recall, gtin, lot, serial, field)


@rule(Code.RECALLED)
def only_back(
    recalls: Recalls, gtin: str, lot: str, serial: str | None, sender: Party, receiver: Party, field: str
) -> None:
    """What is recalled goes back: to the recall's initiator, its manufacturer, or one step nearer to them.

    Source: 21 CFR 7.49(a)(4), (d); Directive 2001/83/EC, article 117(1).
    """
    for recall in covering(recalls, gtin, lot, serial):
        if not back(recall, sender, receiver):
            raise _refusal(recall, gtin, lot, serial, field)


def back(recall: Recall, sender: Party, receiver: Party) -> bool:
    """Whether goods in a recall may go from ``sender`` to ``receiver``."""
    if receiver["gln"] in (recall["initiator"], recall["manufacturer"]):
        return True
    if sender["role"] not in _STEPS or receiver["role"] not in _STEPS:
        return False
    return _STEPS[receiver["role"]] < _STEPS[sender["role"]]


@rule(Code.NOT_AUTHORISED)
def started_by(party: Party, product: Product, field: str) -> None:
    """A product is recalled by its manufacturer or by a regulator.

    Source: 21 CFR 7.45, 7.46; Directive 2001/83/EC, article 117.
    """
    if party["role"] != "regulator" and party["gln"] != product["manufacturer"]:
        message = f"{party['gln']} is neither the manufacturer of {product['gtin']} nor a regulator"
        raise Refusal(Code.NOT_AUTHORISED, message, field)


@rule(Code.NOT_AUTHORISED)
def overseen_by(party: Party, recall: Recall, field: str) -> None:
    """A recall is ended, and its effectiveness checked, by its initiator or by a regulator.

    One that a regulator ordered is a regulator's alone.

    Source: 21 CFR 7.42(b)(3), 7.55.
    """
    if party["role"] == "regulator":
        return
    if recall["by_regulator"] or party["gln"] != recall["initiator"]:
        message = f"{party['gln']} is neither a regulator nor who started recall {recall['id']} of its own"
        raise Refusal(Code.NOT_AUTHORISED, message, field)


@rule(Code.RECALL_ENDED)
def running(recall: Recall, field: str) -> None:
    """A recall is acknowledged, checked and ended while it is open.

    Source: 21 CFR 7.53(c), 7.55.
    """
    if recall["status"] != "open":
        raise Refusal(Code.RECALL_ENDED, f"recall {recall['id']} is ended", field)


@rule(Code.ROLE_REQUIRED)
def asked(party: Party, field: str) -> None:
    """A recall is acknowledged by a trading partner, with what it had of the goods.

    A party whose licence has run out answers too: the duty outlives it.

    Source: 21 CFR 7.49(c)(1)(v), (d), 7.53(b)(2).
    """
    if party["role"] == "regulator":
        raise Refusal(Code.ROLE_REQUIRED, f"{party['gln']} is a regulator, who has no stock", field)


def checks_due(level: str, consignees: int) -> int:
    """How many of ``consignees`` a level of effectiveness checks asks at least (21 CFR 7.42(b)(3))."""
    return {
        "A": consignees,
        "B": consignees // 10 + 1 if consignees else 0,
        "C": -(-consignees // 10),
        "D": -(-consignees // 50),
        "E": 0,
    }[level]


def disposition(recall: Recall, status: str, held: bool, custodian: Party) -> Disposition:
    """What became of a pack whose record is whole, by the ledger alone.

    ``status`` is the pack's own, or that of a decommissioned container around it.
    """
    if status in ("dispensed", "decommissioned", "repackaged"):
        return status  # type: ignore[return-value]
    if custodian["gln"] in (recall["initiator"], recall["manufacturer"]):
        return "returned"
    if held:
        return "quarantined"
    if recall["depth"] == "wholesale" and custodian["role"] == "dispenser":
        return "beyond_depth"
    return "outstanding"


def accounted(recall: Recall, counts: Mapping[str, int]) -> int:
    """How many packs of ``counts`` (by disposition) the recall need not look for any more.

    What was dispensed is out of reach, but not of a recall to the depth of the consumer.
    """
    done: list[Disposition] = ["decommissioned", "returned", "quarantined", "beyond_depth"]
    if recall["depth"] != "consumer":
        done.append("dispensed")
    return sum(counts.get(name, 0) for name in done)


def permille(part: int, whole: int) -> int:
    """``part`` of ``whole`` in thousandths, rounded down so that 1000 means all; of nothing, 1000."""
    return part * 1000 // whole if whole else 1000


def _refusal(recall: Recall, gtin: str, lot: str, serial: str | None, field: str) -> Refusal:
    what = f"lot {lot} of {gtin}" if serial is None else gs1.unit_ref(gtin, serial)
    state = "recalled" if recall["kind"] == "recall" else "withdrawn"
    return Refusal(Code.RECALLED, f"{what} is {state} by {recall['id']}", field)
