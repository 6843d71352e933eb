"""Transaction statement and transaction information: what goes with every change of ownership."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from chaincode.model.documents.goods import Content
from chaincode.model.documents.registry import Party, Product
from chaincode.model.documents.trade import AFFIRMATIONS, Business, Information, Line
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

_OF_PRODUCT = ("gtin", "ndc", "name", "strength", "dosage_form", "container_size")
_OF_ADDRESS = ("street_address", "city", "postal_code", "country")


@rule(Code.STATEMENT_INCOMPLETE)
def affirmed(statement: Mapping[str, Any], field: str) -> None:
    """Whoever transfers ownership affirms all seven things that a transaction statement says.

    Source: FD&C Act, section 581(27)(A) to (G).
    """
    for name, meaning in AFFIRMATIONS.items():
        if statement.get(name) is not True:
            raise Refusal(Code.STATEMENT_INCOMPLETE, f"the seller {meaning}: true", f"{field}.{name}")


@rule(Code.INFORMATION_INCOMPLETE)
def complete(information: Information, field: str) -> None:
    """Transaction information names product, strength, form, NDC, size, number, lots, date and both parties.

    These with their business names and addresses.

    Source: FD&C Act, section 581(26)(A) to (J).
    """
    for side in ("from", "to"):
        for name in ("gln", "name"):
            _given(information[side].get(name), f"{side}.{name}", field)
        for name in _OF_ADDRESS:
            _given(information[side]["address"].get(name), f"{side}.address.{name}", field)
    _given(information["transaction_date"], "transaction_date", field)
    _given(information["lines"], "lines", field)
    for line in information["lines"]:
        for name in (*_OF_PRODUCT, "number_of_containers", "lots"):
            _given(line.get(name), f"{line['gtin']} {name}", field)


@rule(Code.SHIPMENT_DATE)
def shipped_later(shipment_date: str, today: str, field: str) -> None:
    """A date of shipment is stated where goods leave later than 24 hours after the transaction.

    Source: FD&C Act, section 581(26)(H).
    """
    if date.fromisoformat(shipment_date) <= date.fromisoformat(today) + timedelta(days=1):
        message = f"goods that leave by the day after {today} have no date of shipment of their own"
        raise Refusal(Code.SHIPMENT_DATE, message, field)


def information(
    contents: Sequence[Content],
    products: Mapping[str, Product],
    sender: Party,
    receiver: Party,
    transaction_date: str,
    shipment_date: str | None,
) -> Information:
    """Transaction information about ``contents`` (sorted), as registry and goods have it.

    ``number_of_containers`` counts packs, which the law calls containers.
    """
    made: Information = {
        "transaction_date": transaction_date,
        "from": _named(sender),
        "to": _named(receiver),
        "lines": [_line(products[gtin], of) for gtin, of in _by_product(contents).items()],
    }
    if shipment_date is not None:
        made["shipment_date"] = shipment_date
    return made


def _by_product(contents: Sequence[Content]) -> dict[str, list[Content]]:
    found: dict[str, list[Content]] = {}
    for content in contents:
        found.setdefault(content["gtin"], []).append(content)
    return found


def _line(product: Product, contents: Sequence[Content]) -> Line:
    return {
        "gtin": product["gtin"],
        "ndc": product["ndc"],
        "name": product["name"],
        "strength": product["strength"],
        "dosage_form": product["dosage_form"],
        "container_size": product["container_size"],
        "number_of_containers": sum(content["count"] for content in contents),
        "lots": [{"lot": content["lot"], "count": content["count"]} for content in contents],
    }


def _named(party: Party) -> Business:
    return {"gln": party["gln"], "name": party["name"], "address": party["address"]}


def _given(value: object, what: str, field: str) -> None:
    if not value:
        message = f"transaction information without {what}"
        raise Refusal(Code.INFORMATION_INCOMPLETE, message, field)
