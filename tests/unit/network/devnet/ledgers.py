"""A validator over a small state, and members who endorse whatever a test runs."""

from __future__ import annotations

from collections.abc import Callable

from network.devnet.definitions import Definitions
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.simulation import Results, Simulation
from network.devnet.store import Change, Effects, Store
from network.devnet.transaction import Code
from network.devnet.validator import Validated, Validator
from network.policy import signer
from tests.unit.network.devnet import transactions

Run = Callable[[Simulation], object]
MANUFACTURER, DISTRIBUTOR, PHARMACY, REGULATOR = (
    "ManufacturerMSP",
    "DistributorMSP",
    "PharmacyMSP",
    "RegulatorMSP",
)
MAJORITY = (MANUFACTURER, DISTRIBUTOR, PHARMACY)


class LedgerBench:
    """State with the keys a to d in custody; block 0 wrote them."""

    def __init__(
        self,
        store: Store,
        membership: Membership,
        definitions: Definitions,
        peers: dict[str, Node],
        client: Node,
    ) -> None:
        self.store = store
        self.definitions = definitions
        self.peers = peers
        self.client = client
        self.private: dict[str, bytes] = {}
        self.others: dict[str, list[bytes]] = {}
        self.validator = Validator(transactions.CHANNEL, store, membership, definitions, self._left)
        changes = [Change("custody", key, b"0", (0, place)) for place, key in enumerate("abcd")]
        store.commit(0, bytes(32), b"genesis", Effects(changes))

    def _left(self, transaction_id: str) -> list[bytes]:
        found = self.private.get(transaction_id)
        return [*self.others.get(transaction_id, ()), *([found] if found else [])]

    def simulate(self, run: Run, msp_id: str = MANUFACTURER, chaincode: str = "custody") -> Results:
        """What a run comes to at one member's peer."""
        with self.store.snapshot() as snapshot:
            simulation = Simulation(snapshot, self.definitions, msp_id, signer(msp_id, "client"))
            run(simulation)
            return simulation.results(chaincode)

    def transaction(
        self, run: Run, msps: tuple[str, ...] = MAJORITY, chaincode: str = "custody", keep: bool = True
    ) -> bytes:
        """An endorsed envelope; its private data is kept where it has any."""
        results = self.simulate(run, chaincode=chaincode)
        data = transactions.endorsed(
            self.client, [self.peers[msp] for msp in msps], results.public, chaincode
        )
        if results.private and keep:
            self.private[transactions.id_of(data)] = results.private
        return data

    def validate(self, *envelopes: bytes) -> Validated:
        return self.validator.validate(self.store.height(), envelopes)

    def codes(self, *envelopes: bytes) -> list[str]:
        """The names of the codes in one block, which is not written."""
        return [Code.Name(code) for code in self.validate(*envelopes).codes]

    def commit(self, *envelopes: bytes) -> list[str]:
        """Write the next block; the names of its codes."""
        validated = self.validate(*envelopes)
        number = self.store.height()
        self.store.commit(number, number.to_bytes(32, "big"), b"block", validated.effects)
        return [Code.Name(code) for code in validated.codes]

    def value(self, key: str, namespace: str = "custody") -> bytes | None:
        with self.store.snapshot() as snapshot:
            stored = snapshot.get(namespace, key)
            return stored.value if stored else None


def write(key: str, value: bytes | None = b"1") -> Run:
    return lambda simulated: simulated.put("custody", key, value)


def update(key: str) -> Run:
    """Read a key, then write it."""

    def run(simulated: Simulation) -> None:
        simulated.get("custody", key)
        simulated.put("custody", key, b"1")

    return run


def over(start: str, end: str, take: int | None = None) -> Run:
    """Read a range, or the first of it, then write elsewhere."""

    def run(simulated: Simulation) -> None:
        results = simulated.range("custody", start, end)
        if take is None:
            list(results)
        else:
            for _ in range(take):
                next(results)
        simulated.put("custody", "elsewhere", b"1")

    return run
