"""Which commands read a set of words: few, none too long, and every word that is wanted."""

from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.omron.fins.plan import (
    MOST_PLACES,
    MOST_WORDS,
    Gathering,
    Plan,
    Want,
    make_plan,
)

D, W = 0x82, 0xB1


def wants(*places: tuple[int, int]) -> list[Want]:
    """Wants in D, each a first word and a number of words."""
    return [Want(D, start, words, index) for index, (start, words) in enumerate(places)]


def covered(plan: Plan, block: int) -> list[tuple[int, int]]:
    """The pieces by which a block is read, in order."""
    items = [item for request in plan.requests for item in request if item.block == block]
    return [(item.start, item.words) for item in items]


def test_neighbours_are_one_command() -> None:
    """Values beside each other, and with a small gap, are read as one block."""
    plan = make_plan(wants((0, 2), (2, 1), (9, 4)), Gathering.NO)
    assert len(plan.requests) == 1
    assert covered(plan, 0) == [(0, 13)]


def test_values_far_from_each_other_are_gathered() -> None:
    """A thousand scattered words take 6 commands where the PLC gathers, and one each elsewhere."""
    scattered = [Want(D, 1000 * (number % 30), 1, number) for number in range(30)]
    assert len(make_plan(scattered, Gathering.YES).requests) == 1
    assert len(make_plan(scattered, Gathering.NO).requests) == 30
    thousand = [Want(0x82 + number % 8, 600 * (number // 8), 1, number) for number in range(1000)]
    assert len(make_plan(thousand, Gathering.YES).requests) == 6


def test_several_areas_never_share_a_block() -> None:
    """Words of two areas may share a gathering command, and nothing else."""
    plan = make_plan([Want(D, 0, 1, 0), Want(W, 1, 1, 1)], Gathering.YES)
    assert [block.code for block in plan.blocks] == [D, W]
    assert len(plan.requests) == 1


def test_a_long_value_is_read_by_several_commands() -> None:
    """A value longer than a response comes in pieces that tear no value of four words."""
    plan = make_plan(wants((10, 2500)), Gathering.YES)
    assert covered(plan, 0) == [(10, 996), (1006, 996), (2002, 508)]


def test_a_value_apart_is_joined_with_no_other() -> None:
    """What only comes by itself is a block of its own."""
    plan = make_plan(wants((0, 1), (1, 1), (2, 1)), Gathering.NO, apart={1})
    assert [(block.start, block.words) for block in plan.blocks] == [(0, 1), (1, 1), (2, 1)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([D, W]),
            st.integers(0, 32000),
            st.integers(1, 5) | st.integers(900, 3000),
        ),
        max_size=60,
    ),
    st.sampled_from(Gathering),
)
def test_every_plan_brings_what_is_wanted(
    places: list[tuple[int, int, int]], gathering: Gathering
) -> None:
    """Each value is whole in one block, each block is read without gaps, no command is too long."""
    asked = [Want(*place, index) for index, place in enumerate(places)]
    plan = make_plan(asked, gathering)
    assert sorted(want.index for block in plan.blocks for want in block.wants) == list(
        range(len(asked))
    )
    for number, block in enumerate(plan.blocks):
        for want in block.wants:
            assert want.code == block.code
            assert block.start <= want.start
            assert want.start + want.words <= block.start + block.words
        end = block.start
        for start, words in covered(plan, number):
            assert start == end
            end = start + words
        assert end == block.start + block.words
    for request in plan.requests:
        words = sum(item.words for item in request)
        assert words <= (MOST_WORDS if len(request) == 1 else MOST_PLACES)
        assert len(request) == 1 or gathering is Gathering.YES
