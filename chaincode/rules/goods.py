"""Units and containers: in which state what may be done to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from chaincode.model.documents.coldchain import Storage
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule


class Goods(Protocol):
    """A unit or container as it stands on the ledger.

    ``document`` is that of its present period, ``around`` are the containers it is in, innermost first;
    ``owner`` and ``custodian`` (GLNs) are those of the outermost.
    """

    @property
    def ref(self) -> str: ...
    @property
    def document(self) -> Mapping[str, Any]: ...
    @property
    def around(self) -> Sequence[Goods]: ...
    @property
    def owner(self) -> str: ...
    @property
    def custodian(self) -> str: ...


@rule(Code.UNIT_PACKED, Code.CONTAINER_PACKED)
def loose(goods: Goods, field: str) -> None:
    """It is in no container: what is packed goes where its container goes, until it is taken out.

    Source: EPCIS 2.0, section 7.4.3 (AggregationEvent).
    """
    if goods.around:
        code = Code.UNIT_PACKED if goods.document["doc"] == "unit" else Code.CONTAINER_PACKED
        raise Refusal(code, f"{goods.ref} is packed in {goods.around[0].ref}", field)


@rule(Code.NOT_CUSTODIAN)
def in_custody(goods: Goods, gln: str, field: str) -> None:
    """Only who has goods packs, unpacks, ships, dispenses or decommissions them.

    Source: Design of MediLedger, "Who must sign": the consortium's own.
    """
    if goods.custodian != gln:
        raise Refusal(Code.NOT_CUSTODIAN, f"{goods.ref} is not in the custody of {gln}", field)


@rule(Code.NOT_OWNER)
def owned(goods: Goods, gln: str, field: str) -> None:
    """Only their owner sells, dispenses, repackages or re-serialises goods; who stores them does not.

    Source: FD&C Act, section 581(22) and (24)(A).
    """
    if goods.owner != gln:
        raise Refusal(Code.NOT_OWNER, f"{goods.ref} is not owned by {gln}", field)


@rule(Code.OFFER_PENDING)
def not_offered(goods: Goods, field: str) -> None:
    """While an offer of goods is open, they stay as its transaction information describes them.

    Source: Design of MediLedger: the consortium's own, so that the information provided under FD&C Act,
    section 582(b)(1)(A)(i), (c)(1)(A)(ii) and (iii), (d)(1)(A)(ii), (e)(1)(A)(ii) stays true.
    """
    if "offer" in goods.document:
        raise Refusal(
            Code.OFFER_PENDING, f"{goods.ref} is offered in transfer {goods.document['offer']}", field
        )


@rule(Code.UNIT_DISPENSED, Code.DECOMMISSIONED, Code.REPACKAGED, Code.CONTAINER_UNPACKED)
def in_circulation(goods: Goods, field: str) -> None:
    """What was dispensed, decommissioned, repackaged or emptied is not distributed or supplied any more.

    Source: Delegated Regulation (EU) 2016/161, article 12.
    """
    for one in (goods, *goods.around):
        status = one.document["status"]
        if status in _ENDED:
            through = "" if one is goods else f" in {one.ref}"
            raise Refusal(_ENDED[status], f"{goods.ref} was {status}{through}", field)


_ENDED = {
    "dispensed": Code.UNIT_DISPENSED,
    "decommissioned": Code.DECOMMISSIONED,
    "repackaged": Code.REPACKAGED,
    "unpacked": Code.CONTAINER_UNPACKED,
}


@rule(Code.GOODS_MISSING)
def present(goods: Goods, field: str) -> None:
    """What was sent and did not arrive is not sold, packed or dispensed until it is found.

    Source: Design of MediLedger: the consortium's own; records of what was received as in 21 CFR
    205.50(f)(1).
    """
    if "missing" in goods.document:
        message = f"{goods.ref} is missing since transfer {goods.document['missing']}"
        raise Refusal(Code.GOODS_MISSING, message, field)


@rule(Code.OWNERS_DIFFER)
def one_owner(goods: Goods, owner: str, field: str) -> None:
    """What is packed together belongs to one owner, so that one transaction changes the owner of it all.

    Source: Design of MediLedger: the consortium's own; transaction as in FD&C Act, section 581(24)(A).
    """
    if goods.owner != owner:
        message = f"{goods.ref} is owned by {goods.owner}, what is packed with it by {owner}"
        raise Refusal(Code.OWNERS_DIFFER, message, field)


@rule(Code.STORAGE_DIFFERS)
def storable_together(profiles: Collection[Storage], field: str) -> None:
    """What is packed together can be kept at one temperature.

    Source: 21 CFR 205.50(c).
    """
    low, high = max(p["min_mc"] for p in profiles), min(p["max_mc"] for p in profiles)
    if low > high:
        message = f"no temperature suits all: one needs {low} mC or more, one {high} mC or less"
        raise Refusal(Code.STORAGE_DIFFERS, message, field)


@rule(Code.SSCC_EXISTS)
def unused_sscc(found: object | None, sscc: str, field: str) -> None:
    """An SSCC names one logistic unit, and is not used for another one.

    Source: GS1 General Specifications, section 2.2.1.
    """
    if found is not None:
        raise Refusal(Code.SSCC_EXISTS, f"container {sscc} exists", field)
