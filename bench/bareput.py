"""The yardstick: a chaincode that does nothing but put keys, on the same shim and the same network."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from chaincode.contracts.protection import NOBODY, owners_policy
from chaincode.shim import Response, Stub, failure, success

# As long as a pack's, whose document and key these stand for: of a new one the first document with its
# share of the tray, and of one by itself its own.
NEW_BYTES = 115
VALUE_BYTES = 172
KEY_LENGTH = 39


def many_keys(prefix: str, count: int) -> Iterator[str]:
    """The keys that ``PutNew`` and ``PutMany`` write."""
    filled = prefix.rjust(KEY_LENGTH - 6, "0")
    return (f"{filled}{number:06d}" for number in range(count))


class BarePut:
    """``Put key value`` writes a key, unread and unchecked.

    ``PutNew {prefix, count}`` writes ``count`` keys as commissioning writes new packs, which nobody can write
    again. ``PutMany {prefix, count, members}`` writes as many keys as long as a pack's, each with an owner's
    key policy: the first of ``members`` is the owner. Of no members it leaves the keys' policies as they are.
    """

    async def invoke(self, stub: Stub) -> Response:
        if stub.function == "Put" and len(stub.params) == 2:
            stub.put_state(stub.params[0].decode(), stub.params[1])
            return success()
        if stub.function == "PutNew" and len(stub.params) == 1:
            wanted = orjson.loads(stub.params[0])
            value = b"x" * NEW_BYTES
            stub.put_states(((name, value) for name in many_keys(wanted["prefix"], wanted["count"])), NOBODY)
            return success()
        if stub.function == "PutMany" and len(stub.params) == 1:
            wanted = orjson.loads(stub.params[0])
            members = wanted["members"]
            value = b"x" * VALUE_BYTES
            entries = ((name, value) for name in many_keys(wanted["prefix"], wanted["count"]))
            if members:
                stub.put_states(entries, owners_policy(members[:1], members))
            else:
                for name, value in entries:
                    stub.put_state(name, value)
            return success()
        return failure("Put takes a key and a value, PutNew and PutMany an object")


chaincode = BarePut()
