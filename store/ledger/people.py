"""People: outcomes, fingerprints, Sum memory, unique profiles, blocks (design §5)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from actui.model.addresses import canonical
from actui.model.journal import Accepted, Block, Done, Refusal
from actui.model.omitted import Omitted, OmittedList
from actui.model.run import (
    FAILED,
    NOT_ACCEPTED,
    GoalSummary,
    Outcome,
    Reason,
    Record,
    UniqueCounts,
)
from store.ledger.keys import Packed, pack, unpack
from store.ledger.numbers import outcome_number, outcome_of, reason_number, reason_of
from store.ledger.recheck import Recheck
from store.ledger.standing import Standing

IMPORTED, EXPORTED = 0, 1
_COLUMNS = "run, goal, key, outcome, reason, detail, contact_id, profile, email, at, omitted"
"""What `outcome` and `omitted` keep of a person, in an order of this module's own."""
_PLACES = ", ".join("?" * len(_COLUMNS.split(", ")))
_LAST_OUTCOME = (
    "INSERT INTO person (goal, key, outcome, reason, run, fingerprint, config) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (goal, key) DO UPDATE SET "
    "outcome = excluded.outcome, reason = excluded.reason, run = excluded.run, "
    "fingerprint = coalesce(excluded.fingerprint, fingerprint), "
    "config = CASE WHEN excluded.fingerprint IS NULL THEN config ELSE excluded.config END"
)
_FAILED_NUMBERS = [outcome_number(one) for one in FAILED]


OutcomeLine = dict[str, Any]
"""One person in one goal of one run: texts and ids by the names that `actui outcomes` prints, and
under `omitted` an Omitted."""


class People(Standing, Recheck):
    """What became of people, and what must be known about them next time."""

    def commit(self, run: str, goal: str, done: Done, summary: GoalSummary) -> None:
        """Everything an acknowledged batch changes, in one transaction."""
        run_number, goal_number = self._run(run), self._goal(goal)
        with self._transaction() as db:
            config = self._config(goal_number, done.config)
            self._commit_records(db, run_number, goal_number, done.records, config)
            db.executemany(
                "INSERT OR REPLACE INTO sum VALUES (?, ?, ?, ?)",
                [(k.contact_id, k.field, k.property, value) for k, value in done.sums.items()],
            )
            db.executemany(
                "DELETE FROM sum_send WHERE contact_id = ?", [(one,) for one in done.settled]
            )
            for direction, profiles in ((IMPORTED, done.imported), (EXPORTED, done.exported)):
                db.executemany(
                    "INSERT OR IGNORE INTO exchanged VALUES (?, ?)",
                    [(direction, pack(profile)) for profile in profiles],
                )
            db.executemany(
                "INSERT OR REPLACE INTO link VALUES (?, ?)",
                [(pack(profile), contact_id) for profile, contact_id in done.links.items()],
            )
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
            self._commit_exported(db, goal_number, done.export)
            if done.recheck is not None:
                self._commit_recheck(db, run, goal, done.recheck)
            if done.finished_block is not None:
                db.execute(
                    "UPDATE block SET done = 1 WHERE run = ? AND goal = ? AND number = ?",
                    (run_number, goal_number, done.finished_block),
                )
            if done.finished_batch is not None:
                # people's data is not kept a moment longer than it is needed
                db.execute(
                    "UPDATE batch SET state = 'done', payload = '', profiles = '' WHERE number = ?",
                    (done.finished_batch,),
                )
            db.execute(
                "INSERT OR REPLACE INTO goal_run VALUES (?, ?, ?, 0)",
                (run_number, goal_number, summary.model_dump_json()),
            )

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
            "INSERT OR IGNORE INTO seen VALUES (?, ?)", [(goal, pack(key)) for key, _, _ in records]
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
                (outcome_number(Outcome.UNCHANGED), run, goal, pack(key), *_FAILED_NUMBERS)
                for key, record, mark in records
                if record.outcome is Outcome.UNCHANGED and mark is None
            ],
        )
        rows = [(record, _row(run, goal, key, record, at)) for key, record, _ in records]
        db.executemany(
            f"INSERT OR REPLACE INTO outcome ({_COLUMNS}) VALUES ({_PLACES})",  # noqa: S608
            [row for record, row in rows if record.outcome is not Outcome.UNCHANGED],
        )
        db.executemany(
            f"INSERT OR REPLACE INTO omitted ({_COLUMNS}) VALUES ({_PLACES})",  # noqa: S608
            [row for record, row in rows if record.omitted],
        )
        db.executemany(
            "DELETE FROM omitted WHERE goal = ? AND key = ?",
            [(goal, pack(key)) for key, record, _ in records if not record.omitted],
        )

    @staticmethod
    def _commit_refused(db: sqlite3.Connection, goal: int, done: Done) -> None:
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
                    outcome_number(record.outcome),
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
        rows = self._where_key_in(
            "SELECT key, fingerprint, config, objectives, outcome, reason, detail, contact_id, "
            "email FROM refused WHERE goal = ? AND key IN (?)",
            [self._goal(goal)],
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
        rows = self._where_key_in(
            "SELECT key, fingerprint FROM person "
            "WHERE goal = ? AND fingerprint IS NOT NULL AND key IN (?)",
            [self._goal(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key): mark for key, mark in rows}

    def accepted(self, goal: str, keys: Iterable[str]) -> Mapping[str, Accepted]:
        """The same, each with the digest of the goal with which it was accepted."""
        rows = self._where_key_in(
            "SELECT key, fingerprint, configuration.config FROM person "
            "LEFT JOIN configuration ON configuration.number = person.config "
            "WHERE person.goal = ? AND fingerprint IS NOT NULL AND key IN (?)",
            [self._goal(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key): Accepted(mark, config or "") for key, mark, config in rows}

    def seen_in_run(self, run: str, goal: str, keys: Iterable[str]) -> set[str]:
        """Who has an outcome in the open run already."""
        rows = self._where_key_in(
            "SELECT key FROM seen WHERE goal = ? AND key IN (?)",
            [self._goal(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key) for (key,) in rows}

    def plan_blocks(self, run: str, goal: str, blocks: Sequence[Block]) -> None:
        """Write down how a goal reads its contacts."""
        run_number, goal_number = self._run(run), self._goal(goal)
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO block VALUES (?, ?, ?, ?, ?, 0)",
                [(run_number, goal_number, b.number, b.after_id, b.before_id) for b in blocks],
            )
            db.execute(
                "INSERT OR REPLACE INTO run_fact VALUES (?, ?, '1')",
                (run_number, f"planned:{goal}"),
            )

    def open_blocks(self, run: str, goal: str) -> Sequence[Block] | None:
        """The blocks not finished yet; None before `plan_blocks`."""
        run_number = self._run(run)
        planned = self._one(
            "SELECT 1 FROM run_fact WHERE run = ? AND name = ?", run_number, f"planned:{goal}"
        )
        if planned is None:
            return None
        rows = self._db.execute(
            "SELECT number, after_id, before_id FROM block "
            "WHERE run = ? AND goal = ? AND done = 0 ORDER BY number",
            (run_number, self._goal(goal)),
        )
        return [Block(*row) for row in rows]

    def unique(self) -> UniqueCounts:
        """Distinct profiles exchanged, ever."""
        counts = dict(
            self._db.execute("SELECT direction, count(*) FROM exchanged GROUP BY direction")
        )
        return UniqueCounts(imported=counts.get(IMPORTED, 0), exported=counts.get(EXPORTED, 0))

    def outcomes(
        self,
        *,
        run: str | None = None,
        goal: str | None = None,
        outcome: str | None = None,
        reason: str | None = None,
        omitted: str | None = None,
    ) -> Iterator[OutcomeLine]:
        """What `actui outcomes` prints, oldest first; `goal` is the goal's id.

        With `omitted`, those for whom a field or list of this name was left out, or anything where
        it is empty. Then `run` None means everybody for whom that is so at their last outcome, once
        for each goal; and people who are unchanged are among them, in the last run that met them.
        """
        tests, values = ["1"], []
        if run is not None:
            tests.append("run.id = ?")
            values.append(run)
        if goal is not None:
            tests.append("goal.id = ?")
            values.append(goal)
        for row in self._lines(_source(run, omitted), " AND ".join(tests), values):
            if outcome not in (None, row["outcome"]) or reason not in (None, row["reason"]):
                continue
            if omitted is None or row["omitted"].concerns(omitted):
                yield row

    def omitted_names(self) -> set[str]:
        """The fields and lists that were left out for anybody, at their last outcome."""
        rows = self._db.execute("SELECT DISTINCT omitted FROM omitted")
        return {name for (kept,) in rows for name in Omitted.unpacked(json.loads(kept)).names}

    def lists_not_joined(
        self, goal: str, keys: Iterable[str]
    ) -> Mapping[str, tuple[OmittedList, ...]]:
        """The lists that people of a goal were kept off when their row was last sent."""
        rows = self._where_key_in(
            "SELECT key, omitted FROM omitted WHERE goal = ? AND key IN (?)",
            [self._goal(goal)],
            (pack(key) for key in keys),
        )
        found = {unpack(key): Omitted.unpacked(json.loads(kept)).lists for key, kept in rows}
        return {key: lists for key, lists in found.items() if lists}

    def failed(
        self,
        *,
        run: str | None = None,
        goal: str | None = None,
        outcomes: Iterable[Outcome] = FAILED,
        reason: str | None = None,
    ) -> dict[str, set[str]]:
        """Keys of people by goal who ended in one of these outcomes and have not done better since.

        Without `run`, by the last outcome that each of them had; with it, in that run.
        """
        numbers = [outcome_number(one) for one in outcomes]
        marks = ",".join("?" * len(numbers))
        tests, values = [f"told.outcome IN ({marks})"], list[object](numbers)
        source = "person AS told"
        if run is not None:
            source = "outcome AS told JOIN person USING (goal, key)"
            tests.append("told.run = (SELECT number FROM run WHERE id = ?)")
            still = ",".join("?" * len(NOT_ACCEPTED))
            tests.append(f"person.outcome IN ({still})")
            values += [run, *(outcome_number(one) for one in NOT_ACCEPTED)]
        if goal is not None:
            tests.append("goal.id = ?")
            values.append(goal)
        if reason is not None:
            tests.append("told.reason = ?")
            values.append(reason_number(Reason(reason)))
        found: dict[str, set[str]] = {}
        for goal_id, key in self._db.execute(
            f"SELECT goal.id, key FROM {source} JOIN goal ON goal.number = told.goal "  # noqa: S608
            f"WHERE {' AND '.join(tests)}",
            values,
        ):
            found.setdefault(goal_id, set()).add(unpack(key))
        return found

    def story(self, email: str) -> list[OutcomeLine]:
        """All that is kept of one person, oldest first, in the form of `outcomes`.

        Found by the e-mail address, however it is spelled, and from there by contact and profile: a
        run that knew the person under another address is told too. Where the last outcome of a
        goal is *unchanged*, which leaves no row behind, that is told as the goal's last one.
        """
        wanted = canonical(email)
        rows = [
            row
            for table in ("outcome", "omitted")
            for row in self._lines(table, "canonical(email) = ?", [wanted])
        ]
        keys = {str(row[name]) for row in rows for name in ("contact_id", "profile_id")} - {"None"}
        keys |= {
            str(contact)
            for (contact,) in self._db.execute(
                "SELECT id FROM contact WHERE email = ? OR canonical = ?", (wanted, wanted)
            )
        }
        # a link leads from the contact to its profile and the other way
        for query in (
            "SELECT profile FROM link WHERE contact_id IN (?)",
            "SELECT contact_id FROM link WHERE profile IN (?)",
        ):
            found = list(self._where_key_in(query, [], [pack(key) for key in keys]))
            keys |= {unpack(key) for (key,) in found}
        marks = ",".join("?" * len(keys))
        packed = [pack(key) for key in keys]
        rows = list(
            self._lines(
                "outcome",
                f"canonical(email) = ? OR contact_id IN ({marks}) OR profile IN ({marks})",
                [wanted, *packed, *packed],
            )
        )
        rows += self._unchanged(packed, email.strip())
        return sorted(rows, key=lambda row: str(row["at"]))

    def _lines(
        self, source: str, condition: str, values: Sequence[object]
    ) -> Iterator[OutcomeLine]:
        rows = self._db.execute(
            "SELECT run.id, goal.id, outcome, reason, detail, contact_id, profile, email, at, "  # noqa: S608
            f"omitted FROM {source} AS line JOIN run ON run.number = line.run "
            "JOIN goal ON goal.number = line.goal "
            f"WHERE {condition} ORDER BY line.run, line.goal, line.key",
            list(values),
        )
        for run_id, goal_id, number, why, detail, contact_id, profile, email, at, kept in rows:
            yield {
                "run": run_id,
                "goal": goal_id,
                "outcome": outcome_of(number).value,
                "reason": _name(reason_of(why)),
                "detail": detail,
                "contact_id": contact_id,
                "profile_id": None if profile is None else unpack(profile),
                "email": email,
                "at": datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z"),
                "omitted": Omitted.unpacked(json.loads(kept) if kept else None),
            }

    def _unchanged(self, keys: Sequence[Packed], email: str) -> Iterator[OutcomeLine]:
        for run_id, started, goal_id, key, kept in self._where_key_in(
            "SELECT run.id, run.started, goal.id, person.key, omitted FROM person "
            "JOIN run ON run.number = person.run JOIN goal ON goal.number = person.goal "
            "LEFT JOIN omitted USING (goal, key) "
            "WHERE person.outcome = ? AND person.key IN (?)",
            [outcome_number(Outcome.UNCHANGED)],
            keys,
        ):
            is_contact = isinstance(key, int)
            yield {
                "run": run_id,
                "goal": goal_id,
                "outcome": Outcome.UNCHANGED.value,
                "reason": None,
                "detail": None,
                "contact_id": key if is_contact else None,
                "profile_id": None if is_contact else unpack(key),
                "email": email,
                "at": started,
                "omitted": Omitted.unpacked(json.loads(kept) if kept else None),
            }


def _source(run: str | None, omitted: str | None) -> str:
    """Where the lines of people are: see `outcomes`."""
    if omitted is None:
        return "outcome"
    if run is None:
        return "omitted"
    unchanged = outcome_number(Outcome.UNCHANGED)
    return (
        f"(SELECT {_COLUMNS} FROM outcome WHERE omitted IS NOT NULL "  # noqa: S608
        f"UNION ALL SELECT {_COLUMNS} FROM omitted WHERE outcome = {unchanged})"
    )


def _last(
    run: int, goal: int, one: tuple[str, Record, bytes | None], config: int | None
) -> tuple[object, ...]:
    """The values of `_LAST_OUTCOME`."""
    key, record, mark = one
    outcome, reason = outcome_number(record.outcome), reason_number(record.reason)
    return goal, pack(key), outcome, reason, run, mark, config


def _row(run: int, goal: int, key: str, record: Record, at: int) -> tuple[object, ...]:
    """A person's outcome in the order of _COLUMNS."""
    return (
        run,
        goal,
        pack(key),
        outcome_number(record.outcome),
        reason_number(record.reason),
        record.detail or None,
        record.contact_id,
        pack(record.profile_id) if record.profile_id else None,
        record.email or None,
        at,
        json.dumps(record.omitted.packed(), separators=(",", ":")) if record.omitted else None,
    )


def _name(reason: Reason | None) -> str | None:
    return None if reason is None else reason.value
