"""The account that chaos is settled with: each broken promise is found, and nothing else."""

import pytest

from tests.accounts import Account, Kind, Request, settle_account
from tests.answers import Answer
from tests.witness import Record
from tests.writers import Written

OUTCOMES: dict[str, dict[str, object]] = {
    "done": {"success": True},
    "expired": {"skipped": True, "error": "request expired (age: 5.2s, max: 2s)"},
    "superseded": {"deduplicated": True, "error": "request superseded by newer write to same tag"},
    "outcome unknown": {"error": "outcome unknown: the instance that had it is gone"},
    "not executed": {"error": "not executed: moved to another instance"},
    "failed": {"error": "not connected"},
}


def told(outcome: str, number: int = 7) -> Answer:
    """An answer with this outcome."""
    fields = {"request_id": number, "success": False, "error": ""}
    fields |= {"skipped": False, "deduplicated": False}
    return Answer(None, "a", fields | OUTCOMES[outcome])


def asked(number: int = 7, *, offset: int = 3, kind: Kind = Kind.GOOD) -> Request:
    """A request for one tag of one PLC."""
    return Request(kind, "Press", "Tag0", number, 0, offset, 100.0)


def took(number: int = 7, at: float = 101.0) -> Written:
    """That the PLC took the value."""
    return Written(at, "Tag0", number)


def settled(requests: list[Request], answers: list[Answer], journal: list[Written]) -> Account:
    """The account of one PLC's run, where dead letters are of no interest."""
    return settle_account(requests, answers, [], {"Press": journal}, 10.0)


@pytest.mark.parametrize(
    ("outcomes", "journal"),
    [
        (["done"], [took()]),
        (["outcome unknown"], [took()]),
        (["outcome unknown"], []),
        (["outcome unknown", "done"], [took()]),
        (["outcome unknown", "expired"], []),
        (["superseded", "superseded"], []),
        (["not executed"], []),
        (["failed"], []),
    ],
)
def test_a_truthful_run_has_no_violation(outcomes: list[str], journal: list[Written]) -> None:
    """What an answer says and what the PLC took agree, also where nobody could know better."""
    assert not settled([asked()], [told(each) for each in outcomes], journal).violations


@pytest.mark.parametrize(
    ("outcomes", "journal"),
    [
        ([], []),
        ([], [took()]),
        (["done"], []),
        (["done"], [took(), took()]),
        (["expired"], [took()]),
        (["superseded"], [took()]),
        (["not executed"], [took()]),
        (["failed"], [took()]),
        (["outcome unknown", "not executed"], [took()]),
        (["expired", "done"], [took()]),
        (["done"], [took(at=111.0)]),
    ],
)
def test_every_broken_promise_is_a_violation(outcomes: list[str], journal: list[Written]) -> None:
    """Twice executed, never answered, answered against the truth, and landed late are all found."""
    assert settled([asked()], [told(each) for each in outcomes], journal).violations


def test_an_old_value_behind_a_newer_one_is_a_violation() -> None:
    """The order in which a tag's values land is the order of their offsets."""
    requests = [asked(1, offset=1), asked(2, offset=2)]
    answers = [told("done", 1), told("done", 2)]
    assert not settled(requests, answers, [took(1), took(2)]).violations
    assert settled(requests, answers, [took(2), took(1)]).violations


def test_what_nobody_asked_for_is_a_violation() -> None:
    """A value or an answer without a request is found."""
    assert settled([], [], [took()]).violations
    assert settled([], [told("expired")], []).violations


def test_what_cannot_be_read_must_be_a_dead_letter() -> None:
    """A record that is no request is accounted for by the dead letter that names its place."""
    request = asked(kind=Kind.UNREADABLE)
    headers = (("source.partition", b"0"), ("source.offset", b"3"))
    letter = Record(0, 0, 0, None, None, headers)
    assert not settle_account([request], [], [letter], {}, 10.0).violations
    assert settle_account([request], [], [], {}, 10.0).violations
