"""The smallest chaincode."""

from chaincode.shim import Response, Stub, success


class Echo:
    """Answers with the function's name."""

    async def invoke(self, stub: Stub) -> Response:
        return success(stub.function.encode())


chaincode = Echo()
