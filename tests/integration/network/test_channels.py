"""Two channels with other members each, and whom their peers take for whom: the same on either ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from fabric_protos.common import policies_pb2
from fabric_protos.msp import identities_pb2, msp_principal_pb2

from gateway.fabric import (
    CommitStatusError,
    EndorseError,
    EvaluateError,
    EventsError,
    EventsRefused,
    Gateway,
    SubmitError,
)
from network.devnet.certificates import fingerprint
from network.identities import Identities
from tests.integration.network.callers import IN_CHANNEL
from tests.integration.network.members import EXPIRED, FIRST, SECOND, bearer, client, stranger, words
from tests.support.ledgers import Ledger

MSPPrincipal = msp_principal_pb2.MSPPrincipal
# Long enough to have two transactions endorsed.
SHORT = timedelta(seconds=4)


@pytest.fixture
async def manufacturer(members: Ledger) -> AsyncIterator[Gateway]:
    async with client(members, "manufacturer") as gateway:
        yield gateway


@pytest.fixture
async def distributor(members: Ledger) -> AsyncIterator[Gateway]:
    async with client(members, "distributor") as gateway:
        yield gateway


async def test_each_has_its_own_state(manufacturer: Gateway) -> None:
    probe = manufacturer.network(FIRST).contract("probe")
    terms = manufacturer.network(SECOND).contract("terms")
    heights = [await manufacturer.network(name).height() for name in (FIRST, SECOND)]
    await probe.submit("put", b"own", b"first")
    assert json.loads(await terms.evaluate("get", b"own")) is None
    await terms.submit("put", b"own", b"second")
    assert json.loads(await probe.evaluate("get", b"own")) == "first"
    assert json.loads(await terms.evaluate("get", b"own")) == "second"
    assert json.loads(await terms.evaluate("who"))["channel"] == SECOND
    assert [await manufacturer.network(name).height() for name in (FIRST, SECOND)] == [
        height + 1 for height in heights
    ]


async def test_every_peer_of_a_channel_has_its_blocks(members: Ledger, manufacturer: Gateway) -> None:
    network = manufacturer.network(SECOND)
    transaction = await network.contract("terms").proposal("put", b"both", b"have it").endorse()
    status = await (await transaction.submit()).status()
    async with client(members, "regulator") as regulator:
        theirs = regulator.network(SECOND)
        assert (await theirs.block(status.block_number)).header == (
            await network.block(status.block_number)
        ).header
        assert json.loads(await theirs.contract("terms").evaluate("get", b"both")) == "have it"


async def test_a_chaincode_reads_another_channel(manufacturer: Gateway) -> None:
    probe = manufacturer.network(FIRST).contract("probe")
    terms = manufacturer.network(SECOND).contract("terms")
    await terms.submit("put", b"price", b"12")
    read = json.loads(await probe.evaluate("call", b"terms", SECOND.encode(), b"get", b"price"))
    assert read == {"answer": "12"}
    # What it writes there is lost, even where the transaction is committed.
    writing = probe.proposal(
        "call",
        *(b"terms", SECOND.encode(), b"put", b"price", b"13"),
        endorsing_organizations=["ManufacturerMSP", "RegulatorMSP"],
    )
    assert (await (await (await writing.endorse()).submit()).status()).successful
    assert json.loads(await terms.evaluate("get", b"price")) == "12"


@pytest.mark.parametrize(
    ("chaincode", "channel", "told"),
    [
        ("terms", "nowhere", "Failed to get policy manager for channel [nowhere]"),
        (
            "terms",
            FIRST,
            "execute failed: invalid invocation: [channel medicines] "
            "failed to get chaincode container info for terms: chaincode terms not found",
        ),
        (
            "probe",
            SECOND,
            "execute failed: invalid invocation: [channel trade] "
            "failed to get chaincode container info for probe: chaincode probe not found",
        ),
    ],
)
async def test_calls_that_find_nothing(
    manufacturer: Gateway, chaincode: str, channel: str, told: str
) -> None:
    probe = manufacturer.network(FIRST).contract("probe")
    answer = json.loads(await probe.evaluate("call", chaincode.encode(), channel.encode(), b"get", b"k"))
    assert told in answer["peer"]


async def test_a_call_where_its_client_may_not_write(members: Ledger) -> None:
    """The peer is in both channels; the client's organisation is in one."""
    async with stranger(members, "manufacturer", "distributor") as gateway:
        answer = (
            await gateway.network(FIRST)
            .contract("probe")
            .evaluate("call", b"terms", SECOND.encode(), b"get", b"k")
        )
    assert IN_CHANNEL.format("Writers", SECOND) in json.loads(answer)["peer"]


async def test_an_outsiders_peer_does_not_know_the_channel(distributor: Gateway) -> None:
    terms = distributor.network(SECOND).contract("terms")
    with pytest.raises(EvaluateError) as evaluated:
        await terms.evaluate("get", b"k")
    unknown = f"failed to get config for channel [{SECOND}]: could not get last config for channel {SECOND}"
    assert words(evaluated.value) == ("UNAVAILABLE", unknown, [])
    with pytest.raises(EndorseError) as endorsed:
        await terms.proposal("put", b"k", b"v").endorse()
    assert words(endorsed.value)[0] == "FAILED_PRECONDITION"
    assert f"No metadata was found for chaincode terms in channel {SECOND}" in endorsed.value.message


async def test_an_outsider_at_a_members_peer(members: Ledger) -> None:
    async with stranger(members, "manufacturer", "distributor") as gateway:
        terms = gateway.network(SECOND).contract("terms")
        denied = (
            f"error validating proposal: access denied: channel [{SECOND}] "
            "creator org unknown, creator is malformed"
        )
        with pytest.raises(EvaluateError) as evaluated:
            await terms.evaluate("get", b"k")
        assert words(evaluated.value) == (
            "FAILED_PRECONDITION",
            f"evaluate call to endorser returned error: {denied}",
            [denied],
        )
        with pytest.raises(EndorseError) as endorsed:
            await terms.proposal("put", b"k", b"v").endorse()
        assert endorsed.value.details[0].message == denied


async def test_an_outsiders_peer_hands_nothing_over(manufacturer: Gateway, distributor: Gateway) -> None:
    transaction = await manufacturer.network(SECOND).contract("terms").proposal("put", b"k", b"v").endorse()
    with pytest.raises(SubmitError) as submitted:
        await distributor.network(SECOND).transaction_from(transaction.bytes).submit()
    assert words(submitted.value) == (
        "FAILED_PRECONDITION",
        f"failed to get config for channel [{SECOND}]: could not get last config for channel {SECOND}",
        [],
    )


@pytest.mark.parametrize(
    ("at", "status", "told"),
    [
        ("distributor", 404, f"Failed to get policy manager for channel [{SECOND}]"),
        ("manufacturer", 403, IN_CHANNEL.format("Readers", SECOND)),
    ],
)
async def test_an_outsider_hears_nothing(members: Ledger, at: str, status: int, told: str) -> None:
    async with stranger(members, at, "distributor") as gateway:
        network = gateway.network(SECOND)
        for blocks in (network.block_events(0, seconds=1), network.filtered_block_events(0, seconds=1)):
            with pytest.raises(EventsError, match=f"the peer ended the stream with status {status}"):
                await anext(blocks)
        with pytest.raises(EventsRefused) as refused:
            await anext(network.chaincode_events("terms", 0))
        assert (refused.value.code.name, refused.value.message) == ("PERMISSION_DENIED", told)
        with pytest.raises(CommitStatusError) as asked:
            await network.commit("0" * 64).status()
        assert (asked.value.code.name, asked.value.message) == ("PERMISSION_DENIED", told)


async def test_the_channels_own_policy(manufacturer: Gateway) -> None:
    """The probe has none of its own: of three members' peers two must have endorsed."""
    network = manufacturer.network(FIRST)
    transaction = await network.contract("probe").proposal("put", b"default", b"two").endorse()
    assert (await (await transaction.submit()).status()).successful
    alone = network.contract("probe").proposal(
        "put", b"default", b"one", endorsing_organizations=["ManufacturerMSP"]
    )
    status = await (await (await alone.endorse()).submit()).status()
    assert status.name == "ENDORSEMENT_POLICY_FAILURE"
    assert json.loads(await network.contract("probe").evaluate("get", b"default")) == "two"


async def test_a_member_with_an_intermediate_authority(distributor: Gateway) -> None:
    probe = distributor.network(FIRST).contract("probe")
    await probe.submit("put", b"from", b"the distributor")
    assert json.loads(await probe.evaluate("who"))["msp"] == "DistributorMSP"
    alone = probe.proposal("put", b"from", b"two", endorsing_organizations=["DistributorMSP", "RegulatorMSP"])
    assert (await (await (await alone.endorse()).submit()).status()).successful


def unit(msp_id: str, *chain: Path) -> MSPPrincipal:
    """The peers of a member, as its authorities (the lowest first) make them."""
    certificates = [x509.load_pem_x509_certificate(path.read_bytes()) for path in chain]
    principal = msp_principal_pb2.OrganizationUnit(
        msp_identifier=msp_id,
        organizational_unit_identifier="peer",
        certifiers_identifier=fingerprint(certificates),
    )
    return MSPPrincipal(
        principal_classification=MSPPrincipal.ORGANIZATION_UNIT, principal=principal.SerializeToString()
    )


def identity(msp_id: str, certificate: Path) -> MSPPrincipal:
    principal = identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=certificate.read_bytes())
    return MSPPrincipal(
        principal_classification=MSPPrincipal.IDENTITY, principal=principal.SerializeToString()
    )


def all_of(*principals: MSPPrincipal) -> bytes:
    """A policy that asks for each of them, in hexadecimal."""
    rules = [{"signed_by": place} for place in range(len(principals))]
    envelope = policies_pb2.SignaturePolicyEnvelope(
        rule={"n_out_of": {"n": len(rules), "rules": rules}}, identities=principals
    )
    return envelope.SerializeToString().hex().encode()


async def test_keys_that_units_and_identities_guard(members: Ledger, manufacturer: Gateway) -> None:
    """A unit counts only where the very authorities gave it that the policy names."""
    identities = Identities(members.topology, members.home / "network")
    msp = identities.msp(members.member("distributor"))
    root, between = msp / "cacerts" / "ca.pem", msp / "intermediatecerts" / "ica.pem"
    regulator = identities.peer(members.member("regulator")) / "msp" / "signcerts" / "cert.pem"
    distributors = unit("DistributorMSP", between, root)
    probe = manufacturer.network(FIRST).contract("probe")
    for key, policy in (
        (b"theirs", all_of(distributors)),
        (b"both", all_of(distributors, identity("RegulatorMSP", regulator))),
        (b"nobodys", all_of(unit("DistributorMSP", root))),
    ):
        # Only a key that has a value can have a policy.
        await probe.submit("put", key, b"unguarded")
        await probe.submit("set_any_policy", key, policy)
    await probe.submit("put", b"theirs", b"planned")

    async def put(key: bytes, *endorsers: str) -> str:
        asked = probe.proposal("put", key, b"v", endorsing_organizations=endorsers)
        return (await (await (await asked.endorse()).submit()).status()).name

    assert await put(b"theirs", "DistributorMSP") == "VALID"
    assert await put(b"theirs", "ManufacturerMSP", "RegulatorMSP") == "ENDORSEMENT_POLICY_FAILURE"
    assert await put(b"both", "DistributorMSP", "RegulatorMSP") == "VALID"
    assert await put(b"both", "DistributorMSP", "ManufacturerMSP") == "ENDORSEMENT_POLICY_FAILURE"
    assert await put(b"nobodys", "DistributorMSP", "RegulatorMSP") == "ENDORSEMENT_POLICY_FAILURE"


async def test_a_certificate_that_expires_on_the_way(members: Ledger) -> None:
    """Endorsed in time, it comes too late to the orderer; what was committed its owner may still ask for."""
    async with bearer(members, "manufacturer", "client", SHORT) as gateway:
        network = gateway.network(FIRST)
        committed = await network.contract("probe").proposal("put", b"in time", b"v").endorse()
        status = await (await committed.submit()).status()
        late = await network.contract("probe").proposal("put", b"too late", b"v").endorse()
        await asyncio.sleep(SHORT.total_seconds() + 1)
        with pytest.raises(SubmitError) as submitted:
            await late.submit()
        assert words(submitted.value) == (
            "ABORTED",
            "received unsuccessful response from orderer: status=BAD_REQUEST, "
            "info=broadcast client identity expired",
            [],
        )
        again = await network.commit(committed.transaction_id).status()
        assert (again.block_number, again.successful) == (status.block_number, True)
        with pytest.raises(EventsRefused):
            async for _ in network.block_events(0):
                break


async def refused(gateway: Gateway) -> tuple[tuple[str, str, list[str]], tuple[str, str, list[str]]]:
    """How evaluation and endorsement are refused."""
    probe = gateway.network(FIRST).contract("probe")
    with pytest.raises(EvaluateError) as evaluated:
        await probe.evaluate("get", b"k")
    with pytest.raises(EndorseError) as endorsed:
        await probe.proposal("put", b"k", b"v").endorse()
    return words(evaluated.value), words(endorsed.value)


async def test_a_revoked_certificate(members: Ledger) -> None:
    async with client(members, "manufacturer", "bridge") as gateway:
        evaluated, endorsed = await refused(gateway)
        denied = f"error validating proposal: access denied: channel [{FIRST}] creator org [ManufacturerMSP]"
        assert evaluated == (
            "FAILED_PRECONDITION",
            f"evaluate call to endorser returned error: {denied}",
            [denied],
        )
        assert endorsed[0] == "ABORTED"
        assert endorsed[2] == [denied]
        with pytest.raises(CommitStatusError) as asked:
            await gateway.network(FIRST).commit("0" * 64).status()
        assert asked.value.message == IN_CHANNEL.format("Readers", FIRST)


async def test_an_expired_certificate(members: Ledger) -> None:
    async with bearer(members, "manufacturer", "client", EXPIRED) as gateway:
        evaluated, endorsed = await refused(gateway)
    assert evaluated[0] == "UNAVAILABLE"
    assert "proposal client identity expired" in evaluated[2][0]
    assert endorsed[0] == "ABORTED"
    assert endorsed[2] == ["proposal client identity expired"]


async def test_a_peer_is_no_writer(members: Ledger) -> None:
    async with bearer(members, "manufacturer", "peer") as gateway:
        evaluated, endorsed = await refused(gateway)
        assert await gateway.network(FIRST).height() > 0
    denied = IN_CHANNEL.format("Writers", FIRST)
    assert evaluated == (
        "FAILED_PRECONDITION",
        f"evaluate call to endorser returned error: {denied}",
        [denied],
    )
    assert endorsed[2] == [denied]


async def test_a_certificate_without_a_role(members: Ledger) -> None:
    async with bearer(members, "manufacturer", "pirate") as gateway:
        evaluated, _ = await refused(gateway)
    assert "creator org [ManufacturerMSP]" in evaluated[1]


async def test_a_client_of_the_intermediate_authoritys_member(members: Ledger) -> None:
    async with bearer(members, "distributor", "client") as gateway:
        assert json.loads(await gateway.network(FIRST).contract("probe").evaluate("who"))["msp"] == (
            "DistributorMSP"
        )
