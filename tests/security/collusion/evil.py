"""The project's chaincodes as colluders run them: they also write whatever they are told.

A member that is not asked endorses nothing of it, so every member's server may run this: who endorses is who
colludes.
"""

from __future__ import annotations

import json

from chaincode.contracts import custody as honest_custody
from chaincode.contracts import registry as honest_registry
from chaincode.contracts.contract import Contract
from chaincode.model import canonical
from chaincode.shim import Response, Stub, success


class Evil:
    """A chaincode with two functions more: ``Forge`` writes, ``Read`` reads, any key."""

    def __init__(self, honest: Contract) -> None:
        self._honest = honest

    async def invoke(self, stub: Stub) -> Response:
        if stub.function == "Forge":
            return _forge(stub)
        if stub.function == "Read":
            value = await stub.get_state(json.loads(stub.params[0]))
            return success(value or b"null")
        return await self._honest.invoke(stub)


def _forge(stub: Stub) -> Response:
    order = json.loads(stub.params[0])
    for key, document in order["writes"].items():
        stub.put_state(key, canonical.dumps(document))
    for key, policy in order["policies"].items():
        stub.set_validation_parameter(key, bytes.fromhex(policy))
    return success(b"{}")


custody = Evil(honest_custody.chaincode)
registry = Evil(honest_registry.chaincode)
