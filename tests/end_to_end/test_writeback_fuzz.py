"""Ten thousand requests gone wrong: each is answered or kept as a dead letter, and none is lost."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import trio

from tests.accounts import origin
from tests.answers import answers
from tests.end_to_end.writing import Line, writing
from tests.fuzz import Verdict, canonical, judge, mutated_requests
from tests.witness import Record, read_topic_async
from tests.writers import Letter, Sent, Site

LIMIT = 60
COUNT = 10_000


async def test_whatever_is_sent_is_answered_or_kept(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Each record is answered, a dead letter, or both where it lacks a field; no error is logged,
    the gateway goes on, and what it answered as done is what the PLC took."""
    site = Site("", "", {}, max_age="60s", window="250ms")
    with trio.fail_after(LIMIT):
        async with writing(kafka, topic_prefix, tmp_path, site=site) as line:
            sent = await line.ask(*mutated_requests(seed=7, count=COUNT))
            # Unreadable too, and behind all the others in every queue.
            sent += await line.ask(Letter(b"the last"), Letter(b'{"request_id":"the last"}'))
            await line.dead_letters.until(lambda found: _has(found, sent[-2]))
            await line.responses.until(_says_last)
            line.gateway.terminate()
            assert await line.gateway.wait() == 0
            responses = await read_topic_async(kafka, line.site.responses)
            dead = await read_topic_async(kafka, line.site.dead_letters)
            _account(line, sent, responses, dead)
    assert not [text for text in ("Traceback", "Exception", " error ") if text in line.gateway.log]


def _has(dead: Sequence[Record], sent: Sent) -> bool:
    return (sent.partition, sent.offset) in map(origin, dead)


def _says_last(records: Sequence[Record]) -> bool:
    return any(b'"the last"' in (each.value or b"") for each in records)


def _account(
    line: Line, sent: Sequence[Sent], responses: Sequence[Record], letters: Sequence[Record]
) -> None:
    given = answers(responses)
    places = [origin(each) for each in letters]
    assert len(places) == len(set(places)), "a dead letter twice"
    dead = set(places)
    verdicts = [(judge(each.letter.value), (each.partition, each.offset)) for each in sent]
    for verdict, place in verdicts:
        if verdict.sure:
            assert (place in dead) == (not verdict.whole), (verdict, place)
    _compare_ids([verdict for verdict, _ in verdicts], Counter(map(_id, responses)))
    unread = len(sent) - len(given)
    lacking = len(dead) - unread
    sys.stdout.write(f"{len(given)} answers, {unread} only dead letters, {lacking} both\n")
    done = [int(float(str(each.fields["value"]))) for each in given if each.outcome == "done"]
    assert Counter(line.values()) == Counter(done)


def _compare_ids(verdicts: Sequence[Verdict], answered: Counter[str]) -> None:
    """Every object has an answer with its id, and there is no other but of what is in doubt."""
    certain = Counter(each.request_id for each in verdicts if each.sure and each.is_object)
    assert not certain - answered, "without an answer"
    doubtful = sum(not each.sure for each in verdicts)
    assert (answered - certain).total() <= doubtful, "nobody asked for these"


def _id(record: Record) -> str:
    fields = json.loads(record.value or b"", parse_int=str, parse_float=str)
    return canonical(fields["request_id"]) if "request_id" in fields else ""
