"""What a file holds, read once when it is opened: names, positions, and exactly what waits."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from warlogix.outbox.schema import LANE_SPAN, Damaged, positions_query
from warlogix.outbox.stored import note_of
from warlogix.outbox.work import Found, FoundLane, FoundPosition, Mark, Place

_NUMBERS = (int, int, int, int, int)


def load(db: sqlite3.Connection, size: int) -> Found:
    """Everything but the rows themselves. Only reads, so that it works on a full disk too.

    Errors: `Damaged` when a table is missing or holds what was never written to it.
    """
    try:
        return _load(db, size)
    except (TypeError, ValueError) as exc:
        raise Damaged("a table holds what was never written to it") from exc
    except sqlite3.OperationalError as exc:
        # A text that is none has no code.
        if getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
            raise Damaged(str(exc)) from exc
        raise


def _load(db: sqlite3.Connection, size: int) -> Found:
    stored = _rows(db, "SELECT key, value FROM states", str, bytes)
    notes = {key: note_of(key, content) for key, content in stored}
    clusters = dict(_rows(db, "SELECT id, name FROM clusters", int, str))
    audiences = {
        number: frozenset(int(cluster) for cluster in text.split(","))
        for number, text in _rows(db, "SELECT id, clusters FROM audiences", int, str)
    }
    marks = {
        (lane, cluster): Mark(*counts)
        for lane, cluster, *counts in _rows(db, positions_query(db), *_NUMBERS)
    }
    lanes = [
        _lane(db, number, name, max(last, *_confirmed(marks, number)))
        for number, name, last in _rows(db, "SELECT id, name, last FROM lanes", int, str, int)
    ]
    positions = {
        (lane.number, cluster): _waiting(
            db,
            lane,
            marks.get((lane.number, cluster), Mark(0, 0, 0)),
            [number for number, members in audiences.items() if cluster in members],
        )
        for lane in lanes
        for cluster in clusters
    }
    ((waited, wall, dropped),) = _rows(db, "SELECT * FROM clock", int, int, int)
    newest = max((_newest(db, lane) for lane in lanes), default=0)
    return Found(notes, clusters, lanes, audiences, positions, waited, wall, dropped, newest, size)


def _rows(db: sqlite3.Connection, query: str, *types: type) -> list[tuple[Any, ...]]:
    """What a query gives, if each column holds what is written to it."""
    rows: list[tuple[Any, ...]] = db.execute(query).fetchall()
    if any(list(map(type, row)) != list(types) for row in rows):
        raise Damaged("a table holds what was never written to it")
    return rows


def _confirmed(marks: dict[Place, Mark], lane: int) -> Iterator[int]:
    yield 0
    yield from (mark.confirmed for place, mark in marks.items() if place[0] == lane)


def _lane(db: sqlite3.Connection, number: int, name: str, last: int) -> FoundLane:
    """A lane's ends. No number up to `last` is left for a new row."""
    bounds = (number * LANE_SPAN, (number + 1) * LANE_SPAN)
    (low,) = db.execute("SELECT min(id) FROM rows WHERE id > ? AND id < ?", bounds).fetchone()
    (high,) = db.execute("SELECT max(id) FROM rows WHERE id > ? AND id < ?", bounds).fetchone()
    highest = last if high is None else max(last, high - bounds[0])
    return FoundLane(number, name, highest + 1 if low is None else low - bounds[0], highest)


def _waiting(
    db: sqlite3.Connection, lane: FoundLane, mark: Mark, audiences: list[int]
) -> FoundPosition:
    """How many messages of a lane a cluster has yet to confirm, and since when the oldest waits."""
    found = []
    base = lane.number * LANE_SPAN
    for audience in audiences:
        count, since = db.execute(
            "SELECT sum(messages), min(since) FROM rows WHERE id > ? AND id <= ? AND audience = ?",
            (base + mark.confirmed, base + lane.last, audience),
        ).fetchone()
        if count:
            found.append((count, since))
    since = min((since for _, since in found), default=0)
    return FoundPosition(mark, sum(count for count, _ in found), since)


def _newest(db: sqlite3.Connection, lane: FoundLane) -> int:
    """When the newest row of a lane was appended, by the outbox's clock."""
    found = db.execute(
        "SELECT since FROM rows WHERE id = ?", (lane.number * LANE_SPAN + lane.last,)
    ).fetchone()
    return found[0] if found else 0
