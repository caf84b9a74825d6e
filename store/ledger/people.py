"""Commit what a batch did to people; read what the next batch needs of it (store/README.md §3)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from actui.model.journal import Accepted, BatchCommit, Refusal
from actui.model.run import FAILED, GoalSummary, Outcome, Record, UniqueCounts
from store.ledger.batches import finish_batch
from store.ledger.blocks import finish_block
from store.ledger.keys import pack, unpack
from store.ledger.links import put_links
from store.ledger.memberships import Standing
from store.ledger.numbers import outcome_of, reason_number, reason_of
from store.ledger.outcomes import OUTCOME_COLUMNS, outcome_row
from store.ledger.recheck import Recheck
from store.ledger.runs import put_goal_summary
from store.ledger.sums import put_sums, settle_sums

IMPORTED, EXPORTED = 0, 1
_PLACES = ", ".join("?" * len(OUTCOME_COLUMNS.split(", ")))
_LAST_OUTCOME = (
    "INSERT INTO person (goal, key, outcome, reason, run, fingerprint, config) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (goal, key) DO UPDATE SET "
    "outcome = excluded.outcome, reason = excluded.reason, run = excluded.run, "
    "fingerprint = coalesce(excluded.fingerprint, fingerprint), "
    "config = CASE WHEN excluded.fingerprint IS NULL THEN config ELSE excluded.config END"
)
_FAILED_NUMBERS = [one.number for one in FAILED]


class People(Standing, Recheck):
    """What became of people, and what must be known about them next time."""

    def commit(self, run: str, goal: str, done: BatchCommit, summary: GoalSummary) -> None:
        """Everything an acknowledged batch changes, in one transaction."""
        run_number, goal_number = self._database.run_number(run), self._database.goal_number(goal)
        with self._database.transaction() as db:
            config = self._database.config_number(goal_number, done.config)
            self._commit_records(db, run_number, goal_number, done.records, config)
            put_sums(db, done.sums)
            settle_sums(db, done.settled)
            for direction, profiles in ((IMPORTED, done.imported), (EXPORTED, done.exported)):
                db.executemany(
                    "INSERT OR IGNORE INTO exchanged VALUES (?, ?)",
                    [(direction, pack(profile)) for profile in profiles],
                )
            put_links(db, done.links)
            db.executemany(
                "UPDATE person SET fingerprint = ? WHERE goal = ? AND key = ?",
                [(mark, goal_number, pack(key)) for key, mark in done.remarked.items()],
            )
            # of an earlier run: they get their outcome in this one, as everybody does
            db.executemany(
                _LAST_OUTCOME,
                [_last(run_number, goal_number, one, config) for one in done.accepted],
            )
            self._commit_refused(db, goal_number, done)
            db.executemany(
                "DELETE FROM outcome WHERE run = ? AND goal = ? AND key = ?",
                [
                    (run_number, goal_number, pack(key))
                    for key, record, _ in done.records
                    if key in done.replaced and record.outcome is Outcome.UNCHANGED
                ],
            )
            self._commit_exported(db, goal_number, done.export)
            if done.recheck is not None:
                self._commit_recheck(db, run, goal, done.recheck)
            if done.finished_block is not None:
                finish_block(db, run_number, goal_number, done.finished_block)
            if done.finished_batch is not None:
                finish_batch(db, done.finished_batch)
            put_goal_summary(db, run_number, goal_number, summary, done=False)

    def _commit_records(
        self,
        db: sqlite3.Connection,
        run: int,
        goal: int,
        records: Sequence[tuple[str, Record, bytes | None]],
        config: int | None,
    ) -> None:
        at = int(datetime.now(UTC).timestamp())
        db.executemany(
            "INSERT OR IGNORE INTO seen (goal, key) VALUES (?, ?)",
            [(goal, pack(key)) for key, _, _ in records],
        )
        # An unchanged person whose fingerprint is already known costs nothing, unless a value is
        # still left out for them: then the row says so, and in which run that was last seen.
        telling = [
            (key, record, mark)
            for key, record, mark in records
            if record.outcome is not Outcome.UNCHANGED or mark is not None or record.omitted
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
        rows = [(record, outcome_row(run, goal, key, record, at)) for key, record, _ in records]
        db.executemany(
            f"INSERT OR REPLACE INTO outcome ({OUTCOME_COLUMNS}) VALUES ({_PLACES})",  # noqa: S608
            [row for record, row in rows if record.outcome is not Outcome.UNCHANGED],
        )
        db.executemany(
            f"INSERT OR REPLACE INTO omitted ({OUTCOME_COLUMNS}) VALUES ({_PLACES})",  # noqa: S608
            [row for record, row in rows if record.omitted],
        )
        db.executemany(
            "DELETE FROM omitted WHERE goal = ? AND key = ?",
            [(goal, pack(key)) for key, record, _ in records if not record.omitted],
        )

    @staticmethod
    def _commit_refused(db: sqlite3.Connection, goal: int, done: BatchCommit) -> None:
        db.executemany(
            "DELETE FROM refused WHERE goal = ? AND key = ?",
            [(goal, pack(key)) for key, _, _ in done.records if key not in done.refused],
        )
        db.executemany(
            "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    goal,
                    pack(key),
                    done.refused[key].fingerprint,
                    done.refused[key].config,
                    done.refused[key].objectives,
                    record.outcome.number,
                    reason_number(record.reason),
                    record.detail or None,
                    record.contact_id,
                    record.email or None,
                )
                for key, record, _ in done.records
                if key in done.refused
            ],
        )

    def refusals(self, goal: str, keys: Iterable[str]) -> Mapping[str, Refusal]:
        """What people of a goal were refused with last, where that is not to be sent again."""
        rows = self._database.rows_in(
            "SELECT key, fingerprint, config, objectives, outcome, reason, detail, contact_id, "
            "email FROM refused WHERE goal = ? AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {
            unpack(key): Refusal(
                mark,
                config,
                objectives,
                outcome_of(outcome),
                reason_of(why),
                detail or "",
                contact,
                email or "",
            )
            for key, mark, config, objectives, outcome, why, detail, contact, email in rows
        }

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

    def seen_in_run(self, run: str, goal: str, keys: Iterable[str]) -> set[str]:
        """Who has an outcome in the open run already."""
        rows = self._database.rows_in(
            "SELECT key FROM seen WHERE goal = ? AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key) for (key,) in rows}

    def unique(self) -> UniqueCounts:
        """Distinct profiles exchanged, ever."""
        counts = dict(
            self._database.execute("SELECT direction, count(*) FROM exchanged GROUP BY direction")
        )
        return UniqueCounts(imported=counts.get(IMPORTED, 0), exported=counts.get(EXPORTED, 0))


def _last(
    run: int, goal: int, one: tuple[str, Record, bytes | None], config: int | None
) -> tuple[object, ...]:
    """The values of `_LAST_OUTCOME`."""
    key, record, mark = one
    outcome, reason = record.outcome.number, reason_number(record.reason)
    return goal, pack(key), outcome, reason, run, mark, config
