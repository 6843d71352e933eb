"""What can go wrong between a chaincode and its peer."""


class ShimError(Exception):
    """Root of the shim's errors; alone it means that a call of the stub broke one of Fabric's rules."""


class PeerError(ShimError):
    """The peer answered a request with ERROR; the text is the peer's own."""


class StreamLost(ShimError):
    """The stream to the peer ended while a transaction was waiting for an answer."""


class ChaincodeCallError(ShimError):
    """Another chaincode answered a call with an error status.

    Attributes:
        status: the called chaincode's status, 400 or above.
        message: the called chaincode's message, unchanged.
    """

    def __init__(self, name: str, status: int, message: str) -> None:
        super().__init__(f"chaincode {name} answered {status}")
        self.name = name
        self.status = status
        self.message = message
