from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chaos.judgement import judge
from tests.chaos.truth import Fault, Kind, Reading, Run, Up
from tests.chaos.verdict import NO_FAULT
from tests.unit.chaos_histories import CALM, KEYS, Act, accused, got, held, history, simple

numbers = st.integers(0, 2**32)
runs = st.builds(history, st.lists(st.sampled_from(list(Act)), max_size=40), numbers)
calm_runs = st.builds(history, st.lists(st.sampled_from(CALM), max_size=40), numbers, st.just(0.0))
keys = st.sampled_from(KEYS)
# A machine with much to do takes its time.
patient = settings(deadline=None)


@patient
@given(runs)
def test_a_history_without_a_defect_is_never_accused(run: Run) -> None:
    """Whatever happens to a gateway that keeps its promises, no violation is found."""
    verdict = judge(run)

    assert verdict.violations == []
    assert verdict.total().held == verdict.total().delivered + verdict.total().lost_by_broker


@patient
@given(calm_runs)
def test_a_tag_that_comes_back_unchanged_is_not_repeated(run: Run) -> None:
    """The same value before and after a bad reading counts as two announcements."""
    assert judge(run).total().repeated == 0


@patient
@given(runs, keys)
def test_a_value_that_never_arrived_is_lost(run: Run, key: str) -> None:
    """Without every record of one value that was held for long, exactly that one is lost."""
    value = last(run, key)
    verdict = judge(replace(run, got=[each for each in run.got if not says(each, key, value)]))

    assert verdict.total().lost == 1
    assert accused(verdict) == {"lost"}


@patient
@given(runs, keys)
def test_what_went_with_a_disk_is_lost_by_the_broker(run: Run, key: str) -> None:
    """A value that is found only among the confirmed ones on a disk is counted, nobody accused."""
    before = judge(run).total().lost_by_broker
    gone = [each for each in run.got if says(each, key, last(run, key))]
    rest = [each for each in run.got if each not in gone]
    wiped = [Fault(Kind.BROKER_WIPED, each.at, each.at, each.at) for each in gone]
    lost = replace(run, got=rest, rescued=[*run.rescued, *gone], faults=[*run.faults, *wiped])
    verdict = judge(lost)

    assert verdict.violations == []
    assert verdict.total().lost_by_broker == before + 1


@patient
@given(runs, keys, numbers)
def test_two_values_that_changed_places_are_out_of_order(run: Run, key: str, number: int) -> None:
    """A value that appears first after a newer one of its key is found, early or late in a run."""
    records = [each for each in (*run.got, *run.rescued) if each.key == key]
    values = sorted({each.value for each in records if each.value is not None})
    place = number % (len(values) - 1)
    swap = {values[place]: values[place + 1], values[place + 1]: values[place]}

    def swapped(readings: Sequence[Reading]) -> list[Reading]:
        return [
            replace(each, value=swap[each.value])
            if each.key == key and each.value in swap
            else each
            for each in readings
        ]

    verdict = judge(replace(run, got=swapped(run.got), rescued=swapped(run.rescued)))

    assert verdict.total().out_of_order == 1
    assert "out of order" in accused(verdict)


@patient
@given(runs, numbers)
def test_a_record_that_came_twice_is_counted(run: Run, number: int) -> None:
    """One record more that says what the one before it said is one repeat more."""
    before = judge(run).total()
    after = judge(repeated(run, number)).total()

    assert after.repeated == before.repeated + 1


@patient
@given(calm_runs, numbers)
def test_a_repeat_that_no_fault_explains_is_a_violation(run: Run, number: int) -> None:
    """Where only PLCs were in trouble, nothing may come twice."""
    verdict = judge(repeated(run, number))

    assert verdict.lines[NO_FAULT].repeated == 1
    assert accused(verdict) == {"came again, and no fault explains it"}


@patient
@given(runs, keys)
def test_a_value_that_no_plc_held_is_a_violation(run: Run, key: str) -> None:
    """A value nobody put in is found."""
    assert accused(judge(with_another(run, key, 10**9))) == {"not held by the PLC, or not yet"}


def test_a_record_that_comes_before_its_value_is_a_violation() -> None:
    """A value that is in the topic before the PLC had it is found."""
    run = simple(got=[got(0, 1, at=1.0), got(1, 2, at=9.0)], held=[held(1, 0, 10), held(2, 10, 20)])

    assert accused(judge(run)) == {"not held by the PLC, or not yet"}


@patient
@given(runs, keys)
def test_a_key_that_is_in_two_partitions_is_a_violation(run: Run, key: str) -> None:
    """All records of one key in one topic are in one partition."""
    value = last(run, key)
    moved = [
        replace(each, partition=7) if says(each, key, value) else each
        for each in with_another(run, key, value).got
    ]
    strayed = [replace(moved[-1], partition=8), *moved[:-1]]

    assert "not in the partition of its key" in accused(judge(replace(run, got=strayed)))


@patient
@given(runs)
def test_a_topic_that_nobody_came_across_has_its_place_in_the_order(run: Run) -> None:
    """Records of a topic that was gone before it was read count, in the order of their time."""
    read = {each.incarnation for each in run.got}
    known = [each for each in run.incarnations if each in read]

    assert judge(replace(run, incarnations=known)) == judge(run)


@patient
@given(runs)
def test_a_record_that_is_read_twice_came_once(run: Run) -> None:
    """What the consumer reads again, or a disk has too, is the same record."""
    verdict = judge(replace(run, got=[*run.got, *run.got], rescued=[*run.rescued, *run.got]))

    assert verdict.violations == []
    assert verdict.total().repeated == judge(run).total().repeated


def test_two_records_in_one_place_are_a_violation() -> None:
    """A broker that has something else where a record was is found."""
    run = simple(got=[got(0, 1, at=1.0), got(0, 2, at=11.0)])

    assert "two records in one place" in accused(judge(run))


@pytest.mark.parametrize(
    ("since", "until", "lost"),
    [(0.0, 1.9, 0), (0.0, 2.0, 1), (3.5, 5.4, 0), (3.5, 5.6, 0), (3.5, 6.0, 1), (9.0, 12.0, 0)],
)
def test_only_what_could_be_read_for_long_must_arrive(
    since: float, until: float, lost: int
) -> None:
    """A poll and a second in one piece, while the PLC could be read, oblige; anything less not."""
    ups = [Up("A", 0.0, 3.0), Up("A", 4.0, 10.0), Up("B", 0.0, 20.0)]
    run = replace(simple(held=[held(1, since, until)]), up=ups)

    assert judge(run).total().lost == lost


def test_each_thing_is_put_down_to_the_fault_it_came_with() -> None:
    """Of two faults the later one counts, for a repeat the later one that can repeat."""
    faults = [
        Fault(Kind.GATEWAY_KILLED, 10.0, 11.0, 13.0),
        Fault(Kind.PLC_CUT, 12.0, 13.0, 14.0, "A"),
    ]
    run = simple(
        held=[held(1, 0.0, 9.5), held(2, 9.5, 13.5), held(3, 13.5, 20.0)],
        got=[got(0, 1, 9.0), got(1, 2, 10.0), got(2, 1, 13.0), got(3, None, 13.0), got(4, 3, 14.0)],
        faults=faults,
    )
    lines = judge(run).lines

    assert (lines[NO_FAULT].held, lines[Kind.PLC_CUT].held) == (1, 2)
    assert (lines[Kind.GATEWAY_KILLED].repeated, lines[Kind.GATEWAY_KILLED].steps_back) == (1, 1)
    assert lines[Kind.PLC_CUT].bad == 1
    assert lines[Kind.GATEWAY_KILLED].recoveries == [2.0]


def test_a_trouble_of_another_plc_explains_nothing() -> None:
    """What happens to the tags of one PLC is not put down to a fault of another."""
    run = simple(
        held=[held(1, 0.0, 20.0)],
        got=[got(0, 1, 1.0)],
        faults=[Fault(Kind.PLC_CUT, 5.0, 6.0, 7.0, "B")],
    )
    assert judge(run).lines[NO_FAULT].held == 1


def test_a_fault_excuses_no_repeat_long_after_it() -> None:
    """When the key has had a new value for a while, a repeat has another reason."""
    run = simple(
        held=[held(1, 0.0, 6.0), held(2, 6.0, 30.0)],
        got=[got(0, 1, 1.0), got(1, 2, 7.0), got(2, 2, 12.1)],
        faults=[Fault(Kind.GATEWAY_KILLED, 4.0, 5.0, 7.0)],
    )
    assert accused(judge(run)) == {"came again, and no fault explains it"}


def test_a_scene_that_never_recovers_is_a_violation() -> None:
    """A fault behind which nothing new arrives is found, although no value is lost yet."""
    fault = Fault(Kind.BROKER_WIPED, 1.0, 2.0, inf)

    assert accused(judge(simple(faults=[fault]))) == {"nothing new arrived ever after"}


def says(reading: Reading, key: str, value: int) -> bool:
    """Whether a record says that the key had this value."""
    return (reading.key, reading.value) == (key, value)


def last(run: Run, key: str) -> int:
    """The value that the key held to the end, long enough to be delivered."""
    return max(each.value for each in run.held if each.key == key)


def repeated(run: Run, number: int) -> Run:
    """The run with one of its records there twice, one right behind the other."""
    good = [each for each in run.got if each.value is not None]
    chosen = good[number % len(good)]

    def moved(each: Reading) -> Reading:
        here = (each.incarnation, each.partition) == (chosen.incarnation, chosen.partition)
        return replace(each, offset=each.offset + (here and each.offset > chosen.offset))

    again = replace(chosen, offset=chosen.offset + 1)
    rescued = [moved(each) for each in run.rescued]
    return replace(run, got=[*map(moved, run.got), again], rescued=rescued)


def with_another(run: Run, key: str, value: int) -> Run:
    """The run with one more record at its end."""
    latest = [each for each in run.got if each.key == key][-1]
    place = (latest.incarnation, latest.partition)
    offset = max(each.offset for each in run.got if (each.incarnation, each.partition) == place)
    return replace(run, got=[*run.got, replace(latest, offset=offset + 1, value=value)])
