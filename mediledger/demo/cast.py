"""Who and what the demo's story is about: parties with their licences, one product, identifiers of a run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chaincode.model import gs1
from network.topology import Organization

# GS1 sets the prefix 952 aside for demonstrations and examples.
COMPANY_PREFIX = "9521234"
LICENCE_AUTHORITIES = {
    "manufacturer": ("FDA", "drug establishment"),
    "wholesaler": ("State of New Jersey", "wholesale distribution"),
    "dispenser": ("State of New York", "pharmacy"),
    "regulator": ("FDA", "regulator"),
}
# Nobody's: streets and numbers are made up.
ADDRESSES = {
    "manufacturer": {
        "street_address": "12 Larch Works Road",
        "city": "Fairhaven",
        "state": "MA",
        "postal_code": "02719",
        "country": "US",
    },
    "wholesaler": {
        "street_address": "40 Old Freight Street",
        "city": "Trenton",
        "state": "NJ",
        "postal_code": "08601",
        "country": "US",
    },
    "dispenser": {
        "street_address": "7 Mortar Square",
        "city": "Albany",
        "state": "NY",
        "postal_code": "12201",
        "country": "US",
    },
    "regulator": {
        "street_address": "1 Assurance Avenue",
        "city": "Silver Spring",
        "state": "MD",
        "postal_code": "20901",
        "country": "US",
    },
}


def gtin(item: int) -> str:
    """A GTIN-14 of the demo company."""
    body = f"0{COMPANY_PREFIX}{item:05d}"
    return body + gs1.check_digit(body)


def party(organization: Organization) -> dict[str, Any]:
    """A party with one licence valid for two years, as the regulator registers it."""
    authority, kind = LICENCE_AUTHORITIES[organization.role]
    today = datetime.now(UTC).date()
    return {
        "gln": organization.gln,
        "name": organization.title,
        "address": ADDRESSES[organization.role],
        "msp_id": organization.msp_id,
        "role": organization.role,
        "licences": [
            {
                "authority": authority,
                "number": f"{kind[:2].upper()}-{organization.gln[-6:-1]}",
                "jurisdiction": "US",
                "valid_from": (today - timedelta(days=365)).isoformat(),
                "valid_to": (today + timedelta(days=365)).isoformat(),
            }
        ],
    }


@dataclass(frozen=True)
class Storage:
    """A storage profile in whole degrees Celsius, as printed on a pack ("2-8")."""

    low: int
    high: int

    @classmethod
    def parse(cls, text: str) -> Storage:
        """From ``LOW-HIGH``; ValueError for anything else."""
        low, _, high = text.rpartition("-")
        profile = cls(int(low), int(high))
        if profile.low >= profile.high:
            raise ValueError(f"{text}: the low end is not below the high end")
        return profile

    def document(self) -> dict[str, int]:
        return {"min_mc": self.low * 1000, "max_mc": self.high * 1000}


def product(manufacturer: Organization, storage: Storage) -> dict[str, Any]:
    """The product of the story; each storage profile is a product of its own."""
    return {
        "gtin": gtin(10_000 + (storage.low + 100) * 200 + storage.high + 100),
        "name": f"Insulin glargine, store at {storage.low} to {storage.high} °C",
        "strength": "100 units/mL",
        "dosage_form": "injection, solution",
        "ndc": "99999-0100-10",
        "container_size": "5 x 3 mL pens",
        "storage": storage.document(),
    }


@dataclass(frozen=True)
class Run:
    """Identifiers of one telling of the story; each run has its own lot, so the demo can be told again."""

    number: int

    @classmethod
    def new(cls) -> Run:
        # Seconds, seven digits of them: with three for the container they fill an SSCC and last 115 days.
        return cls(int(time.time()) % 10**7)

    @property
    def lot(self) -> str:
        return f"L{self.number:07d}"

    @property
    def device(self) -> str:
        return f"truck-{self.number:07d}"

    @property
    def today(self) -> date:
        return datetime.now(UTC).date()

    @property
    def expiry(self) -> date:
        return self.today + timedelta(days=540)

    def serials(self, packs: int) -> list[str]:
        return [f"{self.number:07d}{n:06d}" for n in range(packs)]

    def case(self, index: int) -> str:
        """The SSCC of a case; index 0 is the pallet's."""
        return self._sscc(index)

    @property
    def pallet(self) -> str:
        return self._sscc(0)

    def _sscc(self, index: int) -> str:
        # Extension digit, company prefix and serial reference: 1 + 7 + 9 digits (GS1 General Specifications).
        extension_and_reference = f"{self.number:07d}{index:03d}"
        body = extension_and_reference[0] + COMPANY_PREFIX + extension_and_reference[1:]
        return body + gs1.check_digit(body)
