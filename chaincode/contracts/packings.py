"""Packing lists: each part under the seal of the owner of what was packed.

A seal is an owner's word, which no other members can give in its place. A fresh key is everyone's to write,
by the chaincode's policy; a key in a member's implicit collection takes that member's endorsement from the
first write on, and every peer has its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from chaincode.contracts.context import Context
from chaincode.contracts.protection import NOBODY
from chaincode.model import canonical, keys
from chaincode.model.documents.goods import Container, Packing
from chaincode.model.errors import Code, Refusal
from chaincode.model.packing import PART, children_of, part_keys

COLLECTION = "_implicit_org_"


def write_list(
    context: Context, container: Container, refs: Sequence[str], periods: Mapping[str, int]
) -> None:
    """Write the list of what is packed into a new container, which is its owner's, and seal it for ever.

    ``periods`` are the numbers of the periods that it begins, by ref.
    """
    for number in range(container["parts"]):
        children = refs[number * PART : (number + 1) * PART]
        packing: Packing = {
            "doc": "packing",
            "sscc": container["sscc"],
            "part": str(number),
            "children": list(children),
            "periods": [periods[ref] for ref in children],
            "owner": container["owner"],
            "msp_id": container["owner_msp"],
        }
        context.write_once(keys.packing_key(packing["sscc"], packing["part"]), packing)
        _seal(context, packing)


async def intact(context: Context, sscc: str, part: str, packing: Packing) -> bool:
    """Whether a part of a list, read in this transaction, was sealed as it is by the MSP that it names."""
    collection = COLLECTION + packing["msp_id"]
    found = await context.private_hash(collection, keys.seal_key(sscc, part))
    # As it is written, and not as it would be: that saves writing it again.
    value = _value(context.raw(keys.packing_key(sscc, part)))
    return found == hashlib.sha256(value).digest()


async def lists_of(context: Context, containers: Sequence[Container], field: str) -> list[list[Packing]]:
    """The parts of each container's packing list, in one reading; Refusal where one is missing."""
    wanted = [part_keys(container["sscc"], container["parts"]) for container in containers]
    found = iter(await context.read_all([key for parts in wanted for key in parts]))
    lists = [[next(found) for _ in parts] for parts in wanted]
    for container, parts in zip(containers, lists, strict=True):
        if not parts or None in parts:
            raise _unlisted(container, field)
    return lists


async def listed(context: Context, container: Container, field: str) -> dict[str, int]:
    """As ``children_of``, of all that was ever packed into a container.

    Refusal where a part of its list is missing, or lacks its seal.
    """
    [parts] = await lists_of(context, [container], field)
    for number, packing in enumerate(parts):
        if not await intact(context, container["sscc"], str(number), packing):
            raise _unlisted(container, field)
    return children_of(parts)


def _unlisted(container: Container, field: str) -> Refusal:
    message = f"container {container['sscc']} has no sealed packing list"
    return Refusal(Code.RECORD_FORGED, message, field)


def _seal(context: Context, packing: Packing) -> None:
    collection, key = COLLECTION + packing["msp_id"], keys.seal_key(packing["sscc"], packing["part"])
    context.stub.put_private(collection, key, _value(canonical.dumps(packing)))
    context.stub.set_validation_parameter(key, NOBODY, collection)


def _value(packing: bytes) -> bytes:
    return hashlib.sha256(packing).hexdigest().encode()
