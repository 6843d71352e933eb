"""Returns: goods go back along the way they came."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chaincode.model.documents.goods import Content
from chaincode.model.documents.trade import Transfer
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule
from chaincode.rules.offers import KINDS

_DONE = ("accepted", "accepted_with_exceptions")


@rule(Code.RETURN_UNRELATED)
def to_the_seller(original: Transfer, sender: str, receiver: str, field: str) -> None:
    """Goods are returned by who bought them to who sold them, by the transaction that did so.

    Source: FD&C Act, sections 581(17), 582(c)(1)(B)(i)(II), (d)(1)(C)(i), (g)(1)(F).
    """
    bought = KINDS[original["kind"]].ownership and original["status"] in _DONE
    if not bought or (original["to"], original["from"]) != (sender, receiver):
        message = f"by transfer {original['id']} {sender} did not buy from {receiver}"
        raise Refusal(Code.RETURN_UNRELATED, message, field)


@rule(Code.RETURN_UNRELATED)
def associated(contents: Sequence[Content], original: Transfer, field: str) -> None:
    """What comes back is associated with the transaction information that it was sold with: lot and number.

    Source: FD&C Act, section 582(c)(1)(B)(i)(II), (g)(1)(F).
    """
    sold = {(line["gtin"], line["lot"]): line["count"] for line in original["contents"]}
    for content in contents:
        count = sold.get((content["gtin"], content["lot"]), 0)
        if content["count"] > count:
            message = (
                f"transfer {original['id']} was of {count} packs of lot {content['lot']}, "
                f"not of {content['count']}"
            )
            raise Refusal(Code.RETURN_UNRELATED, message, field)


@rule(Code.RETURN_UNRELATED)
def loose_packs(ref: str, field: str) -> None:
    """What is returned to be sold again comes as single packs, so that the identifier of each is verified.

    Source: Design of MediLedger: stricter than FD&C Act, section 582(b)(4)(E), (c)(4)(D), (e)(4)(E), by which
    the identifier of a sealed homogeneous case may stand for those of its packs.
    """
    if not ref.startswith("01"):
        message = f"{ref} is a container: a saleable return is of packs taken out of theirs"
        raise Refusal(Code.RETURN_UNRELATED, message, field)


@rule(Code.RETURN_UNRELATED)
def to_the_source(receiver: str, sources: Collection[str], field: str) -> None:
    """What is not saleable goes back to the manufacturer or to who sold it.

    Source: FD&C Act, section 582(b)(4)(F), (c)(1)(B)(ii), (d)(1)(C)(ii), (e)(1)(B)(i).
    """
    if receiver not in sources:
        message = f"{receiver} neither made nor sold all of it"
        raise Refusal(Code.RETURN_UNRELATED, message, field)
