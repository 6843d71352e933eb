"""A ledger set up for a measurement, and the calls with which it is loaded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from bench.bareput import VALUE_BYTES, many_keys
from bench.load import Call, numbers
from chaincode.model.errors import MediLedgerError
from gateway.fabric import Contract, EndorseError, Network, Transaction, chaincode_refusal, connect
from gateway.fabric.outcomes import submit_with_retry
from mediledger.demo.cast import Run, Storage, party, product
from mediledger.system import System
from network.ledger import member_profile

CONCURRENCY = 100
BATCH = 1000
BATCH_CONCURRENCY = 6
BARE_CHANNEL = "bare"


class Stage:
    """A network with parties, a product and a lot on it, ready to be loaded.

    Attributes:
        packs: how many packs of the lot are on the ledger.
    """

    def __init__(self, network: Network, bare: Network, gtin: str, run: Run, members: list[str]) -> None:
        self.network = network
        self.custody: Contract = network.contract("custody")
        self.bareput: Contract = bare.contract("bareput")
        self.gtin = gtin
        self.lot = run.lot
        self.expiry = run.expiry.isoformat()
        self.packs = 0
        self._members = members
        self._numbers = numbers()
        self._prefix = run.number

    def serial(self) -> str:
        return f"B{self._prefix:07d}{next(self._numbers):09d}"

    def serials(self, count: int) -> list[str]:
        return [self.serial() for _ in range(count)]

    def singles(self) -> Iterator[Call]:
        """Single-pack commissions, each of a new serial."""
        while True:
            yield self.commissioning([self.serial()])

    def puts(self) -> Iterator[Call]:
        """Bare puts of one new key each, with a value as long as a unit's document."""
        while True:
            yield self._submitting(self.bareput, "Put", self.serial().encode(), b"x" * VALUE_BYTES)

    def batches(self) -> Iterator[Call]:
        """Commissions of a thousand packs."""
        while True:
            yield self.commissioning(self.serials(BATCH))

    def bare_batches(self) -> Iterator[Call]:
        """Bare puts of a thousand keys, as commissioning writes new packs, in one transaction."""
        while True:
            body = {"prefix": self.serial(), "count": BATCH}
            yield self._submitting(self.bareput, "PutNew", json.dumps(body).encode())

    async def owned_puts(self, count: int) -> Iterator[Call]:
        """Bare puts of one key each, which are there, each under its owner's policy."""
        prefix = self.serial()
        await self._many(prefix, count, self._members)()
        names = many_keys(prefix, count)
        return (self._submitting(self.bareput, "Put", name.encode(), b"x" * VALUE_BYTES) for name in names)

    async def rewrites(self, count: int, size: int) -> Iterator[Call]:
        """Bare puts of as many keys, so many a transaction; they are there, each under its owner's policy."""
        prefixes = [self.serial() for _ in range(count // size)]
        for prefix in prefixes:
            await self._many(prefix, size, self._members)()
        return (self._many(prefix, size, []) for prefix in prefixes)

    async def commissioned(self, count: int) -> list[str]:
        """The serials of as many new packs."""
        serials = self.serials(count)
        await self.commissioning(serials)()
        return serials

    def commissioning(self, serials: list[str]) -> Call:
        """Commission of these packs in one transaction."""
        body = json.dumps({"gtin": self.gtin, "lot": self.lot, "serials": serials}).encode()

        async def call() -> object:
            result = await submit(self.custody, "Commission", body)
            self.packs += len(serials)
            return result

        return call

    def lookups(self, serials: list[str]) -> Iterator[Call]:
        """Reads of one unit each, round and round."""
        while True:
            for serial in serials:
                body = json.dumps({"gtin": self.gtin, "serial": serial}).encode()
                yield self._evaluating(body)

    def _many(self, prefix: str, count: int, members: list[str]) -> Call:
        body = {"prefix": prefix, "count": count, "members": members}
        return self._submitting(self.bareput, "PutMany", json.dumps(body).encode())

    def _submitting(self, contract: Contract, function: str, *arguments: bytes) -> Call:
        async def call() -> object:
            return await submit(contract, function, *arguments)

        return call

    def _evaluating(self, body: bytes) -> Call:
        async def call() -> object:
            return await self.custody.evaluate("GetUnit", body)

        return call


async def submit(contract: Contract, function: str, *arguments: bytes) -> bytes:
    """As a member's gateway does it, but for the envelope, which nothing keeps; the function's result."""

    async def keep(_: Transaction) -> None:
        return None

    transaction, _ = await submit_with_retry(lambda: contract.proposal(function, *arguments), keep)
    return transaction.result


@asynccontextmanager
async def staged(system: System, bare: System | None = None) -> AsyncIterator[Stage]:
    """A stage set on a running network: parties, product, a lot of its own.

    The bare chaincode is that of ``bare``, another network of the same topology, or of the same one.
    """
    organizations = {o.role: o for o in system.topology.organizations}
    maker = organizations["manufacturer"]
    article = product(maker, Storage(2, 8)) | {"manufacturer": maker.gln}
    run = Run.new()
    channel = system.topology.channel
    async with connect(member_profile(system.home, organizations["regulator"])) as regulator:
        registry = regulator.network(channel).contract("registry")
        for organization in system.topology.organizations:
            await _once(registry, "RegisterParty", party(organization), "party_exists")
    async with (
        connect(member_profile(system.home, maker)) as gateway,
        connect(member_profile((bare or system).home, maker)) as elsewhere,
    ):
        network = gateway.network(channel)
        await _once(network.contract("registry"), "RegisterProduct", article, "product_exists")
        members = sorted(organization.msp_id for organization in system.topology.organizations)
        # The maker's peer endorses what it sends: a bare key's owner is the maker too.
        members.sort(key=lambda msp_id: msp_id != maker.msp_id)
        stage = Stage(network, elsewhere.network(BARE_CHANNEL), article["gtin"], run, members)
        lot = {
            "gtin": stage.gtin,
            "lot": stage.lot,
            "expiry": stage.expiry,
            "manufactured": run.today.isoformat(),
        }
        await submit(stage.custody, "CreateLot", json.dumps(lot).encode())
        yield stage


async def _once(contract: Contract, function: str, body: dict[str, object], already: str) -> None:
    try:
        await submit(contract, function, json.dumps(body).encode())
    except EndorseError as error:
        refusal = chaincode_refusal(error)
        if refusal is None or already not in refusal[1]:
            raise MediLedgerError(f"{function}: {error}") from error
