"""What a member entrusts its people and programs with: its authority writes their duties in certificates.

A certificate's attribute ``mediledger.duties`` (Fabric CA's attribute extension) lists them, comma-separated.
Every function that writes asks for one of them; reading takes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ATTRIBUTE = "mediledger.duties"
REGISTRY = "registry"
CUSTODY = "custody"
QUALITY = "quality"
SENSOR = "sensor"
COMPLIANCE = "compliance"
GOVERNANCE = "governance"
DUTIES = (REGISTRY, CUSTODY, QUALITY, SENSOR, COMPLIANCE, GOVERNANCE)


def written(duties: Iterable[str]) -> str:
    """The attribute's value."""
    return ",".join(duties)


def read(attributes: Mapping[str, str]) -> frozenset[str]:
    """The duties among a certificate's attributes; none where it names none."""
    return frozenset(filter(None, attributes.get(ATTRIBUTE, "").split(",")))
