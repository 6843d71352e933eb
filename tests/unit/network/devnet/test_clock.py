"""The ledger's clock: ahead of the machine's by what was asked for, and still so after a restart."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from network.devnet import proposal as proposals
from network.devnet.clock import Clock
from network.devnet.errors import DevnetError
from network.devnet.msp import Membership
from network.devnet.nodes import Node
from network.devnet.proposal import ProposalRefused
from tests.unit.network.devnet import transactions
from tests.unit.network.devnet.certification import Root, described, elliptic_key

HOUR = 3600.0


def test_it_goes_forward_and_stays_there(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "new" / "folder")
    assert clock.now() == pytest.approx(time.time(), abs=5)
    clock.advance(25 * HOUR)
    clock.advance(HOUR / 2)
    for one in (clock, Clock(tmp_path / "new" / "folder")):
        assert one.now() == pytest.approx(time.time() + 25.5 * HOUR, abs=5)
        assert one.utc().timestamp() == pytest.approx(one.now(), abs=5)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 101 * 365 * 24 * HOUR])
def test_steps_that_make_no_sense(tmp_path: Path, seconds: float) -> None:
    clock = Clock(tmp_path)
    with pytest.raises(DevnetError, match="forward only"):
        clock.advance(seconds)
    assert clock.offset == Clock(tmp_path).offset == 0


def test_a_kept_offset_that_cannot_be_read(tmp_path: Path) -> None:
    Clock(tmp_path).advance(1)
    [file] = tmp_path.iterdir()
    file.write_text("tomorrow")
    with pytest.raises(DevnetError, match="clock-offset"):
        Clock(tmp_path)


def test_certificates_and_proposals_are_judged_by_it(client: Node) -> None:
    root, clock = Root(), Clock()
    members = Membership([described(root)], clock)
    day = timedelta(days=1)
    serialized = root.issue(elliptic_key(), "client", ends=day)
    assert not members.expired(members.identify(serialized))
    made = proposals.Proposal(transactions.proposal(client))
    clock.advance(25 * HOUR)
    assert members.expired(members.identify(serialized))
    with pytest.raises(ProposalRefused, match="incorrect timestamp"):
        proposals.check(made, members)
