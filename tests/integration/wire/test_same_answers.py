"""The same bytes to real Fabric and to devnet: the same codes, words, details and validation codes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest

from network import ledger
from tests.integration.wire import cases, sending, table, worlds
from tests.integration.wire.cases import Case
from tests.integration.wire.worlds import World

pytestmark = pytest.mark.skipif(
    ledger.find_fabric() is None or os.environ.get("LEDGER") == "devnet", reason="needs real Fabric"
)
Pair = tuple[World, World]
# More of them where the test is slow: chance hits other bits.
SAMPLES, MANY_SAMPLES = 2, 10


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Fabric and devnet, whose members are the same people."""
    root = tmp_path_factory.mktemp("pair")
    with worlds.running("fabric", root / "fabric") as fabric:
        identities = root / "fabric" / "network" / "organizations"
        with worlds.running("devnet", root / "devnet", identities) as devnet:
            yield fabric, devnet


async def differences(pair: Pair, sent: Sequence[Case]) -> list[str]:
    """Where devnet's outcome is not Fabric's; and where Fabric's is not in the table."""
    fabric, devnet = [await sending.outcomes(world, sent) for world in pair]
    learnt = table.load()
    found = []
    for case, real, ours in zip(sent, fabric, devnet, strict=True):
        if real != ours and not (equals(case) and learnt.allows(case, real) and learnt.allows(case, ours)):
            found.append(f"{case.name} {case.sample}\n  fabric {real}\n  devnet {ours}")
        elif not learnt.allows(case, real):
            found.append(f"{case.name} {case.sample}\n  fabric {real}\n  which is not in the table")
    return found


def equals(case: Case) -> bool:
    """Whether one of two that are equally good answers: Fabric's gateway asks whichever it heard more of."""
    return case.call == cases.EVALUATE and case.kind.endswith("asked of two others")


async def compare(pair: Pair, samples: int, seed: str) -> None:
    """Both ledgers' members sign with the same keys, hence one of them makes the bytes for both."""
    cast = pair[0].cast
    found = []
    for made in (cases.every, cases.duplicates):
        found += await differences(pair, [case for case in made(cast, samples, seed) if not case.deadly])
    assert not found, f"{len(found)} differences\n" + "\n".join(found[:400])


@pytest.mark.timeout(600)
async def test_every_class(pair: Pair) -> None:
    await compare(pair, SAMPLES, "compared")


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_every_class_many_times(pair: Pair) -> None:
    await compare(pair, MANY_SAMPLES, "compared again")
