"""Rows that a full buffer gives up: the oldest, at most 100 at a time, counted per cluster."""

import sqlite3
from collections.abc import Callable

from warlogix.outbox.schema import LANE_SPAN
from warlogix.outbox.work import Drops, Mark, Outcome, Span

STEP = 100
_ANY_AGE = 1 << 62


def drop(db: sqlite3.Connection, drops: Drops, full: Callable[[], bool], outcome: Outcome) -> None:
    """Drop what is too old, then the oldest while the buffer is full; note it in `outcome`."""
    spans = drops.spans
    for span in spans:
        while _drop_step(db, span, drops, drops.older_than, outcome):
            pass
    outcome.expired = outcome.lost
    while full():
        heads = [(_head(db, span, outcome), span) for span in spans]
        heads = [(since, span) for since, span in heads if since < _ANY_AGE]
        if not heads:
            return
        _, oldest = min(heads, key=lambda head: head[0])
        _drop_step(db, oldest, drops, _ANY_AGE, outcome)


def count(
    place: tuple[int, int], audience: int, messages: int, drops: Drops, outcome: Outcome
) -> None:
    """Note one dropped row (`place` is its lane and number) for each cluster that waits for it."""
    lane, number = place
    missed = False
    for cluster in drops.audiences[audience]:
        mark = drops.marks.get((lane, cluster))
        if mark is not None and number > mark.confirmed:
            outcome.dropped[lane, cluster] = outcome.dropped.get((lane, cluster), 0) + messages
            missed = True
    outcome.lost += messages if missed else 0


def after(drops: Drops, outcome: Outcome) -> dict[tuple[int, int], Mark]:
    """The marks that changed by what was dropped."""
    return {
        place: Mark(drops.marks[place].confirmed, drops.marks[place].dropped + messages)
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
    db: sqlite3.Connection, span: Span, drops: Drops, older_than: int, outcome: Outcome
) -> bool:
    """Drop up to 100 rows from the start of `span`; whether there may be more."""
    base, first = _start(span, outcome)
    rows = db.execute(
        "SELECT id, audience, messages, since FROM rows WHERE id >= ? AND id <= ?"
        " ORDER BY id LIMIT ?",
        (base + first, base + span.last, STEP),
    ).fetchall()
    old = [row for row in rows if row[3] < older_than]
    if not old:
        return False
    for key, audience, messages, _ in old:
        count((span.lane, key - base), audience, messages, drops, outcome)
    db.execute("DELETE FROM rows WHERE id >= ? AND id <= ?", (old[0][0], old[-1][0]))
    outcome.dropped_upto[span.lane] = old[-1][0] - base
    outcome.dropped_since[span.lane] = old[-1][3]
    return len(old) == STEP
