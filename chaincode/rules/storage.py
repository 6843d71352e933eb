"""Storage profiles that make sense."""

from __future__ import annotations

from chaincode.model.documents.coldchain import Storage
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule

_EXCURSION = ("excursion_min_mc", "excursion_max_mc", "excursion_minutes")
_KINETIC = ("mkt_max_mc", "mkt_window_days")


@rule(Code.INVALID_ARGUMENT)
def in_order(storage: Storage, field: str) -> None:
    """A profile's low limit is below its high one, and what it allows beyond them lies around them.

    An allowance for excursions is complete or absent, and so is a limit for the mean kinetic temperature.
    That limit is above the low one, and goods do not freeze within the limits.

    Source: USP <659>, controlled room temperature and cold; USP <1079.2>.
    """
    _demand(storage["min_mc"] < storage["max_mc"], f"{field}.min_mc", "is below max_mc")
    for group in (_EXCURSION, _KINETIC):
        given = [name for name in group if name in storage]
        for name in group:
            _demand(not given or name in storage, f"{field}.{name}", f"is given with {', '.join(given)}")
    if "excursion_minutes" in storage:
        low, high = storage["excursion_min_mc"], storage["excursion_max_mc"]
        _demand(low <= storage["min_mc"], f"{field}.excursion_min_mc", "is not above min_mc")
        _demand(high >= storage["max_mc"], f"{field}.excursion_max_mc", "is not below max_mc")
    if "mkt_max_mc" in storage:
        _demand(storage["mkt_max_mc"] > storage["min_mc"], f"{field}.mkt_max_mc", "is above min_mc")
    if "freeze_mc" in storage:
        _demand(storage["freeze_mc"] <= storage["min_mc"], f"{field}.freeze_mc", "is not above min_mc")


def _demand(satisfied: bool, field: str, demand: str) -> None:
    if not satisfied:
        raise Refusal(Code.INVALID_ARGUMENT, f"{field} {demand}", field)
