"""A real ledger behind the gateway that is tested: devnet, its contracts set up, its faults at hand."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chaincode.model.documents.trade import AFFIRMATIONS
from gateway.core.submissions import Command
from gateway.fabric import Network, connect
from gateway.fabric.blocks import TransactionView, parse_block
from mediledger.demo.cast import ADDRESSES
from network import ledger
from network.devnet.control_client import DevnetControl
from network.devnet.faults import Call, Fault, Kind
from network.topology import Topology
from tests.integration.chaincode.conftest import Ledger
from tests.support.ports import free_base_port

TOPOLOGY = Path(__file__).with_name("topology.yaml")
GLN = "9521234000013"
# A second site of the same member, and one whose licence has run out.
OTHER, EXPIRED = "9521234000020", "9521234000037"
GTIN = "09521234100010"
LOT = "L1"
STATEMENT = dict.fromkeys(AFFIRMATIONS, True)
HANGS_SECONDS = 600.0


def started(home: Path) -> Ledger:
    """The ledger's processes, running."""
    topology = Topology.load(TOPOLOGY, free_base_port())
    ledger.prepare(topology, home, "devnet")
    made = Ledger(topology, home, "devnet")
    try:
        made.start()
        asyncio.run(_set_up(made))
    except BaseException:
        made.stop()
        raise
    return made


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait until ``reached`` says so."""
    async with asyncio.timeout(seconds):
        while True:
            if await reached():
                return
            await asyncio.sleep(0.01)


class Desk:
    """One member's way to the ledger in one test: what it commissions, what went wrong, what is written."""

    def __init__(self, running: Ledger, network: Network, since: int) -> None:
        self.network = network
        self.control = DevnetControl(running.home)
        self.since = since
        self._prefix = uuid.uuid4().hex[:12]

    def serial(self, number: int = 1) -> str:
        """A serial that no other test uses."""
        return f"{self._prefix}{number}"

    def units(self, *numbers: int) -> dict[str, Any]:
        """What a commissioning is asked with."""
        return {"gtin": GTIN, "lot": LOT, "serials": [self.serial(number) for number in numbers or (1,)]}

    def ref(self, number: int = 1) -> str:
        return f"01{GTIN}21{self.serial(number)}"

    def command(self, *numbers: int) -> Command:
        return Command("custody", "Commission", self.units(*numbers))

    async def commission(self, *numbers: int) -> None:
        """Units that are there, whatever the gateway does."""
        await self.call("custody", "Commission", self.units(*numbers))

    async def call(self, chaincode: str, function: str, body: dict[str, Any]) -> bytes:
        """A transaction past the gateway."""
        return await self.network.contract(chaincode).submit(function, json.dumps(body).encode())

    async def lose(self, kind: Kind, count: int = 1) -> None:
        """Switch a fault on at this member's peer."""
        await self.control.fault(Fault(kind=kind, member="manufacturer", count=count))

    async def hold(self, call: Call, seconds: float = HANGS_SECONDS) -> None:
        """The next call of this kind is held at the peer."""
        await self.control.delay(call, seconds, count=1)

    async def used(self) -> bool:
        """Whether every fault that was switched on has taken effect."""
        return not (await self.control.status()).faults

    async def transactions(self) -> list[TransactionView]:
        """What stands on the ledger since the test began, valid or not."""
        found: list[TransactionView] = []
        for number in range(self.since, await self.network.height()):
            found += parse_block(await self.network.block(number)).transactions
        return found

    async def valid(self, function: str = "Commission") -> list[str]:
        """Ids of the valid calls of ``function`` since the test began."""
        return [t.tx_id for t in await self.transactions() if t.valid and t.function == function]


async def _set_up(running: Ledger) -> None:
    """Parties, a product and a lot."""
    today = datetime.now(UTC).date()
    maker, regulator = running.topology.organizations
    async with connect(ledger.member_profile(running.home, regulator)) as gateway:
        registry = gateway.network(running.topology.channel).contract("registry")
        for gln, role, ends in (
            (GLN, "manufacturer", today + timedelta(days=900)),
            (OTHER, "wholesaler", today + timedelta(days=900)),
            (EXPIRED, "wholesaler", today - timedelta(days=1)),
        ):
            licence = {
                "authority": "Medicines Authority",
                "number": f"W-{gln}",
                "jurisdiction": "CH",
                "valid_from": (today - timedelta(days=400)).isoformat(),
                "valid_to": ends.isoformat(),
            }
            party = {
                "gln": gln,
                "name": f"Site {gln}",
                "address": ADDRESSES[role],
                "msp_id": maker.msp_id,
                "role": role,
                "licences": [licence],
            }
            await registry.submit("RegisterParty", json.dumps(party).encode())
    async with connect(ledger.member_profile(running.home, maker)) as gateway:
        network = gateway.network(running.topology.channel)
        product = {
            "gtin": GTIN,
            "manufacturer": GLN,
            "name": "Alpine tablets",
            "strength": "5 mg",
            "dosage_form": "tablet",
            "ndc": "52123-1000-1",
            "container_size": "30",
            "storage": {"min_mc": 2000, "max_mc": 8000},
        }
        lot = {
            "gtin": GTIN,
            "lot": LOT,
            "expiry": (today + timedelta(days=540)).isoformat(),
            "manufactured": today.isoformat(),
        }
        await network.contract("registry").submit("RegisterProduct", json.dumps(product).encode())
        await network.contract("custody").submit("CreateLot", json.dumps(lot).encode())
