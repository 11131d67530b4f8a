"""What a fault excuses in a run of chaos, and what it does not."""

from dataclasses import replace

import pytest

from tests.chaos.judgement import judge
from tests.chaos.truth import Fault, Kind, Reading, Run, Up
from tests.unit.chaos_histories import accused, got, held, simple

UNEXPLAINED = {"came again, and no fault explains it"}
BAD = {"bad, and nothing was amiss with its PLC"}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.may_repeat])
@pytest.mark.parametrize(("before", "excused"), [(8.5, True), (7.5, False)])
def test_only_what_was_under_way_may_come_again(kind: Kind, before: float, excused: bool) -> None:
    """A message that came two seconds before a fault began was confirmed, and comes no more."""
    run = repeating(before, [Fault(kind, 10.0, 11.0, 12.0)])

    assert accused(judge(run)) == (set() if excused else UNEXPLAINED)


@pytest.mark.parametrize(("recovered", "excused"), [(10.5, True), (9.9, False)])
def test_what_waited_since_another_fault_may_come_again(recovered: float, excused: bool) -> None:
    """Nothing is confirmed while a broker is away: what came since then may come after a kill."""
    frozen = Fault(Kind.BROKER_FROZEN, 6.0, 9.0, recovered)
    killed = Fault(Kind.GATEWAY_KILLED, 10.0, 18.0, 19.0)
    run = simple(
        held=[held(1, 0.0, 9.1), held(2, 9.1, 18.0), held(3, 18.0, 100.0)],
        got=[got(0, 1, 5.0), got(1, 2, 9.5), got(2, 1, 23.5), got(3, 2, 23.5), got(4, 3, 23.5)],
        faults=[frozen, killed],
    )
    assert accused(judge(run)) == (set() if excused else UNEXPLAINED)


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.startswith("PLC")])
def test_the_current_value_comes_again_where_all_are_announced(kind: Kind) -> None:
    """A gateway that begins and a topic that is new get every current value, however old it is."""
    run = simple(
        held=[held(1, 0.0, 100.0)],
        got=[got(0, 1, 1.0), got(1, 1, 51.0)],
        faults=[Fault(kind, 50.0, 50.5, 52.0)],
    )

    assert accused(judge(run)) == (set() if kind.announces else UNEXPLAINED)


@pytest.mark.parametrize(("at", "excused"), [(71.9, True), (72.1, False)])
def test_a_key_with_no_new_value_excuses_nothing_for_ever(at: float, excused: bool) -> None:
    """Twenty seconds after the recovery no fault explains a repeat, whatever a tag shows."""
    run = simple(
        held=[held(1, 0.0, 100.0)],
        got=[got(0, 1, 1.0), got(1, 1, at)],
        faults=[Fault(Kind.GATEWAY_KILLED, 50.0, 50.5, 52.0)],
    )

    assert accused(judge(run)) == (set() if excused else UNEXPLAINED)


def test_what_came_after_the_recovery_is_confirmed() -> None:
    """A fault that was over when a message came for the first time does not bring it again."""
    run = simple(
        held=[held(1, 0.0, 5.0), held(2, 5.0, 14.5), held(3, 14.5, 100.0)],
        got=[got(0, 1, 5.0), got(1, 2, 14.4), got(2, 3, 14.8), got(3, 2, 15.0), got(4, 3, 16.0)],
        faults=[Fault(Kind.BROKER_KILLED, 10.0, 11.0, 12.0)],
    )
    assert accused(judge(run)) == UNEXPLAINED


@pytest.mark.parametrize(("since", "excused"), [(56.0, True), (58.0, False)])
def test_another_trouble_may_delay_what_is_announced(since: float, excused: bool) -> None:
    """Who is told of a new topic later, because the broker goes, announces values later."""
    deleted = Fault(Kind.TOPIC_DELETED, 50.0, 50.5, 52.0)
    restarted = Fault(Kind.BROKER_RESTARTED, since, since + 5, since + 6)
    run = simple(
        held=[held(1, 0.0, 50.6), held(2, 50.6, 100.0)],
        got=[got(0, 1, 1.0), got(1, 2, 51.0), got(2, 2, since + 7)],
        faults=[deleted, restarted],
    )
    assert accused(judge(run)) == (set() if excused else UNEXPLAINED)


def test_an_old_value_does_not_stand_last() -> None:
    """Although it may come again after a kill, the newest one has to come behind it."""
    run = simple(
        held=[held(1, 0.0, 9.0), held(2, 9.0, 100.0)],
        got=[got(0, 1, 9.0), got(1, 2, 9.5), got(2, 1, 11.0)],
        faults=[Fault(Kind.GATEWAY_KILLED, 10.0, 10.5, 12.0)],
    )
    assert accused(judge(run)) == {"ends with an old value"}
    assert accused(judge(replace(run, got=[*run.got, got(3, 2, 11.0)]))) == set()


def test_a_value_that_was_too_short_may_be_missing_at_the_end() -> None:
    """The last one that had to arrive stands last, or any newer one."""
    values = [held(1, 0.0, 50.0), held(2, 50.0, 51.0), held(3, 51.0, 52.0)]

    assert accused(judge(simple(held=values, got=[got(0, 1, 1.0)]))) == set()
    assert accused(judge(simple(held=values, got=[got(0, 1, 1.0), got(1, 2, 51.0)]))) == set()


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        (Fault(Kind.BROKER_WIPED, 3.0, 6.0, 7.0), 0),
        (Fault(Kind.TOPIC_DELETED, 3.0, 6.0, 7.0), 0),
        (Fault(Kind.BROKER_KILLED, 3.0, 6.0, 7.0), 1),
        (Fault(Kind.BROKER_WIPED, 5.0, 6.0, 7.0), 1),
    ],
)
def test_a_broker_loses_only_what_goes_with_its_disk_or_topic(fault: Fault, lost: int) -> None:
    """What was found on a disk that stayed is lost by somebody else."""
    run = simple(held=[held(1, 0.0, 9.0), held(2, 9.0, 100.0)], got=[got(1, 2, 9.5)])
    verdict = judge(replace(run, rescued=[got(0, 1, 4.0)], faults=[fault]))

    assert (verdict.total().lost, verdict.total().lost_by_broker) == (lost, 1 - lost)
    assert accused(verdict) == ({"lost"} if lost else set())


@pytest.mark.parametrize(
    ("faults", "ups", "expected"),
    [
        ([], [Up("A", 0.0, 100.0)], BAD),
        ([Fault(Kind.PLC_CUT, 49.0, 51.0, 52.0, "A")], [Up("A", 0.0, 100.0)], set()),
        ([Fault(Kind.PLC_CUT, 49.0, 51.0, 52.0, "B")], [Up("A", 0.0, 100.0)], BAD),
        ([Fault(Kind.BROKER_KILLED, 49.0, 51.0, 52.0)], [Up("A", 0.0, 100.0)], BAD),
        ([], [Up("A", 0.0, 46.0), Up("A", 47.0, 100.0)], set()),
        ([], [Up("A", 0.0, 30.0), Up("A", 31.0, 100.0)], BAD),
    ],
)
def test_a_reading_is_bad_only_where_its_plc_was_in_trouble(
    faults: list[Fault], ups: list[Up], expected: set[str]
) -> None:
    """A bad reading needs a fault of its own PLC near, or a break in which that was not read."""
    readings = [got(0, 1, 1.0), got(1, None, 50.0), got(2, 1, 51.0)]
    run = simple(held=[held(1, 0.0, 100.0)], got=readings, faults=faults)

    assert accused(judge(replace(run, up=ups))) == expected


@pytest.mark.parametrize(("until", "missed"), [(30.0, True), (15.0, False)])
def test_a_new_topic_gets_the_current_value_of_every_tag(until: float, missed: bool) -> None:
    """A topic that is there for long lacks no tag whose PLC could be read."""
    run = new_topic([record(0, 2, 5.0), record(1, 3, until)])
    expected = {"a new topic never got its value"} if missed else set()

    assert accused(judge(run)) == expected
    assert accused(judge(replace(run, got=[*run.got, record(2, 1, 6.0, "A.two")]))) == set()


@pytest.mark.parametrize("ups", [[], [Up("A", 0.0, 1.9)]])
def test_a_run_in_which_nothing_had_to_arrive_has_failed(ups: list[Up]) -> None:
    """Who never could read a PLC for long enough has proven nothing of it."""
    run = simple(held=[held(1, 0.0, 9.0)], got=[got(0, 1, 1.0)])

    assert accused(judge(replace(run, up=ups))) == {"nothing of it had to arrive, and did"}


def repeating(before: float, faults: list[Fault]) -> Run:
    """A run in which a value comes, a newer one does, and both do again."""
    return simple(
        held=[held(1, 0.0, before), held(2, before, 11.2), held(3, 11.2, 100.0)],
        got=[got(0, 1, before), got(1, 2, 9.5), got(2, 1, 11.5), got(3, 2, 11.5), got(4, 3, 12.0)],
        faults=faults,
    )


def new_topic(records: list[Reading]) -> Run:
    """A run whose topic was deleted, with these records in the new one."""
    values = [held(1, 0.0, 5.0), held(2, 5.0, 14.0), held(3, 14.0, 100.0)]
    old = [got(0, 1, 1.0), replace(got(1, 1, 1.0), key="A.two")]
    run = simple(values, [*old, *records], [Fault(Kind.TOPIC_DELETED, 4.0, 5.0, 6.0)])
    other = replace(held(1, 0.0, 100.0), key="A.two")
    return replace(run, held=[*run.held, other], incarnations=["topic", "new"])


def record(offset: int, value: int, at: float, key: str = "A.one") -> Reading:
    """A record of the new topic."""
    return Reading("new", 0, offset, key, value, at)
