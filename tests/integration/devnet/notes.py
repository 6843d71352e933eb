"""A chaincode of a few lines: notes that are written, read, and counted by whoever asks."""

from __future__ import annotations

from chaincode.shim import Response, Stub, failure, success

SAFE = "_implicit_org_ManufacturerMSP"


class Notes:
    """``Put key value`` writes and tells of it; ``Get key`` reads; ``Add key`` reads and writes one more.

    ``Fill prefix count`` writes many keys at once. ``Hide key`` keeps the transient value at the first
    member's peer alone, where ``Reveal key`` reads it.
    """

    async def invoke(self, stub: Stub) -> Response:
        params = [param.decode() for param in stub.params]
        if stub.function == "Put":
            key, value = params
            stub.put_state(key, value.encode())
            stub.set_event("Noted", key.encode())
            return success(value.encode())
        if stub.function == "Fill":
            prefix, count = params
            for number in range(int(count)):
                stub.put_state(f"{prefix}-{number:04}", prefix.encode())
            return success()
        if stub.function == "Hide":
            stub.put_private(SAFE, params[0], stub.transient["value"])
            return success()
        if stub.function == "Reveal":
            return success(await stub.get_private(SAFE, params[0]) or b"")
        if stub.function == "Get":
            return success(await stub.get_state(params[0]) or b"")
        if stub.function == "Add":
            count = int(await stub.get_state(params[0]) or b"0") + 1
            stub.put_state(params[0], str(count).encode())
            return success(str(count).encode())
        return failure(f"there is no function {stub.function}", 404)


chaincode = Notes()
