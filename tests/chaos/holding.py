"""What had to arrive, and whether it has: pure.

A value that a PLC which could be read held for a whole poll and a second more must be in the topic.
What a broker had confirmed, and lost with a disk that was wiped or a topic that was deleted, counts
as lost by the broker. A run in which nothing of a PLC had to arrive, and did, says nothing of it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, takewhile

from tests.chaos.truth import Held, Reading, Run, Up
from tests.chaos.verdict import Verdict
from tests.chaos.windows import Windows

SLACK = 1.0  # seconds beyond a poll after which a value that is held must have been noticed
# Seconds in which a new topic must have got a value of every tag that can be read.
ANNOUNCED = 10.0

Ups = Mapping[str, Sequence[Up]]
Value = tuple[str, int | None]


def ups_of(run: Run) -> Ups:
    """When each PLC could be read, in order."""
    ups: dict[str, list[Up]] = defaultdict(list)
    for up in sorted(run.up, key=lambda each: each.since):
        ups[up.plc].append(up)
    return ups


def judge_held(
    verdict: Verdict, windows: Windows, run: Run, readings: Mapping[str, Sequence[Reading]]
) -> None:
    """Every value that had to arrive has, or a broker that had it lost it; and none stands last
    that is older than the newest of these."""
    ups = ups_of(run)
    due = [each for each in run.held if readable(each, ups[each.plc], run.poll + SLACK)]
    _judge_due(verdict, windows, run, due)
    _judge_last(verdict, run, due, readings)
    _judge_topics(verdict, run, ups)


def _judge_due(verdict: Verdict, windows: Windows, run: Run, due: Iterable[Held]) -> None:
    got: set[Value] = {(each.key, each.value) for each in run.got}
    gone = _gone(run)
    unproven = {each.plc for each in run.held}
    for each in due:
        line = verdict.line(windows.latest(each.key, each.since, each.until))
        line.held += 1
        if (each.key, each.value) in got:
            line.delivered += 1
            unproven.discard(each.plc)
        elif (each.key, each.value) in gone:
            line.lost_by_broker += 1
        else:
            line.lost += 1
            unproven.discard(each.plc)
            verdict.violations.append(f"lost: {each}")
    verdict.violations += [f"nothing of it had to arrive, and did: {each}" for each in unproven]


def _gone(run: Run) -> set[Value]:
    """What a broker had on its disk just before that was wiped, or the topic deleted."""
    ends = [each for each in run.faults if each.kind.destroys]
    return {
        (each.key, each.value)
        for each in run.rescued
        if any(end.since <= each.at <= end.until for end in ends)
    }


def _judge_last(
    verdict: Verdict, run: Run, due: Iterable[Held], readings: Mapping[str, Sequence[Reading]]
) -> None:
    since = {(each.key, each.value): each.since for each in run.held}
    newest = {each.key: each for each in sorted(due, key=lambda each: each.since)}
    for key, held in newest.items():
        known = [each for each in readings.get(key, []) if (key, each.value) in since]
        # One that never came is lost already.
        if not any(each.value == held.value for each in known):
            continue
        last = known[-1]
        if last.value is not None and since[key, last.value] < held.since:
            verdict.violations.append(f"ends with an old value, behind {held.value}: {last}")


def _judge_topics(verdict: Verdict, run: Run, ups: Ups) -> None:
    """Each topic that was there for long has a value of every tag that could be read meanwhile."""
    there = {
        (each.incarnation, each.key) for each in (*run.got, *run.rescued) if each.value is not None
    }
    keys = sorted({each.key for each in run.held})
    for incarnation in run.incarnations:
        times = [each.at for each in run.got if each.incarnation == incarnation]
        if not times:
            continue
        for key in keys:
            plc = key.partition(".")[0]
            life = Held(key, 0, min(times), max(times) - ANNOUNCED)
            could = readable(life, ups.get(plc, []), run.poll + SLACK)
            if could and (incarnation, key) not in there:
                verdict.violations.append(f"a new topic never got its value: {key}, {incarnation}")


def readable(held: Held, ups: Sequence[Up], long: float) -> bool:
    """Whether the value could be read for so long without a break; `ups` in order."""
    first = bisect_right(ups, held.since, key=lambda up: up.until)
    times = takewhile(lambda up: up.since < held.until, islice(ups, first, None))
    return any(min(held.until, up.until) - max(held.since, up.since) >= long for up in times)
