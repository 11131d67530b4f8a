"""The file's format: its tables, its version, and how a connection to it is set up.

Rows of all lanes live in one table in the order (lane, number): a row's key is
`lane * LANE_SPAN + number`, so that every lane is one range, read, deleted and counted without an
index of its own. A number of a lane is never given twice, also after its rows are deleted:
`lanes.last` and the positions remember.
"""

import logging
import sqlite3
from pathlib import Path

from warlogix.errors import BufferUnusable

_log = logging.getLogger(__name__)

LANE_SPAN = 1 << 48
APPLICATION_ID = 0x576C6F67
VERSION = 2
PAGE_SIZE = 4096

_TABLES = """
CREATE TABLE clusters (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE lanes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL);
CREATE TABLE audiences (id INTEGER PRIMARY KEY, clusters TEXT NOT NULL UNIQUE);
CREATE TABLE rows (
    id INTEGER PRIMARY KEY, audience INTEGER NOT NULL, messages INTEGER NOT NULL,
    since INTEGER NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE TABLE positions (
    lane INTEGER NOT NULL, cluster INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    dropped INTEGER NOT NULL, refused INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (lane, cluster)
) WITHOUT ROWID;
CREATE TABLE clock (waited INTEGER NOT NULL, wall INTEGER NOT NULL, dropped INTEGER NOT NULL);
CREATE TABLE states (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO clock VALUES (0, 0, 0);
"""
# What makes a file of each earlier format one of the next.
_UPGRADES = {1: "ALTER TABLE positions ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;"}


class Damaged(Exception):
    """The file's content is not what was written: it must be set aside."""


def prepare(db: sqlite3.Connection, path: Path, wal_pages: int) -> None:
    """Set up the connection that writes; makes the tables if the file is new, upgrades an old one.

    Errors: `Damaged`; `BufferUnusable` for a newer format; `sqlite3.Error` from the disk.
    """
    db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    db.execute("PRAGMA journal_mode = WAL").fetchone()
    db.execute("PRAGMA synchronous = FULL")
    # Debian compiles it on: a delete would then overwrite, and log, every page that it frees.
    db.execute("PRAGMA secure_delete = OFF").fetchone()
    # Room for a usual group of rows and for what it deletes: pages that do not fit are written,
    # and read again, in the middle of a transaction.
    db.execute("PRAGMA cache_size = -8000")
    db.execute(f"PRAGMA wal_autocheckpoint = {wal_pages}").fetchone()
    db.execute(f"PRAGMA journal_size_limit = {wal_pages * PAGE_SIZE}").fetchone()
    if not has_tables(db):
        stamp = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        db.executescript(f"BEGIN IMMEDIATE;{_TABLES}{stamp}COMMIT;")
    check(db, path)
    version = _version(db)
    if version < VERSION:
        steps = "".join(_UPGRADES[old] for old in range(version, VERSION))
        db.executescript(f"BEGIN IMMEDIATE;{steps}PRAGMA user_version = {VERSION};COMMIT;")
        _log.info("buffer: %s was of format %d and is of format %d now", path, version, VERSION)


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads. It never checkpoints: that is the writer's alone."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=1,
    )
    db.execute("PRAGMA query_only = ON")
    return db


def has_tables(db: sqlite3.Connection) -> bool:
    """Whether anything was ever written to the file."""
    return bool(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def check(db: sqlite3.Connection, path: Path) -> None:
    """The file is ours and of a version that we read, else `Damaged` or `BufferUnusable`."""
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Damaged("it is not a buffer of warlogix")
    version = _version(db)
    if version < 1:
        raise Damaged("its format is none that any release has written")
    if version > VERSION:
        raise BufferUnusable(
            f"{path} was written by a newer release (format {version}, this one reads {VERSION}); "
            "start that release, or move the file away: what waits in it is then not sent"
        )


def positions_query(db: sqlite3.Connection) -> str:
    """How to ask for all columns of `positions`, also in a file that could not be upgraded yet."""
    if _version(db) > 1:
        return "SELECT lane, cluster, confirmed, dropped, refused FROM positions"
    return "SELECT lane, cluster, confirmed, dropped, 0 FROM positions"


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_damage(error: Exception) -> bool:
    """Whether an error means that the content is broken, rather than the disk busy or full."""
    if isinstance(error, Damaged):
        return True
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
