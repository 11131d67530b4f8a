"""What a file holds, read once when it is opened: names, positions, and exactly what waits."""

import sqlite3

from warlogix.outbox.schema import LANE_SPAN
from warlogix.outbox.work import Found, FoundLane, FoundPosition, Mark


def load(db: sqlite3.Connection, size: int) -> Found:
    """Everything but the rows themselves. Only reads, so that it works on a full disk too."""
    clusters = dict(db.execute("SELECT id, name FROM clusters"))
    audiences = {
        number: frozenset(int(cluster) for cluster in text.split(","))
        for number, text in db.execute("SELECT id, clusters FROM audiences")
    }
    marks = {
        (lane, cluster): Mark(confirmed, dropped)
        for lane, cluster, confirmed, dropped in db.execute("SELECT * FROM positions")
    }
    lanes = [
        _lane(
            db,
            number,
            name,
            last,
            max((m.confirmed for p, m in marks.items() if p[0] == number), default=0),
        )
        for number, name, last in db.execute("SELECT id, name, last FROM lanes").fetchall()
    ]
    positions = {
        (lane.number, cluster): _waiting(
            db,
            lane,
            marks.get((lane.number, cluster), Mark(0, 0)),
            [number for number, members in audiences.items() if cluster in members],
        )
        for lane in lanes
        for cluster in clusters
    }
    waited, wall, dropped = db.execute("SELECT waited, wall, dropped FROM clock").fetchone()
    newest = max((_newest(db, lane) for lane in lanes), default=0)
    return Found(clusters, lanes, audiences, positions, max(waited, newest), wall, dropped, size)


def _lane(db: sqlite3.Connection, number: int, name: str, last: int, confirmed: int) -> FoundLane:
    """A lane's ends. No number up to `last` or `confirmed` was left for a new row."""
    bounds = (number * LANE_SPAN, (number + 1) * LANE_SPAN)
    (low,) = db.execute("SELECT min(id) FROM rows WHERE id > ? AND id < ?", bounds).fetchone()
    (high,) = db.execute("SELECT max(id) FROM rows WHERE id > ? AND id < ?", bounds).fetchone()
    highest = max(last, confirmed, 0 if high is None else high - bounds[0])
    return FoundLane(number, name, highest + 1 if low is None else low - bounds[0], highest)


def _waiting(
    db: sqlite3.Connection, lane: FoundLane, mark: Mark, audiences: list[int]
) -> FoundPosition:
    """How many messages of a lane a cluster has yet to confirm, and since when the oldest waits."""
    messages, since = 0, 0
    base = lane.number * LANE_SPAN
    for audience in audiences:
        count, oldest = db.execute(
            "SELECT sum(messages), min(since) FROM rows WHERE id > ? AND id <= ? AND audience = ?",
            (base + mark.confirmed, base + lane.last, audience),
        ).fetchone()
        if count:
            messages += count
            since = min(since or oldest, oldest)
    return FoundPosition(mark, messages, since)


def _newest(db: sqlite3.Connection, lane: FoundLane) -> int:
    """When the newest row of a lane was appended, by the outbox's clock."""
    found = db.execute(
        "SELECT since FROM rows WHERE id = ?", (lane.number * LANE_SPAN + lane.last,)
    ).fetchone()
    return found[0] if found else 0
