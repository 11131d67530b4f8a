"""Rows that a full buffer gives up: the oldest, at most 100 at a time, counted per cluster."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from warlogix.outbox.schema import LANE_SPAN, Damaged
from warlogix.outbox.work import Drops, Mark, Outcome, Span

STEP = 100
_ANY_AGE = _ANY_SIZE = 1 << 62


def expire(db: sqlite3.Connection, drops: Drops, outcome: Outcome) -> None:
    """Drop what is too old; note it in `outcome`."""
    for span in drops.spans:
        while _drop_step(db, span, drops, outcome, older_than=drops.older_than):
            pass
    outcome.expired = outcome.lost


def make_room(
    db: sqlite3.Connection, drops: Drops, excess: Callable[[], int], outcome: Outcome
) -> None:
    """Drop the oldest while `excess`, in bytes, is more than nothing; note it in `outcome`."""
    while (size := excess()) > 0:
        heads = [(_head(db, span, outcome), span) for span in drops.spans]
        heads = [(since, span) for since, span in heads if since < _ANY_AGE]
        if not heads:
            return
        _, oldest = min(heads, key=lambda head: head[0])
        _drop_step(db, oldest, drops, outcome, size=size)


def count(
    place: tuple[int, int], audience: int, messages: int, drops: Drops, outcome: Outcome
) -> None:
    """Note one dropped row (`place` is its lane and number) for each cluster that waits for it."""
    lane, number = place
    missed = False
    if audience not in drops.audiences:
        raise Damaged("a row is not what was written")
    for cluster in drops.audiences[audience]:
        mark = drops.marks.get((lane, cluster))
        if mark is not None and number > mark.confirmed:
            outcome.dropped[lane, cluster] = outcome.dropped.get((lane, cluster), 0) + messages
            missed = True
    outcome.lost += messages if missed else 0


def after(drops: Drops, outcome: Outcome) -> dict[tuple[int, int], Mark]:
    """The marks that changed by what was dropped."""
    return {
        place: replace(mark := drops.marks[place], dropped=mark.dropped + messages)
        for place, messages in outcome.dropped.items()
    }


def _head(db: sqlite3.Connection, span: Span, outcome: Outcome) -> int:
    """Since when the first row left in `span` waits."""
    base, first = _start(span, outcome)
    found = db.execute(
        "SELECT since FROM rows WHERE id >= ? AND id <= ? ORDER BY id LIMIT 1",
        (base + first, base + span.last),
    ).fetchone()
    return found[0] if found else _ANY_AGE


def _start(span: Span, outcome: Outcome) -> tuple[int, int]:
    done = outcome.dropped_upto.get(span.lane, 0)
    return span.lane * LANE_SPAN, max(span.first, done + 1)


def _drop_step(
    db: sqlite3.Connection,
    span: Span,
    drops: Drops,
    outcome: Outcome,
    *,
    older_than: int = _ANY_AGE,
    size: int = _ANY_SIZE,
) -> bool:
    """Drop up to 100 rows, or about `size` bytes, from the start of `span`; whether it did."""
    base, first = _start(span, outcome)
    rows = db.execute(
        "SELECT id, audience, messages, since, length(body) FROM rows"
        " WHERE id >= ? AND id <= ? AND since < ? ORDER BY id LIMIT ?",
        (base + first, base + span.last, older_than, STEP),
    ).fetchall()
    last = first - 1
    for key, audience, messages, since, length in rows:
        if size <= 0:
            break
        size -= length
        last = key - base
        outcome.dropped_since[span.lane] = since
        count((span.lane, last), audience, messages, drops, outcome)
    if last < first:
        return False
    db.execute("DELETE FROM rows WHERE id >= ? AND id <= ?", (base + first, base + last))
    outcome.dropped_upto[span.lane] = last
    return True
