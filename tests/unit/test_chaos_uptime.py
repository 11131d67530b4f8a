"""When PLCs could be read, as a run of chaos notes it."""

import pytest
import trio
from trio.testing import MockClock

from tests.chaos.truth import Up
from tests.chaos.uptime import Uptime


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


@pytest.fixture
def clock() -> Hand:
    """A clock at 0."""
    return Hand()


@pytest.fixture
def uptime(clock: Hand) -> Uptime:
    """Two PLCs of which none has been read."""
    return Uptime(("A", "B"), clock)


def test_a_plc_could_be_read_from_its_first_answer_on(clock: Hand, uptime: Uptime) -> None:
    """The time begins with the first answer, no later one begins it anew, and the end is noted."""
    for clock.now in (1.0, 2.0, 5.0):
        uptime.rise("A")
    clock.now = 7.0
    uptime.close()

    assert uptime.spans == [Up("A", 1.0, 7.0)]


def test_a_trouble_ends_the_time_of_its_plc_alone(clock: Hand, uptime: Uptime) -> None:
    """What happens to one PLC leaves the other one be."""
    rise(uptime, clock, 1.0)
    clock.now = 3.0
    with uptime.trouble("A"):
        clock.now = 4.0
    clock.now = 9.0
    uptime.close()

    assert uptime.spans == [Up("A", 1.0, 3.0), Up("B", 1.0, 9.0)]


def test_an_answer_during_a_trouble_means_nothing(clock: Hand, uptime: Uptime) -> None:
    """What was under way may still arrive; only an answer behind the trouble begins a time."""
    rise(uptime, clock, 1.0)
    clock.now = 3.0
    with uptime.trouble():
        rise(uptime, clock, 4.0)
    rise(uptime, clock, 6.0)
    clock.now = 8.0
    uptime.close()

    assert uptime.spans == [*ups(1.0, 3.0), *ups(6.0, 8.0)]


def test_of_troubles_within_each_other_all_must_be_over(clock: Hand, uptime: Uptime) -> None:
    """While one of two troubles lasts an answer means nothing, whichever ends first."""
    rise(uptime, clock, 1.0)
    clock.now = 2.0
    with uptime.trouble("A"):
        with uptime.trouble():
            clock.now = 3.0
        rise(uptime, clock, 4.0)
    rise(uptime, clock, 5.0)
    clock.now = 6.0
    uptime.close()

    assert uptime.spans == [*ups(1.0, 2.0), Up("A", 5.0, 6.0), Up("B", 4.0, 6.0)]


def test_a_time_of_no_length_is_none(clock: Hand, uptime: Uptime) -> None:
    """A PLC that comes to grief in the moment of its first answer could not be read."""
    rise(uptime, clock, 1.0)
    uptime.close()

    assert uptime.spans == []


@pytest.mark.parametrize(
    ("jump", "spans"),
    [(0.15, [("A", 0.0, 2.15)]), (3.0, [("A", 0.0, 1.0), ("A", 4.05, 5.0)])],
)
async def test_a_standstill_of_this_process_interrupts_what_could_be_read(
    jump: float, spans: list[tuple[str, float, float]], autojump_clock: MockClock
) -> None:
    """Simulated PLCs that were not run answered nobody; who was up before is so again after it."""
    late = Hand()
    uptime = Uptime(("A", "B"), lambda: trio.current_time() - began + late.now)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(uptime.notice_standstill)
        uptime.rise("A")
        await trio.sleep(1.02)
        late.now = jump
        await trio.sleep(0.98)
        nursery.cancel_scope.cancel()
    uptime.close()

    found = [(each.plc, round(each.since, 2), round(each.until, 2)) for each in uptime.spans]
    assert found == spans


def rise(uptime: Uptime, clock: Hand, at: float) -> None:
    """Both PLCs are read at this time."""
    clock.now = at
    for plc in ("A", "B"):
        uptime.rise(plc)


def ups(since: float, until: float) -> list[Up]:
    """Both PLCs could be read."""
    return [Up(plc, since, until) for plc in ("A", "B")]
