"""What one transaction writes about goods, by what it is of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from chaincode.model import keys, periods, trays
from chaincode.model.trays import Place
from mediledger.audit.last import period_of
from mediledger.audit.signed import Signed

CUSTODY = "custody"
Documents = Mapping[str, dict[str, Any]]
# Of packed goods their ref; of a whole tray that it is one.
Name = str | Place


class Written:
    """Documents of goods, trays and packing lists; ``known`` are the refs of goods that were there before."""

    def __init__(self, signed: Signed, documents: Documents, known: Collection[str]) -> None:
        self.endorsers = signed.endorsers
        self.documents = documents
        # Keys: of packing lists by SSCC, of trays by place, of goods in the order of their refs.
        self.packings: dict[str, str] = {}
        self.trays: dict[Place, str] = {}
        self.periods: list[tuple[str, int, str]] = []
        # The serial numbers that each tray newly says have left.
        self.leaving: dict[Place, frozenset[str]] = {}
        self._signed = signed
        # The SSCCs of containers that are new.
        self._begun: set[str] = set()
        self._packed: dict[str, set[Name]] = {}
        self._born: dict[Place, dict[str, Mapping[str, Any]]] = {}
        self._commissioned: dict[Place, frozenset[str]] = {}
        self._listed: dict[str, list[Name]] = {}
        self._gone: dict[str, frozenset[str]] = {}
        for key, document in documents.items():
            self._enter(key, document, known)
        self.periods.sort()

    def _enter(self, key: str, document: dict[str, Any], known: Collection[str]) -> None:
        name: Name
        if document["doc"] == "packing":
            self.packings[document["sscc"]] = key
            return
        if document["doc"] == "tray":
            name = document["gtin"], document["serial"]
            self.trays[name] = key
        else:
            name, number = period_of(key)
            self.periods.append((name, number, key))
            if "tray" in document:
                born = self._born.setdefault(trays.place_of(document), {})
                born[document["serial"]] = periods.written(document)
            elif document["doc"] == "container" and not number and name not in known:
                self._begun.add(document["sscc"])
        if "parent" in document:
            self._packed.setdefault(document["parent"], set()).add(name)

    def policy(self, key: str, before: bytes) -> bytes:
        """The policy of a key of custody from now on."""
        return self._signed.policies.get((CUSTODY, key), before)

    def packs(self, sscc: str, name: Name, owner: str) -> bool:
        """Whether a new container is of the MSP that owned goods, or a tray, and its list names them."""
        container = self.documents[keys.container_key(sscc)] if sscc in self._begun else {}
        return container.get("owner_msp") == owner and name in self._names(sscc)

    def packs_all(self, sscc: str) -> bool:
        """Whether a packing list is a new container's and names what is packed into it, each once."""
        names, packed = self._names(sscc), self._packed.get(sscc, set())
        return sscc in self._begun and len(names) == len(packed) and set(names) == packed

    def commissions(self, place: Place) -> frozenset[str]:
        """The serial numbers of the packs that are commissioned in a tray of this transaction's, as it says.

        Of a tray that does not name packs by the first of them, and each once, none.
        """
        if place not in self._commissioned:
            self._commissioned[place] = frozenset(self._born_in(place))
        return self._commissioned[place]

    def says_taken(self, container: Mapping[str, Any], ref: str) -> bool:
        """Whether a container's document says that something was taken out of it."""
        sscc = container["sscc"]
        if sscc not in self._gone:
            self._gone[sscc] = frozenset(container["taken"])
        return container["status"] == "unpacked" or ref in self._gone[sscc]

    def _born_in(self, place: Place) -> Iterator[str]:
        tray = self.documents.get(self.trays.get(place, ""), {"serials": []})
        serials = tray["serials"]
        if serials[:1] != [place[1]] or len(set(serials)) != len(serials):
            return
        said = {"doc": "unit", "period": 0, "tray": place[1], "lot": tray["lot"]}
        said |= {name: tray[name] for name in ("commissioned_at", "origin") if name in tray}
        born = self._born.get(place, {})
        yield from (serial for serial in serials if born.get(serial) == said)

    def _names(self, sscc: str) -> list[Name]:
        if sscc not in self._listed:
            packing = self.documents.get(self.packings.get(sscc, ""), {"trays": [], "children": []})
            self._listed[sscc] = [*map(tuple, packing["trays"]), *packing["children"]]
        return self._listed[sscc]
