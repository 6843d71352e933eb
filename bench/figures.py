"""What a pack's way came to on a small and on a large ledger, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.load import Spread
from bench.results import Results

# Most packs that one transaction dispenses.
DISPENSE = 200
VERIFIED_PER_SECOND = 50.0
# Packs of the pallet that one of 10,000 is held against.
SMALL = 100


@dataclass
class Figures:
    """Results of the rounds on one size of ledger.

    Rates are per second: ``bare_put`` (a new key, under no policy), ``bare_owned`` (one that is there, under
    its owner's) and ``dispense`` of transactions about one key or pack each, the others of keys or packs,
    many a transaction. Latencies (``verify``, a 95th percentile, ``ship``, ``receive``) are in ms. ``packs``
    is how many the ledger held at the start and at the end of each round.
    """

    bare_put: list[float] = field(default_factory=list)
    bare_owned: list[float] = field(default_factory=list)
    bare_batch: list[float] = field(default_factory=list)
    bare_rewrite: list[float] = field(default_factory=list)
    commission: list[float] = field(default_factory=list)
    pack: list[float] = field(default_factory=list)
    dispense: list[float] = field(default_factory=list)
    dispense_batch: list[float] = field(default_factory=list)
    verify: list[float] = field(default_factory=list)
    ship: list[float] = field(default_factory=list)
    receive: list[float] = field(default_factory=list)
    ship_small: list[float] = field(default_factory=list)
    receive_small: list[float] = field(default_factory=list)
    packs: list[int] = field(default_factory=list)

    @property
    def size(self) -> str:
        """How many packs the ledger held, in words."""
        return f"{min(self.packs):,} to {max(self.packs):,} packs"


# What is measured on both sizes of ledger, and what its figures' names begin with.
_NAMES = {
    "commission": "commission.",
    "pack": "pack.",
    "dispense": "dispense.",
    "dispense_batch": "dispense.batch_",
    "verify": "verify.",
    "ship": "ship.",
    "receive": "receive.",
    "bare_put": "bare_put.",
    "bare_owned": "bare_owned.",
    "bare_batch": "bare_batch.",
    "bare_rewrite": "bare_rewrite.",
}
# A rate, the bare chaincode's that it is held against, what that one does, and the least ratio of the two.
_BARE = (
    ("commission", "bare_batch", "puts a key and a policy for each pack", 0.8),
    ("pack", "bare_batch", "puts a key and a policy for each pack", 0.8),
    ("dispense", "bare_owned", "writes one key, under its owner's policy, for each pack,", 0.7),
    ("dispense_batch", "bare_rewrite", "writes as many keys, under as many policies,", 0.7),
)
# The million is of packs: the bare chaincode has a network of its own.
_FABRICS_OWN = "the bare chaincode's own ledger has not grown"


def tell(results: Results, kind: str, small: Figures, large: Figures) -> None:
    """Record what the small ledger's rounds came to, and the large one's beside them."""

    def add(name: str, values: list[float], unit: str, yardstick: str) -> None:
        results.add(f"{kind}.{name}", Spread.of(values), unit, yardstick, kind)

    add("pack.packs_per_s", small.pack, "packs/s", "8,000 packs/s, a thousand a case")
    add("dispense.packs_per_s", small.dispense, "packs/s", "one pack a transaction")
    add("dispense.batch_packs_per_s", small.dispense_batch, "packs/s", f"{DISPENSE} packs a transaction")
    for work, bare, does, least in _BARE:
        name = f"{_NAMES[work]}ratio"
        yardstick = f"a bare chaincode that {does} in the same round; at least {least}"
        # The small ledger's for commissioning is measured beside devnet's.
        if work != "commission":
            add(name, _by(getattr(small, work), getattr(small, bare)), "ratio", yardstick)
        at_million = _by(getattr(large, work), getattr(large, bare))
        add(f"{name}_at_million", at_million, "ratio", f"{yardstick}, with {large.size}")
    puts = "a bare chaincode that puts one new key a transaction, under no policy, in the same round"
    add("dispense.put_ratio", _by(small.dispense, small.bare_put), "ratio", puts)
    add("verify.p95_ms", small.verify, "ms", f"50 ms at {VERIFIED_PER_SECOND:.0f} a second")
    for name, pallet, few in (
        ("ship", small.ship, small.ship_small),
        ("receive", small.receive, small.receive_small),
    ):
        add(f"{name}.pallet_ms", pallet, "ms", "a pallet of 10,000 packs in one transaction")
        add(f"{name}.growth", _by(pallet, few), "ratio", f"the same with {SMALL} packs: constant cost is 1.0")
    sizes = f"this ledger with {large.size} beside itself with {small.size}"
    for work, prefix in _NAMES.items():
        first, then = getattr(small, work), getattr(large, work)
        ratio = Spread.of(then).value / Spread.of(first).value
        spread = Spread(ratio, min(then) / max(first), max(then) / min(first))
        results.add(
            f"{kind}.{prefix}million_ratio",
            spread,
            "ratio",
            f"{sizes}; {_FABRICS_OWN if work.startswith('bare') else '0.8 to 1.2'}",
            kind,
        )


def _by(values: list[float], yardsticks: list[float]) -> list[float]:
    """Pair by pair."""
    return [value / yardstick for value, yardstick in zip(values, yardsticks, strict=True)]
