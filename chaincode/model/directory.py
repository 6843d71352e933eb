"""Custody's directory of the registry: parties by their GLN, and the consortium's settings.

A fresh key is everyone's to write, by the chaincode's policy. So the directory has a fixed number of keys,
all there from the consortium's first transaction on and under the regulators' policy: nobody can enter a
party without them, though it is read like any other document of custody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from chaincode.model import keys

# A nation's 60,000 pharmacies are 60 a bucket.
BUCKETS = 1024
# The part that holds the settings; all others hold parties.
SETTINGS = "settings"
SETTINGS_KEY = keys.directory_key(SETTINGS)
EVERY_BUCKET = tuple(f"{number:03x}" for number in range(BUCKETS))
EVERY_KEY = (SETTINGS_KEY, *map(keys.directory_key, EVERY_BUCKET))


@lru_cache(maxsize=4096)
def bucket_of(gln: str) -> str:
    """The bucket that a party is in, by the SHA-256 of its GLN."""
    return EVERY_BUCKET[int.from_bytes(hashlib.sha256(gln.encode()).digest()[:4]) % BUCKETS]


def bucket_key(gln: str) -> str:
    """The key of a party's bucket."""
    return keys.directory_key(bucket_of(gln))


def with_parties(bucket: Mapping[str, Any], parties: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A bucket's document with these parties in it, new or in the place of what it says of them."""
    return {**bucket, "parties": bucket["parties"] | {party["gln"]: party for party in parties}}
