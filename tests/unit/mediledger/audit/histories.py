"""Transactions of a ledger in memory, as the audit reads them."""

from __future__ import annotations

from collections.abc import Iterable

from mediledger.audit.auditor import Ledger as Audit
from mediledger.audit.finding import Broken, Finding
from mediledger.audit.signed import Signed, Write
from tests.unit.chaincode.contracts.ledger import Ledger, Transaction
from tests.unit.chaincode.contracts.world import MSPS, World
from tests.unit.mediledger.audit.forged import Made


def signed(transaction: Transaction, endorsers: Iterable[str] = MSPS.values(), block: int = 1) -> Signed:
    """A transaction that these members' peers endorsed."""
    return Signed(
        block,
        transaction.tx_id,
        transaction.creator.msp_id,
        frozenset(endorsers),
        tuple(Write(name, key, value) for (name, key), value in transaction.writes.items()),
        transaction.policies,
    )


def audited(ledger: Ledger) -> tuple[Audit, list[Finding]]:
    """The audit of all that a ledger has committed, endorsed by everybody, and what it found."""
    audit = Audit()
    findings = [
        finding
        for number, transaction in enumerate(ledger.transactions)
        if committed(ledger, transaction)
        for finding in audit.transaction(signed(transaction, block=number))
    ]
    return audit, findings


def committed(ledger: Ledger, transaction: Transaction) -> bool:
    """Whether a transaction took effect: a refused one wrote nothing."""
    return any(
        change.tx_id == transaction.tx_id
        for key in transaction.writes
        for change in ledger.history.get(key, ())
    )


async def found(made: Made) -> set[Broken]:
    """What the audit finds in a forged transaction after an honest history, in which it finds nothing."""
    world = World()
    await world.found()
    forged = await made(world)
    audit, before = audited(world.ledger)
    assert before == []
    return {finding.broken for finding in audit.transaction(forged.signed())}
