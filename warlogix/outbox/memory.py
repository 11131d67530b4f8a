"""Memory's share of the rows: bounded, whatever the disk and the readers do."""

from warlogix.messages import Batch
from warlogix.outbox.book import Book
from warlogix.outbox.lane import Lane
from warlogix.outbox.rows import Row
from warlogix.outbox.work import Entry, Span

# Rows on disk that are also kept in memory, so that readers who keep up never read the disk.
SHARE = 32_000_000
# Rows that are in memory alone while the disk takes none.
LIMIT = 64_000_000
# Bytes of bookkeeping per message, beside its key and value.
_MESSAGE = 100


def size_of(batch: Batch) -> int:
    """About how many bytes of memory a batch takes."""
    texts = sum(map(len, filter(None, batch.values))) + sum(map(len, filter(None, batch.keys)))
    return texts + _MESSAGE * len(batch)


def row_of(entry: Entry, book: Book, size: int) -> Row:
    """An entry as readers get it."""
    return Row(entry.id, entry.batch, book.audiences[entry.audience], entry.since, size)


def keep(book: Book, entries: list[Entry]) -> int:
    """Hand rows to the readers that are not on disk: how many messages were dropped for them."""
    for entry in entries:
        lane = book.by_number[entry.lane]
        lane.publish([row_of(entry, book, size_of(entry.batch))])
        lane.wake()
    trim(book, LIMIT)
    return drop_oldest(book, LIMIT)


def trim(book: Book, share: int) -> None:
    """Let go of rows that are on disk until memory holds an eighth less than `share`."""
    total = sum(lane.size for lane in book.lanes.values())
    if total <= share:
        return
    excess = total - share + share // 8
    for lane in sorted(book.lanes.values(), key=_size, reverse=True):
        before = lane.size
        lane.evict(excess)
        excess -= before - lane.size
        if excess <= 0:
            return


def drop_oldest(book: Book, limit: int) -> int:
    """Drop the oldest changes that are in memory alone, down to `limit`: how many messages."""
    excess = sum(lane.size for lane in book.lanes.values()) - limit
    lost = 0
    for lane in book.lanes.values():
        for span in lane.spans_to_drop() if lane.droppable else ():
            if excess <= 0:
                return lost
            gone = _remove(lane, span, excess)
            lost += sum(_lose(lane, row, book) for row in gone)
            excess -= sum(row.size for row in gone)
    return lost


def _remove(lane: Lane, span: Span, size: int) -> list[Row]:
    """Take about `size` bytes of the oldest rows of `span` that are not on disk."""
    first = max(span.first, lane.saved + 1)
    last = first - 1
    for row in lane.after(last):
        if size <= 0 or row.id > span.last:
            break
        size -= row.size
        last = row.id
    return lane.remove(Span(lane.number, first, last))


def _lose(lane: Lane, row: Row, book: Book) -> int:
    """Count one dropped row for every cluster that waited for it."""
    missed = [
        position
        for cluster in row.audience.clusters
        if (position := lane.position(cluster)).confirmed < row.id
    ]
    for position in missed:
        position.lose(len(row.batch), row.since)
    lost = len(row.batch) if missed else 0
    book.dropped += lost
    return lost


def _size(lane: Lane) -> int:
    return lane.size
