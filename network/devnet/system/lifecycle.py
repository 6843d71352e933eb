"""The system chaincode _lifecycle: what is installed, approved and defined, all as the topology has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fabric_protos.peer.lifecycle import lifecycle_pb2

from network.devnet import messages
from network.devnet.channel_policies import WRITERS
from network.devnet.committed import SEQUENCE
from network.devnet.messages import Undecodable
from network.devnet.system.query import ADMINS, Failed, Query
from network.packages import Package

NOT_DEFINED = 404


@dataclass(frozen=True)
class _Function:
    """``access`` is a policy of the channel's, or a role of the peer's own organisation."""

    access: str
    takes: type[Any]
    run: Callable[[Query, Any], Any]


def answer(query: Query) -> bytes:
    """In the order in which a peer looks at the arguments; Failed."""
    if not query.arguments:
        raise Failed("lifecycle scc must be invoked with arguments")
    if len(query.arguments) != 2:
        count = len(query.arguments)
        raise Failed(f"lifecycle scc operations require exactly two arguments but received {count}")
    name = query.words[0]
    function = _FUNCTIONS.get(name)
    if function is None:
        why = f"Unmapped policy for _lifecycle/{name}"
    elif function.access == ADMINS:
        why = query.locally(ADMINS)
    else:
        why = query.in_channel(query.channel, function.access)
    if function is None or why:
        raise Failed(f"Failed to authorize invocation due to failed ACL check: {why}")
    try:
        asked = messages.decode(function.takes, query.arguments[1])
    except Undecodable as error:
        raise _backing(
            name, f"could not decode input arg for *lifecycle.Invocation.{name}: {error.reason}"
        ) from error
    return function.run(query, asked).SerializeToString()


def _backing(function: str, why: str) -> Failed:
    return Failed(f"failed to invoke backing implementation of '{function}': {why}")


def _definition(query: Query, asked: Any) -> Any:
    chain = query.chains[query.channel]
    found = chain.definitions.committed.get(asked.name)
    if found is None:
        raise Failed(f"namespace {asked.name} is not defined", NOT_DEFINED)
    answered = lifecycle_pb2.QueryChaincodeDefinitionResult()
    answered.CopyFrom(found)
    for msp_id in chain.members:
        answered.approvals[msp_id] = True
    return answered


def _definitions(query: Query, _: Any) -> Any:
    made = lifecycle_pb2.QueryChaincodeDefinitionsResult()
    for name, found in query.chains[query.channel].definitions.committed.items():
        made.chaincode_definitions.add(name=name, **_terms(found))
    return made


def _approved(query: Query, asked: Any) -> Any:
    function = "QueryApprovedChaincodeDefinition"
    chain = query.chains.get(query.channel)
    if chain is None:
        name = f"{asked.name}#{asked.sequence}"
        raise _backing(
            function,
            f"could not deserialize namespace metadata for {name}: could not query metadata for namespace "
            f"namespaces/{name}: GET_STATE failed: transaction ID: {query.proposal.transaction_id}: "
            "no ledger context",
        )
    found = chain.definitions.committed.get(asked.name)
    sequence = asked.sequence or (SEQUENCE if found else 0)
    if found is None or sequence != SEQUENCE:
        raise _backing(
            function,
            f"could not fetch approved chaincode definition (name: '{asked.name}', "
            f"sequence: '{sequence}') on channel '{query.channel}'",
        )
    source = _source(query, asked.name)
    return lifecycle_pb2.QueryApprovedChaincodeDefinitionResult(source=source, **_terms(found))


def _all_approved(query: Query, _: Any) -> Any:
    made = lifecycle_pb2.QueryApprovedChaincodeDefinitionsResult()
    chain = query.chains.get(query.channel)
    if chain is None:
        raise _backing("QueryApprovedChaincodeDefinitions", "no ledger context")
    for name, found in chain.definitions.committed.items():
        source = _source(query, name)
        made.approved_chaincode_definitions.add(name=name, source=source, **_terms(found))
    return made


def _readiness(query: Query, asked: Any) -> Any:
    """Nobody has approved what is not yet defined."""
    chain = query.chains[query.channel]
    wanted = 1 + (SEQUENCE if asked.name in chain.definitions.committed else 0)
    if asked.sequence != wanted:
        raise _backing(
            "CheckCommitReadiness",
            f"requested sequence is {asked.sequence}, but new definition must be sequence {wanted}",
        )
    made = lifecycle_pb2.CheckCommitReadinessResult()
    for msp_id in chain.members:
        made.approvals[msp_id] = False
        made.mismatches[msp_id].items.append("ChaincodeParameters")
    return made


def _installed(query: Query, asked: Any) -> Any:
    package = _package(query, asked.package_id)
    if package is None:
        raise _backing(
            "QueryInstalledChaincode", f"could not find chaincode with package id '{asked.package_id}'"
        )
    made = lifecycle_pb2.QueryInstalledChaincodeResult(package_id=package.package_id, label=package.label)
    _refer(query, package, made)
    return made


def _all_installed(query: Query, _: Any) -> Any:
    made = lifecycle_pb2.QueryInstalledChaincodesResult()
    for package in query.peer.packages.values():
        one = made.installed_chaincodes.add(package_id=package.package_id, label=package.label)
        _refer(query, package, one)
    return made


def _package_content(query: Query, asked: Any) -> Any:
    package = _package(query, asked.package_id)
    if package is None:
        raise _backing(
            "GetInstalledChaincodePackage",
            f"could not load cc install package: chaincode install package '{asked.package_id}' not found",
        )
    return lifecycle_pb2.GetInstalledChaincodePackageResult(chaincode_install_package=package.content)


def _nothing(name: str) -> Callable[[Query, Any], Any]:
    """What changes a lifecycle: devnet has its from the topology."""

    def run(query: Query, _: Any) -> Any:
        raise _backing(name, "devnet has the chaincode of its topology")

    return run


def _package(query: Query, package_id: str) -> Package | None:
    return next((one for one in query.peer.packages.values() if one.package_id == package_id), None)


def _source(query: Query, name: str) -> lifecycle_pb2.ChaincodeSource:
    local = lifecycle_pb2.ChaincodeSource.Local(package_id=query.peer.packages[name].package_id)
    return lifecycle_pb2.ChaincodeSource(local_package=local)


def _refer(query: Query, package: Package, made: Any) -> None:
    """Which channels define chaincode that runs from a package."""
    names = [name for name, one in query.peer.packages.items() if one == package]
    for channel, chain in query.chains.items():
        for name in names:
            found = chain.definitions.committed.get(name)
            if found is not None:
                made.references[channel].chaincodes.add(name=name, version=found.version)


def _terms(found: lifecycle_pb2.QueryChaincodeDefinitionResult) -> dict[str, Any]:
    return {
        "sequence": found.sequence,
        "version": found.version,
        "endorsement_plugin": found.endorsement_plugin,
        "validation_plugin": found.validation_plugin,
        "validation_parameter": found.validation_parameter,
        "collections": found.collections,
    }


_FUNCTIONS: dict[str, _Function] = {
    "QueryChaincodeDefinition": _Function(WRITERS, lifecycle_pb2.QueryChaincodeDefinitionArgs, _definition),
    "QueryChaincodeDefinitions": _Function(
        WRITERS, lifecycle_pb2.QueryChaincodeDefinitionsArgs, _definitions
    ),
    "CheckCommitReadiness": _Function(WRITERS, lifecycle_pb2.CheckCommitReadinessArgs, _readiness),
    "QueryApprovedChaincodeDefinition": _Function(
        ADMINS, lifecycle_pb2.QueryApprovedChaincodeDefinitionArgs, _approved
    ),
    "QueryApprovedChaincodeDefinitions": _Function(
        ADMINS, lifecycle_pb2.QueryApprovedChaincodeDefinitionsArgs, _all_approved
    ),
    "QueryInstalledChaincode": _Function(ADMINS, lifecycle_pb2.QueryInstalledChaincodeArgs, _installed),
    "QueryInstalledChaincodes": _Function(ADMINS, lifecycle_pb2.QueryInstalledChaincodesArgs, _all_installed),
    "GetInstalledChaincodePackage": _Function(
        ADMINS, lifecycle_pb2.GetInstalledChaincodePackageArgs, _package_content
    ),
    "InstallChaincode": _Function(ADMINS, lifecycle_pb2.InstallChaincodeArgs, _nothing("InstallChaincode")),
    "ApproveChaincodeDefinitionForMyOrg": _Function(
        ADMINS,
        lifecycle_pb2.ApproveChaincodeDefinitionForMyOrgArgs,
        _nothing("ApproveChaincodeDefinitionForMyOrg"),
    ),
    "CommitChaincodeDefinition": _Function(
        WRITERS, lifecycle_pb2.CommitChaincodeDefinitionArgs, _nothing("CommitChaincodeDefinition")
    ),
}
