"""Whether the record of goods holds together: each period follows from the last, by the owner's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaincode.model import gs1, trays
from chaincode.model.documents.goods import Container, Tray, Unit
from chaincode.model.errors import Code, Refusal
from chaincode.rules.catalogue import rule


@rule(Code.RECORD_FORGED)
def unbroken(
    ref: str,
    periods: Sequence[Unit | Container],
    tray: Tray | None,
    containers: Mapping[str, Container],
    field: str,
) -> None:
    """Goods are where the unbroken chain of their periods says.

    They are packed only if their own document says so, or that of the tray which a pack's first document
    names; and taken out only if the container's does, or out of a tray the tray's. All of these are under the
    policy of whoever owned the goods when they were written: no majority can write any without the owner, and
    nobody can write again what says that goods were packed.

    ``periods`` are the documents of all periods, ``tray`` that of the tray; ``containers`` are the documents
    of the containers that they name, of each one's newest period, by SSCC.

    Source: design of MediLedger, "Who must sign"; FD&C Act, section 582(g)(1)(B) and (E).
    """
    for number, document in enumerate(periods):
        if document.get("period") != number:
            raise _forged(ref, number, "is out of order", field)
        last = number == len(periods) - 1
        said: Mapping[str, object] = document
        if not ref.startswith("00"):
            if number == 0:
                if tray is None or not trays.names(tray, document):
                    raise _forged(ref, number, "is in no tray", field)
                if ref[18:] in tray["left"]:
                    if last:
                        raise _forged(ref, number, "has ended", field)
                    continue
                said = tray
            elif document.get("lot") != periods[0].get("lot"):
                raise _forged(ref, number, "is of another lot", field)
        parent = said.get("parent")
        if parent is None:
            if not last:
                raise _forged(ref, number, "has not ended", field)
            continue
        container = containers.get(str(parent))
        if container is None or holds(container, ref) != last:
            how = "was taken out of" if last else "is still in"
            raise _forged(ref, number, f"{how} {gs1.container_ref(str(parent))}", field)


def holds(container: Container, ref: str) -> bool:
    """Whether a container's document leaves what was packed into it inside."""
    taken = container.get("taken")
    return isinstance(taken, list) and container.get("status") != "unpacked" and ref not in taken


@rule(Code.RECORD_FORGED)
def inside(ref: str, parent: object, container: str, field: str) -> None:
    """What is listed as packed into a container is in it by its own record too, not only by the list.

    A seller who has sold goods in their case can still write a list that packs them into a second one.
    ``parent`` is what the goods' own document, or their tray's, names, ``container`` the SSCC of the list's.

    Source: design of MediLedger, "Who must sign"; FD&C Act, section 582(g)(1)(B) and (E).
    """
    if parent != container:
        message = f"{ref} is listed in {gs1.container_ref(container)}, and is not in it"
        raise Refusal(Code.RECORD_FORGED, message, field)


def _forged(ref: str, number: int, what: str, field: str) -> Refusal:
    return Refusal(Code.RECORD_FORGED, f"period {number} of {ref} {what}", field)
