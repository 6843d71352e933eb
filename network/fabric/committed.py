"""The definition of a chaincode that a channel holds, asked of a peer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from fabric_protos.peer.lifecycle import lifecycle_pb2

from gateway.fabric import EvaluateError, Profile, chaincode_refusal, connect
from network.fabric.errors import CommandFailed

Definition: TypeAlias = lifecycle_pb2.QueryChaincodeDefinitionResult
Committed: TypeAlias = Callable[[Profile, str, str], Awaitable[Definition | None]]

# The status with which the lifecycle answers for a chaincode that is not defined.
_NOT_DEFINED = 404


async def committed(profile: Profile, channel: str, chaincode: str) -> Definition | None:
    """The definition of ``chaincode`` on ``channel``; None where there is none.

    Raises CommandFailed where the peer does not say.
    """
    wanted = lifecycle_pb2.QueryChaincodeDefinitionArgs(name=chaincode).SerializeToString()
    async with connect(profile) as gateway:
        lifecycle = gateway.network(channel).contract("_lifecycle")
        try:
            answer = await lifecycle.evaluate("QueryChaincodeDefinition", wanted)
        except EvaluateError as error:
            refusal = chaincode_refusal(error)
            if refusal and refusal[0] == _NOT_DEFINED:
                return None
            raise CommandFailed(f"the definition of {chaincode} cannot be read: {error}") from error
    return Definition.FromString(answer)
