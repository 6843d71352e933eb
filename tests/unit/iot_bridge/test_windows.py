from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iot_bridge.windows import ALERT_SECONDS, LONGEST_MS, SETTLE_SECONDS, Key, Open, Windows, together

LENGTH = 60_000
IDLE = 5.0


def windows(max_readings: int = 100) -> Windows:
    return Windows(LENGTH, IDLE, max_readings)


def due(made: Windows, now: float) -> list[tuple[str, int]]:
    return [(key.container, key.number) for key, _ in made.due(now)]


def test_a_window_waits_while_readings_come() -> None:
    made = windows()
    for second in range(20):
        made.stored("c", second * 1000, float(second))
        assert due(made, second + 0.5) == []
    assert made.readings == 20


def test_a_later_window_ends_it_after_a_moment() -> None:
    made = windows()
    made.stored("c", LENGTH - 1, 0.0)
    made.stored("c", LENGTH, 0.1)
    assert due(made, 0.2) == []
    assert due(made, 0.0 + SETTLE_SECONDS) == [("c", 0)]
    assert len(made) == 1


def test_another_container_does_not() -> None:
    made = windows()
    made.stored("c", 0, 0.0)
    made.stored("d", LENGTH, 0.1)
    assert due(made, 2.0) == []


def test_silence_ends_all_of_a_container() -> None:
    made = windows()
    made.stored("c", LENGTH * 3, 0.0)
    assert due(made, IDLE - 0.1) == []
    assert due(made, IDLE) == [("c", 3)]


def test_enough_readings_end_it() -> None:
    made = windows(max_readings=3)
    for _ in range(3):
        made.stored("c", 0, 0.0)
    assert due(made, 0.0) == [("c", 0)]


def test_hurry_ends_it_at_once() -> None:
    made = windows()
    made.stored("c", 0, 0.0)
    made.stored("d", 0, 0.0, urgent=True)
    assert due(made, 0.0) == [("d", 0)]


def groups(*windows_due: tuple[str, int, bool], length_ms: int = LENGTH) -> list[list[tuple[str, int]]]:
    found = together([(Key(c, number), Open(1, 0.0, urgent)) for c, number, urgent in windows_due], length_ms)
    return [[(key.container, key.number) for key, _ in group] for group in found]


def test_windows_that_are_due_together_share_an_anchor_of_at_most_a_day() -> None:
    day = LONGEST_MS // LENGTH
    many = [("c", number, False) for number in (day, day - 1, 3, 0)]
    assert groups(*many) == [[("c", 0), ("c", 3), ("c", day - 1)], [("c", day)]]
    assert groups(("c", 0, False), ("d", 0, False)) == [[("c", 0)], [("d", 0)]]
    assert groups(("c", 0, False), ("c", 1, False), length_ms=LONGEST_MS) == [[("c", 0)], [("c", 1)]]
    assert groups() == []


def test_a_window_in_a_hurry_goes_first_with_what_shares_its_anchor() -> None:
    assert groups(("a", 0, False), ("c", 0, False), ("c", 1, True)) == [[("c", 0), ("c", 1)], [("a", 0)]]


def test_a_late_reading_opens_it_again() -> None:
    made = windows()
    made.stored("c", 0, 0.0)
    made.stored("c", LENGTH, 0.1)
    assert due(made, 1.1) == [("c", 0)]
    made.stored("c", 1, 1.2)
    assert due(made, 1.2 + SETTLE_SECONDS) == [("c", 0)]


def test_what_could_not_be_anchored_is_put_back_with_its_hurry() -> None:
    made = windows()
    made.stored("c", 0, 0.0, urgent=True)
    ((key, window),) = made.due(0.0)
    made.restore(key, window, 0.1)
    assert due(made, 0.1) == [("c", 0)]


def test_what_is_adopted_waits_like_what_was_stored() -> None:
    made = windows()
    made.stored("c", 0, 0.0)
    made.adopt("c", 0, 50, 1.0)
    made.adopt("d", 7, 50, 1.0)
    assert made.readings == 51
    assert due(made, 1.0 + IDLE) == [("c", 0), ("d", 7)]


def test_an_excursion_is_news_once_until_the_hold_shows() -> None:
    made = windows()
    assert made.alert("c", held=False, now=0.0)
    assert not made.alert("c", held=False, now=1.0)
    assert made.alert("c", held=False, now=ALERT_SECONDS)
    assert not made.alert("c", held=True, now=ALERT_SECONDS + 1)
    # Released: the next one is news again.
    assert made.alert("c", held=False, now=ALERT_SECONDS + 2)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 10 * LENGTH), st.floats(0, 3)),
        min_size=1,
        max_size=60,
    )
)
def test_every_reading_becomes_due_and_nothing_is_remembered_for_ever(
    stored: list[tuple[str, int, float]],
) -> None:
    made = windows()
    now = 0.0
    seen: dict[Key, int] = {}
    for container, at, pause in stored:
        now += pause
        made.stored(container, at, now)
        for key, window in made.due(now):
            seen[key] = seen.get(key, 0) + window.readings
    for key, window in made.due(now + IDLE + 0.01):
        seen[key] = seen.get(key, 0) + window.readings
    assert sum(seen.values()) == len(stored)
    assert set(seen) == {Key(container, at // LENGTH) for container, at, _ in stored}
    made.due(now + ALERT_SECONDS + IDLE + 1)
    assert (len(made), made._heard, made._newest, made._alerted) == (0, {}, {}, {})
