"""Holds: what they forbid, who places and lifts them, and what becomes of their documents.

Every function that changes a document returns a new one; what was read stays as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from chaincode.model.documents.registry import Party
from chaincode.model.documents.safety import Claim, Hold
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

# Grounds of one hold, and marks of what is held inside one container.
MAX_CLAIMS = 200
MAX_INSIDE = 1000
_RANK = {"quarantine": 1, "suspect": 2, "condemned": 3, "illegitimate": 4}
_CLAIM = ("status", "reason", "placed_by", "placed_at", "basis")
# As what held goods may leave the supply chain. What is suspect is evidence until it is decided on.
_DISPOSALS: dict[str, tuple[str, ...]] = {
    "quarantine": ("damaged", "destroyed", "sample", "stolen"),
    "suspect": ("sample", "stolen"),
    "condemned": ("destroyed", "sample"),
    "illegitimate": ("destroyed", "sample"),
}


@rule(Code.HELD)
def not_held(ref: str, holds: Iterable[Hold], field: str) -> None:
    """Nothing on hold moves or is dispensed, nor what holds it or is around it.

    ``holds`` are the documents of the goods ``ref``, of the containers around them, and of their lots.

    Source: FD&C Act, section 582(b)(4)(A)(i)(I), (c)(4)(A)(i)(I), (d)(4)(A)(i)(I), (e)(4)(A)(i)(I);
    quarantine as in section 581(15).
    """
    for hold in holds:
        if hold["status"] != "cleared":
            where = "" if hold["ref"] == ref else f" through {hold['ref']}"
            raise Refusal(Code.HELD, f"{ref} is on hold{where}: {hold['status']}", field)
        if hold["ref"] == ref and hold["inside"]:
            raise Refusal(Code.HELD, f"{ref} holds {hold['inside'][0]}, which is on hold", field)


@rule(Code.HELD)
def disposable(ref: str, holds: Iterable[Hold], reason: str, field: str) -> None:
    """Goods on hold leave the supply chain only as their hold allows.

    Illegitimate and condemned goods only as destroyed or as a retained sample, suspect goods only as a sample
    or stolen, since until the decision they are evidence.

    Source: FD&C Act, section 582(b)(4)(B)(i), (c)(4)(B)(i), (d)(4)(B)(i), (e)(4)(B)(i); disposition as in
    section 581(4).
    """
    for hold in holds:
        status = hold["status"]
        if status != "cleared" and reason not in _DISPOSALS[status]:
            allowed = " or ".join(_DISPOSALS[status])
            raise Refusal(Code.HELD, f"{ref} is {status}: it leaves as {allowed}, not as {reason}", field)


@rule(Code.NOT_CUSTODIAN)
def possessed(party: Party, having: Collection[str], ref: str, field: str) -> None:
    """Goods are put on hold by who has or owns them (``having``, GLNs), or by a regulator.

    Source: FD&C Act, section 582(b)(4)(A)(i)(I), (c)(4)(A)(i)(I), (d)(4)(A)(i)(I), (e)(4)(A)(i)(I): product
    in the possession or control of the trading partner.
    """
    if party["role"] != "regulator" and party["gln"] not in having:
        message = f"{party['gln']} neither has nor owns {ref}"
        raise Refusal(Code.NOT_CUSTODIAN, message, field)


@rule(Code.HELD)
def not_claimed(hold: Hold, claim: Claim, field: str) -> None:
    """The same hold is not placed twice.

    Source: MediLedger's own: a hold has one placer and one ground, which end it.
    """
    if any(_same(one, claim) and one["status"] == claim["status"] for one in claims(hold)):
        raise Refusal(Code.HELD, f"{hold['ref']} is on hold by {claim['placed_by']} already", field)


@rule(Code.NOT_HELD, Code.HOLD_BOUND, Code.NOT_AUTHORISED)
def releasable(hold: Hold, party: Party, field: str) -> None:
    """A quarantine is ended by who placed it or by a regulator.

    One with a ground of its own ends with that: suspect product by its investigation, product of an excursion
    by the quality decision. Illegitimate and condemned product is never released.

    Source: FD&C Act, section 582(b)(4)(A)(i)(I) and (ii), (c)(4)(A)(i)(I) and (ii), (d)(4)(A)(i)(I) and
    (iii), (e)(4)(A)(i)(I) and (ii): until cleared or dispositioned; who ends it is the consortium's own.
    """
    found = claims(hold)
    if not found:
        raise Refusal(Code.NOT_HELD, f"{hold['ref']} is not on hold", field)
    free = [claim for claim in found if "basis" not in claim]
    if not free:
        message = f"{hold['ref']} is {found[0]['status']} by {found[0].get('basis')}, which alone ends that"
        raise Refusal(Code.HOLD_BOUND, message, field)
    if party["role"] != "regulator" and all(claim["placed_by"] != party["gln"] for claim in free):
        message = f"{hold['ref']} was put on hold by {free[0]['placed_by']}, not by {party['gln']}"
        raise Refusal(Code.NOT_AUTHORISED, message, field)


def claims(hold: Hold) -> list[Claim]:
    """The claims of a hold, the strongest first; none of a cleared one."""
    if hold["status"] == "cleared":
        return []
    own: Any = {name: hold[name] for name in _CLAIM if name in hold}  # type: ignore[literal-required]
    return [own, *hold.get("also", [])]


def empty(ref: str) -> Hold:
    """The document of what was never on hold."""
    return {"doc": "hold", "ref": ref, "status": "cleared", "inside": [], "guards": []}


def placed(hold: Hold, claim: Claim, guards: Collection[str], field: str) -> Hold:
    """With one claim more, in the place of one of the same basis; Refusal where there are too many."""
    others = [one for one in claims(hold) if not _same(one, claim)]
    if len(others) >= MAX_CLAIMS:
        raise Refusal(Code.BATCH_TOO_LARGE, f"{hold['ref']} has {MAX_CLAIMS} holds already", field)
    return _guarded(_with_claims(hold, [*others, claim]), guards)


def lifted(hold: Hold, ended: Sequence[Claim], by: str, reason: str, at: int) -> Hold:
    """Without the claims ``ended``; after the last one the document says who ended it, when and why."""
    left = [claim for claim in claims(hold) if claim not in ended]
    changed = _with_claims(hold, left)
    if not left:
        changed.update({"placed_by": by, "reason": reason, "placed_at": at})
    return _guarded(changed, ())


def marked(hold: Hold, ref: str, guards: Collection[str], field: str) -> Hold:
    """With a mark that ``ref``, somewhere inside, is on hold; Refusal where there are too many."""
    inside = sorted({*hold["inside"], ref})
    if len(inside) > MAX_INSIDE:
        message = f"{hold['ref']} holds {MAX_INSIDE} goods on hold already: hold it instead"
        raise Refusal(Code.BATCH_TOO_LARGE, message, field)
    return _guarded({**hold, "inside": inside}, guards)


def unmarked(hold: Hold, refs: Collection[str]) -> Hold:
    """Without the marks of ``refs``, which are no longer on hold or no longer inside."""
    return _guarded({**hold, "inside": [ref for ref in hold["inside"] if ref not in refs]}, ())


def inherited(child: Hold, container: Hold, field: str) -> Hold:
    """The document of what is taken out of ``container``: the claims come along that it has not itself."""
    for claim in claims(container):
        if not any(_same(own, claim) for own in claims(child)):
            child = placed(child, claim, container["guards"], field)
    return child


def _with_claims(hold: Hold, found: Iterable[Claim]) -> Hold:
    ordered = sorted(found, key=_order)
    changed: Any = {name: value for name, value in hold.items() if name not in (*_CLAIM, "also")}
    changed.update(ordered[0] if ordered else {"status": "cleared"})
    if ordered[1:]:
        changed["also"] = ordered[1:]
    return changed


def _guarded(hold: Hold, guards: Collection[str]) -> Hold:
    """Guards only come to a hold while there is anything left of it: none of them is passed over."""
    if hold["status"] == "cleared" and not hold["inside"]:
        return {**hold, "guards": []}
    return {**hold, "guards": sorted({*hold["guards"], *guards})}


def _same(one: Claim, other: Claim) -> bool:
    """Whether both have one ground: the same document, or else the same placer."""
    if "basis" in one or "basis" in other:
        return one.get("basis") == other.get("basis")
    return one["placed_by"] == other["placed_by"]


def _order(claim: Claim) -> tuple[int, int, str, str]:
    return -_RANK[claim["status"]], claim["placed_at"], claim["placed_by"], claim.get("basis", "")
