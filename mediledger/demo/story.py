"""The story, step by step, through the public interfaces alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chaincode.model import gs1
from chaincode.model.documents.trade import AFFIRMATIONS
from chaincode.model.errors import MediLedgerError
from mediledger.demo import truck
from mediledger.demo.api import ApiError, MemberApi
from mediledger.demo.cast import Run, Storage, party, product
from mediledger.demo.sales import Sales
from network.topology import Organization

CASE_SIZE = 100
COMMISSION_BATCH = 1000
DISPENSE_BATCH = 200
CONCURRENCY = 8
SETTLE_SECONDS = 180.0
SEEN_SECONDS = 30.0

Progress = Callable[[str, int, int], None]


class StoryError(MediLedgerError):
    """The system did not do what the story needs; the message says at which step."""


@dataclass(frozen=True)
class Cast:
    """The four members as the story plays them, each logged in at its own gateway."""

    organizations: dict[str, Organization]
    manufacturer: MemberApi
    distributor: MemberApi
    pharmacy: MemberApi
    regulator: MemberApi


@dataclass(frozen=True)
class Script:
    """What this telling is about: how many packs, what is sold, what the sensor recorded."""

    run: Run
    packs: int
    sales: Sales
    journey: truck.Journey
    storage: Storage


@dataclass
class Outcome:
    """What the telling brought about; ``trace`` is the regulator's answer for ``traced``."""

    packs: int = 0
    readings: int = 0
    anchors: int = 0
    excursions: int = 0
    dispensed: int = 0
    refused: str = ""
    traced: dict[str, str] = field(default_factory=dict)
    trace: dict[str, Any] = field(default_factory=dict)


class Story:
    """Plays a script with a cast; ``progress(step, done, total)`` is called as it goes."""

    def __init__(self, cast: Cast, script: Script, progress: Progress) -> None:
        self._cast = cast
        self._script = script
        self._progress = progress
        self._gtin: str = ""
        self._serials = script.run.serials(script.packs)
        self._cases = {
            script.run.case(number): self._serials[start : start + CASE_SIZE]
            for number, start in enumerate(range(0, script.packs, CASE_SIZE), start=1)
        }
        self._watched = script.run.case(1)
        self._device: dict[str, Any] = {}
        self.outcome = Outcome()

    async def play(self) -> Outcome:
        """All of it, in order; raises ApiError or StoryError at the step that fails."""
        await self._register()
        await self._commission()
        await self._pack()
        await self._ship_to_distributor()
        await self._ship_to_pharmacy()
        await self._unpack()
        await self._dispense()
        await self._trace()
        return self.outcome

    async def _register(self) -> None:
        cast, step = self._cast, "Parties, licences, product"
        members = list(cast.organizations.values())
        for done, organization in enumerate(members):
            self._progress(step, done, len(members) + 2)
            await _once(cast.regulator.post("/parties", party(organization)), "party_exists")
        article = product(cast.organizations[cast.manufacturer.name], self._script.storage)
        self._gtin = article["gtin"]
        await _once(cast.manufacturer.post("/products", article), "product_exists")
        run = self._script.run
        await cast.manufacturer.post(
            f"/products/{self._gtin}/lots",
            {"lot": run.lot, "expiry": run.expiry.isoformat(), "manufactured": run.today.isoformat()},
        )
        self._progress(step, len(members) + 2, len(members) + 2)

    async def _commission(self) -> None:
        batches = _batches(self._serials, COMMISSION_BATCH)
        await self._each(
            f"Commission {self._script.packs:,} packs",
            [
                self._cast.manufacturer.post(
                    "/commissions", {"gtin": self._gtin, "lot": self._script.run.lot, "serials": batch}
                )
                for batch in batches
            ],
        )
        self.outcome.packs = self._script.packs

    async def _pack(self) -> None:
        maker = self._cast.manufacturer
        await self._each(
            f"Pack {len(self._cases):,} cases and a pallet",
            [
                maker.post("/containers", {"sscc": sscc, "children": self._refs(serials)})
                for sscc, serials in self._cases.items()
            ],
        )
        cases = [gs1.container_ref(sscc) for sscc in self._cases]
        await maker.post("/containers", {"sscc": self._script.run.pallet, "children": cases})

    async def _ship_to_distributor(self) -> None:
        step = "Ship to the distributor"
        self._progress(step, 0, 2)
        transfer = await self._offer(self._cast.manufacturer, self._cast.distributor)
        self._progress(step, 1, 2)
        await self._cast.distributor.post(f"/transfers/{transfer}/accept", {})
        self._progress(step, 2, 2)

    async def _ship_to_pharmacy(self) -> None:
        distributor, run = self._cast.distributor, self._script.run
        step, readings = "Ship to the pharmacy, sensor on board", len(self._script.journey.readings)
        self._progress(step, 0, 3)
        made = await distributor.post("/devices", {"id": run.device, "kind": "temperature"})
        self._device = made["mqtt"]
        # The journey was before: its readings are told at once.
        attachment = {"sscc": self._watched, "since": min(one.at for one in self._script.journey.readings)}
        await distributor.post(f"/devices/{run.device}/attach", attachment)
        transfer = await self._offer(distributor, self._cast.pharmacy)
        self._progress(step, 1, 3)
        self.outcome.readings = await truck.drive(
            self._script.journey, self._device, SETTLE_SECONDS + readings / 100
        )
        self._progress(step, 2, 3)
        await self._anchored()
        if self.outcome.excursions:
            transfer = await self._without_the_held(transfer)
        if transfer:
            await self._cast.pharmacy.post(f"/transfers/{transfer}/accept", {})
        self._progress(step, 3, 3)

    async def _without_the_held(self, transfer: str) -> str:
        """What got too warm is on hold and goes nowhere: a new offer without it, none if nothing is left."""
        distributor, pallet = self._cast.distributor, self._script.run.pallet
        try:
            await self._cast.pharmacy.post(f"/transfers/{transfer}/accept", {})
        except ApiError as refusal:
            self.outcome.refused = refusal.code
        else:
            raise StoryError("a quarantined case changed hands")
        await distributor.post(f"/transfers/{transfer}/cancel", {"reason": "A case got too warm"})
        held = gs1.container_ref(self._watched)
        await distributor.post(f"/containers/{pallet}/unpack", {"children": [held]})
        del self._cases[self._watched]
        return await self._offer(distributor, self._cast.pharmacy) if self._cases else ""

    async def _offer(self, sender: MemberApi, receiver: MemberApi) -> str:
        offered = await sender.post(
            "/transfers",
            {
                "what": [gs1.container_ref(self._script.run.pallet)],
                "to": receiver.gln,
                "statement": dict.fromkeys(AFFIRMATIONS, True),
            },
        )
        transfer = offered["result"]["id"]
        await _seen(receiver, f"/transfers/{transfer}")
        return transfer

    async def _anchored(self) -> None:
        """Wait until every stored reading of the journey is under an anchor on the ledger."""
        step, total = "Anchor the readings on the ledger", self.outcome.readings
        deadline = time.monotonic() + SETTLE_SECONDS + total / 100
        path = "/anchors"
        while True:
            anchors = await _all(self._cast.distributor, path, container=self._watched)
            count = sum(anchor["count"] for anchor in anchors)
            self._progress(step, count, total)
            if count >= total:
                break
            if time.monotonic() > deadline:
                raise StoryError(f"{step}: {count} of {total} readings are anchored")
            await asyncio.sleep(0.5)
        self.outcome.anchors = len(anchors)
        self.outcome.excursions = sum(
            "excursion" in anchor and bool(anchor["excursion"]) for anchor in anchors
        )

    async def _unpack(self) -> None:
        pharmacy = self._cast.pharmacy
        if self._cases:
            await pharmacy.post(f"/containers/{self._script.run.pallet}/unpack", {})
        await self._each(
            f"Unpack {len(self._cases):,} cases",
            [pharmacy.post(f"/containers/{sscc}/unpack", {}) for sscc in self._cases],
        )

    async def _dispense(self) -> None:
        shelf = [serial for packs in self._cases.values() for serial in packs]
        sales = list(self._days(shelf))
        await self._each(
            f"Dispense {len(sales):,} days' sales",
            [self._dispense_day(packs) for packs in sales],
        )

    def _days(self, shelf: list[str]) -> Iterable[list[str]]:
        """Each day's packs off the shelf, until the shelf is empty."""
        start = 0
        for _, quantity in self._script.sales.days:
            if quantity and start < len(shelf):
                yield shelf[start : start + quantity]
                start += quantity

    async def _dispense_day(self, packs: list[str]) -> None:
        for batch in _batches(packs, DISPENSE_BATCH):
            await self._cast.pharmacy.post("/dispenses", {"units": self._refs(batch)})
            self.outcome.dispensed += len(batch)

    async def _trace(self) -> None:
        step = "Trace a pack from the regulator's gateway"
        self._progress(step, 0, 1)
        serial = self._cases[min(self._cases)][0] if self._cases else self._serials[-1]
        self.outcome.traced = {"gtin": self._gtin, "serial": serial}
        self.outcome.trace = await self._cast.regulator.get(f"/units/{self._gtin}/{serial}/trace")
        self._progress(step, 1, 1)

    def _refs(self, serials: Sequence[str]) -> list[str]:
        return [gs1.unit_ref(self._gtin, serial) for serial in serials]

    async def _each(self, step: str, calls: Sequence[Coroutine[Any, Any, Any]]) -> None:
        """Make the calls, a few at a time, counting them off."""
        done = 0
        self._progress(step, done, len(calls))
        waiting = iter(calls)

        async def worker() -> None:
            nonlocal done
            for call in waiting:
                await call
                done += 1
                self._progress(step, done, len(calls))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(CONCURRENCY, len(calls))):
                    group.create_task(worker())
        finally:
            for unmade in waiting:
                unmade.close()


async def _once(call: Awaitable[Any], already: str) -> None:
    """Await a call that an earlier telling may have made; its code for that is ``already``."""
    try:
        await call
    except ApiError as refusal:
        if refusal.code != already:
            raise


async def _seen(api: MemberApi, path: str) -> None:
    """Wait until a member sees what another has written: its peer gets each block a moment later."""
    deadline = time.monotonic() + SEEN_SECONDS
    while True:
        try:
            await api.get(path)
            return
        except ApiError as refusal:
            if refusal.status != 404 or time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.1)


async def _all(api: MemberApi, path: str, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await api.get(path, limit=200, **query, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page.get("next")
        if not cursor:
            return items


def _batches(items: Sequence[str], size: int) -> list[list[str]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]
