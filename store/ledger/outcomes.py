"""The outcomes of people and what was left out for them: their rows, and reading them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from actui.model.addresses import canonical
from actui.model.journal import PersonOutcome
from actui.model.omitted import Omitted
from actui.model.run import FAILED, NOT_ACCEPTED, Outcome, Reason, Record
from store.ledger.database import LedgerDatabase
from store.ledger.keys import Packed, pack, unpack
from store.ledger.numbers import outcome_of, reason_number, reason_of

_COLUMNS = "run, goal, key, outcome, reason, detail, contact_id, profile, email, at, omitted"
"""What `outcome` and `omitted` keep of a person, in the order of `_row`."""

_PLACES = ", ".join("?" * len(_COLUMNS.split(", ")))

OutcomeLine = dict[str, Any]
"""One person in one goal of one run: texts and ids by the names that `actui outcomes` prints, and
under `omitted` an Omitted."""


class Outcomes:
    """What is kept of people's outcomes, by run, goal, outcome, reason or person."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def find(
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
        rows = self._database.execute("SELECT DISTINCT omitted FROM omitted")
        return {name for (kept,) in rows for name in Omitted.unpacked(json.loads(kept)).names}

    def omitted(self, goal: str, keys: Iterable[str]) -> Mapping[str, Omitted]:
        """What was left out for people of a goal at their last outcome, where that is anything."""
        rows = self._database.rows_in(
            "SELECT key, omitted FROM omitted WHERE goal = ? AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key): Omitted.unpacked(json.loads(kept)) for key, kept in rows}

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
        numbers = [one.number for one in outcomes]
        marks = ",".join("?" * len(numbers))
        tests, values = [f"found.outcome IN ({marks})"], list[object](numbers)
        source = "person AS found"
        if run is not None:
            source = "outcome AS found JOIN person USING (goal, key)"
            tests.append("found.run = (SELECT number FROM run WHERE id = ?)")
            still = ",".join("?" * len(NOT_ACCEPTED))
            tests.append(f"person.outcome IN ({still})")
            values += [run, *(one.number for one in NOT_ACCEPTED)]
        if goal is not None:
            tests.append("goal.id = ?")
            values.append(goal)
        if reason is not None:
            tests.append("found.reason = ?")
            values.append(reason_number(Reason.of(reason)))
        found: dict[str, set[str]] = {}
        for goal_id, key in self._database.execute(
            f"SELECT goal.id, key FROM {source} JOIN goal ON goal.number = found.goal "  # noqa: S608
            f"WHERE {' AND '.join(tests)}",
            values,
        ):
            found.setdefault(goal_id, set()).add(unpack(key))
        return found

    def of_person(self, email: str) -> list[OutcomeLine]:
        """All that is kept of one person, oldest first, in the form of `find`.

        Found by the e-mail address, however it is spelled, and from there by contact and profile: a
        run that knew the person under another address is included. Where the last outcome of a
        goal is *unchanged*, which leaves no row behind, it counts as the goal's last one.
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
            for (contact,) in self._database.execute(
                "SELECT id FROM contact WHERE email = ? OR canonical = ?", (wanted, wanted)
            )
        }
        # a link leads from the contact to its profile and the other way
        for query in (
            "SELECT profile FROM link WHERE contact_id IN (?)",
            "SELECT contact_id FROM link WHERE profile IN (?)",
        ):
            found = list(self._database.rows_in(query, [], [pack(key) for key in keys]))
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
        # runs are numbered as they came, whatever the clock showed; an unchanged row has the second
        # in which its run began, which may lie before the last row of the run before
        numbers = dict(self._database.execute("SELECT id, number FROM run"))
        return sorted(rows, key=lambda row: (numbers[row["run"]], str(row["at"])))

    def _lines(
        self, source: str, condition: str, values: Sequence[object]
    ) -> Iterator[OutcomeLine]:
        rows = self._database.execute(
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
        for run_id, started, goal_id, key, kept in self._database.rows_in(
            "SELECT run.id, run.started, goal.id, person.key, omitted FROM person "
            "JOIN run ON run.number = person.run JOIN goal ON goal.number = person.goal "
            "LEFT JOIN omitted USING (goal, key) "
            "WHERE person.outcome = ? AND person.key IN (?)",
            [Outcome.UNCHANGED.number],
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


def put_outcomes(
    db: sqlite3.Connection,
    run: int,
    goal: int,
    records: Sequence[PersonOutcome],
) -> None:
    """Keep people's outcomes, and what was left out for them. Call it in a transaction."""
    at = int(datetime.now(UTC).timestamp())
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


def drop_outcomes(db: sqlite3.Connection, run: int, goal: int, keys: Iterable[str]) -> None:
    """Remove the outcomes that people had in a run. Call it in a transaction."""
    db.executemany(
        "DELETE FROM outcome WHERE run = ? AND goal = ? AND key = ?",
        [(run, goal, pack(key)) for key in keys],
    )


def _row(run: int, goal: int, key: str, record: Record, at: int) -> tuple[object, ...]:
    """A person's outcome in the order of _COLUMNS."""
    return (
        run,
        goal,
        pack(key),
        record.outcome.number,
        reason_number(record.reason),
        record.detail or None,
        record.contact_id,
        pack(record.profile_id) if record.profile_id else None,
        record.email or None,
        at,
        json.dumps(record.omitted.packed(), separators=(",", ":")) if record.omitted else None,
    )


def _source(run: str | None, omitted: str | None) -> str:
    """Where the lines of people are: see `find`."""
    if omitted is None:
        return "outcome"
    if run is None:
        return "omitted"
    unchanged = Outcome.UNCHANGED.number
    return (
        f"(SELECT {_COLUMNS} FROM outcome WHERE omitted IS NOT NULL "  # noqa: S608
        f"UNION ALL SELECT {_COLUMNS} FROM omitted WHERE outcome = {unchanged})"
    )


def _name(reason: Reason | None) -> str | None:
    return None if reason is None else reason.value
