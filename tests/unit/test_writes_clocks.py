"""A producer's clock that is off is told once in the log, and in the answers it spoils."""

import pytest

from tests.unit.write_requests import MAX_AGE, NOW, WALL, request
from warlogix.writes.clocks import ProducerClocks
from warlogix.writes.settle import late

HINT = "all requests with this key come this old: compare the producer's clock with the gateway's"


def hear(
    clocks: ProducerClocks, *steps: tuple[float, float], key: bytes | None = b"k"
) -> list[tuple[str, str]]:
    """Hints and warnings for requests received at these moments with these ages."""
    found = []
    for moment, age in steps:
        wall = WALL + round(moment * 1000)
        at = wall - round(age * 1000)
        asked = request(timestamp=at, now_wall_ms=wall, now=NOW + moment, key=key)
        judged, warning = clocks.judge(asked)
        found.append((judged.clock, warning))
    return found


def test_a_clock_that_is_behind() -> None:
    """From the second such request on the answer names the clock; the log does it once."""
    clocks = ProducerClocks(MAX_AGE)
    first, second, third = hear(clocks, (0, 3600), (1, 3600.02), (50, 3599.9))
    assert first == ("", "")
    assert second == (
        HINT,
        'the timestamps of write requests with the key "k" are 3600 s behind '
        "this gateway's clock; "
        "set the clocks of producers, brokers and gateways by one source of time",
    )
    assert third == (HINT, "")
    judged, _ = clocks.judge(request(age=3600, key=b"k", now=NOW + 60))
    expired = "request expired (age: 1h0m0s, max: 2s)"
    assert late(judged, NOW + 60, MAX_AGE) == f"{expired}; {HINT}"


def test_a_clock_that_is_ahead() -> None:
    """A timestamp from the future is told at once, and once."""
    clocks = ProducerClocks(MAX_AGE)
    first, second = hear(clocks, (0, -3600), (5, -3600))
    assert first[0] == ""
    assert "3600 s ahead of this gateway's clock" in first[1]
    assert second == ("", "")


@pytest.mark.parametrize(
    "steps",
    [
        [(0, 0.1), (1, 0.1), (2, 1.9), (3, -1.9)],
        # What waited while nobody read: read at once, or younger from one to the next.
        [(0, 60), (0.1, 60), (0.2, 59.5), (0.3, 59.4)],
        [(n, 600 - 20.0 * n) for n in range(29)],
        # One that was late among many that were not.
        [(0, 9), (5, 0), (10, 9), (15, 0)],
    ],
    ids=["timely", "a burst that waited", "a backlog", "now and then"],
)
def test_what_is_no_clock(steps: list[tuple[float, float]]) -> None:
    """Requests that waited, or were late now and then, blame nobody's clock."""
    assert hear(ProducerClocks(MAX_AGE), *steps) == [("", "")] * len(steps)


def test_a_clock_that_was_set_is_blamed_no_more() -> None:
    """One timely request, and the next expired one is a plain one again."""
    clocks = ProducerClocks(MAX_AGE)
    hints = [hint for hint, _ in hear(clocks, (0, 60), (2, 60), (4, 0), (6, 60), (8, 60))]
    assert hints == ["", HINT, "", "", HINT]


def test_one_producer_with_many_keys_is_told_once() -> None:
    """Clocks that are off by as much are one clock to the log; another one is told too."""
    clocks = ProducerClocks(MAX_AGE)
    warnings = []
    for key in (b"a", b"b", None):
        warnings += [warning for _, warning in hear(clocks, (0, 60), (2, 60), key=key)]
    warnings += [warning for _, warning in hear(clocks, (5, 90), (7, 90), key=b"c")]
    assert [warning != "" for warning in warnings] == [*[False, True], *[False] * 5, True]
    assert 'key "c" are 90 s behind' in warnings[-1]


def test_what_is_remembered_is_bounded() -> None:
    """Any number of keys takes the memory of a thousand."""
    clocks = ProducerClocks(MAX_AGE)
    for n in range(1500):
        hear(clocks, (n, 60), key=b"%d" % n * 300)
    assert len(clocks._expired) == 1000
