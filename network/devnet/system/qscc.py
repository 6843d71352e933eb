"""The system chaincode qscc: blocks and transactions of a channel."""

from __future__ import annotations

import json
from collections.abc import Callable

from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.peer import transaction_pb2

from network.devnet.chain import Chain
from network.devnet.channel_policies import READERS
from network.devnet.system.query import Failed, Query

# Asking for this number is asking for the newest block.
NEWEST = (1 << 64) - 1


def answer(query: Query) -> bytes:
    """In the order in which a peer looks at the arguments; Failed."""
    words = query.words
    if len(words) < 2:
        raise Failed(f"Incorrect number of arguments, {len(words)}")
    function, channel = words[:2]
    if function != "GetChainInfo" and len(words) < 3:
        raise Failed(f"missing 3rd argument for {function}")
    chain = query.chains.get(channel)
    if chain is None:
        raise Failed(f"Invalid chain ID, {channel}")
    known = _FUNCTIONS.get(function)
    why = query.in_channel(channel, READERS) if known else f"Unmapped policy for qscc/{function}"
    if known is None or why:
        raise Failed(f"access denied for [{function}][{channel}]: [{why}]")
    return known(chain, query.arguments[2] if len(words) > 2 else b"")


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
    number = int(text)
    found = chain.block(chain.height - 1) if number == NEWEST else chain.store.block(number)
    if found is None:
        raise Failed(f"Failed to get block number {number}, error no such block number [{number}] in index")
    return found


def _unparsed(text: str, cause: str) -> Failed:
    return Failed(
        f"Failed to parse block number with error strconv.ParseUint: parsing {json.dumps(text)}: {cause}"
    )


def _block_by_hash(chain: Chain, argument: bytes) -> bytes:
    number = chain.store.number_of(argument)
    if number is None:
        text = argument.decode(errors="replace")
        raise Failed(f"Failed to get block hash {text}, error no such block hash [{argument.hex()}] in index")
    return chain.block(number)


def _block_by_transaction(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    found = chain.store.locate(text)
    if found is None:
        raise Failed(f"Failed to get block for txID {text}, error no such transaction ID [{text}] in index")
    return chain.block(found.block_number)


def _transaction(chain: Chain, argument: bytes) -> bytes:
    text = argument.decode(errors="replace")
    found = chain.store.locate(text)
    if found is None:
        raise Failed(
            f"Failed to get transaction with id {text}, error no such transaction ID [{text}] in index"
        )
    block = common_pb2.Block.FromString(chain.block(found.block_number))
    return transaction_pb2.ProcessedTransaction(
        transactionEnvelope=common_pb2.Envelope.FromString(block.data.data[found.index]),
        validationCode=found.code,
    ).SerializeToString()


_FUNCTIONS: dict[str, Callable[[Chain, bytes], bytes]] = {
    "GetChainInfo": _chain_info,
    "GetBlockByNumber": _block_by_number,
    "GetBlockByHash": _block_by_hash,
    "GetBlockByTxID": _block_by_transaction,
    "GetTransactionByID": _transaction,
}
