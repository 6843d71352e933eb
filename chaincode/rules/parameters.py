"""What the consortium may set by vote, within which bounds, and what holds until it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A whole number that rules depend on; ``source`` says where the default comes from."""

    default: int
    minimum: int
    maximum: int
    unit: str
    meaning: str
    source: str


PARAMETERS: dict[str, Parameter] = {
    "proposal_days": Parameter(
        30,
        1,
        365,
        "days",
        "how long members may vote on a proposal, and enact it",
        "the consortium's own: no law sets it",
    ),
    "retention_years": Parameter(
        6,
        6,
        50,
        "years",
        "how long records are kept at least",
        "FD&C Act, section 582(b)(1)(A)(ii), (c)(1)(A)(v)(I), (d)(1)(A)(iii), (e)(1)(A)(iii)",
    ),
    "verification_hours": Parameter(
        24,
        1,
        24,
        "hours",
        "within which a manufacturer answers a request to verify a product identifier",
        "FD&C Act, section 582(b)(4)(C), (e)(4)(C)",
    ),
    "trace_hours": Parameter(
        48,
        1,
        48,
        "hours",
        "within which a trading partner answers a request for transaction information",
        "FD&C Act, section 582(b)(1)(B), (c)(1)(C), (e)(1)(C); stricter than (d)(1)(D)",
    ),
    "sample_packs": Parameter(
        3,
        3,
        1000,
        "packs",
        "how many suspect packs a dispenser verifies at least",
        "FD&C Act, section 582(d)(4)(A)(ii)(II)",
    ),
    "sample_percent": Parameter(
        10,
        10,
        100,
        "percent",
        "which part of suspect packs a dispenser verifies at least",
        "FD&C Act, section 582(d)(4)(A)(ii)(II)",
    ),
    "sample_percent_others": Parameter(
        100,
        10,
        100,
        "percent",
        "which part of suspect packs anybody but a dispenser verifies at least",
        "FD&C Act, section 582(b)(4)(A)(i)(II), (c)(4)(A)(i)(II), (e)(4)(A)(i)(II)",
    ),
    "notification_hours": Parameter(
        24,
        1,
        24,
        "hours",
        "within which illegitimate product, or a high risk of it, is notified of",
        "FD&C Act, section 582(b)(4)(B)(ii), (c)(4)(B)(ii), (d)(4)(B)(ii), (e)(4)(B)(ii)",
    ),
    "reversal_days": Parameter(
        10,
        0,
        10,
        "days",
        "within which a decommissioning may be reversed",
        "Delegated Regulation (EU) 2016/161, article 13(1)(b)",
    ),
    "offer_days": Parameter(
        30,
        1,
        90,
        "days",
        "how long an offer of goods stands",
        "the consortium's own: no law sets it",
    ),
    "sensor_clock_seconds": Parameter(
        300,
        0,
        3600,
        "seconds",
        "how far a sensor's clock may be off when its readings are placed in time",
        "the consortium's own: no law sets it",
    ),
    "mkt_least_hours": Parameter(
        24,
        1,
        720,
        "hours",
        "how much time readings cover at least before a mean kinetic temperature is judged",
        "USP <1079.2>",
    ),
}
