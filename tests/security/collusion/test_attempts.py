"""Every attempt of attempts.yaml fails at validation, or is refused from then on and found by the audit."""

from __future__ import annotations

import pytest

from chaincode.model.errors import Refusal
from mediledger.audit.run import audit
from mediledger.rulebook import ATTEMPTS as FILE
from mediledger.rulebook import attempts
from mediledger.rulebook.attempts import Attempt
from tests.security.collusion.consortium import Consortium
from tests.security.collusion.plays import PLAYS

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


def test_every_play_is_in_the_table() -> None:
    assert sorted(PLAYS) == sorted(attempt.id for attempt in ATTEMPTS)
