"""What was last sent for people and what became of it, and whom a run has seen.

The tables `person`, `seen` and `exchanged`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from actui.model.journal import Accepted, PersonOutcome
from actui.model.run import FAILED, Outcome, Reason, UniqueCounts
from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack, unpack
from store.ledger.numbers import reason_number, reason_of

_IMPORTED, _EXPORTED = 0, 1
_LAST_OUTCOME = (
    "INSERT INTO person (goal, key, outcome, reason, run, fingerprint, config) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (goal, key) DO UPDATE SET "
    "outcome = excluded.outcome, reason = excluded.reason, run = excluded.run, "
    "fingerprint = coalesce(excluded.fingerprint, fingerprint), "
    "config = CASE WHEN excluded.fingerprint IS NULL THEN config ELSE excluded.config END"
)
_FAILED_NUMBERS = [one.number for one in FAILED]


class People:
    """What must be known about people the next time that they are met."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def fingerprints(self, goal: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        """The digests of what was last accepted for people of a goal."""
        rows = self._database.rows_in(
            "SELECT key, fingerprint FROM person "
            "WHERE goal = ? AND fingerprint IS NOT NULL AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key): mark for key, mark in rows}

    def accepted(self, goal: str, keys: Iterable[str]) -> Mapping[str, Accepted]:
        """The same, each with the digest of the goal with which it was accepted."""
        rows = self._database.rows_in(
            "SELECT key, fingerprint, configuration.config FROM person "
            "LEFT JOIN configuration ON configuration.number = person.config "
            "WHERE person.goal = ? AND fingerprint IS NOT NULL AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key): Accepted(mark, config or "") for key, mark, config in rows}

    def seen_in_run(self, goal: str, keys: Iterable[str]) -> set[str]:
        """Who has an outcome in the open run already."""
        rows = self._database.rows_in(
            "SELECT key FROM seen WHERE goal = ? AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key) for (key,) in rows}

    def without_match(self, goal: str, after: int, until: int, most: int) -> Sequence[int]:
        """Contact ids, in rising order, whose last outcome was no-match."""
        rows = self._database.execute(
            "SELECT key FROM person WHERE goal = ?1 AND key > ?2 AND key <= ?3 AND reason = ?4 "
            "ORDER BY key LIMIT ?5",
            (self._database.goal_number(goal), after, until, reason_number(Reason.NO_MATCH), most),
        )
        return [int(key) for (key,) in rows]

    def last_reasons(self, goal: str, keys: Iterable[str]) -> Mapping[str, Reason | None]:
        """The reason of the last outcome of each person who has had one."""
        rows = self._database.rows_in(
            "SELECT key, reason FROM person WHERE goal = ? AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key): reason_of(number) for key, number in rows}

    def exchanged_counts(self) -> UniqueCounts:
        """Distinct profiles exchanged, ever."""
        counts = dict(
            self._database.execute("SELECT direction, count(*) FROM exchanged GROUP BY direction")
        )
        return UniqueCounts(imported=counts.get(_IMPORTED, 0), exported=counts.get(_EXPORTED, 0))


def put_people(
    db: sqlite3.Connection,
    run: int,
    goal: int,
    records: Sequence[PersonOutcome],
    config: int | None,
) -> None:
    """Keep that people were seen, and their last outcomes. Call it in a transaction."""
    db.executemany(
        "INSERT OR IGNORE INTO seen (goal, key) VALUES (?, ?)",
        [(goal, pack(key)) for key, _, _ in records],
    )
    # An unchanged person whose fingerprint is already known costs nothing, unless a value is
    # still left out for them: then the row says so, and in which run that was last seen.
    telling = [
        PersonOutcome(key, record, fingerprint)
        for key, record, fingerprint in records
        if record.outcome is not Outcome.UNCHANGED or fingerprint is not None or record.omitted
    ]
    db.executemany(_LAST_OUTCOME, [_last(run, goal, one, config) for one in telling])
    # whoever had failed before and is fine now has not failed any more
    db.executemany(
        "UPDATE person SET outcome = ?, reason = NULL, run = ? "
        "WHERE goal = ? AND key = ? AND outcome IN (?, ?)",
        [
            (Outcome.UNCHANGED.number, run, goal, pack(key), *_FAILED_NUMBERS)
            for key, record, mark in records
            if record.outcome is Outcome.UNCHANGED and mark is None
        ],
    )


def put_accepted(
    db: sqlite3.Connection,
    run: int,
    goal: int,
    accepted: Sequence[PersonOutcome],
    config: int | None,
) -> None:
    """Keep what an earlier run has sent and is accepted by now. Call it in a transaction.

    These people get their outcome in this run, as everybody does.
    """
    db.executemany(_LAST_OUTCOME, [_last(run, goal, one, config) for one in accepted])


def put_fingerprints(db: sqlite3.Connection, goal: int, fingerprints: Mapping[str, bytes]) -> None:
    """Replace the digests of what was last accepted. Call it in a transaction."""
    db.executemany(
        "UPDATE person SET fingerprint = ? WHERE goal = ? AND key = ?",
        [(mark, goal, pack(key)) for key, mark in fingerprints.items()],
    )


def put_exchanged(db: sqlite3.Connection, imported: Iterable[str], exported: Iterable[str]) -> None:
    """Count profiles, by id, as exchanged, once each. Call it in a transaction."""
    for direction, profiles in ((_IMPORTED, imported), (_EXPORTED, exported)):
        db.executemany(
            "INSERT OR IGNORE INTO exchanged VALUES (?, ?)",
            [(direction, pack(profile)) for profile in profiles],
        )


def _last(run: int, goal: int, one: PersonOutcome, config: int | None) -> tuple[object, ...]:
    """The values of `_LAST_OUTCOME`."""
    key, record, fingerprint = one
    outcome, reason = record.outcome.number, reason_number(record.reason)
    return goal, pack(key), outcome, reason, run, fingerprint, config
