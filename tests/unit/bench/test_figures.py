"""What the rounds on a small and a large ledger are told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.figures import Figures, tell
from bench.results import Result, Results


def figures(packs: list[int], slower: float) -> Figures:
    """Of rounds in which ours is so many times ``slower``, and the bare chaincode is not."""
    return Figures(
        bare_put=[200.0, 220.0, 240.0],
        bare_owned=[200.0, 220.0, 200.0],
        bare_batch=[5_000.0] * 3,
        bare_rewrite=[2_000.0] * 3,
        commission=[4_500.0 / slower] * 3,
        pack=[4_000.0 / slower] * 3,
        dispense=[100.0 / slower, 110.0 / slower, 180.0 / slower],
        dispense_batch=[1_600.0 / slower] * 3,
        verify=[10.0 * slower] * 3,
        ship=[150.0 * slower] * 6,
        receive=[160.0 * slower] * 6,
        ship_small=[150.0 * slower] * 6,
        receive_small=[160.0 * slower] * 6,
        packs=packs,
    )


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Result]:
    results = Results(tmp_path / "results.json")
    tell(results, "fabric", figures([11_000, 170_000], 1.0), figures([1_170_000, 1_330_000], 2.0))
    names = [result.name for result in results.all]
    assert len(names) == len(set(names))
    return {result.name: result for result in results.all}


def test_dispensing_is_held_against_the_bare_chaincode_that_writes_owned_keys_as_many_at_a_time(
    told: dict[str, Result],
) -> None:
    one, beside_puts = told["fabric.dispense.ratio"], told["fabric.dispense.put_ratio"]
    assert (one.min, one.value, one.max) == (0.5, 0.5, 0.9)
    assert (beside_puts.min, beside_puts.value, beside_puts.max) == (0.5, 0.5, 0.75)
    assert told["fabric.dispense.packs_per_s"].value == 110.0
    assert told["fabric.dispense.batch_ratio"].value == 0.8
    assert told["fabric.dispense.batch_packs_per_s"].value == 1_600.0


def test_a_large_ledger_is_held_against_the_small_one_and_against_the_bare_chaincode_on_it(
    told: dict[str, Result],
) -> None:
    for work in ("commission.", "pack.", "dispense.", "dispense.batch_"):
        assert told[f"fabric.{work}million_ratio"].value == 0.5
    for latency in ("verify", "ship", "receive"):
        assert told[f"fabric.{latency}.million_ratio"].value == 2.0
    for bare in ("bare_put", "bare_owned", "bare_batch", "bare_rewrite"):
        assert told[f"fabric.{bare}.million_ratio"].value == 1.0
    assert told["fabric.commission.ratio_at_million"].value == 0.45
    assert told["fabric.pack.ratio_at_million"].value == 0.4


def test_the_yardstick_says_how_many_packs_each_ledger_held(told: dict[str, Result]) -> None:
    yardstick = told["fabric.pack.million_ratio"].yardstick
    assert "1,170,000 to 1,330,000 packs" in yardstick
    assert "11,000 to 170,000 packs" in yardstick
