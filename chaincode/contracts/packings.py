"""Packing lists, each under the seal of the owner of what was packed.

The seal is of the hashes of the list's parts, which the container's document names: who asks about one pack
reads its part, that document and the hash of the seal.

A seal is an owner's word, which no other members can give in its place. A fresh key is everyone's to write,
by the chaincode's policy; a key in a member's implicit collection takes that member's endorsement from the
first write on, and every peer has its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from chaincode.contracts.context import Context
from chaincode.contracts.protection import NOBODY
from chaincode.model import keys
from chaincode.model.documents.goods import Container, Packing
from chaincode.model.documents.registry import Party
from chaincode.model.errors import Code, Refusal
from chaincode.model.packing import PART, children_of, hashes_of, part_keys, part_of, seal_of

COLLECTION = "_implicit_org_"


def write_list(
    context: Context, sscc: str, owner: Party, refs: Sequence[str], periods: Mapping[str, int]
) -> list[str]:
    """Write the list of what is packed into a new container, and seal it for ever; the hashes of its parts.

    ``owner`` owns all of it; ``periods`` are the numbers of the periods that it begins, by ref.
    """
    hashes: list[str] = []
    for first in range(0, len(refs), PART):
        children = refs[first : first + PART]
        packing: Packing = {
            "doc": "packing",
            "sscc": sscc,
            "part": part_of(first),
            "children": list(children),
            "periods": [periods[ref] for ref in children],
            "owner": owner["gln"],
            "msp_id": owner["msp_id"],
        }
        value = context.write_once(keys.packing_key(sscc, packing["part"]), packing)
        hashes.append(hashlib.sha256(value).hexdigest())
    collection, key = COLLECTION + owner["msp_id"], keys.seal_key(sscc)
    context.stub.put_private(collection, key, seal_of(hashes))
    context.stub.set_validation_parameter(key, NOBODY, collection)
    return hashes


async def intact(context: Context, sscc: str, part: str, packing: Packing, container: Container) -> bool:
    """Whether a part of a list, read in this transaction, is one that the MSP that it names has sealed.

    ``container`` is the document, of any period, of the container that has the list.
    """
    hashes = hashes_of(container)
    # As it is written, and not as it would be: that saves writing it again.
    value = context.raw(keys.packing_key(sscc, part))
    if hashes.get(part) != hashlib.sha256(value).hexdigest():
        return False
    found = await context.private_hash(COLLECTION + packing["msp_id"], keys.seal_key(sscc))
    return found == hashlib.sha256(seal_of(hashes.values())).digest()


async def lists_of(context: Context, containers: Sequence[Container], field: str) -> list[list[Packing]]:
    """The parts of each container's packing list, in one reading; Refusal where one is missing."""
    wanted = [part_keys(container) for container in containers]
    found = iter(await context.read_all([key for parts in wanted for key in parts]))
    lists = [[next(found) for _ in parts] for parts in wanted]
    for container, parts in zip(containers, lists, strict=True):
        if not parts or None in parts:
            raise _unlisted(container, field)
    return lists


async def listed(context: Context, container: Container, field: str) -> dict[str, int]:
    """As ``children_of``, of all that was ever packed into a container.

    Refusal where a part of its list is missing, or another one than was sealed.
    """
    [parts] = await lists_of(context, [container], field)
    for number, packing in enumerate(parts):
        if not await intact(context, container["sscc"], str(number), packing, container):
            raise _unlisted(container, field)
    return children_of(parts)


def _unlisted(container: Container, field: str) -> Refusal:
    message = f"container {container['sscc']} has no sealed packing list"
    return Refusal(Code.RECORD_FORGED, message, field)
