"""Every attempt of attempts.yaml fails at validation, or is refused from then on and found by the audit."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chaincode.model.errors import Refusal
from mediledger.audit.finding import Broken
from mediledger.audit.run import audit
from mediledger.rulebook import ATTEMPTS as FILE
from mediledger.rulebook import attempts
from mediledger.rulebook.attempts import Attempt
from mediledger.system import PROJECT
from tests.security.collusion.consortium import MSPS, Consortium
from tests.security.collusion.plays import PLAYS
from tests.support.ledgers import Ledger

ATTEMPTS = attempts.read(FILE)
# Ids of all forged transactions that took effect.
FORGED: set[str] = set()


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[attempt.id for attempt in ATTEMPTS])
async def test_attempt(members: Consortium, attempt: Attempt) -> None:
    play = await PLAYS[attempt.id](members)
    regulator = members.network("regulator")
    before = await regulator.height()
    forged: set[str] = set()
    for colluders in play.by:
        transaction, outcome = await members.forge(play.forgery, colluders)
        assert outcome == attempt.fails, colluders
        forged |= {transaction} if outcome == "VALID" else set()
    FORGED.update(forged)
    for later in play.later:
        with pytest.raises(Refusal) as refused:
            await later()
        assert refused.value.code == attempt.refused, refused.value
    findings = (await audit(regulator, lambda _: None)).findings
    found = [one for one in findings if one.block >= before]
    assert {one.broken for one in found} == set(attempt.reported)
    assert {one.transaction_id for one in found} == forged
    # Nothing that was done honestly, by whichever test, is reported.
    assert {one.transaction_id for one in findings} <= FORGED


async def test_the_command_tells_of_it_and_fails(members: Consortium, evil_ledger: Ledger) -> None:
    play = await PLAYS["all_others_forge_a_lot"](members)
    transaction, outcome = await members.forge(play.forgery, play.by[0])
    assert outcome == "VALID"
    FORGED.add(transaction)
    environment = {
        "MEDILEDGER_HOME": str(evil_ledger.home.parent),
        "MEDILEDGER_TOPOLOGY": str(evil_ledger.topology.path),
        "MEDILEDGER_BASE_PORT": str(evil_ledger.topology.base_port),
        "LEDGER": evil_ledger.kind,
        "COLUMNS": "200",
    }
    verified = subprocess.run(  # noqa: ASYNC221 - nothing else happens meanwhile
        [sys.executable, "-m", "mediledger", "ledger", "verify", "--member", "pharmacy"],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert verified.returncode == 1, verified.stderr
    [line] = [line for line in verified.stdout.splitlines() if transaction[:16] in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[2] == MSPS[play.by[0][0]]
    assert cells[3] == ", ".join(sorted(MSPS[member] for member in play.by[0]))
    assert cells[4] == Broken.AUTHOR.value
    assert cells[5].startswith(f"lot {members.gtin}")


def test_every_play_is_in_the_table() -> None:
    assert sorted(PLAYS) == sorted(attempt.id for attempt in ATTEMPTS)
