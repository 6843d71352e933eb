"""Storage profiles, sensors, and what they recorded.

Temperatures are milli-degrees Celsius.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Storage(TypedDict):
    """How goods may be kept.

    ``min_mc`` and ``max_mc`` are the limits, both ends allowed. Where the profile allows excursions, goods
    may be outside the limits, but within ``excursion_min_mc`` to ``excursion_max_mc``, for
    ``excursion_minutes`` altogether. The mean kinetic temperature over ``mkt_window_days`` is at most
    ``mkt_max_mc``. Below ``freeze_mc`` goods are spoilt at once.
    """

    min_mc: int
    max_mc: int
    excursion_min_mc: NotRequired[int]
    excursion_max_mc: NotRequired[int]
    excursion_minutes: NotRequired[int]
    mkt_max_mc: NotRequired[int]
    mkt_window_days: NotRequired[int]
    freeze_mc: NotRequired[int]


class Attachment(TypedDict):
    """A stretch of time in which a device watched a container, both ends included."""

    container: str
    since: int
    until: int


class Anchored(TypedDict):
    """Anchored readings of a device: sequence ``first`` to ``last``, which was taken at ``until``."""

    first: int
    last: int
    until: int


class Device(TypedDict):
    """A sensor; ``past`` and ``anchored`` are bounded, the oldest of each go first."""

    doc: Literal["device"]
    id: str
    gln: str
    kind: Literal["temperature"]
    status: Literal["active"]
    registered_at: int
    container: NotRequired[str]
    attached_at: NotRequired[int]
    past: list[Attachment]
    anchored: list[Anchored]


class Readings(TypedDict):
    """What is said of equally spaced readings.

    ``rates`` is the sum of their rates (``chaincode.model.kinetics``) in hexadecimal digits.
    """

    count: int
    min_mc: int
    max_mc: int
    sum_mc: int
    rates: str


class Run(TypedDict):
    """All readings of a device from sequence ``first`` to ``last``, taken from ``since`` to ``until``.

    ``outside`` is how many of them were beyond the container's limits.
    """

    device: str
    first: int
    last: int
    since: int
    until: int
    outside: int


class SensorAnchor(Readings):
    """The Merkle root over readings of a container.

    The leaves are those of ``runs`` in their order, sorted by device and sequence. ``outside_ms`` is how long
    readings were beyond the limits. ``excursion`` names the excursion that followed, where one did.
    """

    doc: Literal["sensor_anchor"]
    id: str
    container: str
    msp_id: str
    devices: list[str]
    runs: list[Run]
    window_start: int
    window_end: int
    root: str
    mean_mc: int
    mkt_mc: int
    outside_ms: int
    anchored_at: int
    excursion: NotRequired[str]


class Bucket(Readings):
    """A stretch of a container's time; ``number`` counts such stretches from the epoch."""

    number: int


class ContainerTemperature(TypedDict):
    """What all anchors of one member's sensors say together of a container.

    ``buckets`` hold what the mean kinetic temperature's window needs, by ``number``. ``excursion`` is the
    newest that one of the anchors names.
    """

    doc: Literal["container_temperature"]
    container: str
    msp_id: str
    anchors: int
    since: int
    until: int
    outside_ms: int
    total: Readings
    buckets: list[Bucket]
    excursion: NotRequired[str]


Cause = Literal["frozen", "range", "time", "mkt"]


class Excursion(TypedDict):
    """Readings that a profile does not allow, as they were detected.

    ``owner`` (a GLN) owned the goods then. ``outside_ms`` and ``mkt_mc`` are the container's after the
    anchor. Later anchors that are no better name the same excursion until it is decided.
    """

    doc: Literal["excursion"]
    id: str
    container: str
    anchor: str
    owner: str
    causes: list[Cause]
    min_mc: int
    max_mc: int
    outside_ms: int
    mkt_mc: int
    limit: Storage
    detected_at: int


class Missed(TypedDict):
    """Goods (a ref) that were exposed and could not be held.

    ``why``: ``owner``: another owns them by now; ``ended``: dispensed, decommissioned or repackaged;
    ``forged``: their record is; ``bound``: one transaction cannot hold more.
    """

    ref: str
    why: Literal["owner", "ended", "forged", "bound"]


class ExcursionDecision(TypedDict):
    """What the owner's quality unit (``gln``) decided of an excursion, and of which goods.

    ``held`` are the goods on hold: the container, and what was taken out of it after the excursion began.
    ``evidence_hash`` is the SHA-256 of what the decision rests on.
    """

    doc: Literal["excursion_decision"]
    id: str
    status: Literal["open", "released", "destroyed"]
    held: list[str]
    missed: list[Missed]
    gln: NotRequired[str]
    reason: NotRequired[str]
    evidence_hash: NotRequired[str]
    decided_at: NotRequired[int]
