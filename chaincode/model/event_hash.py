"""EPCIS event hash ids (Core Business Vocabulary 2.0, section 8.9).

The id is the SHA-256 of a string made of the event's fields, whatever syntax the event is written in, as a
Named Information URI (RFC 6920) with the digest in hexadecimal. The ledger holds it, never the event.
"""

from __future__ import annotations

import re

from chaincode.model.errors import Code, Refusal

_FORM = re.compile(r"ni:///sha-256;[0-9a-f]{64}\?ver=CBV2\.0")


def event_hash(value: object, field: str = "hash") -> str:
    """``value`` if it has the form of a CBV 2.0 event hash id; Refusal otherwise."""
    if not isinstance(value, str) or _FORM.fullmatch(value) is None:
        rule = "is ni:///sha-256;<64 lower-case hexadecimal digits>?ver=CBV2.0"
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} {rule}", field)
    return value
