"""A transaction function's one argument, a JSON object, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from typing import Any, TypeVar

from chaincode.model import gs1, kinetics
from chaincode.model.documents.coldchain import Storage
from chaincode.model.documents.registry import Address
from chaincode.model.errors import Code, Refusal
from chaincode.rules import identifiers, storage

Value = TypeVar("Value")

MAX_TEXT = 200
# As much of an unknown field's name as a refusal repeats.
MAX_NAME = 64
MAX_BOOKMARK = 500
MAX_STATE = 64
MAX_POSTAL_CODE = 20
# A storage profile's allowance and window: at most a year.
MAX_MINUTES = 366 * 24 * 60
MAX_DAYS = 366
MAX_TIME_MS = 253_402_300_799_999  # the end of the year 9999
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_HEXADECIMAL = re.compile(r"[1-9a-f][0-9a-f]{0,63}")


class Arguments:
    """Takes fields out of an object; what is left over at the end is refused.

    Every method returns the checked value or raises Refusal naming the field, with ``prefix`` before it.
    """

    def __init__(self, value: Any, prefix: str = "") -> None:
        if not isinstance(value, dict):
            raise invalid(prefix or "argument", "is an object")
        self._left = dict(value)
        self._prefix = f"{prefix}." if prefix else ""

    def done(self) -> None:
        """Refuse what no method asked for."""
        for name in sorted(self._left):
            raise invalid(f"{self._prefix}{name[:MAX_NAME]}", "is not a field here")

    def has(self, name: str) -> bool:
        """Whether the field is given."""
        return name in self._left

    def take(self, name: str) -> tuple[str, Any]:
        """The field's full name and its raw value."""
        field = f"{self._prefix}{name}"
        if name not in self._left:
            raise invalid(field, "is required")
        return field, self._left.pop(name)

    def text(self, name: str, maximum: int = MAX_TEXT) -> str:
        """A text of 1 to ``maximum`` characters, without white space around it or control characters."""
        field, value = self.take(name)
        if not isinstance(value, str) or not 1 <= len(value) <= maximum:
            raise invalid(field, f"is a text of 1 to {maximum} characters")
        if value != value.strip() or not value.isprintable():
            raise invalid(field, "has white space around it or characters that cannot be printed")
        return value

    def bookmark(self) -> str:
        """Where a page ended, as the earlier answer gave it: a key, so it may hold separators."""
        field, value = self.take("bookmark")
        if not isinstance(value, str) or len(value) > MAX_BOOKMARK:
            raise invalid(field, "is the bookmark of an earlier answer")
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """One of ``allowed``."""
        field, value = self.take(name)
        if not isinstance(value, str) or value not in allowed:
            raise invalid(field, f"is one of {', '.join(sorted(allowed))}")
        return value

    def identifier(self, name: str) -> str:
        """1 to 64 letters, digits, dots, underscores and hyphens."""
        field, value = self.take(name)
        if not isinstance(value, str) or _IDENTIFIER.fullmatch(value) is None:
            raise invalid(field, "is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")
        return value

    def integer(self, name: str, minimum: int, maximum: int) -> int:
        """An integer from ``minimum`` to ``maximum``."""
        field, value = self.take(name)
        if type(value) is not int or not minimum <= value <= maximum:
            raise invalid(field, f"is an integer from {minimum} to {maximum}")
        return value

    def temperature(self, name: str) -> int:
        """Milli-degrees Celsius."""
        return self.integer(name, kinetics.COLDEST_MC, kinetics.HOTTEST_MC)

    def time(self, name: str) -> int:
        """Epoch milliseconds."""
        return self.integer(name, 0, MAX_TIME_MS)

    def digest(self, name: str) -> str:
        """A SHA-256 as 64 lower-case hexadecimal digits."""
        field, value = self.take(name)
        if not isinstance(value, str) or _HASH.fullmatch(value) is None:
            raise invalid(field, "is 64 lower-case hexadecimal digits")
        return value

    def hexadecimal(self, name: str) -> str:
        """A whole number above zero in 1 to 64 lower-case hexadecimal digits."""
        field, value = self.take(name)
        if not isinstance(value, str) or _HEXADECIMAL.fullmatch(value) is None:
            raise invalid(field, "is a number above zero in 1 to 64 lower-case hexadecimal digits")
        return value

    def day(self, name: str) -> str:
        """A date, ``YYYY-MM-DD``."""
        field, value = self.take(name)
        if not isinstance(value, str) or _DATE.fullmatch(value) is None:
            raise invalid(field, "is a date, YYYY-MM-DD")
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise invalid(field, f"is a date: {error}") from None
        return value

    def expiry(self, name: str, today: str) -> str:
        """An expiry date, ``YYYY-MM-DD``; taken as AI (17) has it too, YYMMDD, day 00 the month's last."""
        field, value = self.take(name)
        if isinstance(value, str) and len(value) == 6:
            return identifiers.expiry(value, int(today[:4]), field)
        return Arguments({field: value}).day(field)

    def ndc(self, name: str, gtin: str) -> str:
        """An NDC in its HIPAA form, 5-4-2; the one that ``gtin`` is made of, if it is made of one."""
        field, value = self.take(name)
        return identifiers.ndc(value, gtin, field)

    def gtin(self, name: str = "gtin") -> str:
        field, value = self.take(name)
        return identifiers.gtin(value, field)

    def gln(self, name: str = "gln") -> str:
        field, value = self.take(name)
        return identifiers.gln(value, field)

    def sscc(self, name: str = "sscc") -> str:
        field, value = self.take(name)
        return identifiers.sscc(value, field)

    def lot(self) -> str:
        field, value = self.take("lot")
        return identifiers.lot(value, field)

    def serial(self, name: str = "serial") -> str:
        field, value = self.take(name)
        return identifiers.serial(value, field)

    def boolean(self, name: str) -> bool:
        """True or false."""
        field, value = self.take(name)
        if not isinstance(value, bool):
            raise invalid(field, "is true or false")
        return value

    def values(self, name: str) -> list[Any]:
        """A list of raw values, perhaps of none."""
        field, value = self.take(name)
        if not isinstance(value, list):
            raise invalid(field, "is a list")
        return value

    def batch(self, name: str, maximum: int) -> tuple[str, list[Any]]:
        """The field's name and a list of 1 to ``maximum`` raw values."""
        field, value = self.take(name)
        if not isinstance(value, list) or not value:
            raise invalid(field, "is a list of at least one")
        if len(value) > maximum:
            raise Refusal(Code.BATCH_TOO_LARGE, f"{field} has {len(value)} entries, at most {maximum}", field)
        return field, value

    def each(self, name: str, maximum: int, read: Callable[[Any, str], Value]) -> list[Value]:
        """A list of 1 to ``maximum`` values, each by ``read(value, field)``, none twice."""
        field, values = self.batch(name, maximum)
        checked = [read(value, f"{field}[{place}]") for place, value in enumerate(values)]
        unrepeated(checked, field)
        return checked

    def refs(self, name: str, maximum: int) -> list[str]:
        """Units and containers in the ledger's own form, none twice; given in any of GS1's forms."""
        field, values = self.batch(name, maximum)
        if not all(isinstance(value, str) and gs1.is_unit_ref(value) for value in values):
            values = [ref(value, f"{field}[{place}]") for place, value in enumerate(values)]
        unrepeated(values, field)
        return values

    def address(self, name: str) -> Address:
        """A business address: ``{street_address, city, state?, postal_code, country}``."""
        field, value = self.take(name)
        inner = Arguments(value, field)
        read: Address = {
            "street_address": inner.text("street_address"),
            "city": inner.text("city"),
            "postal_code": inner.text("postal_code", MAX_POSTAL_CODE),
            "country": inner.country("country"),
        }
        if inner.has("state"):
            read["state"] = inner.text("state", MAX_STATE)
        inner.done()
        return read

    def country(self, name: str) -> str:
        """Two letters of ISO 3166-1."""
        field, value = self.take(name)
        return identifiers.country(value, field)

    def storage(self, name: str) -> Storage:
        """A storage profile in which the limits agree with each other."""
        field, value = self.take(name)
        inner = Arguments(value, field)
        read: Storage = {"min_mc": inner.temperature("min_mc"), "max_mc": inner.temperature("max_mc")}
        if inner.has("excursion_min_mc"):
            read["excursion_min_mc"] = inner.temperature("excursion_min_mc")
        if inner.has("excursion_max_mc"):
            read["excursion_max_mc"] = inner.temperature("excursion_max_mc")
        if inner.has("excursion_minutes"):
            read["excursion_minutes"] = inner.integer("excursion_minutes", 1, MAX_MINUTES)
        if inner.has("mkt_max_mc"):
            read["mkt_max_mc"] = inner.temperature("mkt_max_mc")
        if inner.has("mkt_window_days"):
            read["mkt_window_days"] = inner.integer("mkt_window_days", 1, MAX_DAYS)
        if inner.has("freeze_mc"):
            read["freeze_mc"] = inner.temperature("freeze_mc")
        inner.done()
        storage.in_order(read, field)
        return read


def ref(value: Any, field: str) -> str:
    """A ref in the ledger's own form; it may come in any of GS1's."""
    return identifiers.ref(value, field)


def unit_ref(value: Any, field: str) -> str:
    """As ``ref``, of a unit."""
    name = ref(value, field)
    if not name.startswith("01"):
        raise invalid(field, "is a unit, not a container")
    return name


def identifier(value: Any, field: str) -> str:
    """As ``Arguments.identifier``, for an entry of a list."""
    return Arguments({field: value}).identifier(field)


def digest(value: Any, field: str) -> str:
    """As ``Arguments.digest``, for an entry of a list."""
    return Arguments({field: value}).digest(field)


def unrepeated(values: list[Any], field: str, code: Code = Code.INVALID_ARGUMENT) -> None:
    """Refuse a list that names something twice."""
    if len(set(map(str, values))) == len(values):
        return
    seen: set[str] = set()
    for place, value in enumerate(values):
        if str(value) in seen:
            raise Refusal(code, f"{value} stands here twice", f"{field}[{place}]")
        seen.add(str(value))


def invalid(field: str, rule: str) -> Refusal:
    """A malformed argument."""
    return Refusal(Code.INVALID_ARGUMENT, f"{field} {rule}", field)
