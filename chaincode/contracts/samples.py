"""Samples of suspect product: which packs were examined in an investigation, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.contracts.context import Context
from chaincode.contracts.holds import holds_of, lots_of
from chaincode.contracts.investigations import open_one
from chaincode.contracts.investigations import save as save_investigation
from chaincode.contracts.paging import page
from chaincode.contracts.standing import standings
from chaincode.model import gs1, keys, refs
from chaincode.model.documents.safety import Investigation, Sample
from chaincode.model.errors import Code, Refusal
from chaincode.rules import suspect

MAX_SAMPLE = 200


async def record_sample(context: Context, arguments: Arguments) -> Any:
    """Record packs of an investigation that were examined; by who opened it.

    Each is ``{ref, lot, expiry, result, verification?}``: what its product identifier reads, whether the pack
    is good or bad, and perhaps the manufacturer's answer to a verification of it. A pack that is found bad
    need be neither on the ledger nor on hold: a counterfeit bears what numbers it likes.
    """
    investigation_id = arguments.identifier("id")
    samples = arguments.each("sample", MAX_SAMPLE, lambda v, f: _sample(context, investigation_id, v, f))
    arguments.done()
    investigation = await open_one(context, investigation_id)
    fields = [f"sample[{place}].ref" for place in range(len(samples))]
    await _unrecorded(context, samples, fields)
    good = [(one, field) for one, field in zip(samples, fields, strict=True) if one["result"] == "good"]
    await _on_ledger(context, investigation, good)
    await _verified(context, samples, fields)
    for one in samples:
        context.write_once(keys.sample_key(investigation_id, one["ref"]), one)
    changed = suspect.recorded(investigation, [one["result"] for one in samples])
    save_investigation(context, changed)
    context.event("SampleRecorded", {"id": investigation_id, "good": changed["good"], "bad": changed["bad"]})
    return changed


async def list_samples(context: Context, arguments: Arguments) -> Any:
    """A page of the packs that were examined in an investigation, by their refs."""
    investigation_id = arguments.identifier("id")
    return await page(context, "sample", arguments, [investigation_id])


def _sample(context: Context, investigation_id: str, value: Any, field: str) -> Sample:
    inner = Arguments(value, field)
    name, raw = inner.take("ref")
    parsed = refs.parse(raw, name)
    if isinstance(parsed, gs1.ContainerRef):
        raise invalid(name, "is a pack, not a container")
    result: Any = inner.choice("result", ("good", "bad"))
    sample: Sample = {
        "doc": "sample",
        "investigation": investigation_id,
        "ref": gs1.unit_ref(parsed.gtin, parsed.serial),
        "lot": inner.lot(),
        "expiry": inner.expiry("expiry", context.today),
        "result": result,
        "recorded_at": context.now,
    }
    if inner.has("verification"):
        sample["verification"] = inner.identifier("verification")
    inner.done()
    return sample


async def _unrecorded(context: Context, samples: Sequence[Sample], fields: Sequence[str]) -> None:
    """Each pack is examined once in an investigation."""
    wanted = [keys.sample_key(one["investigation"], one["ref"]) for one in samples]
    if len(set(wanted)) != len(wanted):
        raise invalid("sample", "names a pack twice")
    for one, field, before in zip(samples, fields, await context.read_all(wanted), strict=True):
        if before is not None:
            raise Refusal(Code.SAMPLE_EXISTS, f"{one['ref']} was found {before['result']} already", field)


async def _on_ledger(
    context: Context, investigation: Investigation, good: Sequence[tuple[Sample, str]]
) -> None:
    """The rules for packs found good: of the suspect product, and bearing what the ledger says."""
    if not good:
        return
    packs = await standings(context, [one["ref"] for one, _ in good], [field for _, field in good])
    found = await holds_of(context, packs)
    lot_keys = [keys.lot_key(*lots_of(pack)[0]) for pack in packs]
    distinct = list(dict.fromkeys(lot_keys))
    lots = dict(zip(distinct, await context.read_all(distinct), strict=True))
    for (one, field), pack, lot_key in zip(good, packs, lot_keys, strict=True):
        context.check(suspect.under_investigation, one["ref"], found.over(pack), investigation["id"], field)
        unit: Any = pack.document
        context.check(suspect.corresponds, one, unit, lots[lot_key], field)


async def _verified(context: Context, samples: Sequence[Sample], fields: Sequence[str]) -> None:
    """The rule for samples that name a verification."""
    named = [(one, field) for one, field in zip(samples, fields, strict=True) if "verification" in one]
    if not named:
        return
    found = await context.read_all([keys.verification_key(one["verification"]) for one, _ in named])
    for (one, field), verification in zip(named, found, strict=True):
        if verification is None:
            message = f"verification {one['verification']} is not on the ledger"
            raise Refusal(Code.VERIFICATION_UNKNOWN, message, field)
        context.check(suspect.verified, one, verification, field)
