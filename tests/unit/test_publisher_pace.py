"""How much a lane sends in one go, as its way to the cluster proves fast or slow."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from warlogix.publisher.pace import Pace


def settled(seconds: Callable[[int], float], rounds: int = 40) -> int:
    """The size of a handful in the end, on a way that takes so long for so many bytes."""
    pace = Pace()
    for _ in range(rounds):
        pace.took(pace.size, seconds(pace.size))
    return pace.size


def test_a_fast_way_takes_megabytes_at_a_time() -> None:
    """On a way of 40 MB/s a handful grows to the most that is ever sent at once."""
    assert settled(lambda size: 0.005 + size / 40e6) == 4_000_000


def test_a_slow_way_is_never_busy_for_long() -> None:
    """On a way of 100 kB/s a handful is on its way for half a second at most."""
    assert settled(lambda size: 0.05 + size / 100e3) / 100e3 <= 0.5


def test_a_long_way_carries_as_much_as_a_short_one() -> None:
    """An answer that takes a fifth of a second does not make handfuls small."""
    assert settled(lambda size: 0.2 + size / 40e6) >= 1_000_000


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
