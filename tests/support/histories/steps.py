"""What the steps of a history choose from, and how they are made."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.support.histories.cast import Actor
from tests.support.histories.driver import Driver
from tests.support.histories.world import World

MAX_UNITS = 24
MAX_CONTAINERS = 8

TRADERS = ("maker", "repackager", "wholesaler", "carrier", "pharmacy", "hospital", "unlicensed")
EVERYBODY = (*TRADERS, "regulator")
# Choices are numbers, taken modulo the length of what there is to choose from.
pick = st.integers(0, 10**6)
picks = st.lists(pick, min_size=1, max_size=4, unique=True)
trader = st.sampled_from(TRADERS)
anybody = st.sampled_from(EVERYBODY)
often = st.sampled_from((True, True, True, False))

Stage = Callable[[], tuple[Driver, dict[str, Actor], str, list[str]]]
"""Sets the stage of a history: ledger, actors, a product's GTIN of the maker's and three lots' names."""


class Steps(RuleBasedStateMachine):
    """What the steps of a history choose from.

    Most steps are made by whoever may make them, so that histories get somewhere; the others by anybody.
    """

    stage: ClassVar[Stage]

    def __init__(self) -> None:
        super().__init__()
        driver, actors, gtin, self.lots = type(self).stage()
        self.world = World(driver, actors, gtin)
        self._numbers = itertools.count(1)
        self._name = self.lots[0]

    # What there is to choose from

    def _new(self, kind: str) -> str:
        return f"{kind}-{self._name}-{next(self._numbers)}"

    def _some(self, refs: list[str], chosen: list[int]) -> list[str]:
        return list(dict.fromkeys(refs[one % len(refs)] for one in chosen)) if refs else []

    def _loose(self, gln: str) -> list[str]:
        """What somebody has loose, packs first."""
        return [
            one.ref
            for one in self.world.seen.values()
            if not one.around and one.custodian == gln and one.status in ("commissioned", "packed")
        ]

    def _shelved(self) -> bool:
        """Whether a dispenser has a loose pack."""
        shelves = [self.world.actors[name].gln for name in ("pharmacy", "hospital")]
        return any(ref.startswith("01") for gln in shelves for ref in self._loose(gln))

    def _who(self, ref: str, lawful: bool, other: str) -> Actor:
        """Who has something, or anybody."""
        if lawful:
            gln = self.world.seen[ref].custodian
            return next(actor for actor in self.world.actors.values() if actor.gln == gln)
        return self.world.actors[other]

    def _by(self, name: str, function: str, argument: dict[str, Any]) -> Any:
        return self.world.by(self.world.actors[name], function, argument)

    def _by_new(
        self, name: str, function: str, argument: dict[str, Any], units: list[str], containers: Any = ()
    ) -> Any:
        """A step that makes goods, which are looked at from then on."""
        world = self.world
        kept = list(world.units), list(world.containers)
        actor = world.actors[name]

        class Making:
            """Adds the new goods once the ledger took them, before they are looked at."""

            def submit(self, *arguments: Any) -> Any:
                result = driver.submit(*arguments)
                world.units += units
                world.containers += containers
                return result

            def __getattr__(self, attribute: str) -> Any:
                return getattr(driver, attribute)

        driver = world.driver
        world.driver = Making()  # type: ignore[assignment]
        try:
            result = world.by(actor, function, argument)
        finally:
            world.driver = driver
        if result is None:
            assert (world.units, world.containers) == kept
        return result
