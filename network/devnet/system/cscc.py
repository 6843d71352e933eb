"""The system chaincode cscc: a peer's channels and their configuration."""

from __future__ import annotations

from collections.abc import Callable

from fabric_protos.common import common_pb2, configtx_pb2
from fabric_protos.peer import query_pb2
from google.protobuf.message import DecodeError

from network.devnet import config, messages
from network.devnet.channel_policies import READERS
from network.devnet.errors import DevnetError
from network.devnet.messages import Undecodable
from network.devnet.system.query import ADMINS, MEMBERS, Failed, Query

_ALONE = frozenset({"GetChannels", "JoinBySnapshotStatus"})


def answer(query: Query) -> bytes:
    """In the order in which a peer looks at the arguments; Failed."""
    count = len(query.arguments)
    function = query.words[0] if count else ""
    if not count or (count < 2 and function not in _ALONE):
        raise Failed(f"Incorrect number of arguments, {count}")
    known = _FUNCTIONS.get(function)
    if known is None:
        raise Failed(f"Requested function {function} not found.")
    return known(query)


def _channels(query: Query) -> bytes:
    why = query.locally(MEMBERS)
    if why:
        raise Failed(f"access denied for [GetChannels]: {why}")
    return query_pb2.ChannelQueryResponse(
        channels=[query_pb2.ChannelInfo(channel_id=name) for name in query.chains]
    ).SerializeToString()


def _config_block(query: Query) -> bytes:
    """Configurations never change: it is block 0."""
    channel = query.words[1]
    why = query.in_channel(channel, READERS)
    if why:
        raise Failed(f"access denied for [GetConfigBlock][{channel}]: {why}")
    return query.chains[channel].block(0)


def _channel_config(query: Query) -> bytes:
    channel = query.words[1]
    if not channel:
        raise Failed("empty channel name provided")
    why = query.in_channel(channel, READERS)
    if why:
        raise Failed(f"access denied for [GetChannelConfig][{channel}]: {why}")
    block = common_pb2.Block.FromString(query.chains[channel].block(0))
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(block.data.data[0]).payload)
    return configtx_pb2.ConfigEnvelope.FromString(payload.data).config.SerializeToString()


def _join(query: Query) -> bytes:
    """The topology says who is in which channel: whoever is, has joined it already."""
    try:
        block = messages.decode(common_pb2.Block, query.arguments[1])
    except Undecodable as error:
        raise Failed(f"Failed to reconstruct the genesis block, {error}") from error
    why = "failed to retrieve channel id - block is empty"
    channel = ""
    if block.data.data:
        try:
            channel = config.channel_of(query.arguments[1])
            config.channel_group(query.arguments[1])
        except (DecodeError, DevnetError) as error:
            why = str(error)
    if not channel:
        raise Failed(f'"JoinChain" request failed to extract channel id from the block due to [{why}]')
    why = query.locally(ADMINS)
    if why:
        raise Failed(f"access denied for [JoinChain][{channel}]: [{why}]")
    if channel in query.chains:
        raise Failed(
            f"cannot create ledger from genesis block: ledger [{channel}] already exists with state [ACTIVE]"
        )
    raise Failed("cannot create ledger from genesis block: devnet has the channels of its topology")


def _join_by_snapshot(query: Query) -> bytes:
    folder = query.words[1]
    if not folder:
        raise Failed("Cannot join the channel, no snapshot directory provided")
    why = query.locally(ADMINS)
    if why:
        raise Failed(f"access denied for [JoinChainBySnapshot]: [{why}]")
    raise Failed(
        f"cannot create ledger from snapshot {folder}: error opening dir [{folder}]: "
        f"open {folder}: no such file or directory"
    )


def _snapshot_status(query: Query) -> bytes:
    """No snapshot is being joined, ever."""
    why = query.locally(ADMINS)
    if why:
        raise Failed(f"access denied for [JoinBySnapshotStatus]: {why}")
    return query_pb2.JoinBySnapshotStatus().SerializeToString()


_FUNCTIONS: dict[str, Callable[[Query], bytes]] = {
    "GetChannels": _channels,
    "GetConfigBlock": _config_block,
    "GetChannelConfig": _channel_config,
    "JoinChain": _join,
    "JoinChainBySnapshot": _join_by_snapshot,
    "JoinBySnapshotStatus": _snapshot_status,
}
