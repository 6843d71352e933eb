"""Whether the record of goods holds together: each period follows from the last, by the owner's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaincode.model import gs1
from chaincode.model.documents.goods import Container, Packing, Unit
from chaincode.model.errors import Code, Refusal
from chaincode.model.packing import Part, part_named
from chaincode.model.periods import tells_end
from chaincode.rules.catalogue import rule
from chaincode.rules.goods import Goods


@dataclass(frozen=True)
class Packed:
    """What the ledger says of one part of a packing list.

    ``children`` are the refs that it names, ``periods`` the numbers of their packed periods. ``sealed``:
    whether the seal in the implicit collection of its MSP is of a list that has this very part. ``taken``:
    what the container's document of its newest period says was taken out; all of it where it is
    ``unpacked``.
    """

    msp_id: str
    children: Sequence[str]
    periods: Sequence[int]
    sealed: bool
    unpacked: bool
    taken: frozenset[str]

    @classmethod
    def of(cls, packing: Packing, sealed: bool, container: Container) -> Packed:
        """From a part of the packing list and the container's document of its newest period."""
        unpacked = container["status"] == "unpacked"
        taken = frozenset(container["taken"])
        return cls(packing["msp_id"], packing["children"], packing["periods"], sealed, unpacked, taken)

    def begins(self, ref: str, number: int) -> bool:
        """Whether the part says that this packed period of goods begins with it."""
        # It names a hundred, and mostly one of them is asked for: an index would take longer to make.
        place = self.children.index(ref) if ref in self.children else len(self.children)
        return self.periods[place : place + 1] == [number]

    def holds(self, ref: str) -> bool:
        """Whether the container's own document leaves ``ref`` inside."""
        return not self.unpacked and ref not in self.taken


@rule(Code.RECORD_FORGED)
def unbroken(
    ref: str, periods: Sequence[Unit | Container], packings: Mapping[Part, Packed], field: str
) -> None:
    """Goods are where the unbroken chain of their periods says.

    Packing counts only if the packing list names them for this period and the seal is that of the MSP that
    owned them; being taken out only if the container's own document says so; and being packed again only if
    the document of the loose period says that this has ended. No majority can write any of them without the
    owner.

    ``periods`` are the documents of all periods, ``packings`` the parts of packing lists that they name, by
    SSCC and part.

    Source: design of MediLedger, "Who must sign"; FD&C Act, section 582(g)(1)(B) and (E).
    """
    for number, document in enumerate(periods):
        if document["period"] != number or ("parent" in document) != bool(number % 2):
            raise _forged(ref, number, "is out of order", field)
        last = number == len(periods) - 1
        if "parent" not in document:
            if tells_end(ref, number) and ("ended" in document) == last:
                raise _forged(ref, number, "has ended" if last else "has not ended", field)
            continue
        packed = packings.get(part_named(document))
        if packed is None or not packed.begins(ref, number):
            raise _forged(ref, number, f"is in no packing list of {document['parent']}", field)
        if not packed.sealed or packed.msp_id != periods[number - 1].get("owner_msp"):
            raise _forged(ref, number, "lacks the seal of its owner", field)
        if packed.holds(ref) != last:
            said = "was taken out of" if last else "is still in"
            raise _forged(ref, number, f"{said} {gs1.container_ref(document['parent'])}", field)


@rule(Code.RECORD_FORGED)
def inside(goods: Goods, container: str, period: int, field: str) -> None:
    """What is taken out of a container is in it by its own record too, not only by the packing list.

    A seller who has sold goods in their case can still seal a list that packs them into a second one.
    ``container`` is the ref of the container, ``period`` the one that its packing list begins.

    Source: design of MediLedger, "Who must sign"; FD&C Act, section 582(g)(1)(B) and (E).
    """
    if not goods.around or goods.around[0].ref != container or goods.document["period"] != period:
        raise Refusal(Code.RECORD_FORGED, f"{goods.ref} was packed into {container}, and is not in it", field)


def _forged(ref: str, number: int, what: str, field: str) -> Refusal:
    return Refusal(Code.RECORD_FORGED, f"period {number} of {ref} {what}", field)
