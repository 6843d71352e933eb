"""What was received against what was offered, and how each difference is settled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chaincode.model.documents.goods import Content
from chaincode.model.documents.trade import Discrepancy
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

# ``found``: it never left the sender; ``delivered``: it came later and is the receiver's now; ``lost``: the
# sender bears it, and it stays missing.
RESOLUTIONS: Mapping[str, tuple[str, ...]] = {
    "shortage": ("found", "delivered", "lost"),
    "overage": ("returned", "bought"),
    "wrong_lot": ("returned", "credited", "delivered"),
    "damaged": ("kept", "credited", "returned", "destroyed"),
}
KINDS = tuple(RESOLUTIONS)
_KEPT_BACK = ("shortage", "wrong_lot", "damaged")


@rule(Code.RECEIPT_MISMATCH)
def reconciled(
    what: Collection[str],
    contents: Sequence[Content],
    received: Sequence[str],
    discrepancies: Sequence[Discrepancy],
    inside: Collection[str],
) -> None:
    """Of what was offered, everything is either received or in an exception that says what came of it.

    ``inside`` are refs that are somewhere in what was received.

    Source: 21 CFR 205.50(d)(1); Uniform Commercial Code, section 2-601.
    """
    for place, ref in enumerate(received):
        if ref not in what:
            raise _mismatch(f"{ref} was not offered: it is an overage", f"received[{place}]")
    if not received:
        raise _mismatch("nothing was received: reject the transfer", "received")
    explained = {one["ref"] for one in discrepancies if "ref" in one and one["kind"] in _KEPT_BACK}
    for ref in what:
        if ref not in received and ref not in explained:
            raise _mismatch(f"{ref} was offered, and is neither received nor in an exception", "received")
    for place, one in enumerate(discrepancies):
        field = f"exceptions[{place}]"
        if "ref" in one:
            _named(one["kind"], one["ref"], what, received, inside, field)
        else:
            _counted(one, contents, field)


@rule(Code.NOT_AUTHORISED)
def between(gln: str, sides: Collection[str], field: str) -> None:
    """How an exception is settled is for the sender and for who took the goods in to say.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if gln not in sides:
        raise Refusal(Code.NOT_AUTHORISED, f"{gln} neither sent nor took in the goods", field)


@rule(Code.RESOLUTION_UNFIT)
def resolution_fits(discrepancy: Discrepancy, resolution: str, field: str) -> None:
    """Each kind of exception has its own ways to be settled.

    Source: 21 CFR 205.50(e)(1); Uniform Commercial Code, sections 2-602 to 2-608.
    """
    allowed = RESOLUTIONS[discrepancy["kind"]]
    if resolution not in allowed:
        message = f"a {discrepancy['kind']} is settled as {', '.join(allowed)}"
        raise Refusal(Code.RESOLUTION_UNFIT, message, field)


@rule(Code.EXCEPTION_CLOSED)
def unresolved(discrepancy: Discrepancy, field: str) -> None:
    """An exception is settled once.

    Source: Design of MediLedger: the consortium's own, no law sets it.
    """
    if discrepancy["status"] != "open":
        raise Refusal(Code.EXCEPTION_CLOSED, f"it was settled as {discrepancy['resolution']}", field)


def proposed(discrepancy: Discrepancy, gln: str, resolution: str, now: int) -> Discrepancy:
    """After one party's word: settled where the other party had said the same, else waiting for it."""
    changed = discrepancy.copy()
    before = changed.pop("proposal", None)
    if before is not None and before["by"] != gln and before["resolution"] == resolution:
        changed["status"] = "resolved"
        changed["resolution"] = resolution
        changed["resolved_at"] = now
    else:
        changed["proposal"] = {"by": gln, "resolution": resolution}
    return changed


def _named(
    kind: str,
    ref: str,
    what: Collection[str],
    received: Collection[str],
    inside: Collection[str],
    field: str,
) -> None:
    if kind == "overage" and (ref in what or ref in inside):
        raise _mismatch(f"{ref} was offered: it is no overage", f"{field}.ref")
    if kind in ("shortage", "wrong_lot") and (ref not in what or ref in received):
        raise _mismatch(f"{ref} is a {kind} only if it was offered and not received", f"{field}.ref")
    if kind == "damaged" and ref not in what and ref not in inside:
        raise _mismatch(f"{ref} was neither offered nor is it in what was received", f"{field}.ref")


def _counted(one: Discrepancy, contents: Sequence[Content], field: str) -> None:
    if one["kind"] == "damaged":
        raise _mismatch("what is damaged is named by its ref, so that it can be held", f"{field}.ref")
    if one["kind"] != "shortage":
        return
    declared = sum(c["count"] for c in contents if (c["gtin"], c["lot"]) == (one["gtin"], one["lot"]))
    if one["count"] > declared:
        message = f"{declared} packs of lot {one['lot']} were offered, not {one['count']}"
        raise _mismatch(message, f"{field}.count")


def _mismatch(message: str, field: str) -> Refusal:
    return Refusal(Code.RECEIPT_MISMATCH, message, field)
