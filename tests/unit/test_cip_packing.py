from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.cip.messages import Request, multiple
from warlogix.drivers.cip.packing import Cost, packets

COSTS = st.lists(st.builds(Cost, st.integers(6, 300), st.integers(4, 300)), max_size=60)


@given(COSTS, st.integers(320, 1000))
def test_no_packet_and_no_reply_is_longer_than_the_connection(costs: list[Cost], size: int) -> None:
    """All positions in order, each packet's request and reply within the size."""
    packed = packets(costs, size)
    assert [position for packet in packed for position in packet] == list(range(len(costs)))
    for packet in packed:
        requests = [Request(1, b"", bytes(costs[position].request - 2)) for position in packet]
        assert len(multiple(requests).encode()) <= size
        replies = sum(costs[position].reply for position in packet)
        assert 4 + 2 + 2 * len(packet) + replies <= size


def test_packets_are_as_full_as_they_can_be() -> None:
    """One more request would not have fitted."""
    packed = packets([Cost(10, 20)] * 50, size=502)
    assert [len(packet) for packet in packed] == [22, 22, 6]


def test_a_reply_that_is_too_long_stands_alone() -> None:
    """It is for the caller to ask for it in pieces."""
    assert packets([Cost(10, 8), Cost(10, 600), Cost(10, 8)], size=502) == [(0,), (1,), (2,)]


def test_nothing_takes_no_packet() -> None:
    """No requests, no packets."""
    assert packets([], 502) == []
