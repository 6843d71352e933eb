"""What is filled in on Form FDA 3911, apart from what the ledger knows."""

from __future__ import annotations

from typing import Any

from chaincode.contracts.arguments import Arguments, invalid
from chaincode.model import gs1
from chaincode.model.documents.registry import Product
from chaincode.model.documents.safety import Drug, Quantity

MAX_DESCRIPTION = 2000
MAX_PARTNERS = 100
MAX_SERIALS = 200
MAX_LOTS = 50
MAX_QUANTITY = 1_000_000_000
# Items 3, 8, 9 and 19 of the form.
LOCATIONS = ("domestic", "foreign")
USES = ("human", "other")
DESCRIPTIONS = ("allergenic", "multiple", "other", "plasma_derivative", "prescription", "vaccine")
OTHER_REPORTS = ("bpdr", "far", "medwatch_3500", "medwatch_3500a", "other")


class Form:
    """The form's fields as a filer gives them, checked; the argument holds nothing else.

    ``partners`` are the GLNs of the trading partners that are notified, ``description`` what happened.
    """

    def __init__(self, arguments: Arguments, filer: str) -> None:
        self.location: Any = arguments.choice("location", LOCATIONS)
        self.description = arguments.text("description", MAX_DESCRIPTION)
        self.partners = _optional(arguments, "partners", MAX_PARTNERS, gs1.gln)
        self.other_reports = _optional(arguments, "other_reports", len(OTHER_REPORTS), _other_report)
        field, value = arguments.take("drug")
        arguments.done()
        if filer in self.partners:
            raise invalid("partners", "are others than who files")
        inner = Arguments(value, field)
        self._ingredient = inner.text("primary_ingredient") if inner.has("primary_ingredient") else None
        self._use: Any = inner.choice("use", USES)
        self._description = inner.choice("description", DESCRIPTIONS)
        self._quantity = _quantity(*inner.take("quantity"))
        self._serials = _optional(inner, "serials", MAX_SERIALS, gs1.serial)
        self._lots = _optional(inner, "lots", MAX_LOTS, gs1.lot)
        self._expiries = _optional(inner, "expiries", MAX_LOTS, _day)
        inner.done()

    def drug(self, product: Product) -> Drug:
        """The description of the product: what was given, and what the registry says."""
        drug: Drug = {
            "product_name": product["name"],
            "use": self._use,
            "description": self._description,
            "strength": product["strength"],
            "dosage_form": product["dosage_form"],
            "quantity": self._quantity,
            "ndc": product["ndc"],
            "serials": self._serials,
            "lots": self._lots,
            "expiries": self._expiries,
        }
        if self._ingredient is not None:
            drug["primary_ingredient"] = self._ingredient
        return drug


def _optional(arguments: Arguments, name: str, maximum: int, read: Any) -> list[str]:
    return arguments.each(name, maximum, read) if arguments.has(name) else []


def _quantity(field: str, value: Any) -> Quantity:
    inner = Arguments(value, field)
    read: Quantity = {"number": inner.integer("number", 0, MAX_QUANTITY), "unit": inner.text("unit", 64)}
    inner.done()
    return read


def _other_report(value: Any, field: str) -> str:
    return Arguments({field: value}).choice(field, OTHER_REPORTS)


def _day(value: Any, field: str) -> str:
    return Arguments({field: value}).day(field)
