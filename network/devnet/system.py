"""The system chaincodes that read a peer's chain and its configuration: qscc and cscc."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fabric_protos.common import common_pb2, configtx_pb2, ledger_pb2
from fabric_protos.peer import proposal_response_pb2, query_pb2, transaction_pb2

from network.devnet.chain import Chain

NAMES = frozenset({"qscc", "cscc"})
SUCCESS, ERROR = 200, 500


class _Failed(Exception):
    """The query has no answer; the message says why."""


def query(chain: Chain, name: str, arguments: Sequence[bytes]) -> proposal_response_pb2.Response:
    """Answer a query of ``qscc`` or ``cscc``; a status of 500 says why there is none."""
    functions = _QSCC if name == "qscc" else _CSCC
    words = [argument.decode(errors="replace") for argument in arguments[:2]]
    function = functions.get(words[0]) if words else None
    try:
        if not words:
            raise _Failed("Incorrect number of arguments, 0")
        if function is None:
            raise _Failed(f"Requested function {words[0][:64]} not found.")
        if words[0] != "GetChannels":
            if len(words) < 2:
                raise _Failed(f"Incorrect number of arguments, {len(words)}")
            if words[1] != chain.channel:
                raise _Failed(f"Invalid chain ID, {words[1][:64]}")
        if name == "qscc" and words[0] != "GetChainInfo" and len(arguments) < 3:
            raise _Failed(f"missing 3rd argument for {words[0]}")
        payload = function(chain, arguments[2] if len(arguments) > 2 else b"")
        return proposal_response_pb2.Response(status=SUCCESS, payload=payload)
    except _Failed as failed:
        return proposal_response_pb2.Response(status=ERROR, message=str(failed))


def _chain_info(chain: Chain, _: bytes) -> bytes:
    last = common_pb2.Block.FromString(chain.block(chain.height - 1))
    return ledger_pb2.BlockchainInfo(
        height=last.header.number + 1,
        currentBlockHash=chain.last_hash,
        previousBlockHash=last.header.previous_hash,
    ).SerializeToString()


def _block_by_number(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise _Failed(f"Failed to parse block number with error {text[:32]!r}: invalid syntax")
    found = chain.store.block(int(text))
    if found is None:
        raise _Failed(f"Failed to get block number {text}, error no such block number [{text}] in index")
    return found


def _block_by_hash(chain: Chain, argument: bytes) -> bytes:
    number = chain.store.number_of(argument)
    if number is None:
        raise _Failed(f"Failed to get block hash, error no such block hash [{argument[:64].hex()}] in index")
    return chain.block(number)


def _block_by_transaction(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    found = chain.store.locate(text)
    if found is None:
        raise _Failed(
            f"Failed to get block for txID {text[:64]}, error no such transaction ID [{text[:64]}] in index"
        )
    return chain.block(found.block_number)


def _transaction(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    found = chain.store.locate(text)
    if found is None:
        raise _Failed(
            f"Failed to get transaction with id {text[:64]}, "
            f"error no such transaction ID [{text[:64]}] in index"
        )
    block = common_pb2.Block.FromString(chain.block(found.block_number))
    return transaction_pb2.ProcessedTransaction(
        transactionEnvelope=common_pb2.Envelope.FromString(block.data.data[found.index]),
        validationCode=found.code,
    ).SerializeToString()


def _config_block(chain: Chain, _: bytes) -> bytes:
    return chain.block(0)


def _channel_config(chain: Chain, _: bytes) -> bytes:
    envelope = common_pb2.Envelope.FromString(common_pb2.Block.FromString(chain.block(0)).data.data[0])
    payload = common_pb2.Payload.FromString(envelope.payload)
    return configtx_pb2.ConfigEnvelope.FromString(payload.data).config.SerializeToString()


def _channels(chain: Chain, _: bytes) -> bytes:
    return query_pb2.ChannelQueryResponse(
        channels=[query_pb2.ChannelInfo(channel_id=chain.channel)]
    ).SerializeToString()


Query = Callable[[Chain, bytes], bytes]
_QSCC: dict[str, Query] = {
    "GetChainInfo": _chain_info,
    "GetBlockByNumber": _block_by_number,
    "GetBlockByHash": _block_by_hash,
    "GetBlockByTxID": _block_by_transaction,
    "GetTransactionByID": _transaction,
}
_CSCC: dict[str, Query] = {
    "GetChannels": _channels,
    "GetConfigBlock": _config_block,
    "GetChannelConfig": _channel_config,
}
