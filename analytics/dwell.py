"""How long goods stay in each stage of the supply chain."""

from __future__ import annotations

import numpy as np
import pandas as pd

STAGES = ("made to offered", "in transit", "received to offered on", "received to dispensed")
COLUMNS = ["stage", "member", "count", "median_s", "p90_s"]


def between_transfers(moves: pd.DataFrame) -> pd.DataFrame:
    """Durations of the stages around transfers: ``stage, member, seconds, weight``.

    A row per thing and stage. ``moves`` is as ``queries.moves`` describes it. The member of a stage is who
    had the goods: the sender while they are in transit.
    """
    accepted = moves[moves["status"] == "accepted"].sort_values(["ref", "offered_at"])
    received_at = accepted.groupby("ref")["closed_at"].shift()
    first, later = accepted[received_at.isna()], accepted[received_at.notna()]
    parts = [
        _stage("made to offered", first["from_gln"], first["offered_at"] - first["made_at"]),
        _stage("in transit", accepted["from_gln"], accepted["closed_at"] - accepted["offered_at"]),
        _stage("received to offered on", later["from_gln"], later["offered_at"] - received_at[later.index]),
    ]
    return pd.concat(parts, ignore_index=True).dropna()


def until_dispensed(moves: pd.DataFrame, dispensed: pd.DataFrame) -> pd.DataFrame:
    """Time from a dispenser's last receipt before a dispensing to it: ``stage, member, seconds, weight``.

    A loose pack no longer names the container that it came in, so the receipt is the dispenser's newest one
    before; ``dispensed`` has ``custodian, at, units``.
    """
    received = moves.loc[moves["status"] == "accepted", ["to_gln", "closed_at"]].dropna().drop_duplicates()
    if received.empty or dispensed.empty:
        # Columns without rows have no types to join by.
        return pd.DataFrame(columns=["stage", "member", "seconds", "weight"])
    joined = pd.merge_asof(
        dispensed.sort_values("at"),
        # The times of dispensing are cut to the second, so those of receipt are too.
        received.assign(received_at=received["closed_at"].dt.floor("s")).sort_values("received_at"),
        left_on="at",
        right_on="received_at",
        left_by="custodian",
        right_by="to_gln",
    ).dropna(subset=["received_at"])
    stage = _stage("received to dispensed", joined["custodian"], joined["at"] - joined["received_at"])
    return stage.assign(weight=joined["units"].to_numpy())


def summary(durations: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Count, median and 90th percentile in seconds by stage and member, members by name."""
    rows = []
    for (stage, member), group in durations.groupby(["stage", "member"]):
        weights = group["weight"].to_numpy(dtype=np.int64)
        median, p90 = quantiles(group["seconds"].to_numpy(dtype=float), weights, (0.5, 0.9))
        rows.append((stage, names.get(member, member), int(weights.sum()), median, p90))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    order = {stage: place for place, stage in enumerate(STAGES)}
    return frame.sort_values(["stage", "member"], key=lambda c: c.map(order) if c.name == "stage" else c)


def quantiles(values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]) -> list[float]:
    """Linearly interpolated quantiles of ``values``, each as often as its positive whole weight says."""
    order = np.argsort(values)
    ordered, ends = values[order], np.cumsum(weights[order])
    places = np.asarray(shares) * (ends[-1] - 1)
    below = ordered[np.searchsorted(ends, np.floor(places), side="right")]
    above = ordered[np.searchsorted(ends, np.ceil(places), side="right")]
    return [float(value) for value in below + (above - below) * (places - np.floor(places))]


def _stage(stage: str, members: pd.Series, durations: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {"stage": stage, "member": members, "seconds": durations.dt.total_seconds(), "weight": 1}
    )
