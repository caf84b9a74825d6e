"""The ledger's tables (store/README.md §3) and the numbered steps that make them.

Made small: a person costs one row a goal, keyed by integers and blobs, and an unchanged re-run
writes nothing for them that stays.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from actui.model.addresses import canonical
from actui.model.errors import ConfigError, DamagedError
from store.home import can_write, is_there
from store.sqlite import Database, copy_database, damaged_database, make_database, open_database

_FIRST = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE goal (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,
  config_hash TEXT NOT NULL DEFAULT '', watermark TEXT, reconciled TEXT
) STRICT;
CREATE TABLE run (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, started TEXT NOT NULL,
  trigger TEXT NOT NULL, pid INTEGER NOT NULL, open INTEGER NOT NULL DEFAULT 1,
  stop INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE run_fact (
  run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE goal_run (
  run INTEGER NOT NULL, goal INTEGER NOT NULL, summary TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, goal)
) STRICT, WITHOUT ROWID;
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), snapshot TEXT NOT NULL) STRICT;

-- one row per person and goal: the last outcome, and the digest of what was last accepted
CREATE TABLE person (
  goal INTEGER NOT NULL, key ANY NOT NULL, outcome INTEGER NOT NULL, reason INTEGER,
  run INTEGER NOT NULL, fingerprint BLOB, PRIMARY KEY (goal, key)
) STRICT, WITHOUT ROWID;
-- what `outcomes` prints: a row per run, unless the outcome is unchanged
CREATE TABLE outcome (
  run INTEGER NOT NULL, goal INTEGER NOT NULL, key ANY NOT NULL, outcome INTEGER NOT NULL,
  reason INTEGER, detail TEXT, contact_id INTEGER, profile ANY, email TEXT, at INTEGER NOT NULL,
  PRIMARY KEY (run, goal, key)
) STRICT, WITHOUT ROWID;
-- who has had an outcome in the run that is open; emptied when it ends
CREATE TABLE seen (
  goal INTEGER NOT NULL, key ANY NOT NULL, PRIMARY KEY (goal, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE sum (
  contact_id INTEGER NOT NULL, field TEXT NOT NULL, property TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (contact_id, field, property)
) STRICT, WITHOUT ROWID;
CREATE TABLE exchanged (
  direction INTEGER NOT NULL, profile ANY NOT NULL, PRIMARY KEY (direction, profile)
) STRICT, WITHOUT ROWID;
CREATE TABLE link (profile ANY PRIMARY KEY, contact_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE membership (
  goal INTEGER NOT NULL, list INTEGER NOT NULL, contact_id INTEGER NOT NULL,
  PRIMARY KEY (goal, list, contact_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL, lists TEXT NOT NULL
) STRICT;
CREATE INDEX contact_email ON contact (email);
CREATE TABLE block (
  run INTEGER NOT NULL, goal INTEGER NOT NULL, number INTEGER NOT NULL,
  after_id INTEGER NOT NULL, before_id INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, goal, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE batch (
  number INTEGER PRIMARY KEY, run INTEGER NOT NULL, goal INTEGER NOT NULL,
  state TEXT NOT NULL, batch_id TEXT NOT NULL, profiles TEXT NOT NULL, payload TEXT NOT NULL,
  sent_at REAL NOT NULL
) STRICT;
"""

_SUM_JOURNAL = """
-- entries with a Sum whose fate is not known yet; nothing else of them is kept
CREATE TABLE sum_send (
  contact_id INTEGER PRIMARY KEY, receipt TEXT NOT NULL, sums TEXT NOT NULL,
  matching TEXT NOT NULL, profile TEXT, sent_at REAL NOT NULL
) STRICT;
"""

_STANDING = """
-- when ActiveCampaign's clock showed it; and the row as this goal left it, once it has
ALTER TABLE membership ADD COLUMN at REAL NOT NULL DEFAULT 0;
ALTER TABLE membership ADD COLUMN left_mark TEXT;
ALTER TABLE goal ADD COLUMN segment TEXT;
-- rows this connection set back to active: mark is the row before, done once that is sure
CREATE TABLE resubscribed (
  list INTEGER NOT NULL, contact_id INTEGER NOT NULL, mark TEXT NOT NULL, done INTEGER NOT NULL,
  PRIMARY KEY (list, contact_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE newcomer (
  goal INTEGER NOT NULL, profile ANY NOT NULL, email TEXT NOT NULL, lists TEXT NOT NULL,
  at REAL NOT NULL, PRIMARY KEY (goal, profile)
) STRICT, WITHOUT ROWID;
CREATE TABLE claim (
  goal INTEGER NOT NULL, contact_id INTEGER NOT NULL, PRIMARY KEY (goal, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_contact ON link (contact_id);
-- the index is read anew in its wider form
DELETE FROM contact;
DELETE FROM fact WHERE name LIKE 'index:%';
ALTER TABLE contact ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
CREATE TABLE contact_value (
  field TEXT NOT NULL, value TEXT NOT NULL, contact_id INTEGER NOT NULL,
  PRIMARY KEY (field, value, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_value_contact ON contact_value (contact_id);
CREATE TABLE campaign (
  id INTEGER PRIMARY KEY, counters TEXT NOT NULL, lists TEXT NOT NULL
) STRICT;
CREATE TABLE hit (id INTEGER PRIMARY KEY, times INTEGER NOT NULL, at REAL NOT NULL) STRICT;
CREATE TABLE touch (
  contact_id INTEGER NOT NULL, campaign INTEGER NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL,
  n INTEGER NOT NULL, PRIMARY KEY (contact_id, campaign, kind, at)
) STRICT, WITHOUT ROWID;
"""

_OMITTED = """
-- what was left out for a person beside the outcome, as actui.model.omitted packs it
ALTER TABLE outcome ADD COLUMN omitted TEXT;
-- the last outcome of everybody for whom something is left out: one row a person and goal, kept
-- also while they are unchanged, which leaves no row in `outcome`
CREATE TABLE omitted (
  run INTEGER NOT NULL, goal INTEGER NOT NULL, key ANY NOT NULL, outcome INTEGER NOT NULL,
  reason INTEGER, detail TEXT, contact_id INTEGER, profile ANY, email TEXT, at INTEGER NOT NULL,
  omitted TEXT NOT NULL, PRIMARY KEY (goal, key)
) STRICT, WITHOUT ROWID;
"""

_SPELLINGS = """
-- the contact's own spelling and its canonical form, NULL where they are the same as `email`
ALTER TABLE contact ADD COLUMN spelling TEXT;
ALTER TABLE contact ADD COLUMN canonical TEXT;
UPDATE contact SET canonical = canonical(email) WHERE canonical(email) <> email;
CREATE INDEX contact_canonical ON contact (canonical) WHERE canonical IS NOT NULL;
"""


_REFUSED = """
-- what was refused for a reason that lasts, and is not sent again by itself: the fingerprint of it,
-- the digests of goal and objectives it was sent with, and the outcome
CREATE TABLE refused (
  goal INTEGER NOT NULL, key ANY NOT NULL, fingerprint BLOB NOT NULL, config TEXT NOT NULL,
  objectives TEXT NOT NULL, outcome INTEGER NOT NULL, reason INTEGER, detail TEXT,
  contact_id INTEGER, email TEXT, PRIMARY KEY (goal, key)
) STRICT, WITHOUT ROWID;
"""

_SHOWN = """
-- contacts that a complete listing of the goal's segment has shown, until their leaving is dealt
-- with; `shown_segment` is the segment they are of
CREATE TABLE shown (
  goal INTEGER NOT NULL, contact_id INTEGER NOT NULL, PRIMARY KEY (goal, contact_id)
) STRICT, WITHOUT ROWID;
ALTER TABLE goal ADD COLUMN shown_segment TEXT;
-- 1 once a run with `unsubscribe: all` was confirmed, until the setting changes
ALTER TABLE goal ADD COLUMN all_confirmed INTEGER NOT NULL DEFAULT 0;
"""

_CONFIGURATIONS = """
-- the digests of goals with which somebody was accepted or a batch was sent; NULL in `person` and
-- `batch` is from before this was kept
CREATE TABLE configuration (
  number INTEGER PRIMARY KEY, goal INTEGER NOT NULL, config TEXT NOT NULL, UNIQUE (goal, config)
) STRICT;
ALTER TABLE person ADD COLUMN config INTEGER;
ALTER TABLE batch ADD COLUMN config INTEGER;
"""

_BOUNCES = """
-- how often mail to the contact has bounced for good; rows of before have no number, and an index
-- that holds such rows is read anew
ALTER TABLE contact ADD COLUMN hard_bounces INTEGER NOT NULL DEFAULT 0;
"""

_FORGOTTEN_OUTCOMES = """
-- how somebody ended who was forgotten while the run was open; NULL for everybody else
ALTER TABLE seen ADD COLUMN outcome INTEGER;
ALTER TABLE seen ADD COLUMN reason INTEGER;
"""

_LIST_CHANGES = """
-- changes of list rows that were sent and whose fate is not known: `status` is what the row was
-- to become, `at` when it was sent, in Unix seconds of ActiveCampaign's clock
CREATE TABLE list_change (
  goal INTEGER NOT NULL, list INTEGER NOT NULL, contact_id INTEGER NOT NULL,
  status TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (goal, list, contact_id)
) STRICT, WITHOUT ROWID;
"""

_REFUSED_LEAVING = """
-- whom ActiveCampaign refused to unsubscribe from a list: the row as it was then, what it said, and
-- the digest of the goal; not asked again while row and goal are the same
CREATE TABLE refused_leaving (
  goal INTEGER NOT NULL, list INTEGER NOT NULL, contact_id INTEGER NOT NULL, mark TEXT NOT NULL,
  detail TEXT NOT NULL, config TEXT NOT NULL, PRIMARY KEY (goal, list, contact_id)
) STRICT, WITHOUT ROWID;
"""

STEPS: tuple[str, ...] = (
    *(_FIRST, _SUM_JOURNAL, _STANDING, _OMITTED),
    *(_SPELLINGS, _REFUSED, _SHOWN, _CONFIGURATIONS),
    *(_BOUNCES, _FORGOTTEN_OUTCOMES, _LIST_CHANGES),
    _REFUSED_LEAVING,
)


def connect(path: Path) -> Database:
    """An open ledger in today's form, made where there is none.

    Raises DamagedError for a file that is no ledger, ConfigError for one of a newer actui.
    """
    if not can_write(path):
        return _open_unwritable(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_there(path):
        make_database(path, lambda database: migrate(database, path))
    database = open_database(path)
    try:
        _prepare(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _open_unwritable(path: Path) -> Database:
    """What a home that cannot be written holds, for readers: the file, or a copy as it is now."""
    if is_there(path):
        kept = open_database(path)
        try:
            if kept.execute("PRAGMA user_version").fetchone() == (len(STEPS),):
                migrate(kept, path)
                kept.execute("PRAGMA query_only = ON")
                return kept
        except DamagedError:
            kept.close()
            raise
        except (ConfigError, sqlite3.OperationalError):
            pass  # its log can only be read beside a file that SQLite may write
        kept.close()
    # an empty name is a file of SQLite's own, which it has unlinked already
    copy = sqlite3.connect("", isolation_level=None, factory=Database)
    copy.file = path
    try:
        if is_there(path):
            copy_database(path, copy)
        migrate(copy, path)
        copy.execute("PRAGMA query_only = ON")
    except BaseException:
        copy.close()
        raise
    return copy


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    # WAL with FULL: a committed journal row is on the disk before its batch is sent
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA wal_autocheckpoint = 1000")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if 0 < version < len(STEPS):
        database.execute("VACUUM INTO ?", (f"{path}.v{version}",))
    migrate(database, path)


def migrate(database: sqlite3.Connection, path: Path) -> None:
    """Bring an open database to today's form. Raises ConfigError for one of a newer actui.

    From then on its queries know the function `canonical`.
    """
    database.create_function("canonical", 1, _canonical, deterministic=True)
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        raise ConfigError(f"{path} was written by a newer actui; update this one.", code="newer")
    if version < 0 or (not version and _holds_tables(database)):
        raise damaged_database(path, "it is another program's database")
    for number in range(version, len(STEPS)):
        database.executescript(
            f"BEGIN IMMEDIATE; {STEPS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        )


def _holds_tables(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is not None


def _canonical(address: str | None) -> str | None:
    return None if address is None else canonical(address)
