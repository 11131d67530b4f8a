"""The judge of handshakes, given right histories and each defect that it is there for."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.handshake.histories import TIMEOUT, TRIGGER, Act, event, history
from tests.handshake.judgement import judge
from tests.handshake.truth import Ack, Fault, Kind, Run

runs = st.builds(history, st.lists(st.sampled_from(Act), min_size=2, max_size=20))
# A machine with much to do takes its time.
patient = settings(deadline=None)
CALM = history([Act.CALM, Act.CALM, Act.CALM])


def accused(run: Run, of: str) -> bool:
    """Whether a violation says this."""
    return any(of in each for each in judge(run).violations)


@patient
@given(runs)
def test_a_gateway_that_keeps_its_promises_is_never_accused(run: Run) -> None:
    """Whatever happens to it, no violation is found, and everything is counted."""
    account = judge(run)

    assert account.violations == []
    assert account.parts == len(run.parts) == account.positive + account.negative
    assert account.events + account.repeats == len(run.events)
    assert account.events - sum(account.seconds.values()) == account.parts


def test_second_events_are_put_down_to_what_was_done() -> None:
    """A second event behind a kill or a cut link is counted under it, a repeated record apart."""
    acts = [Act.KILLED_BEFORE_ACK, Act.CUT_BEFORE_ACK, Act.REPEATED, Act.AWAY]
    account = judge(history(acts))

    assert account.seconds == {Kind.GATEWAY_KILLED: 1, Kind.LINK_CUT: 1}
    assert account.repeats == 1
    assert account.late == 1


@patient
@given(runs, st.data())
def test_a_part_without_an_event_is_found(run: Run, data: st.DataObject) -> None:
    """Without all records of one part, that part is named."""
    part = data.draw(st.sampled_from(run.parts))
    left = [each for each in run.events if each.data["Part"] != part.number]

    assert accused(replace(run, events=left), f"no event of {part}")


@patient
@given(runs, st.data())
def test_a_second_event_for_no_reason_is_found(run: Run, data: st.DataObject) -> None:
    """An event more for a part, on the link on which it was seen before, is found."""
    last = data.draw(st.sampled_from(run.events))
    number = max(each.sequence for each in run.events) + 1
    again = replace(last, sequence=number, at=last.at + 0.001, body=b"again")

    assert accused(replace(run, events=[*run.events, again]), "no lost link explains it")


def test_a_link_that_nothing_explains_excuses_nothing() -> None:
    """A gateway that connects anew for no reason may not fire again for that."""
    run = history([Act.CUT_BEFORE_ACK])

    assert accused(replace(run, faults=[]), "no lost link explains it")
    broker = [Fault(Kind.BROKER_KILLED, each.since, each.until) for each in run.faults]
    assert accused(replace(run, faults=broker), "no lost link explains it")


def test_a_number_that_stands_for_two_events_is_found() -> None:
    """The same number with other content is no repeat."""
    first, second, third = CALM.events
    twice = [first, second, replace(third, sequence=2)]

    assert accused(replace(CALM, events=twice), "number 2 twice, with different content")


def test_a_record_that_comes_again_for_no_reason_is_found() -> None:
    """Kafka's own repetitions need a gateway or a broker that was in trouble."""
    run = history([Act.REPEATED])

    assert accused(replace(run, faults=[]), "came again, and no fault explains it")


def test_a_missing_number_and_a_wrong_order_are_found() -> None:
    """Numbers begin with 1, leave nothing out, and come in their order."""
    first, second, third = CALM.events
    last = replace(third, sequence=4)

    assert accused(replace(CALM, events=[first, second, last]), "missing, or not in order: ['2, 4")
    assert accused(replace(CALM, events=[second, third]), "missing, or not in order")
    assert accused(replace(CALM, events=[first, third, second]), "missing, or not in order")


@patient
@given(runs, st.data())
def test_an_ack_before_its_event_is_found(run: Run, data: st.DataObject) -> None:
    """A 1 that reaches the PLC before the broker has an event of that part is found."""
    early = data.draw(st.sampled_from(run.acks))
    acks = [replace(each, value=1) if each is early else each for each in run.acks]
    late = [replace(each, appended=early.at + 0.001) for each in run.events]

    assert accused(replace(run, acks=acks, events=late), "acknowledged before the broker had")


@patient
@given(runs, st.data())
def test_an_ack_that_confirms_another_part_is_found(run: Run, data: st.DataObject) -> None:
    """An ack that comes when the next part waits already, whose event is not there, is found."""
    place = data.draw(st.integers(0, len(run.parts) - 2))
    after = run.parts[place + 1]
    stray = Ack(TRIGGER, 1, after.raised + 0.001, after.number)
    acks = sorted([*run.acks, stray], key=lambda ack: ack.at)

    assert accused(replace(run, acks=acks), "acknowledged before the broker had")


def test_an_ack_while_no_part_waits_is_found() -> None:
    """Neither 1 nor -1 may come when the trigger is low."""
    for value in (1, -1):
        stray = Ack(TRIGGER, value, CALM.parts[0].taken + 0.5, None)
        assert accused(replace(CALM, acks=[*CALM.acks, stray]), "while no part waits")


def test_an_ack_behind_a_gap_for_an_edge_before_it_is_found() -> None:
    """An open ack is void behind a lost link, though the broker has the event."""
    run = history([Act.CUT_BEFORE_ACK])

    assert accused(replace(run, events=run.events[:1]), "acknowledged before the broker had")


def test_a_second_ack_for_one_part_is_found() -> None:
    """What was acknowledged is not acknowledged again on the same link."""
    first = CALM.acks[0]
    twice = [first, replace(first, at=first.at + 0.001), *CALM.acks[1:]]

    assert accused(replace(CALM, acks=twice), "a second ack on one link")


def test_a_refusal_too_soon_or_in_calm_is_found() -> None:
    """-1 needs trouble that lasted as long as ack_timeout."""
    away = history([Act.AWAY])
    soon = [replace(each, at=each.at - 1) for each in away.acks]
    calm = [replace(each, value=-1, at=each.at + TIMEOUT) for each in CALM.acks]

    assert accused(replace(away, acks=soon), "-1 too soon")
    assert accused(replace(away, faults=[]), "-1 too soon")
    assert accused(replace(CALM, acks=calm), "-1 too soon")


def test_an_ack_of_another_value_is_found() -> None:
    """Only 1 and -1 are acks."""
    acks = [replace(each, value=2) for each in CALM.acks]

    assert accused(replace(CALM, acks=acks), "neither 1 nor -1")


def test_data_of_another_part_are_found() -> None:
    """Every value of an event is what the PLC showed for that part."""
    first, *rest = CALM.events
    mixed = replace(first, data={**first.data, "Width": rest[0].data["Width"]})

    assert accused(replace(CALM, events=[mixed, *rest]), "data that the PLC did not show")


def test_an_event_of_what_was_not_there_is_found() -> None:
    """An event of no part, or before its part, is found; so is one behind a later part's."""
    first, second, third = CALM.events
    later = event(4, 1, third.at + 1, third.appended + 1)

    assert accused(replace(CALM, events=[replace(first, data={})]), "what was not there")
    assert accused(replace(CALM, events=[replace(first, at=first.at - 1)]), "or not yet")
    assert accused(replace(CALM, events=[first, second, third, later]), "behind that of a later")


def test_a_part_that_waits_for_ever_is_found() -> None:
    """A part whose ack never came is named."""
    *parts, last = CALM.parts
    waits = replace(last, ack=0)

    assert accused(replace(CALM, parts=[*parts, waits], acks=CALM.acks[:-1]), "never acknowledged")


def test_hangs_and_complaints_are_violations() -> None:
    """What hung, and what the gateway must never say, breaks a promise by itself."""
    run = replace(CALM, hangs=["Press-0: part 7 has waited"], complaints=["Traceback"])

    assert judge(run).violations == ["Press-0: part 7 has waited", "Traceback"]
