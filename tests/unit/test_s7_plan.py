from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.s7.plan import MOST_ITEMS, Item, Plan, Want, make_plan, plan_alone
from warlogix.drivers.s7.wire import make_request

DB, FLAGS = 0x84, 0x83


def wants(*places: tuple[int, int], db: int = 1) -> list[Want]:
    """Values at (start, size) of one data block."""
    return [Want(DB, db, start, size, index) for index, (start, size) in enumerate(places)]


def reply_length(items: tuple[Item, ...]) -> int:
    """The length of the reply: each value but the last is padded to an even byte."""
    padded = sum(4 + item.size + item.size % 2 for item in items)
    return 14 + padded - items[-1].size % 2


def items_of(plan: Plan) -> list[list[tuple[int, int]]]:
    """What each request asks for, as (start, size)."""
    return [[(item.start, item.size) for item in request] for request in plan.requests]


def test_neighbours_become_one_block() -> None:
    """A thousand DINTs in a row take as many requests as their bytes fill replies."""
    plan = make_plan(wants(*((4 * n, 4) for n in range(1000))), pdu=960)
    assert items_of(plan) == [
        [(0, 940)],
        [(940, 940)],
        [(1880, 940)],
        [(2820, 940)],
        [(3760, 240)],
    ]


def test_a_gap_is_read_along_where_that_saves_a_request() -> None:
    """Sixty scattered words fit one reply as one block, and three requests as single items."""
    places = [(14 * n, 2) for n in range(60)]
    assert len(make_plan(wants(*places), pdu=960).requests) == 1
    assert len(plan_alone(wants(*places), pdu=960).requests) == 3


def test_a_gap_is_not_read_along_for_nothing() -> None:
    """Where one request is enough anyway, the plan with fewer bytes is taken."""
    assert items_of(make_plan(wants((0, 4), (200, 4)), pdu=960)) == [[(0, 4), (200, 4)]]
    assert items_of(make_plan(wants((0, 4), (10, 4)), pdu=960)) == [[(0, 14)]]


def test_the_gap_counts_from_the_end_of_all_that_is_before() -> None:
    """A value inside a longer one does not hide that the next is near."""
    plan = make_plan(wants((0, 100), (2, 2), (106, 4), (230, 4)), pdu=960)
    assert items_of(plan) == [[(0, 110), (230, 4)]]


def test_areas_and_data_blocks_are_never_joined() -> None:
    """Blocks end with their memory, and share requests all the same."""
    plan = make_plan([*wants((0, 2)), Want(DB, 2, 2, 2, 1), Want(FLAGS, 0, 4, 2, 2)], pdu=240)
    assert [(block.area, block.db, block.start) for block in plan.blocks] == [
        (FLAGS, 0, 4),
        (DB, 1, 0),
        (DB, 2, 2),
    ]
    assert len(plan.requests) == 1


def test_a_request_has_at_most_twenty_items() -> None:
    """CPUs refuse more; with a small PDU the request itself allows fewer."""
    places = [(1000 * n, 1) for n in range(60)]
    assert [len(items) for items in make_plan(wants(*places), 960).requests] == [20, 20, 20]
    assert [len(items) for items in make_plan(wants(*places), 240).requests] == [19, 19, 19, 3]


def test_padding_to_even_bytes_counts_in_a_reply() -> None:
    """A reply full of odd values stays within the PDU."""
    plan = plan_alone(wants(*((100 * n, 57) for n in range(20))), pdu=240)
    assert max(map(reply_length, plan.requests)) <= 240
    assert [len(items) for items in plan.requests] == [3] * 6 + [2]


def test_a_value_longer_than_a_reply_is_read_in_pieces() -> None:
    """Its pieces follow one another without a gap, and the last one shares its request."""
    plan = make_plan(wants((0, 2000), (5000, 4)), pdu=960)
    assert items_of(plan) == [[(0, 942)], [(942, 942)], [(1884, 116), (5000, 4)]]
    assert [len(block.wants) for block in plan.blocks] == [1, 1]


def test_values_may_overlap() -> None:
    """The bits of a byte, and a byte of a word, are read once."""
    plan = make_plan(wants((4, 4), (5, 1), (5, 1), (4, 8), (6, 2)), pdu=240)
    assert items_of(plan) == [[(4, 8)]]


def test_nothing_to_read_takes_no_request() -> None:
    """No tags, no traffic."""
    assert make_plan([], 240) == Plan((), ())


PLACES = st.lists(
    st.tuples(
        st.sampled_from([(DB, 1), (DB, 2), (FLAGS, 0)]),
        st.integers(0, 3000),
        st.integers(1, 12) | st.integers(1, 1200),
    ),
    max_size=80,
)


@pytest.mark.parametrize("planned", [make_plan, plan_alone])
@given(places=PLACES, pdu=st.sampled_from([32, 112, 240, 480, 959, 960]))
def test_every_plan_keeps_the_rules(
    planned: Callable[[list[Want], int], Plan],
    places: list[tuple[tuple[int, int], int, int]],
    pdu: int,
) -> None:
    """Every value is read once and whole, and no request or reply is longer than the PDU."""
    asked = [Want(*memory, start, size, n) for n, (memory, start, size) in enumerate(places)]
    plan = planned(asked, pdu)
    pieces: dict[int, list[Item]] = {}
    for items in plan.requests:
        assert 1 <= len(items) <= MOST_ITEMS
        assert len(make_request(items).message) <= pdu
        assert reply_length(items) <= pdu
        for item in items:
            pieces.setdefault(item.block, []).append(item)
    for number, block in enumerate(plan.blocks):
        assert b"".join(bytes(item.size) for item in pieces[number]) == bytes(block.size)
        ends = [item.start + item.size for item in pieces[number]]
        assert [item.start for item in pieces[number]] == [block.start, *ends[:-1]]
        assert len(ends) == 1 or len(block.wants) == 1
        for want in block.wants:
            assert (want.area, want.db) == (block.area, block.db)
            assert block.start <= want.start
            assert want.start + want.size <= block.start + block.size
    read = sorted(want.index for block in plan.blocks for want in block.wants)
    assert read == list(range(len(asked)))
    if planned is plan_alone:
        assert all(len(block.wants) == 1 for block in plan.blocks)
