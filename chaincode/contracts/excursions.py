"""Excursions: readings that a storage profile does not allow, the hold that follows, and its decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.arguments import Arguments
from chaincode.contracts.context import Context, resolve
from chaincode.contracts.exposure import exposed
from chaincode.contracts.holds import Holds, claim_of, holds_of, owner_msp, where_of
from chaincode.contracts.standing import Standing, standings
from chaincode.model import keys
from chaincode.model.documents.coldchain import Cause, Excursion, ExcursionDecision, SensorAnchor
from chaincode.model.errors import Code
from chaincode.rules import coldchain as law
from chaincode.rules import parties
from chaincode.rules.coldchain import Account

MAX_REFS = 200
_OUTCOMES = {"release": "released", "destroy": "destroyed"}


async def record(
    context: Context,
    anchor: SensorAnchor,
    gln: str,
    container: Standing,
    causes: list[Cause],
    account: Account,
    earlier: Sequence[str],
) -> str:
    """Hold what was exposed while the readings of ``anchor`` were taken by ``gln``; the excursion's id.

    While one of the container's ``earlier`` excursions is undecided, the readings belong to that one.
    """
    decision = await _undecided(context, earlier)
    excursion_id = decision["id"] if decision else anchor["id"]
    found = await exposed(context, container, anchor["window_start"])
    held = await holds_of(context, found.goods)
    reason, basis = f"excursion {excursion_id}", law.basis(excursion_id)
    claim = claim_of(context, "quarantine", reason, gln, basis)
    fresh = [one for one in found.goods if not law.claims_of(held.own(one), excursion_id)]
    for one in fresh:
        held.place(context, where_of(one), claim, [owner_msp(one)], "container")
    held.save(context)
    if decision is None:
        excursion: Excursion = {
            "doc": "excursion",
            "id": excursion_id,
            "container": anchor["container"],
            "anchor": anchor["id"],
            "owner": container.owner,
            "causes": causes,
            "min_mc": anchor["min_mc"],
            "max_mc": anchor["max_mc"],
            "outside_ms": account.outside_ms,
            "mkt_mc": account.mkt_mc,
            "limit": container.document["storage"],  # type: ignore[typeddict-item]
            "detected_at": context.now,
        }
        context.write_once(keys.excursion_key(excursion_id), excursion)
        decision = {
            "doc": "excursion_decision",
            "id": excursion_id,
            "status": "open",
            "held": [one.ref for one in fresh],
            "missed": found.missed,
        }
        key = keys.excursion_decision_key(excursion_id)
        context.write(key, decision, protected_by=[owner_msp(container)])
        return excursion_id
    missed = [one for one in found.missed if one not in decision["missed"]]
    if fresh or missed:
        # Late readings may be of a time before the excursion was known.
        changed: ExcursionDecision = {
            **decision,
            "held": [*decision["held"], *(one.ref for one in fresh)],
            "missed": [*decision["missed"], *missed],
        }
        context.write(keys.excursion_decision_key(excursion_id), changed)
    return excursion_id


async def decide_excursion(context: Context, arguments: Arguments) -> Any:
    """Release what an excursion holds, or condemn it; by the goods' owner.

    ``{id, gln, decision, reason, evidence_hash?}``: the decision is ``release`` or ``destroy``, the hash
    (SHA-256) that of the evidence, such as the manufacturer's stability data. Condemned goods can only be
    destroyed. Goods that were taken out of a held container follow by SettleExcursion.
    """
    excursion_id, gln = arguments.identifier("id"), arguments.gln()
    outcome: Any = _OUTCOMES[arguments.choice("decision", _OUTCOMES)]
    reason = arguments.text("reason")
    evidence = arguments.digest("evidence_hash") if arguments.has("evidence_hash") else None
    arguments.done()
    excursion, decision = await _excursion(context, excursion_id)
    held = await standings(context, decision["held"], ["id"] * len(decision["held"]))
    found = await holds_of(context, held)
    await _acting(context, excursion, gln, "gln")
    context.check(law.undecided, decision, "id")
    changed: ExcursionDecision = {
        **decision,
        "status": outcome,
        "gln": gln,
        "reason": reason,
        "decided_at": context.now,
    }
    if evidence is not None:
        changed["evidence_hash"] = evidence
    for one in held:
        _settle(context, found, one, changed, "id")
    found.save(context)
    context.write(keys.excursion_decision_key(excursion_id), changed)
    context.event("ExcursionDecided", {"id": excursion_id, "gln": gln, "status": outcome})
    return changed


async def settle_excursion(context: Context, arguments: Arguments) -> Any:
    """``{id, refs}``: let goods that were taken out of a held container follow its decision; by the owner."""
    excursion_id, names = arguments.identifier("id"), arguments.refs("refs", MAX_REFS)
    arguments.done()
    excursion, decision = await _excursion(context, excursion_id)
    fields = [f"refs[{place}]" for place in range(len(names))]
    settled = await standings(context, names, fields)
    found = await holds_of(context, settled)
    await _acting(context, excursion, excursion["owner"], "id")
    context.check(law.decided, decision, "id")
    for one, field in zip(settled, fields, strict=True):
        context.check(law.held_by, one.ref, found.own(one), excursion_id, field)
        _settle(context, found, one, decision, field)
    found.save(context)
    context.event("ExcursionSettled", {"id": excursion_id, "count": len(names)})
    return {"id": excursion_id, "status": decision["status"], "count": len(names)}


async def get_excursion(context: Context, arguments: Arguments) -> Any:
    """``{id}``: an excursion, with what was decided of it."""
    excursion_id = arguments.identifier("id")
    arguments.done()
    excursion, decision = await _excursion(context, excursion_id)
    return {**excursion, "decision": decision}


async def _excursion(context: Context, excursion_id: str) -> tuple[Excursion, ExcursionDecision]:
    key = keys.excursion_key(excursion_id)
    excursion = await context.need(key, Code.EXCURSION_UNKNOWN, f"excursion {excursion_id}", "id")
    return excursion, await context.read(keys.excursion_decision_key(excursion_id))


async def _undecided(context: Context, earlier: Sequence[str]) -> ExcursionDecision | None:
    """The decision, not taken yet, of one of these excursions."""
    if not earlier:
        return None
    decisions = await context.read_all([keys.excursion_decision_key(one) for one in earlier])
    return next((decision for decision in decisions if decision["status"] == "open"), None)


async def _acting(context: Context, excursion: Excursion, gln: str, field: str) -> None:
    party = (await resolve(context, [gln])).party(gln, field)
    context.check(parties.acting_for, party, context.msp_id, field)
    context.check(law.decided_by_owner, excursion, gln, field)


def _settle(context: Context, found: Holds, one: Standing, decision: ExcursionDecision, field: str) -> None:
    """The excursion's claim on goods is lifted, or becomes one of condemned goods."""
    ended = law.claims_of(found.own(one), decision["id"])
    if decision["status"] == "released":
        found.lift(context, where_of(one), ended, decision["gln"], decision["reason"])
    elif any(claim["status"] != "condemned" for claim in ended):
        reason, basis = decision["reason"], law.basis(decision["id"])
        claim = claim_of(context, "condemned", reason, decision["gln"], basis)
        found.place(context, where_of(one), claim, (), field)
