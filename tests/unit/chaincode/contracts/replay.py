"""One history, told the same each time: ``python -m tests.unit.chaincode.contracts.replay`` prints the digest
of all that it leaves on the ledger and of what its transactions read, and how many there were.

With a number, that many goods are remembered from one transaction to the next.
"""

from __future__ import annotations

import hashlib
import sys
from random import Random

from chaincode.contracts import custody
from chaincode.contracts.trails import MAX_TRAILS, Trails
from tests.support.histories.steps import EVERYBODY, TRADERS
from tests.unit.chaincode.contracts.ledger import Ledger
from tests.unit.chaincode.contracts.test_histories import MemoryHistories

STEPS = 200
KINDS = ("sale", "custody_only", "ownership_only")
REASONS = ("destroyed", "exported", "sample", "stolen", "damaged", "other")


def step(history: MemoryHistories, chance: Random) -> None:
    """Any step of a history, lawful more often than not."""
    which, lawful = chance.randrange(10**6), chance.random() < 0.8
    chosen = [chance.randrange(10**6) for _ in range(chance.randint(1, 4))]
    name, to = chance.choice(TRADERS), chance.choice(EVERYBODY)
    steps = [
        lambda: history.commission("maker", which, 2),
        lambda: history.pack(chosen, name, lawful, which),
        lambda: history.unpack(which, chosen, lawful, name, lawful),
        lambda: history.offer(chosen, to, chance.choice(KINDS), name, lawful, which),
        lambda: history.deliver(chosen, chance.choice(("wholesaler", "pharmacy", "hospital")), which),
        lambda: history.dispense(chosen, "pharmacy", lawful),
        lambda: history.decommission(chosen, chance.choice(REASONS), name, lawful, which),
        lambda: history.reverse(which, name, lawful),
        lambda: history.repackage(which, chosen, "maker", lawful),
        lambda: history.quarantine(which, to, lawful, which % 2 == 0),
        lambda: history.verify(which, name),
        lambda: history.suspend("pharmacy", lawful),
        lambda: history.wait(1),
    ]
    chance.choice(steps)()


def main() -> None:
    """Tell the history and print what is left of it."""
    custody.chaincode.trails = Trails(int(sys.argv[1]) if sys.argv[1:] else MAX_TRAILS)
    history, chance = MemoryHistories(), Random(20_000)
    history.begin(8)
    for _ in range(STEPS):
        step(history, chance)
    ledger: Ledger = history.world.driver.ledger  # type: ignore[attr-defined]
    digest = hashlib.sha256()
    for written in (ledger.state, ledger.policies, ledger.private):
        for key in sorted(written):
            digest.update(repr((key, written[key])).encode())
    for transaction in ledger.transactions:
        if transaction.writes:
            digest.update(repr(sorted(transaction.reads)).encode())
    changed = sum(bool(transaction.writes) for transaction in ledger.transactions)
    print(digest.hexdigest(), changed)  # noqa: T201


if __name__ == "__main__":
    main()
