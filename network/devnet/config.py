"""Reading the channel's configuration: who its members are."""

from __future__ import annotations

from fabric_protos.common import common_pb2, configtx_pb2, configuration_pb2
from fabric_protos.msp import msp_config_pb2
from google.protobuf.message import DecodeError

from network.devnet.errors import DevnetError


def msps(block: bytes) -> dict[str, msp_config_pb2.FabricMSPConfig]:
    """The members' MSPs by their ids, out of a configuration block."""
    group = channel_group(block)
    found: dict[str, msp_config_pb2.FabricMSPConfig] = {}
    for part in ("Application", "Orderer"):
        for organization in group.groups[part].groups.values():
            config = msp_config_pb2.MSPConfig.FromString(organization.values["MSP"].value)
            msp = msp_config_pb2.FabricMSPConfig.FromString(config.config)
            found[msp.name] = msp
    return found


def members(block: bytes) -> list[str]:
    """The MSP ids of those whose peers are in the channel."""
    return list(channel_group(block).groups["Application"].groups)


def authorities(block: bytes) -> dict[str, list[bytes]]:
    """The members' MSP ids, each with its authorities' certificates (PEM), out of a configuration block."""
    return {name: [*msp.root_certs, *msp.intermediate_certs] for name, msp in msps(block).items()}


def orderers(block: bytes) -> dict[str, list[str]]:
    """The members that order, by MSP id, each with its orderers' addresses, ``host:port``."""
    found: dict[str, list[str]] = {}
    for msp_id, organization in channel_group(block).groups["Orderer"].groups.items():
        endpoints = organization.values["Endpoints"].value
        found[msp_id] = list(configuration_pb2.OrdererAddresses.FromString(endpoints).addresses)
    return found


def channel_group(block: bytes) -> configtx_pb2.ConfigGroup:
    """The channel's configuration tree; DevnetError where the block holds none."""
    try:
        envelope = common_pb2.Envelope.FromString(common_pb2.Block.FromString(block).data.data[0])
        payload = common_pb2.Payload.FromString(envelope.payload)
        return configtx_pb2.ConfigEnvelope.FromString(payload.data).config.channel_group
    except (DecodeError, IndexError) as error:
        raise DevnetError("block 0 is no configuration block") from error


def channel_of(block: bytes) -> str:
    """The channel that a configuration block is of."""
    envelope = common_pb2.Envelope.FromString(common_pb2.Block.FromString(block).data.data[0])
    header = common_pb2.Payload.FromString(envelope.payload).header.channel_header
    return common_pb2.ChannelHeader.FromString(header).channel_id
