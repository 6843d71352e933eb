from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import dwell


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.integers(1, 9)), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
)
def test_weighted_quantiles_are_those_of_the_repeated_values(
    pairs: list[tuple[float, int]], share: float
) -> None:
    values, weights = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    expected = np.quantile(np.repeat(values, weights), share)
    assert dwell.quantiles(values, weights, (share,)) == pytest.approx([expected])


def moves(*rows: tuple[str, str, str, str, int, int | None, int | None]) -> pd.DataFrame:
    columns = ["ref", "from_gln", "to_gln", "status", "offered_at", "closed_at", "made_at"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        **{name: pd.to_datetime(frame[name], unit="h", utc=True) for name in columns if name.endswith("_at")}
    )


def test_stages_follow_from_accepted_transfers_alone() -> None:
    frame = moves(
        ("r", "a", "b", "accepted", 5, 7, 1),
        ("r", "b", "c", "rejected", 8, 9, 1),
        ("r", "b", "c", "accepted", 17, 18, 1),
        ("r", "c", "d", "offered", 30, None, 1),
        ("unknown", "a", "b", "accepted", 1, 2, None),
    )
    made = dwell.between_transfers(frame)
    found = {(row.stage, row.member, row.seconds / 3600) for row in made.itertuples()}
    assert found == {
        ("made to offered", "a", 4.0),
        ("in transit", "a", 2.0),
        ("in transit", "a", 1.0),
        ("in transit", "b", 1.0),
        ("received to offered on", "b", 10.0),
    }


def test_a_dispensing_counts_from_the_newest_receipt_before_it() -> None:
    frame = moves(("r", "a", "p", "accepted", 1, 2, 0), ("s", "a", "p", "accepted", 9, 10, 0))
    dispensed = pd.DataFrame(
        [("p", 1, 7), ("p", 5, 3), ("p", 12, 1), ("other", 12, 1)], columns=["custodian", "at", "units"]
    )
    dispensed["at"] = pd.to_datetime(dispensed["at"], unit="h", utc=True)
    made = dwell.until_dispensed(frame, dispensed)
    assert [(row.seconds / 3600, row.weight) for row in made.itertuples()] == [(3.0, 3), (2.0, 1)]


def test_nothing_makes_an_empty_summary() -> None:
    empty = moves()
    assert dwell.summary(dwell.between_transfers(empty), {}).empty


def test_the_summary_names_members_and_orders_stages() -> None:
    frame = pd.DataFrame(
        [("in transit", "b", 10.0, 1), ("made to offered", "a", 4.0, 2), ("in transit", "a", 1.0, 1)],
        columns=["stage", "member", "seconds", "weight"],
    )
    made = dwell.summary(frame, {"a": "Alder"})
    assert list(zip(made["stage"], made["member"], made["count"], strict=True)) == [
        ("made to offered", "Alder", 2),
        ("in transit", "Alder", 1),
        ("in transit", "b", 1),
    ]
