"""Seals on packing lists: an owner's word, which no other members can give in its place.

A fresh key is everyone's to write, by the chaincode's policy; a key in a member's implicit collection takes
that member's endorsement from the first write on, and every peer has its hash.
"""

from __future__ import annotations

import hashlib

from chaincode.contracts.context import Context
from chaincode.contracts.protection import NOBODY
from chaincode.model import canonical, keys
from chaincode.model.documents.goods import Packing

COLLECTION = "_implicit_org_"


def seal(context: Context, packing: Packing) -> None:
    """Seal a packing list for the MSP that it names, for ever: what was packed may be sold as it is."""
    collection, key = COLLECTION + packing["msp_id"], keys.seal_key(packing["sscc"])
    context.stub.put_private(collection, key, _value(canonical.dumps(packing)))
    context.stub.set_validation_parameter(key, NOBODY, collection)


async def intact(context: Context, sscc: str, packing: Packing) -> bool:
    """Whether the list of a container, read in this transaction, was sealed as it is by the MSP it names."""
    collection = COLLECTION + packing["msp_id"]
    found = await context.stub.get_private_hash(collection, keys.seal_key(sscc))
    # As it is written, and not as it would be: a list is long, and is asked for with each pack of its case.
    value = _value(context.raw(keys.packing_key(sscc)))
    return found == hashlib.sha256(value).digest()


def _value(packing: bytes) -> bytes:
    return hashlib.sha256(packing).hexdigest().encode()
