"""The exact account of a run: what was asked, what was answered, and what the PLCs really took.

Pure: it is given lists and judges them. Each request asks for a value that no other asks for, so
that a PLC's journal tells which requests were executed, and how often.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from tests.answers import Answer
from tests.witness import Record
from tests.writers import Written

# What an answer may say of a request that was executed all the same.
MAYBE = ("done", "outcome unknown")


class Kind(Enum):
    """What a record in the topic of requests is."""

    GOOD = "good"  # a right request
    REFUSED = "refused"  # one that can be read and must fail
    LACKING = "lacking"  # a JSON object without one of the fields: answered, and a dead letter
    UNREADABLE = "unreadable"  # no JSON object: a dead letter only


@dataclass(frozen=True, slots=True)
class Request:
    """One record that was sent. `number` is its value and its id, and nobody else's.

    `at` is the record's time in Kafka, in seconds.
    """

    kind: Kind
    plc: str
    tag: str
    number: int
    partition: int
    offset: int
    at: float = 0.0


@dataclass(slots=True)
class Account:
    """Counts for people, and every broken promise in words."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The counts in one line, and the violations below."""
        line = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return "\n".join([line, *(f"VIOLATION: {each}" for each in self.violations)])


def settle_account(
    requests: Sequence[Request],
    answers: Iterable[Answer],
    dead_letters: Iterable[Record],
    journals: Mapping[str, Sequence[Written]],
    latest: float,
) -> Account:
    """Judge a run: at most once into the machine, at least once out of it, and only the truth.

    No value may land more than `latest` seconds after its request was sent.
    """
    account = Account()
    account.counts["requests"] = len(requests)
    _judge_journals(account, requests, journals, latest)
    taken = {each.value for journal in journals.values() for each in journal}
    given = by_request(answers)
    dead = {origin(each) for each in dead_letters}
    for request in requests:
        outcomes = [each.outcome for each in given.get(request.number, ())]
        _judge_answers(account, request, outcomes, request.number in taken)
        if request.kind in (Kind.LACKING, Kind.UNREADABLE):
            if (request.partition, request.offset) not in dead:
                account.violations.append(f"{request} is not among the dead letters")
            account.counts["dead letters"] += 1
    for number in given.keys() - {each.number for each in requests}:
        account.violations.append(f"an answer to {number}, which nobody asked for")
    return account


def by_request(answers: Iterable[Answer]) -> dict[object, list[Answer]]:
    """Answers by the id of their request, in order."""
    given: dict[object, list[Answer]] = defaultdict(list)
    for each in answers:
        given[each.request_id].append(each)
    return given


def origin(dead_letter: Record) -> tuple[int, int]:
    """Partition and offset of what became a dead letter."""
    headers = dict(dead_letter.headers)
    return int(headers["source.partition"] or b""), int(headers["source.offset"] or b"")


def _judge_journals(
    account: Account,
    requests: Sequence[Request],
    journals: Mapping[str, Sequence[Written]],
    latest: float,
) -> None:
    asked = {each.number: each for each in requests}
    for plc, journal in journals.items():
        newest: dict[tuple[str, int], int] = {}
        for value, times in Counter(each.value for each in journal).items():
            if times > 1:
                account.violations.append(f"{plc}: {value} was executed {times} times")
        for each in journal:
            account.counts["executed"] += 1
            request = asked.get(each.value)
            if request is None or (request.plc, request.tag) != (plc, each.tag):
                account.violations.append(f"{plc}: {each} was never asked for: {request}")
                continue
            key = (each.tag, request.partition)
            if newest.get(key, -1) > request.offset:
                text = f"{plc}: {each} of offset {request.offset} landed after {newest[key]}"
                account.violations.append(text)
            if each.at - request.at > latest:
                late = f"{each.at - request.at:.1f} s after it was sent"
                account.violations.append(f"{plc}: {each} landed {late}")
            newest[key] = max(newest.get(key, -1), request.offset)


def _judge_answers(account: Account, request: Request, outcomes: list[str], taken: bool) -> None:
    if request.kind is Kind.UNREADABLE:
        if outcomes or taken:
            account.violations.append(f"{request}: {outcomes}, executed: {taken}")
        return
    if not outcomes:
        account.violations.append(f"{request} has no answer, executed: {taken}")
        return
    account.counts[outcomes[-1]] += 1
    if len(outcomes) > 1:
        account.counts["answered more than once"] += 1
    if len({each for each in outcomes if each != "outcome unknown"}) > 1:
        account.violations.append(f"{request} has answers that contradict: {outcomes}")
    if "done" in outcomes and not taken:
        account.violations.append(f"{request} was answered done and not executed: {outcomes}")
    if taken and not set(outcomes) <= set(MAYBE):
        account.violations.append(f"{request} was executed and answered {outcomes}")
    if request.kind is not Kind.GOOD and not set(outcomes) <= {
        "failed",
        "expired",
        "outcome unknown",
        "not executed",
    }:
        account.violations.append(f"{request} was answered {outcomes}")
