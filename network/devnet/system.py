"""The system chaincodes that read a peer's chain and its configuration: qscc and cscc."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from fabric_protos.common import common_pb2, configtx_pb2, ledger_pb2
from fabric_protos.peer import proposal_response_pb2, query_pb2, transaction_pb2

from network.devnet.chain import Chain

NAMES = frozenset({"qscc", "cscc"})
# What endorsements of their answers name as the chaincode's version.
VERSION = "syscc"
SUCCESS, ERROR = 200, 500


class _Failed(Exception):
    """The query has no answer; the message says why."""


def query(chain: Chain, name: str, arguments: Sequence[bytes]) -> proposal_response_pb2.Response:
    """Answer a query of ``qscc`` or ``cscc``; a status of 500 says why there is none."""
    try:
        payload = (_qscc if name == "qscc" else _cscc)(chain, arguments)
    except _Failed as failed:
        return proposal_response_pb2.Response(status=ERROR, message=str(failed))
    return proposal_response_pb2.Response(status=SUCCESS, payload=payload)


def _qscc(chain: Chain, arguments: Sequence[bytes]) -> bytes:
    """In the order in which a peer's query chaincode looks at its arguments."""
    if len(arguments) < 2:
        raise _Failed(f"Incorrect number of arguments, {len(arguments)}")
    function, channel = (argument.decode(errors="replace") for argument in arguments[:2])
    if function != "GetChainInfo" and len(arguments) < 3:
        raise _Failed(f"missing 3rd argument for {function}")
    if channel != chain.channel:
        raise _Failed(f"Invalid chain ID, {channel}")
    if function not in _QSCC:
        raise _Failed(f"Requested function {function} not found.")
    return _QSCC[function](chain, arguments[2] if len(arguments) > 2 else b"")


def _cscc(chain: Chain, arguments: Sequence[bytes]) -> bytes:
    function = arguments[0].decode(errors="replace") if arguments else ""
    if not arguments or (len(arguments) < 2 and function not in _OF_NO_CHANNEL):
        raise _Failed(f"Incorrect number of arguments, {len(arguments)}")
    if function not in _CSCC:
        raise _Failed(f"Requested function {function} not found.")
    if function not in _OF_NO_CHANNEL:
        channel = arguments[1].decode(errors="replace")
        if not channel and function == "GetChannelConfig":
            raise _Failed("empty channel name provided")
        if channel != chain.channel:
            cause = f"Failed to get policy manager for channel [{channel}]"
            raise _Failed(f"access denied for [{function}][{channel}]: {cause}")
    return _CSCC[function](chain, b"")


def _chain_info(chain: Chain, _: bytes) -> bytes:
    last = common_pb2.Block.FromString(chain.block(chain.height - 1))
    return ledger_pb2.BlockchainInfo(
        height=last.header.number + 1,
        currentBlockHash=chain.last_hash,
        previousBlockHash=last.header.previous_hash,
    ).SerializeToString()


def _block_by_number(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    if not text.isascii() or not text.isdigit():
        raise _unparsed(text, "invalid syntax")
    if len(text) > 20 or int(text) >= 1 << 64:
        raise _unparsed(text, "value out of range")
    found = chain.store.block(int(text))
    if found is None:
        number = int(text)
        raise _Failed(f"Failed to get block number {number}, error no such block number [{number}] in index")
    return found


def _unparsed(text: str, cause: str) -> _Failed:
    return _Failed(
        f"Failed to parse block number with error strconv.ParseUint: parsing {json.dumps(text)}: {cause}"
    )


def _block_by_hash(chain: Chain, argument: bytes) -> bytes:
    number = chain.store.number_of(argument)
    if number is None:
        text = argument.decode(errors="replace")
        raise _Failed(
            f"Failed to get block hash {text}, error no such block hash [{argument.hex()}] in index"
        )
    return chain.block(number)


def _block_by_transaction(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    found = chain.store.locate(text)
    if found is None:
        raise _Failed(f"Failed to get block for txID {text}, error no such transaction ID [{text}] in index")
    return chain.block(found.block_number)


def _transaction(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    found = chain.store.locate(text)
    if found is None:
        raise _Failed(
            f"Failed to get transaction with id {text}, error no such transaction ID [{text}] in index"
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
_OF_NO_CHANNEL = frozenset({"GetChannels"})
