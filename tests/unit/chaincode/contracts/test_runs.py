"""Packs whose serial numbers follow one another are read as a range: the same is decided and written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaincode.contracts.runs import MIN_RUN, is_run
from chaincode.model import gs1, keys
from chaincode.model.errors import Code, Refusal
from tests.unit.chaincode.contracts.ledger import Transaction
from tests.unit.chaincode.contracts.test_concurrency import Call, endorse
from tests.unit.chaincode.contracts.world import LOT, MAKER, PRODUCT, World

COUNT = MIN_RUN + 20


def run(start: int = 100, count: int = COUNT, beginning: str = "A", width: int = 6) -> list[str]:
    return [f"{beginning}{number:0{width}}" for number in range(start, start + count)]


def commission(serials: list[str]) -> Call:
    return MAKER, "custody", "Commission", {"gtin": PRODUCT, "lot": LOT, "serials": serials}


async def done(world: World, call: Call) -> Transaction:
    who, chaincode, function, argument = call
    await getattr(world, chaincode)(who, function, argument)
    return world.ledger.transactions[-1]


def ranges_of_packs(transaction: Transaction) -> int:
    return sum(start.startswith(f"\x00{keys.UNITS}\x00") for _, start, _ in transaction.ranges)


@given(
    st.integers(0, 10**9),
    st.integers(MIN_RUN, 300),
    st.text("ABxy-/0123456789", max_size=8).filter(lambda text: not text[-1:].isdigit()),
    st.integers(1, 12),
)
def test_a_run_has_room_for_no_other_number(start: int, count: int, beginning: str, width: int) -> None:
    serials = run(start, count, beginning, width)
    assert is_run(serials) == (len(serials[0]) == len(serials[-1]))
    if is_run(serials):
        assert sorted(serials) == serials
    for other in (
        serials[::-1],
        [*serials[1:], serials[0]],
        [*serials[:-1], f"{serials[-1]}0"],
        serials[:20],
    ):
        assert not is_run(other)
    assert not is_run([*serials[:5], *serials[6:]])


@pytest.mark.parametrize("serials", [["A"] * 200, ["A1"] * 200, [""] * 200])
def test_no_run(serials: list[str]) -> None:
    assert not is_run(serials)


async def test_a_run_is_read_as_a_range_and_written_the_same(world: World) -> None:
    straight, shuffled = run(), run(start=500)
    shuffled[0], shuffled[1] = shuffled[1], shuffled[0]
    one, other = [await done(world, commission(serials)) for serials in (straight, shuffled)]
    assert (ranges_of_packs(one), ranges_of_packs(other)) == (1, 0)
    assert len(one.writes) == len(other.writes)
    units = {serials[7]: world.unit(gs1.unit_ref(PRODUCT, serials[7])) for serials in (straight, shuffled)}
    told = [{k: v for k, v in unit.items() if k not in ("serial", "tray")} for unit in units.values()]
    assert told[0] | {"commissioned_at": 0} == told[1] | {"commissioned_at": 0}


async def test_a_serial_number_in_use_is_refused_in_a_run(world: World) -> None:
    used = run()[17]
    await done(world, commission([used]))
    with pytest.raises(Refusal) as refused:
        await done(world, commission(run()))
    assert (refused.value.code, refused.value.field) == (Code.SERIAL_DUPLICATE, "serials[17]")
    assert world.ledger.document("custody", keys.unit_key(PRODUCT, run()[16])) is None


@pytest.mark.parametrize("count", [5, 3 * COUNT])
async def test_longer_numbers_among_a_run_do_no_harm(world: World, count: int) -> None:
    """A few are read over; where they are many each number is asked for by itself."""
    serials = run()
    await done(world, commission([f"{serials[3]}{number:04}" for number in range(count)]))
    made = await done(world, commission(serials))
    assert (("custody", keys.unit_key(PRODUCT, serials[5])) in made.reads) == (count > COUNT)
    assert world.unit(gs1.unit_ref(PRODUCT, serials[5]))["period"] == 0


async def test_commissioned_twice_at_once_one_is_invalid(world: World) -> None:
    first, second = commission(run()[30:31]), commission(run())
    one, other = [await endorse(world, call) for call in (first, second)]
    assert other.undone_by(one)


async def test_dispensed_or_packed_meanwhile_a_tray_is_not_packed(world: World) -> None:
    serials = run()
    await done(world, commission(serials))
    refs = [gs1.unit_ref(PRODUCT, serial) for serial in serials]
    decommission: Any = {"gln": MAKER, "refs": [refs[50]], "reason": "sample"}
    one = await endorse(world, (MAKER, "custody", "Decommission", decommission))
    first, second = [
        await endorse(
            world, (MAKER, "custody", "Pack", {"sscc": world.sscc(), "gln": MAKER, "children": refs})
        )
        for _ in range(2)
    ]
    assert first.undone_by(one)
    assert second.undone_by(first)
