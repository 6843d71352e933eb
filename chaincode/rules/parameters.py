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
    "retention_years": Parameter(
        6,
        6,
        50,
        "years",
        "how long records are kept at least",
        "FD&C Act, section 582(b)(1)(A)(ii), (c)(1)(A)(v)(II), (d)(1)(A)(iii)",
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
        96,
        "hours",
        "within which a trading partner answers a request for transaction information",
        "FD&C Act, section 582(b)(1)(B), (c)(1)(C), (d)(1)(D), (e)(1)(C)",
    ),
}
