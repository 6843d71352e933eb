"""Goods on their way through a measured network: packed, shipped, taken out, dispensed, verified."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.ledger import BATCH, BATCH_CONCURRENCY, Stage, submit
from bench.load import Call, rate
from chaincode.model import gs1
from chaincode.model.documents.trade import AFFIRMATIONS
from chaincode.model.errors import MediLedgerError
from gateway.fabric import Contract, Network

ARRIVAL_SECONDS = 20.0


@dataclass(frozen=True)
class Case:
    """A case: its SSCC, the serials of its packs and their refs."""

    sscc: str
    serials: list[str]
    children: list[str]

    @property
    def ref(self) -> str:
        return gs1.container_ref(self.sscc)


class Goods:
    """What a manufacturer and a dispenser do with packs of a stage's lot, each with its own peer."""

    def __init__(self, stage: Stage, dispenser: Network, maker_gln: str, dispenser_gln: str) -> None:
        self.stage = stage
        self._network = dispenser
        self._maker, self._maker_gln = stage.custody, maker_gln
        self._dispenser, self._dispenser_gln = dispenser.contract("custody"), dispenser_gln
        self._numbers = itertools.count()

    def sscc(self) -> str:
        """One that this run has not used; the stage's serials hold the number of the run."""
        body = f"0{self.stage.serial()[1:8]}{next(self._numbers):09d}"
        return body + gs1.check_digit(body)

    def planned(self, count: int, size: int = BATCH) -> list[Case]:
        """As many cases, whose packs are yet to be commissioned."""
        serials = (self.stage.serials(size) for _ in range(count))
        return [Case(self.sscc(), each, list(map(self.ref, each))) for each in serials]

    def commissions(self, cases: list[Case]) -> Iterator[Call]:
        """Commissioning of each case's packs."""
        for case in cases:
            yield self.stage.commissioning(case.serials)

    async def packed(self, count: int, size: int = BATCH) -> list[Case]:
        """As many cases, packed."""
        cases = self.planned(count, size)
        await rate(self.commissions(cases), BATCH_CONCURRENCY)
        await rate(self.packs(cases), BATCH_CONCURRENCY)
        return cases

    def ref(self, serial: str) -> str:
        return gs1.unit_ref(self.stage.gtin, serial)

    def packs(self, cases: list[Case]) -> Iterator[Call]:
        """Packing of each case."""
        for case in cases:
            yield self._call(self._maker, "Pack", self._packing(case.sscc, case.children))

    async def pallet(self, cases: list[Case]) -> str:
        """The SSCC of a pallet of packed cases."""
        sscc = self.sscc()
        await self._submit(self._maker, "Pack", self._packing(sscc, [case.ref for case in cases]))
        return sscc

    def shipping(self, sscc: str, transfer: str) -> Call:
        """The manufacturer's offer of a container."""
        body = {
            "id": transfer,
            "kind": "sale",
            "what": [gs1.container_ref(sscc)],
            "from": self._maker_gln,
            "to": self._dispenser_gln,
            "statement": dict.fromkeys(AFFIRMATIONS, True),
        }
        return self._call(self._maker, "OfferTransfer", body)

    async def arrived(self) -> None:
        """Wait until the dispenser's peer has what the manufacturer's has; MediLedgerError where it lags."""
        wanted = await self.stage.network.height()
        ends = time.monotonic() + ARRIVAL_SECONDS
        while await self._network.height() < wanted:
            if time.monotonic() > ends:
                raise MediLedgerError(f"the dispenser's peer lags by more than {ARRIVAL_SECONDS:.0f} s")
            await asyncio.sleep(0.02)

    def receiving(self, transfer: str) -> Call:
        """The dispenser's acceptance."""
        return self._call(self._dispenser, "AcceptTransfer", {"id": transfer})

    async def received(self, count: int) -> list[str]:
        """Refs of loose packs at the dispenser, who bought them in cases of a thousand and took them out."""
        refs: list[str] = []
        for case in await self.packed(-(-count // BATCH)):
            await self.shipping(case.sscc, case.sscc)()
            await self.arrived()
            await self.receiving(case.sscc)()
            await self._submit(self._dispenser, "Unpack", {"sscc": case.sscc, "gln": self._dispenser_gln})
            refs += case.children
        return refs[:count]

    def dispenses(self, refs: list[str], size: int) -> Iterator[Call]:
        """Dispensing of one pack after the other, so many a transaction."""
        for first in range(0, len(refs), size):
            body = {"gln": self._dispenser_gln, "units": refs[first : first + size]}
            yield self._call(self._dispenser, "Dispense", body)

    def verifications(self, refs: list[str]) -> Iterator[Call]:
        """Verification of one pack after the other, round and round, as the dispenser asks for it."""
        for ref in itertools.cycle(refs):
            unit = gs1.parse_ref(ref)
            assert isinstance(unit, gs1.UnitRef)
            body = {
                "gtin": unit.gtin,
                "serial": unit.serial,
                "lot": self.stage.lot,
                "expiry": self.stage.expiry,
            }
            yield self._evaluating(body)

    def _packing(self, sscc: str, children: list[str]) -> dict[str, object]:
        return {"sscc": sscc, "gln": self._maker_gln, "children": children}

    def _evaluating(self, body: dict[str, object]) -> Call:
        async def call() -> object:
            return await self._dispenser.evaluate("VerifyProduct", json.dumps(body).encode())

        return call

    @staticmethod
    async def _submit(contract: Contract, function: str, body: dict[str, object]) -> bytes:
        return await submit(contract, function, json.dumps(body).encode())

    def _call(self, contract: Contract, function: str, body: dict[str, object]) -> Call:
        async def call() -> object:
            return await self._submit(contract, function, body)

        return call
