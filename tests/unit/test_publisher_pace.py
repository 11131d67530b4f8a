"""How much a lane sends in one go, as its way to the cluster proves fast or slow."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.publisher.pace import Pace


def settled(seconds: Callable[[int], float], rounds: int = 40) -> int:
    """The size of a handful in the end, on a way that takes so long for so many bytes."""
    pace = Pace()
    for _ in range(rounds):
        pace.took(pace.size, seconds(pace.size))
    return pace.size


def _way(rate: float, trip: float) -> Callable[[int], float]:
    """How long so many bytes take on a link of this rate and round trip."""
    return lambda size: trip + size / rate


def _sizes(pace: Pace, seconds: Callable[[int], float], rounds: int = 100) -> list[int]:
    """The sizes of the next handfuls, on a way that takes so long for so many bytes."""
    sizes = []
    for _ in range(rounds):
        sizes.append(pace.size)
        pace.took(pace.size, seconds(pace.size))
    return sizes


def test_a_fast_way_takes_megabytes_at_a_time() -> None:
    """On a way of 40 MB/s a handful grows to the most that is ever sent at once."""
    assert settled(lambda size: 0.005 + size / 40e6) == 4_000_000


def test_a_slow_way_is_never_busy_for_long() -> None:
    """On a way of 100 kB/s a handful is on its way for less than a second."""
    assert settled(lambda size: 0.05 + size / 100e3) / 100e3 < 1


def test_a_long_way_carries_as_much_as_a_short_one() -> None:
    """An answer that takes a fifth of a second does not make handfuls small."""
    assert settled(lambda size: 0.2 + size / 40e6) >= 1_000_000


@pytest.mark.parametrize("trip", [0.005, 0.05, 0.3, 0.6])
@pytest.mark.parametrize("rate", [100e3, 1e6, 10e6, 40e6])
def test_a_way_gives_at_least_half_of_what_it_has(rate: float, trip: float) -> None:
    """However long a round trip is, handfuls one after the other carry half as much as the largest
    ones would."""
    pace, sent, taken = Pace(), 0, 0.0
    for number in range(300):
        size, seconds = pace.size, trip + pace.size / rate
        pace.took(size, seconds)
        if number >= 50:
            sent, taken = sent + size, taken + seconds
    assert sent / taken >= 0.5 * 4e6 / (trip + 4e6 / rate)


@pytest.mark.parametrize("rate", [100e3, 1e6])
def test_no_handful_keeps_a_slow_link_for_longer_than_a_second(rate: float) -> None:
    """On a slow link no handful, from the first on, is under way for more than a second."""
    pace = Pace()
    for _ in range(300):
        seconds = 0.005 + pace.size / rate
        assert seconds <= 1
        pace.took(pace.size, seconds)


def test_a_way_that_becomes_another_is_measured_again() -> None:
    """Where the round trip grows while handfuls flow, they become as large as before."""
    pace = Pace()
    for trip in (0.005, 0.3, 0.45, 0.6, 0.005):
        for _ in range(200):
            pace.took(pace.size, trip + pace.size / 10e6)
        assert max(_sizes(pace, _way(10e6, trip))) == 4_000_000


def test_a_link_that_becomes_slow_is_not_taken_for_a_long_way() -> None:
    """Where a fast link becomes one of 100 kB/s, handfuls take less than a second again."""
    pace = Pace()
    for rate in (40e6, 100e3):
        sizes = _sizes(pace, _way(rate, 0.005))
    assert max(sizes[20:]) / 100e3 <= 1


def test_what_is_refused_together_goes_in_smaller_handfuls() -> None:
    """Of a topic that takes less than 100 kB at once, few handfuls are refused, also where others
    fail for another reason in between."""
    pace, refused = Pace(), 0
    for number in range(1_000):
        if number % 100 == 0:
            pace.begin_again()
        if pace.size < 100_000:
            pace.took(pace.size, 0.005)
            continue
        refused += 1
        size = pace.size
        pace.begin_again()
        pace.refuse(size)
    assert refused <= 3


def test_a_refused_size_is_forgotten_in_the_end() -> None:
    """A topic that takes more again gets more again, little by little, whatever was refused."""
    pace = Pace()
    for _ in range(100):
        pace.refuse(pace.size)
    sizes = _sizes(pace, lambda _size: 0.005, rounds=15_000)
    assert sizes[0] == 4_000
    assert sizes[500] < 6_000
    assert pace.size == 4_000_000


def test_a_quiet_plant_says_nothing_of_the_way() -> None:
    """Handfuls that are not full, because nothing more waits, do not grow the limit."""
    pace = Pace()
    first = pace.size
    for _ in range(20):
        pace.took(500, 0.002)
    assert pace.size == first


@given(st.lists(st.tuples(st.integers(1, 10**8), st.floats(0, 1e4))))
def test_the_limit_keeps_its_bounds(handfuls: list[tuple[int, float]]) -> None:
    """Whatever the way does, a handful is 32 kB to 4 MB."""
    pace = Pace()
    for size, seconds in handfuls:
        pace.took(size, seconds)
        assert 32_000 <= pace.size <= 4_000_000
