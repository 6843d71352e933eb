"""A probe of each of three members, two of whom are in every private data collection."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from tests.integration.chaincode.members import Probe
from tests.integration.chaincode.private_events import Written, private_sets

MANUFACTURER, WHOLESALER, REGULATOR = "ManufacturerMSP", "WholesalerMSP", "RegulatorMSP"
SECONDS = 30.0


@dataclass(frozen=True)
class Members:
    """A probe of each member: manufacturer and wholesaler are in every collection, the regulator in none."""

    manufacturer: Probe
    wholesaler: Probe
    regulator: Probe

    async def put(self, collection: str, key: str, value: str = "12", *endorsers: str) -> int:
        """Write a private value and wait until every member's peer has its block; the block's number."""
        return await self.write("put_private", collection, key, value=value, endorsers=endorsers)

    async def write(
        self, function: str, *arguments: str, value: str = "12", endorsers: tuple[str, ...] = ()
    ) -> int:
        transaction = await self.manufacturer.write(
            function, *arguments, transient={"value": value.encode()}, endorsers=endorsers
        )
        number = (await self.manufacturer.network.block_by_transaction(transaction)).header.number
        await self.reached(number)
        return number

    async def idle(self) -> int:
        """A block of nothing private."""
        transaction = await self.manufacturer.write("put", "idle", "1")
        number = (await self.manufacturer.network.block_by_transaction(transaction)).header.number
        await self.reached(number)
        return number

    async def reached(self, number: int) -> None:
        """Wait until every member's peer has a block."""
        async with asyncio.timeout(SECONDS):
            for probe in (self.manufacturer, self.wholesaler, self.regulator):
                await anext(aiter(probe.network.block_events(start_block=number)))

    async def delivered(self, asker: Probe, at: Probe, number: int) -> Written:
        """What a peer gives of a block that holds one transaction."""
        return (await private_sets(asker.profile, at.profile, number)).get(0, {})


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
