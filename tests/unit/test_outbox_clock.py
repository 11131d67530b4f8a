"""The time that rows have waited."""

from warlogix.outbox.clock import WaitedClock


def test_it_goes_on_behind_the_newest_row_and_the_gap() -> None:
    """Over a restart the clock adds the gap to its last mark, and never steps behind a row."""
    clock = WaitedClock(lambda: 7.0, lambda: 1010.0)
    clock.resume(waited=5_000, wall=1_000_000, newest=6_000)
    assert clock.now() == 15_000
    clock.resume(waited=5_000, wall=1_000_000, newest=99_000)
    assert clock.now() == 99_000


def test_a_wall_clock_that_was_set_back_ages_nothing() -> None:
    """When the clock on the wall is behind its last mark, no time has passed between the runs."""
    clock = WaitedClock(lambda: 7.0, lambda: 900.0)
    clock.resume(waited=5_000, wall=1_000_000, newest=0)
    assert clock.now() == 5_000


def test_a_mark_is_where_the_next_run_goes_on() -> None:
    """What `mark` gives is what `resume` takes."""
    now, wall = 100.0, 1000.0
    clock = WaitedClock(lambda: now, lambda: wall)
    now += 30
    waited, at = clock.mark()
    now, wall = 3.0, wall + 2
    clock.resume(waited, at, 0)
    assert clock.now() == 32_000
