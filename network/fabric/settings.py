"""The settings files of Fabric's programs: configtx.yaml, core.yaml and orderer.yaml, from the topology."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from network.addresses import Addresses
from network.identities import Identities
from network.policy import Policy, channel_rules, organization_rules
from network.policy_language import written
from network.topology import Batch, Channel, Organization, Topology

PROFILE = "Channel"
MAX_MESSAGE_BYTES = 100 * 1024 * 1024
WRITE_BATCH = 1000
# How long the orderer waits for more transactions before it cuts a block. The wait is part of every
# transaction's latency; blocks that are cut too small cost every peer a write of their own.
DEFAULT_BATCH = Batch(messages=200, seconds=0.1)
# What a channel's parts ask of the groups below.
_ADMINS = {"Admins": "MAJORITY Admins"}
_APPLICATION_RULES = _ADMINS | {
    "Endorsement": "MAJORITY Endorsement",
    "LifecycleEndorsement": "MAJORITY Endorsement",
}
_ORDERER_RULES = _ADMINS | {
    "Readers": "ANY Readers",
    "Writers": "ANY Writers",
    "BlockValidation": "ANY Writers",
}


def configtx(
    topology: Topology, channel: Channel, identities: Identities, addresses: Addresses
) -> dict[str, Any]:
    """What ``configtxgen`` makes a channel's first block from."""
    organizations = [_organization(topology, identities, addresses, o) for o in channel.organizations]
    orderer = topology.orderer_organization
    host, port = addresses.orderer()
    tls = str(identities.tls(identities.orderer()).certificate)
    batch = topology.batch or DEFAULT_BATCH
    members = [organization.msp_id for organization in channel.organizations]
    return {
        "Profiles": {
            PROFILE: {
                "Policies": _implicit(_ADMINS) | _signatures(channel_rules([*members, orderer.msp_id])),
                "Capabilities": {"V3_0": True},
                "Orderer": {
                    "OrdererType": "etcdraft",
                    "BatchTimeout": f"{batch.seconds * 1000:.0f}ms",
                    "BatchSize": {
                        "MaxMessageCount": batch.messages,
                        "AbsoluteMaxBytes": "32 MB",
                        "PreferredMaxBytes": "4 MB",
                    },
                    "EtcdRaft": {
                        "Consenters": [
                            {"Host": host, "Port": port, "ClientTLSCert": tls, "ServerTLSCert": tls}
                        ],
                        "Options": {
                            "TickInterval": "100ms",
                            "ElectionTick": 10,
                            "HeartbeatTick": 1,
                            "MaxInflightBlocks": 5,
                            "SnapshotIntervalSize": "64 MB",
                        },
                    },
                    "Organizations": [_organization(topology, identities, addresses, orderer)],
                    "Policies": _implicit(_ORDERER_RULES),
                    "Capabilities": {"V2_0": True},
                },
                "Application": {
                    "Organizations": organizations,
                    "Policies": _implicit(_APPLICATION_RULES) | _signatures(channel_rules(members)),
                    "Capabilities": {"V2_5": True},
                },
            }
        }
    }


def members(configtx: Any) -> list[tuple[str, ...]]:
    """Who is in a channel's configtx.yaml, each with the addresses of its nodes that the channel names."""
    application = configtx["Profiles"][PROFILE]["Application"]
    return [
        (
            organization["ID"],
            *(f"{peer['Host']}:{peer['Port']}" for peer in organization["AnchorPeers"]),
            *organization.get("OrdererEndpoints", ()),
        )
        for organization in application["Organizations"]
    ]


def _organization(
    topology: Topology, identities: Identities, addresses: Addresses, organization: Organization
) -> dict[str, Any]:
    msp = organization.msp_id
    host, port = addresses.peer(organization)
    settings: dict[str, Any] = {
        "Name": msp,
        "ID": msp,
        "MSPDir": str(identities.msp(organization)),
        "Policies": _signatures(organization_rules(msp)),
        "AnchorPeers": [{"Host": host, "Port": port}],
    }
    if organization == topology.orderer_organization:
        host, port = addresses.orderer()
        settings["OrdererEndpoints"] = [f"{host}:{port}"]
    return settings


def _implicit(rules: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"Type": "ImplicitMeta", "Rule": rule} for name, rule in rules.items()}


def _signatures(rules: Mapping[str, Policy]) -> dict[str, Any]:
    return {name: {"Type": "Signature", "Rule": written(policy)} for name, policy in rules.items()}


def core(
    topology: Topology,
    identities: Identities,
    addresses: Addresses,
    organization: Organization,
    data: Path,
    builder: Path,
) -> dict[str, Any]:
    """A peer's core.yaml; ``data`` is its own folder, ``builder`` the external builder's."""
    folder = identities.peer(organization)
    tls = identities.tls(folder)
    host, port = addresses.peer(organization)
    address = f"{host}:{port}"
    listen = addresses.listen
    return {
        "peer": {
            "id": topology.peer_host(organization),
            "networkId": topology.domain,
            "listenAddress": f"{listen}:{port}",
            "address": address,
            # Where chaincode launched by the peer would call back; ours are services, and it wants the port.
            "chaincodeListenAddress": f"{listen}:{topology.peer_chaincode_port(organization)}",
            "chaincodeAddress": f"{host}:{topology.peer_chaincode_port(organization)}",
            "localMspId": organization.msp_id,
            "localMspType": "bccsp",
            "mspConfigPath": str(folder / "msp"),
            "fileSystemPath": str(data),
            "gateway": {
                "enabled": True,
                "endorsementTimeout": "30s",
                "broadcastTimeout": "30s",
                "dialTimeout": "10s",
            },
            "keepalive": {
                "minInterval": "30s",
                "client": {"interval": "60s", "timeout": "20s"},
                "deliveryClient": {"interval": "60s", "timeout": "20s"},
            },
            "gossip": {
                "bootstrap": address,
                "endpoint": address,
                "externalEndpoint": address,
                "useLeaderElection": False,
                "orgLeader": True,
                "aliveTimeInterval": "2s",
                "reconnectInterval": "3s",
                "requestStateInfoInterval": "1s",
                "publishStateInfoInterval": "1s",
                "pvtData": {
                    "pullRetryThreshold": "15s",
                    "transientstoreMaxBlockRetention": 20000,
                    "pushAckTimeout": "3s",
                    "btlPullMargin": 10,
                    "reconcileBatchSize": 10,
                    "reconcileSleepInterval": "1m",
                    "reconciliationEnabled": True,
                    # Or whoever may write could hold up every block by the threshold above, with invalid
                    # transactions whose private data nobody has.
                    "skipPullingInvalidTransactionsDuringCommit": True,
                    "implicitCollectionDisseminationPolicy": {"requiredPeerCount": 0, "maxPeerCount": 1},
                },
                "state": {"enabled": False},
            },
            "tls": {
                "enabled": True,
                "clientAuthRequired": topology.mutual_tls,
                "clientRootCAs": {"files": [str(root) for root in identities.tls_roots()]},
                "cert": {"file": str(tls.certificate)},
                "key": {"file": str(tls.key)},
                "rootcert": {"file": str(tls.root)},
            },
            "authentication": {"timewindow": "15m"},
            "BCCSP": {"Default": "SW", "SW": {"Hash": "SHA2", "Security": 256}},
            "client": {"connTimeout": "10s"},
            "deliveryclient": {
                "blockGossipEnabled": False,
                "reconnectTotalTimeThreshold": "87600h",
                "reConnectBackoffThreshold": "5s",
                "connTimeout": "3s",
                "policy": "cluster",
            },
            "handlers": {
                "authFilters": [
                    {"name": "DefaultAuth"},
                    {"name": "ExpirationCheck"},
                    {"name": "TimeWindowCheck"},
                ],
                "decorators": [{"name": "DefaultDecorator"}],
                "endorsers": {"escc": {"name": "DefaultEndorsement"}},
                "validators": {"vscc": {"name": "DefaultValidation"}},
            },
            "discovery": {"enabled": True, "authCacheEnabled": True, "authCacheMaxSize": 1000},
            "limits": {
                "concurrency": {"endorserService": 2500, "deliverService": 2500, "gatewayService": 2500}
            },
            "maxRecvMsgSize": MAX_MESSAGE_BYTES,
            "maxSendMsgSize": MAX_MESSAGE_BYTES,
        },
        "vm": {"endpoint": ""},
        "chaincode": {
            "mode": "net",
            "keepalive": 0,
            "installTimeout": "60s",
            "startuptimeout": "30s",
            "executetimeout": "30s",
            "externalBuilders": [{"name": "ccaas", "path": str(builder), "propagateEnvironment": []}],
            "system": dict.fromkeys(("_lifecycle", "cscc", "lscc", "qscc"), "enable"),
            "logging": {"level": "warning", "shim": "warning"},
            "runtimeParams": {
                "useWriteBatch": True,
                "maxSizeWriteBatch": WRITE_BATCH,
                "useGetMultipleKeys": True,
                "maxSizeGetMultipleKeys": WRITE_BATCH,
            },
        },
        "ledger": {
            "state": {"stateDatabase": "goleveldb", "totalQueryLimit": 100_000},
            "history": {"enableHistoryDatabase": True},
            "pvtdataStore": {
                "collElgProcMaxDbBatchSize": 5000,
                "collElgProcDbBatchesInterval": 1000,
                "deprioritizedDataReconcilerInterval": "60m",
                "purgeInterval": 100,
                "purgedKeyAuditLogging": True,
            },
            "snapshots": {"rootDir": str(data / "snapshots")},
        },
        "operations": {
            "listenAddress": f"{listen}:{topology.peer_operations_port(organization)}",
            "tls": {"enabled": False},
        },
        "metrics": {"provider": "disabled"},
    }


def orderer(topology: Topology, identities: Identities, addresses: Addresses, data: Path) -> dict[str, Any]:
    """The orderer's orderer.yaml; ``data`` is its own folder."""
    folder = identities.orderer()
    tls = identities.tls(folder)
    listen = addresses.listen
    return {
        "General": {
            "ListenAddress": listen,
            "ListenPort": topology.orderer_port,
            "TLS": {
                "Enabled": True,
                "PrivateKey": str(tls.key),
                "Certificate": str(tls.certificate),
                "RootCAs": [str(tls.root)],
                "ClientAuthRequired": False,
            },
            "Keepalive": {"ServerMinInterval": "30s", "ServerInterval": "7200s", "ServerTimeout": "20s"},
            "MaxRecvMsgSize": MAX_MESSAGE_BYTES,
            "MaxSendMsgSize": MAX_MESSAGE_BYTES,
            "Cluster": {
                "SendBufferSize": 100,
                "ClientCertificate": str(tls.certificate),
                "ClientPrivateKey": str(tls.key),
            },
            "LocalMSPDir": str(folder / "msp"),
            "LocalMSPID": topology.orderer_organization.msp_id,
            "BCCSP": {"Default": "SW", "SW": {"Hash": "SHA2", "Security": 256}},
            "Authentication": {"TimeWindow": "15m"},
        },
        "FileLedger": {"Location": str(data)},
        "Operations": {
            "ListenAddress": f"{listen}:{topology.orderer_operations_port}",
            "TLS": {"Enabled": False},
        },
        "Metrics": {"Provider": "disabled"},
        "Admin": {
            "ListenAddress": f"{listen}:{topology.orderer_admin_port}",
            "TLS": {
                "Enabled": True,
                "Certificate": str(tls.certificate),
                "PrivateKey": str(tls.key),
                "RootCAs": [str(tls.root)],
                "ClientAuthRequired": True,
                "ClientRootCAs": [str(tls.root)],
            },
        },
        "ChannelParticipation": {"Enabled": True, "MaxRequestBodySize": "1 MB"},
        "Consensus": {
            "WALDir": str(data / "etcdraft" / "wal"),
            "SnapDir": str(data / "etcdraft" / "snapshot"),
        },
    }
