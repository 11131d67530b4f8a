"""The exact account of a run of chaos: what was lost, came twice or out of order, and for what.

Pure. Order is that of first appearances; a repeat of the newest value right after a bad reading is
no repeat, and any other needs a fault that explains it. Each thing is put down to one fault, the
latest that can explain it. `holding` says what had to arrive.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf, isinf

from tests.chaos.holding import judge_held, ups_of
from tests.chaos.truth import Fault, Held, Reading, Run
from tests.chaos.verdict import Line, Verdict
from tests.chaos.windows import Arrival, Windows


def judge(run: Run) -> Verdict:
    """Compare what Kafka got with what PLCs held, and say which fault is behind a difference."""
    verdict = Verdict()
    history = _history(run.held)
    readings = _in_order(verdict, run)
    windows = Windows(run.faults, _arrivals(history, readings), ups_of(run))
    for fault in run.faults:
        _judge_fault(verdict, fault)
    for key, records in readings.items():
        course = _Course(verdict, windows, list(history.get(key, {}).values()))
        for record in records:
            course.take(record)
    judge_held(verdict, windows, run, readings)
    return verdict


def _history(held: Iterable[Held]) -> dict[str, dict[int, Held]]:
    """By key and value, in the order of time."""
    history: dict[str, dict[int, Held]] = defaultdict(dict)
    for each in sorted(held, key=lambda held: held.since):
        assert each.value not in history[each.key], f"{each} is held for the second time"
        history[each.key][each.value] = each
    return history


def _in_order(verdict: Verdict, run: Run) -> dict[str, list[Reading]]:
    """Every record there ever was once, by key, in the order in which the brokers took them."""
    turn = {incarnation: number for number, incarnation in enumerate(_incarnations(run))}
    found: dict[tuple[int, int, int], Reading] = {}
    for each in (*run.got, *run.rescued):
        place = (turn[each.incarnation], each.partition, each.offset)
        same = found.setdefault(place, each)
        if (same.key, same.value) != (each.key, each.value):
            verdict.violations.append(f"two records in one place: {same} and {each}")
    readings: dict[str, list[Reading]] = defaultdict(list)
    partitions: dict[tuple[str, str], int] = {}
    for _, each in sorted(found.items()):
        readings[each.key].append(each)
        if partitions.setdefault((each.incarnation, each.key), each.partition) != each.partition:
            verdict.violations.append(f"not in the partition of its key: {each}")
    return readings


def _incarnations(run: Run) -> list[str]:
    """All of them in order: one that only a disk had is from before what was read after that."""
    order = list(run.incarnations)
    begun = {each.incarnation: each.at for each in reversed(run.got)}
    unread = {each.incarnation: each.at for each in run.rescued if each.incarnation not in order}
    for incarnation, at in sorted(unread.items(), key=lambda item: item[1]):
        later = (place for place, each in enumerate(order) if begun.get(each, -inf) > at)
        order.insert(next(later, len(order)), incarnation)
        begun[incarnation] = at
    return order


def _arrivals(
    history: Mapping[str, Mapping[int, Held]], readings: Mapping[str, Iterable[Reading]]
) -> dict[str, list[Arrival]]:
    arrivals: dict[str, list[Arrival]] = defaultdict(list)
    for key, records in readings.items():
        first = {each.value: each.at for each in reversed(list(records)) if each.value is not None}
        values = history.get(key, {})
        arrivals[key] = [
            (values[value].since, at) for value, at in first.items() if value in values
        ]
    return arrivals


def _judge_fault(verdict: Verdict, fault: Fault) -> None:
    line = verdict.line(fault)
    line.faults += 1
    line.recoveries.append(fault.recovered - fault.until)
    if isinf(fault.recovered):
        verdict.violations.append(f"nothing new arrived ever after: {fault}")


class _Course:
    """The records of one key in their order, against what it held in its order."""

    def __init__(self, verdict: Verdict, windows: Windows, history: Sequence[Held]) -> None:
        self._verdict = verdict
        self._windows = windows
        self._history = history
        self._places = {each.value: place for place, each in enumerate(history)}
        self._came: dict[int, float] = {}  # when each last did, by place
        self._newest = -1
        self._was_bad = False

    def take(self, record: Reading) -> None:
        """Judge the next record."""
        if record.value is None:
            self._line(record).bad += 1
            self._was_bad = True
            if self._windows.is_calm(record.key, record.at):
                self._accuse("bad, and nothing was amiss with its PLC", record)
            return
        place = self._places.get(record.value)
        if place is None or record.at < self._history[place].since:
            self._accuse("not held by the PLC, or not yet", record)
        if place is not None:
            self._place(record, place)

    def _place(self, record: Reading, place: int) -> None:
        if place not in self._came and place < self._newest:
            self._line(record).out_of_order += 1
            self._accuse(f"out of order, behind {self._history[self._newest].value}", record)
        elif place in self._came and not (self._was_bad and place == self._newest):
            self._repeat(record, place)
        self._came[place] = record.at
        self._newest = max(self._newest, place)
        self._was_bad = False

    def _repeat(self, record: Reading, place: int) -> None:
        is_newest = place == self._newest
        before = self._came[place]
        fault = self._windows.of_repeat(record.key, record.at, before, newest=is_newest)
        line = self._verdict.line(fault)
        line.repeated += 1
        line.steps_back += place < self._newest
        if fault is None:
            self._accuse("came again, and no fault explains it", record)

    def _line(self, record: Reading) -> Line:
        return self._verdict.line(self._windows.latest(record.key, record.at, record.at))

    def _accuse(self, what: str, record: Reading) -> None:
        self._verdict.violations.append(f"{what}: {record}")
