"""Goods for tests: small lots commissioned, packed and shipped through the public API of a running system."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from chaincode.model import gs1
from chaincode.model.documents.trade import AFFIRMATIONS
from mediledger.demo.api import ApiError, MemberApi
from mediledger.demo.cast import Run, Storage, party, product
from tests.support.system import RunningSystem

STATEMENT = dict.fromkeys(AFFIRMATIONS, True)
_runs = itertools.count(int(time.time()))


class World:
    """The four members' APIs, and short ways to bring goods into a state."""

    manufacturer: MemberApi
    distributor: MemberApi
    pharmacy: MemberApi
    regulator: MemberApi

    def __init__(self, running: RunningSystem) -> None:
        self.running = running
        # A run number is seconds; tests take the next one faster than that.
        self.run = Run(next(_runs) % 10**7)
        self.gtin = ""
        self._stack = AsyncExitStack()
        self._containers = itertools.count(1)

    async def __aenter__(self) -> World:
        for member in ("manufacturer", "distributor", "pharmacy", "regulator"):
            setattr(self, member, await self._stack.enter_async_context(self.running.api(member)))
        organizations = self.running.system.topology.organizations
        for organization in organizations:
            await already(self.regulator.post("/parties", party(organization)), "party_exists")
        maker = next(o for o in organizations if o.role == "manufacturer")
        article = product(maker, Storage(2, 8))
        self.gtin = article["gtin"]
        await already(self.manufacturer.post("/products", article), "product_exists")
        await self.lot(self.run.lot, self.run.expiry.isoformat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def lot(self, lot: str, expiry: str, manufactured: str = "2026-01-01") -> None:
        await self.manufacturer.post(
            f"/products/{self.gtin}/lots", {"lot": lot, "expiry": expiry, "manufactured": manufactured}
        )

    async def packs(self, count: int, lot: str | None = None) -> list[str]:
        """Commission ``count`` packs at the manufacturer; their serials."""
        first = next(self._containers)
        serials = [f"{self.run.number:07d}X{first}X{n}" for n in range(count)]
        await self.manufacturer.post(
            "/commissions", {"gtin": self.gtin, "lot": lot or self.run.lot, "serials": serials}
        )
        return serials

    async def case(self, count: int) -> tuple[str, list[str]]:
        """Commission and pack ``count`` packs; the case's SSCC and their serials."""
        serials = await self.packs(count)
        sscc = self.run.case(next(self._containers))
        await self.manufacturer.post("/containers", {"sscc": sscc, "children": self.refs(serials)})
        return sscc, serials

    async def offer(self, sender: MemberApi, receiver: MemberApi, *refs: str) -> str:
        body = {"what": list(refs), "to": receiver.gln, "statement": STATEMENT}
        transfer = (await sender.post("/transfers", body))["result"]["id"]
        await seen(receiver, f"/transfers/{transfer}")
        return transfer

    async def ship(self, sender: MemberApi, receiver: MemberApi, *refs: str) -> str:
        """Offer and accept; the transfer's id."""
        transfer = await self.offer(sender, receiver, *refs)
        await receiver.post(f"/transfers/{transfer}/accept", {})
        return transfer

    async def at_pharmacy(self, count: int) -> list[str]:
        """Loose packs on the pharmacy's shelf; their serials."""
        serials = await self.packs(count)
        await self.ship(self.manufacturer, self.pharmacy, *self.refs(serials))
        return serials

    def refs(self, serials: list[str]) -> list[str]:
        return [gs1.unit_ref(self.gtin, serial) for serial in serials]

    async def unit(self, serial: str) -> dict[str, Any]:
        return await self.manufacturer.get(f"/units/{self.gtin}/{serial}")


async def already(call: Any, code: str) -> None:
    """Await a call that may have been made before; ``code`` then is its refusal."""
    try:
        await call
    except ApiError as refusal:
        if refusal.code != code:
            raise


async def seen(api: MemberApi, path: str, seconds: float = 30.0) -> None:
    """Wait until a member's peer has what another member wrote."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            await api.get(path)
            return
        except ApiError as refusal:
            assert refusal.status == 404, refusal
        assert time.monotonic() < deadline, f"{path} is not seen"
        await asyncio.sleep(0.1)


async def refused(call: Any) -> ApiError:
    """The refusal of a call that must not succeed."""
    try:
        answer = await call
    except ApiError as refusal:
        return refusal
    raise AssertionError(f"was not refused: {answer}")
