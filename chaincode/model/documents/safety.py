"""Holds, investigations of suspect product, and notifications of illegitimate product."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

ClaimStatus = Literal["quarantine", "suspect", "condemned", "illegitimate"]
# Form FDA 3911, item 5; the law's own list is section 581(8).
Classification = Literal[
    "counterfeit",
    "diverted",
    "stolen",
    "intentional_adulteration",
    "unfit_for_distribution",
    "fraudulent_transaction",
]
CLASSIFICATIONS: tuple[str, ...] = (
    "counterfeit",
    "diverted",
    "stolen",
    "intentional_adulteration",
    "unfit_for_distribution",
    "fraudulent_transaction",
)


class Claim(TypedDict):
    """One ground on which goods are held, and by whom (GLN).

    ``basis`` is ``kind/id`` of the document that alone ends it: ``investigation/…`` or ``excursion/…``.
    """

    status: ClaimStatus
    reason: str
    placed_by: str
    placed_at: int
    basis: NotRequired[str]


class HeldLot(TypedDict):
    """That of a lot something was once on hold: a pack by itself, or what some party has of the lot.

    Without it neither the own holds of its packs nor those on the lot are looked for. It is never taken back.
    """

    doc: Literal["held_lot"]
    gtin: str
    lot: str


class Hold(TypedDict):
    """The holds on goods, or on everything of a lot that one party has.

    The strongest claim stands in the document itself, the weaker ones in ``also``. A cleared document says in
    the same fields who ended the last claim, when and why; they are absent where there never was one.
    ``inside`` are the refs of what is held by a document of its own somewhere inside, sorted. ``guards`` are
    the MSPs without which nothing of it changes; none once nothing is held. A lot's document has as its ref
    ``01<GTIN-14>10<lot>``, and in ``gln`` whose goods it holds.
    """

    doc: Literal["hold"]
    ref: str
    gln: NotRequired[str]
    status: Literal["quarantine", "suspect", "condemned", "illegitimate", "cleared"]
    reason: NotRequired[str]
    placed_by: NotRequired[str]
    placed_at: NotRequired[int]
    basis: NotRequired[str]
    also: NotRequired[list[Claim]]
    inside: list[str]
    guards: list[str]


class Investigation(TypedDict):
    """Suspect product of one party: what is of ``gtin`` in ``refs``, or all that it has of ``lot``.

    ``packs`` are suspect, ``sample`` of them must be verified before they are cleared; ``good`` and ``bad``
    count those that were. ``notify_by`` is the due time of the notification of illegitimate product.
    """

    doc: Literal["investigation"]
    id: str
    gln: str
    gtin: str
    refs: NotRequired[list[str]]
    lot: NotRequired[str]
    packs: int
    sample: int
    good: int
    bad: int
    reasons: list[str]
    description: str
    status: Literal["open", "cleared", "illegitimate"]
    opened_at: int
    decided_at: NotRequired[int]
    decision: NotRequired[str]
    classification: NotRequired[Classification]
    notify_by: NotRequired[int]
    notification: NotRequired[str]
    guards: list[str]


class Sample(TypedDict):
    """One pack of an investigation, examined; ``verification`` is the manufacturer's answer about it."""

    doc: Literal["sample"]
    investigation: str
    ref: str
    lot: str
    expiry: str
    result: Literal["good", "bad"]
    verification: NotRequired[str]
    recorded_at: int


class HighRisk(TypedDict):
    """A high risk that a manufacturer's product is illegitimate, raised by it, a partner or the regulator."""

    doc: Literal["high_risk"]
    id: str
    gtin: str
    manufacturer: str
    raised_by: str
    description: str
    raised_at: int
    notify_by: int
    notification: NotRequired[str]
    guards: list[str]


class Report(TypedDict):
    """One report on Form FDA 3911 (item 1) that a notification consists of."""

    kind: Literal["initial", "follow_up", "termination_request"]
    description: str
    at: int


class Quantity(TypedDict):
    """Form FDA 3911, item 12."""

    number: int
    unit: str


class Drug(TypedDict):
    """The description of the product on Form FDA 3911, items 6 to 16; dates ``YYYY-MM-DD``."""

    product_name: str
    primary_ingredient: NotRequired[str]
    use: Literal["human", "other"]
    description: str
    strength: str
    dosage_form: str
    quantity: Quantity
    ndc: str
    serials: list[str]
    lots: list[str]
    expiries: list[str]


class Notification(TypedDict):
    """Form FDA 3911 of one incident, without personal data: company and contact are the filer's GLN.

    It rests on an ``investigation``, or on a ``high_risk``. ``determined_at`` starts its clock, which ends at
    ``notify_by``. The regulator gives the ``incident`` number with its receipt.
    """

    doc: Literal["notification"]
    id: str
    filer: str
    role: str
    kind: Literal["illegitimate", "high_risk"]
    investigation: NotRequired[str]
    high_risk: NotRequired[str]
    classification: str
    location: Literal["domestic", "foreign"]
    drug: Drug
    gtin: str
    reports: list[Report]
    other_reports: list[str]
    partners: list[str]
    determined_at: int
    notify_by: int
    filed_at: int
    status: Literal["open", "termination_requested", "terminated"]
    incident: NotRequired[str]
    terminated_at: NotRequired[int]
    outcome: NotRequired[Literal["no_longer_necessary", "in_error"]]
    answer: NotRequired[str]
    guards: list[str]


class NotificationResponse(TypedDict):
    """How many packs a notified trading partner found; ``investigation`` is its own, of these."""

    doc: Literal["notification_response"]
    notification: str
    gln: str
    packs: int
    investigation: NotRequired[str]
    responded_at: int
