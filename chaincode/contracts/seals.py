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
    context.stub.put_private(collection, key, _value(packing))
    context.stub.set_validation_parameter(key, NOBODY, collection)


async def intact(context: Context, packing: Packing) -> bool:
    """Whether the list was sealed as it is, with the endorsement of the MSP that it names."""
    collection = COLLECTION + packing["msp_id"]
    found = await context.stub.get_private_hash(collection, keys.seal_key(packing["sscc"]))
    return found == hashlib.sha256(_value(packing)).digest()


def _value(packing: Packing) -> bytes:
    return hashlib.sha256(canonical.dumps(packing)).hexdigest().encode()
