"""The yardstick: a chaincode that does nothing but put one key, on the same shim and the same network."""

from __future__ import annotations

from chaincode.shim import Response, Stub, failure, success


class BarePut:
    """``Put key value``: writes it, unread and unchecked."""

    async def invoke(self, stub: Stub) -> Response:
        if stub.function != "Put" or len(stub.params) != 2:
            return failure("Put takes a key and a value")
        stub.put_state(stub.params[0].decode(), stub.params[1])
        return success()


chaincode = BarePut()
