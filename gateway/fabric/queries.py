"""What a peer says of its ledger, by the system chaincode qscc."""

from __future__ import annotations

from fabric_protos.common import common_pb2, ledger_pb2

from gateway.fabric.client import Client
from gateway.fabric.proposal import propose


async def height(client: Client, channel: str, seconds: float | None) -> int:
    """How many blocks the peer has; EvaluateError."""
    answer = await _query(client, channel, seconds, b"GetChainInfo")
    return ledger_pb2.BlockchainInfo.FromString(answer).height


async def block(client: Client, channel: str, number: int, seconds: float | None) -> common_pb2.Block:
    """A block by its number; EvaluateError where the peer does not have it."""
    answer = await _query(client, channel, seconds, b"GetBlockByNumber", str(number).encode())
    return common_pb2.Block.FromString(answer)


async def block_by_transaction(
    client: Client, channel: str, transaction_id: str, seconds: float | None
) -> common_pb2.Block:
    """The block that a transaction is in; EvaluateError where the peer has none."""
    answer = await _query(client, channel, seconds, b"GetBlockByTxID", transaction_id.encode())
    return common_pb2.Block.FromString(answer)


async def _query(
    client: Client, channel: str, seconds: float | None, function: bytes, *arguments: bytes
) -> bytes:
    # Every function of qscc takes the channel first.
    return await propose(client, channel, "qscc", [function, channel.encode(), *arguments]).evaluate(seconds)
