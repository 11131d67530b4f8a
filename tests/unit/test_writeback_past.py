"""What is known of requests from one membership to the next."""

from warlogix.writeback.past import Past


def test_what_was_taken_is_known_for_a_while() -> None:
    """A request that a commit covered is known as long as it could be executed again."""
    past = Past(30)
    past.take([(0, 7, 1000)], 100.0)
    assert past.took((0, 7, 1000))
    assert not past.took((0, 7, 1001))
    past.take([(0, 8, 1000)], 131.0)
    assert not past.took((0, 7, 1000))


def test_what_is_remembered_has_a_bound() -> None:
    """A flood of requests does not fill the memory: the oldest are forgotten."""
    past = Past(30)
    past.take(((0, offset, 0) for offset in range(60_000)), 0.0)
    assert not past.took((0, 0, 0))
    assert past.took((0, 59_999, 0))


def test_what_the_broker_does_not_list_was_not_covered() -> None:
    """A request of an unclear commit that the broker has not listed comes again as a new one."""
    past = Past(30)
    past.spared |= {(0, 1, 0), (0, 2, 0), (1, 2, 0)}
    past.settle(0, [2])
    assert past.spared == {(0, 2, 0), (1, 2, 0)}
