"""Transactions that are right each by itself, in one block; endorsers that differ; what is agreed on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.peer import policy_pb2
from fabric_protos.peer.lifecycle import lifecycle_pb2

from gateway.fabric import EndorseError, EvaluateError, chaincode_refusal, connect
from network import ledger, policy
from network.policy_language import parse
from network.topology import Batch
from tests.integration.wire import cases, forge, sending, transactions, worlds
from tests.integration.wire.cases import Case
from tests.integration.wire.forge import CHAINCODE, Transaction
from tests.integration.wire.worlds import World
from tests.support.system import kinds

# In the order in which they stand in the block.
EXPECTED = {
    "writes": "VALID",
    "by the same id": "DUPLICATE_TXID",
    "few endorsers, and stale": "ENDORSEMENT_POLICY_FAILURE",
    "reads what was written": "MVCC_READ_CONFLICT",
    "ranges over what was written": "PHANTOM_READ_CONFLICT",
    "reads and ranges over it": "MVCC_READ_CONFLICT",
    "few endorsers, an id of its own": "ENDORSEMENT_POLICY_FAILURE",
    "that id again": "VALID",
    "of another header type": "BAD_COMMON_HEADER",
    "a namespace twice, and stale": "ILLEGAL_WRITESET",
    "writes it blindly": "VALID",
    "no version, and few endorsers": "INVALID_CHAINCODE",
}


@pytest.fixture(scope="module", params=kinds())
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A ledger that cuts a block when all of them are there."""
    batch = Batch(messages=len(EXPECTED), seconds=5.0)
    with worlds.running(request.param, tmp_path_factory.mktemp(request.param), batch=batch) as made:
        yield made


def block(world: World, chance: Random) -> list[common_pb2.Envelope]:
    """The transactions."""
    cast, key = world.cast, f"sta{chance.randbytes(4).hex()}"
    absent = kv_rwset_pb2.KVRead(key=key)

    def made(draft: forge.Draft | None = None, few: bool = False, **public: object) -> Transaction:
        transaction = cases.transaction(cast, chance)
        transaction.draft = draft or transaction.draft
        transaction.endorsers = cast.peers[:1] if few else cast.peers[1:]
        if public:
            transaction.results = forge.results({CHAINCODE: kv_rwset_pb2.KVRWSet(**public)})
        return transaction

    write = [kv_rwset_pb2.KVWrite(key=key, value=b"1")]
    ranged = [transactions.range_of()]
    first, refused = made(writes=write), made(few=True)
    typed, twice, unversioned = made(), made(reads=[transactions.STALE]), made(few=True)
    typed.draft.channel_header.type = common_pb2.MESSAGE
    twice.results.ns_rwset.append(twice.results.ns_rwset[0])
    unversioned.version = ""
    return [
        one.envelope()
        for one in (
            first,
            made(first.draft),
            made(few=True, reads=[transactions.STALE]),
            made(reads=[absent]),
            made(range_queries_info=ranged),
            made(reads=[absent], range_queries_info=ranged),
            refused,
            made(refused.draft),
            typed,
            twice,
            made(writes=write),
            unversioned,
        )
    ]


async def submitted(world: World, envelopes: Sequence[common_pb2.Envelope]) -> list[str]:
    """The validation codes of transactions that are submitted one shortly after the other."""
    sent = [
        Case(cases.SUBMIT, str(place), 0, cases.submit(one), one.SerializeToString())
        for place, one in enumerate(envelopes)
    ]

    async def later(place: int) -> str:
        await asyncio.sleep(0.05 * place)
        [outcome] = await sending.outcomes(world, sent[place : place + 1])
        return outcome.removeprefix("OK: ")

    return await asyncio.gather(*map(later, range(len(sent))))


async def test_one_block_names_the_first_fault(world: World) -> None:
    codes = await submitted(world, block(world, Random(1)))
    assert dict(zip(EXPECTED, codes, strict=True)) == EXPECTED


async def test_endorsers_that_differ(world: World) -> None:
    member = world.topology.organizations[0]
    async with connect(ledger.member_profile(world.home, member)) as gateway:
        probe = gateway.network(world.topology.channel).contract(CHAINCODE)
        with pytest.raises(EndorseError) as caught:
            await probe.proposal("differ", b"a key").endorse()
    error = caught.value
    assert error.mismatch
    assert (error.code.name, error.message) == (
        "ABORTED",
        "failed to collect enough transaction endorsements, see attached details for more info",
    )
    words = {detail.message for detail in error.details}
    if world.kind == "fabric":
        assert words == {"ProposalResponsePayloads do not match"}
    else:
        where = "the write of 'a key' in probe"
        assert words == {f"ProposalResponsePayloads do not match: the first difference is in {where}"}


async def test_what_is_agreed_on(world: World) -> None:
    """The queries of `_lifecycle` that clients make."""
    asked = lifecycle_pb2.QueryChaincodeDefinitionArgs(name=CHAINCODE).SerializeToString()
    member = world.topology.organizations[0]
    async with connect(ledger.member_profile(world.home, member)) as gateway:
        agreed = gateway.network(world.topology.channel).contract("_lifecycle")
        one = lifecycle_pb2.QueryChaincodeDefinitionResult.FromString(
            await agreed.evaluate("QueryChaincodeDefinition", asked)
        )
        every = lifecycle_pb2.QueryChaincodeDefinitionsResult.FromString(
            await agreed.evaluate("QueryChaincodeDefinitions", b"")
        )
        with pytest.raises(EvaluateError) as caught:
            await agreed.evaluate("QueryChaincodeDefinition", b"\x0a\x07nothing")
    assert chaincode_refusal(caught.value) == (404, "namespace nothing is not defined")
    assert (one.sequence, one.version, one.init_required) == (1, "1", False)
    assert (one.endorsement_plugin, one.validation_plugin) == ("escc", "vscc")
    assert dict(one.approvals) == {o.msp_id: True for o in world.topology.organizations}
    written = policy_pb2.ApplicationPolicy.FromString(one.validation_parameter).signature_policy
    [chaincode] = world.topology.chaincodes
    assert policy.read(written.SerializeToString()) == parse(chaincode.policy or "")
    assert not one.collections.config
    [only] = every.chaincode_definitions
    assert (only.name, only.validation_parameter) == (CHAINCODE, one.validation_parameter)
