"""Suspect product: how an investigation of it goes, and when it may end.

Every function that changes a document returns a new one; what was read stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from chaincode.model import gs1
from chaincode.model.documents.goods import Lot, Unit
from chaincode.model.documents.registry import Party
from chaincode.model.documents.safety import Classification, HighRisk, Hold, Investigation, Sample
from chaincode.model.documents.verification import Verification
from chaincode.model.errors import Code, Refusal
from chaincode.rules import clocks, holds
from chaincode.rules.catalogue import rule


def basis(investigation: str) -> str:
    """As a hold names the investigation that it rests on."""
    return f"investigation/{investigation}"


def sample_size(role: str, packs: int, least: int, percent: int, others_percent: int) -> int:
    """How many of ``packs`` must be verified before they are cleared.

    A dispenser verifies ``least`` or ``percent`` of them, whichever is more, and all if they are fewer than
    ``least``; anybody else ``others_percent`` of them. Fractions count as one pack.
    """
    if role == "dispenser":
        return min(packs, max(least, _percent(packs, percent)))
    return _percent(packs, others_percent)


@rule(Code.INVESTIGATION_CLOSED)
def undecided(investigation: Investigation, field: str) -> None:
    """Nothing is added to an investigation that is decided, nor decided again.

    Source: FD&C Act, section 582(b)(4)(A)(iii), (c)(4)(A)(iii), (d)(4)(A)(iv), (e)(4)(A)(iii): the records of
    an investigation are kept as they were at its conclusion.
    """
    if investigation["status"] != "open":
        message = f"investigation {investigation['id']} ended: {investigation['status']}"
        raise Refusal(Code.INVESTIGATION_CLOSED, message, field)


@rule(Code.NOT_SUSPECT)
def under_investigation(ref: str, found: Iterable[Hold], investigation: str, field: str) -> None:
    """A sample of suspect product is taken from that product.

    ``found`` are the holds of the pack, of the containers around it and of its lot.

    Source: FD&C Act, section 582(d)(4)(A)(ii)(II): of such suspect product.
    """
    wanted = basis(investigation)
    if all(claim.get("basis") != wanted for hold in found for claim in holds.claims(hold)):
        raise Refusal(Code.NOT_SUSPECT, f"{ref} is not suspect in investigation {investigation}", field)


@rule(Code.SAMPLE_MISMATCH)
def corresponds(sample: Sample, unit: Unit, lot: Lot, field: str) -> None:
    """A pack is found good only where its product identifier is the one on the ledger.

    Lot and expiry date as read off the pack are those that its manufacturer recorded.

    Source: FD&C Act, section 582(d)(4)(A)(ii)(I) and (II), (b)(4)(A)(i)(II), (c)(4)(A)(i)(II),
    (e)(4)(A)(i)(II); product identifier as in section 581(14).
    """
    for name, printed, registered in (
        ("lot", sample["lot"], unit["lot"]),
        ("expiry date", sample["expiry"], lot["expiry"]),
    ):
        if printed != registered:
            message = f"the {name} of {sample['ref']} is {registered}, on the pack {printed}"
            raise Refusal(Code.SAMPLE_MISMATCH, message, field)


@rule(Code.SAMPLE_MISMATCH)
def verified(sample: Sample, verification: Verification, field: str) -> None:
    """A verification that a sample names is of that pack, and a pack found good was verified by it.

    Source: FD&C Act, section 582(b)(4)(C), (d)(4)(A)(ii)(II): the manufacturer says whether the product
    identifier corresponds.
    """
    named = f"verification {verification['id']}"
    if gs1.unit_ref(verification["gtin"], verification["serial"]) != sample["ref"]:
        raise Refusal(Code.SAMPLE_MISMATCH, f"{named} is not of {sample['ref']}", field)
    if sample["result"] == "good" and not verification.get("answer", {}).get("verified"):
        raise Refusal(Code.SAMPLE_MISMATCH, f"{named} did not verify {sample['ref']}", field)


@rule(Code.SAMPLE_INCOMPLETE, parameters=("sample_packs", "sample_percent", "sample_percent_others"))
def sampled(investigation: Investigation, field: str) -> None:
    """Suspect product is cleared only after as many packs of it were verified as the law asks.

    A dispenser verifies at least 3 packs or 10 percent, whichever is greater, or all if there are fewer than
    3; a manufacturer, repackager or wholesale distributor verifies at the package level.

    Source: FD&C Act, section 582(d)(4)(A)(ii)(II), (b)(4)(A)(i)(II), (c)(4)(A)(i)(II), (e)(4)(A)(i)(II).
    """
    done = investigation["good"] + investigation["bad"]
    if done < investigation["sample"]:
        message = f"{done} packs were verified, {investigation['sample']} are asked for"
        raise Refusal(Code.SAMPLE_INCOMPLETE, message, field)


@rule(Code.SAMPLE_FAILED)
def sound(investigation: Investigation, field: str) -> None:
    """Suspect product is cleared only where no pack of its sample was found bad.

    Source: FD&C Act, section 582(b)(4)(A)(ii), (c)(4)(A)(ii), (d)(4)(A)(iii), (e)(4)(A)(ii): cleared upon the
    determination that it is not illegitimate.
    """
    if investigation["bad"]:
        raise Refusal(Code.SAMPLE_FAILED, f"{investigation['bad']} packs of its sample were bad", field)


@rule(Code.INVESTIGATION_OPEN)
def decided(investigation: Investigation, field: str) -> None:
    """Its holds follow an investigation once that is decided, and not before.

    Source: FD&C Act, section 582(b)(4)(A)(i)(I), (c)(4)(A)(i)(I), (d)(4)(A)(i)(I), (e)(4)(A)(i)(I): until
    cleared or dispositioned.
    """
    if investigation["status"] == "open":
        message = f"investigation {investigation['id']} is not decided yet"
        raise Refusal(Code.INVESTIGATION_OPEN, message, field)


@rule(Code.ROLE_REQUIRED)
def investigator(party: Party, whole_lot: bool, field: str) -> None:
    """Manufacturers, repackagers, wholesale distributors, dispensers and regulators investigate product.

    A third-party logistics provider leaves it to whose product it is; a regulator, who has no product, names
    the goods and no whole lot.

    Source: FD&C Act, section 582(b)(4)(A), (c)(4)(A), (d)(4)(A), (e)(4)(A).
    """
    if party["role"] == "3pl" or (whole_lot and party["role"] == "regulator"):
        message = f"{party['gln']} is a {party['role']}, which does not investigate its own product"
        raise Refusal(Code.ROLE_REQUIRED, message, field)


def recorded(investigation: Investigation, results: Iterable[str]) -> Investigation:
    """With so many packs more examined."""
    found = list(results)
    return {
        **investigation,
        "good": investigation["good"] + found.count("good"),
        "bad": investigation["bad"] + found.count("bad"),
    }


def cleared(investigation: Investigation, decision: str, at: int) -> Investigation:
    """It is no illegitimate product."""
    return {**investigation, "status": "cleared", "decided_at": at, "decision": decision}


def illegitimate(
    investigation: Investigation, classification: Classification, decision: str, at: int, notify_by: int
) -> Investigation:
    """It is illegitimate product, which starts the clock of its notification."""
    return {
        **investigation,
        "status": "illegitimate",
        "decided_at": at,
        "decision": decision,
        "classification": classification,
        "notify_by": notify_by,
    }


def overdue(document: Investigation | HighRisk, filed_at: int | None, now: int) -> bool:
    """Whether the notification that a document asks for was filed after its due time, or is not yet."""
    return "notify_by" in document and clocks.overdue(document["notify_by"], filed_at, now)


def _percent(packs: int, percent: int) -> int:
    return -(-packs * percent // 100)
