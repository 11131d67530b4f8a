"""What a run of chaos is going to do."""

from collections import Counter
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.strikes import CLOCKS, steps
from tests.chaos.truth import Kind

PLCS = ("Oven", "Packer", "Press")

KINDS = st.lists(st.sampled_from(list(Kind)), min_size=1, unique=True)


@given(KINDS, st.integers(1, 12), st.integers())
def test_each_kind_comes_as_often_as_asked(kinds: list[Kind], times: int, seed: int) -> None:
    """Every kind that is asked for comes so many times and no other does, a clock that is set back
    and one that is set forth taken together; and the same seed gives the same plan."""
    planned = steps(kinds, times, PLCS, seed)
    counts = Counter(strike.kind for strike in chain(*planned))
    assert {kind: counts[kind] for kind in kinds if kind not in CLOCKS} == {
        kind: times for kind in kinds if kind not in CLOCKS
    }
    assert sum(counts[kind] for kind in CLOCKS) == times * len(set(kinds) & set(CLOCKS))
    assert planned == steps(kinds, times, PLCS, seed)


@given(KINDS, st.integers(1, 12), st.integers())
def test_nobody_is_in_two_troubles_at_once(kinds: list[Kind], times: int, seed: int) -> None:
    """In one step a broker, a gateway, its clock and each PLC come to grief once at the most, and
    only PLCs are named."""
    for step in steps(kinds, times, PLCS, seed):
        subjects = [strike.subject for strike in step]
        assert len(subjects) == len(set(subjects))
        assert all((strike.plc in PLCS) == strike.kind.startswith("PLC") for strike in step)


@given(st.integers(1, 30), st.integers())
def test_a_clock_is_never_ahead_of_the_truth(times: int, seed: int) -> None:
    """A clock is set back first, and then in turn."""
    planned = steps(list(CLOCKS), times, PLCS, seed)
    clocks = [strike.kind for strike in chain(*planned)]
    assert clocks == list(CLOCKS) * times
