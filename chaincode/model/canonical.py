"""Canonical JSON: one byte string per value, the same at every endorser.

Keys sorted, no white space, UTF-8, integers only (64 bits): a float's digits depend on who prints them.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import orjson

from chaincode.model.errors import Code, Refusal

# Dates and data classes are not JSON's: whoever means their text writes it.
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_PLAIN = frozenset({str, int, bool, type(None)})


def dumps(value: Any) -> bytes:
    """The canonical form. TypeError where ``value`` holds a float or what JSON has no word for."""
    if _has_float(value):
        raise TypeError("a ledger document holds no float")
    return orjson.dumps(value, option=_CANONICAL)


def loads(data: bytes, field: str = "argument") -> Any:
    """The value of JSON ``data``; Refusal naming ``field`` where it is malformed, deep or holds a float."""
    try:
        value = orjson.loads(data)
        if _has_float(value):
            raise Refusal(Code.INVALID_ARGUMENT, "numbers are integers", field)
    except orjson.JSONDecodeError as error:
        raise Refusal(Code.INVALID_ARGUMENT, f"not JSON: {error}", field) from error
    except RecursionError:
        # The reader goes deeper than the search for floats can follow.
        raise Refusal(Code.INVALID_ARGUMENT, "nested too deep", field) from None
    return value


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return _has_float(value.value) if isinstance(value, Enum) else isinstance(value, float)
    # Most are flat: one look at all their types is twice as fast as one at each value.
    if _PLAIN.issuperset(map(type, value)):
        return False
    return any(map(_has_float, [one for one in value if type(one) not in _PLAIN]))
