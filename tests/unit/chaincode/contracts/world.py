"""A consortium on a ledger in memory, and short ways to bring goods into a state."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from chaincode.contracts.custody import chaincode as custody
from chaincode.contracts.registry import chaincode as registry
from chaincode.contracts.standing import document_of
from chaincode.model import gs1, keys, trays
from chaincode.model.documents.trade import AFFIRMATIONS
from iot_bridge.anchors import StoredReading, build
from tests.unit.chaincode.contracts.ledger import Ledger

START = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp() * 1000)
LOT = "L-2026/1"
FRIDGE = {"min_mc": 2_000, "max_mc": 8_000}
# USP <1079.2>: controlled cold temperature.
COLD = {
    **FRIDGE,
    "excursion_min_mc": 2_000,
    "excursion_max_mc": 15_000,
    "excursion_minutes": 120,
    "mkt_max_mc": 8_000,
    "mkt_window_days": 1,
    "freeze_mc": 0,
}


def at(day: str) -> int:
    """Noon (UTC) of a day, epoch milliseconds."""
    return int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp() * 1000)


def gln(number: int) -> str:
    body = f"95212340000{number}"
    return body + gs1.check_digit(body)


def gtin(number: int) -> str:
    body = f"09521234{number:05d}"
    return body + gs1.check_digit(body)


MAKER, WHOLESALER, PHARMACY, REGULATOR, STRANGER = (gln(n) for n in range(1, 6))
MSPS = {
    MAKER: "MakerMSP",
    WHOLESALER: "WholesalerMSP",
    PHARMACY: "PharmacyMSP",
    REGULATOR: "RegulatorMSP",
    STRANGER: "StrangerMSP",
}
ROLES = {MAKER: "manufacturer", WHOLESALER: "wholesaler", PHARMACY: "dispenser", REGULATOR: "regulator"}
PRODUCT = gtin(1)
CONSORTIUM = {"regulators": [MSPS[REGULATOR]], "members": [MSPS[which] for which in ROLES]}


def licence(
    valid_from: str = "2026-01-01", valid_to: str = "2027-12-31", number: str = "N-1"
) -> dict[str, str]:
    return {
        "authority": "FDA",
        "number": number,
        "jurisdiction": "US",
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def address(which: str) -> dict[str, str]:
    """A business address, another for each party."""
    return {
        "street_address": f"{which[-2]} Mill Lane",
        "city": "Fairhaven",
        "state": "MA",
        "postal_code": "02719",
        "country": "US",
    }


def party(which: str) -> dict[str, Any]:
    return {
        "gln": which,
        "name": MSPS[which].removesuffix("MSP"),
        "address": address(which),
        "msp_id": MSPS[which],
        "role": ROLES[which],
        "licences": [licence()],
    }


def product(number: int = 1, storage: dict[str, int] | None = None) -> dict[str, Any]:
    return {
        "gtin": gtin(number),
        "manufacturer": MAKER,
        "name": "Insulin glargine",
        "strength": "100 units/mL",
        "dosage_form": "injection, solution",
        "ndc": "99999-0100-10",
        "container_size": "5 x 3 mL pens",
        "storage": storage or FRIDGE,
    }


def sale(transfer: str, sender: str, receiver: str, *refs: str) -> dict[str, Any]:
    """The argument that offers goods for sale."""
    return {
        "id": transfer,
        "kind": "sale",
        "what": list(refs),
        "from": sender,
        "to": receiver,
        "statement": dict.fromkeys(AFFIRMATIONS, True),
    }


def readings_claim(
    sscc: str,
    device: str,
    values: Sequence[int],
    first: int,
    since: int,
    until: int,
    storage: dict[str, int] | None = None,
) -> dict[str, Any]:
    """The argument of AnchorReadings for equally spaced readings, as a bridge makes it."""
    step = (until - since) // max(1, len(values) - 1)
    readings = [
        StoredReading(device, first + place, until - step * (len(values) - 1 - place), value)
        for place, value in enumerate(values)
    ]
    return build(sscc, storage or FRIDGE, readings).arguments  # type: ignore[arg-type]


class World:
    """Manufacturer, wholesaler, dispenser and regulator with one product and one lot."""

    def __init__(self) -> None:
        self.ledger = Ledger({"registry": registry, "custody": custody}, START)
        self._numbers = itertools.count(1)

    async def registry(self, who: str, function: str, argument: Any) -> Any:
        """A call of the registry by the organisation of the party ``who``."""
        return await self.ledger.call(MSPS[who], "registry", function, argument)

    async def custody(
        self, who: str, function: str, argument: Any, transient: dict[str, bytes] | None = None
    ) -> Any:
        """A call of custody by the organisation of the party ``who``."""
        return await self.ledger.call(MSPS[who], "custody", function, argument, transient)

    async def found(self) -> None:
        """Bootstrap the registry, register everybody, the product and its lot."""
        await self.registry(REGULATOR, "Bootstrap", CONSORTIUM)
        for which in (MAKER, WHOLESALER, PHARMACY, REGULATOR):
            await self.registry(REGULATOR, "RegisterParty", party(which))
        await self.registry(MAKER, "RegisterProduct", product())
        await self.lot(LOT, "2027-06-30")

    async def decide(self, changes: dict[str, Any]) -> None:
        """Have the members change the consortium's settings: proposed, approved by three of four, enacted."""
        name = f"P-{next(self._numbers)}"
        proposal = {"id": name, "gln": MAKER, "changes": changes, "reason": "as agreed"}
        await self.registry(MAKER, "Propose", proposal)
        for who in (MAKER, WHOLESALER, REGULATOR):
            await self.registry(who, "Vote", {"id": name, "gln": who, "approve": True})
        await self.registry(MAKER, "Enact", {"id": name})

    async def lot(self, lot: str, expiry: str, of: str = PRODUCT) -> None:
        argument = {"gtin": of, "lot": lot, "expiry": expiry, "manufactured": "2026-02-01"}
        await self.custody(MAKER, "CreateLot", argument)

    async def units(self, count: int, lot: str = LOT, of: str = PRODUCT) -> list[str]:
        """Commission units; their refs."""
        serials = [f"S{next(self._numbers)}" for _ in range(count)]
        await self.custody(MAKER, "Commission", {"gtin": of, "lot": lot, "serials": serials})
        return [gs1.unit_ref(of, serial) for serial in serials]

    def sscc(self) -> str:
        """An SSCC not used yet."""
        body = f"095212340{next(self._numbers):08d}"
        return body + gs1.check_digit(body)

    async def pack(self, *refs: str, who: str = MAKER) -> str:
        """Pack into a new container; its SSCC."""
        sscc = self.sscc()
        await self.custody(who, "Pack", {"sscc": sscc, "gln": who, "children": list(refs)})
        return sscc

    async def case(self, count: int) -> tuple[str, list[str]]:
        refs = await self.units(count)
        return await self.pack(*refs), refs

    async def unpack(self, who: str, sscc: str, *refs: str) -> dict[str, Any]:
        argument: dict[str, Any] = {"sscc": sscc, "gln": who}
        if refs:
            argument["children"] = list(refs)
        return await self.custody(who, "Unpack", argument)

    async def offer(self, sender: str, receiver: str, *refs: str) -> str:
        """Offer goods; the transfer's id."""
        transfer = f"T-{next(self._numbers)}"
        await self.custody(sender, "OfferTransfer", sale(transfer, sender, receiver, *refs))
        return transfer

    async def ship(self, sender: str, receiver: str, *refs: str) -> str:
        """Offer and accept; the transfer's id."""
        transfer = await self.offer(sender, receiver, *refs)
        await self.custody(receiver, "AcceptTransfer", {"id": transfer})
        return transfer

    async def at_pharmacy(self, count: int = 1, lot: str = LOT) -> list[str]:
        """Loose units on the dispenser's shelf."""
        refs = await self.units(count, lot)
        await self.ship(MAKER, PHARMACY, *refs)
        return refs

    async def quarantine(self, who: str, ref: str, reason: str = "damaged in transit") -> None:
        await self.custody(who, "Quarantine", {"ref": ref, "gln": who, "reason": reason})

    async def device(self, sscc: str | None = None, who: str = MAKER) -> str:
        """A sensor, watching the container if one is given; its id."""
        device = f"probe-{next(self._numbers)}"
        await self.custody(who, "RegisterDevice", {"id": device, "gln": who, "kind": "temperature"})
        if sscc is not None:
            await self.custody(who, "AttachDevice", {"id": device, "sscc": sscc})
        return device

    async def anchor(
        self, sscc: str, device: str, low: int, high: int, anchor: str = "", who: str = MAKER
    ) -> dict[str, Any]:
        """Anchor readings of ``low`` and ``high`` milli-degrees, of the minute before."""
        values = [low if place % 2 else high for place in range(60)]
        since = self.ledger.now - 60_000
        first = 1000 * next(self._numbers)
        argument = readings_claim(sscc, device, values, first, since, since + 59_000)
        if anchor:
            argument["id"] = anchor
        return await self.custody(who, "AnchorReadings", argument)

    def unit(self, ref: str) -> dict[str, Any]:
        """The document of a unit's present period."""
        return self.present(ref)

    def container(self, sscc: str) -> dict[str, Any]:
        """The document of a container's present period."""
        return self.present(f"00{sscc}")

    def present(self, ref: str) -> dict[str, Any]:
        """The document of the present period of goods; of a pack in its tray, as the tray says it is."""
        found: dict[str, Any] = {}
        for period in itertools.count():
            document = self.ledger.document("custody", keys.period_key(ref, period))
            if document is None:
                break
            found = document_of(ref, document)
        return {**trays.pack_in(self.tray(ref), ref[18:])} if "tray" in found else found

    def guard(self, ref: str) -> bytes:
        """The endorsement policy of the document that says where goods are, their own or their tray's."""
        present = self.present(ref)
        key = keys.period_key(ref, present["period"])
        if "tray" in present:
            key = keys.tray_key(ref[2:16], present["tray"])
        return self.ledger.policies["custody", key]

    def tray(self, ref: str) -> Any:
        """The document of the tray in which a pack was commissioned."""
        born = document_of(ref, self.ledger.document("custody", keys.period_key(ref, 0)))
        return self.ledger.document("custody", keys.tray_key(*trays.place_of(born)))

    def hold(self, ref: str) -> str:
        """Why goods are on hold; empty where they are not."""
        document = self.ledger.document("custody", keys.hold_key(ref))
        return document["reason"] if document and document["status"] != "cleared" else ""

    async def trace(self, ref: str) -> dict[str, Any]:
        parsed = gs1.parse_ref(ref)
        assert isinstance(parsed, gs1.UnitRef)
        return await self.custody(REGULATOR, "Trace", {"gtin": parsed.gtin, "serial": parsed.serial})

    def event(self) -> tuple[str, Any]:
        """Name and payload of the last transaction's event, without the version of the settings."""
        event = self.ledger.event
        assert event is not None
        payload = orjson.loads(event.payload)
        payload.pop("rules", None)
        return event.name, payload
