"""The live run: its facts, progress, stop requests and the counts a resumed goal starts from.

The tables `run`, `run_fact`, `goal_run` and `progress`.
"""

from __future__ import annotations

import sqlite3

from actui.model.run import GoalSummary, RunSnapshot
from store.ledger.database import LedgerDatabase

KEPT_RUNS = 30
MOST_STOP = 2


class Runs:
    """What a run writes about itself and its followers read."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def begin(self, run: str, trigger: str, started: str, pid: int) -> None:
        """A run starts, or one that was left goes on under its old id."""
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO run (id, started, trigger, pid) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET open = 1, stop = 0, pid = excluded.pid",
                (run, started, trigger, pid),
            )

    def knows(self, run: str) -> bool:
        """Whether there has been a run of this id."""
        return self._database.one("SELECT 1 FROM run WHERE id = ?", run) is not None

    def has_ended(self, run: str) -> bool:
        """Whether the end of a run is in this ledger."""
        row = self._database.execute("SELECT open FROM run WHERE id = ?", (run,)).fetchone()
        return row is not None and not row[0]

    def open_run(self) -> str | None:
        """The id of the last run if it can be continued; None if it ended, or there is none."""
        query = "SELECT id, open FROM run ORDER BY number DESC LIMIT 1"
        row = self._database.execute(query).fetchone()
        return row[0] if row is not None and row[1] else None

    def fact(self, run: str, name: str) -> str | None:
        """Something a run keeps about itself; None where it has kept nothing by this name."""
        number = self._database.run_number(run)
        found = self._database.one(
            "SELECT value FROM run_fact WHERE run = ? AND name = ?", number, name
        )
        return None if found is None else str(found)

    def set_fact(self, run: str, name: str, value: str) -> None:
        """Keep something about a run, durably."""
        number = self._database.run_number(run)
        self._database.execute(
            "INSERT OR REPLACE INTO run_fact VALUES (?, ?, ?)", (number, name, value)
        )

    def end(self, run: str, resumable: bool) -> None:
        """A run ends; unless it is resumable, what only it needed goes, and so do old runs."""
        number = self._database.run_number(run)
        with self._database.transaction() as db:
            db.execute("UPDATE run SET open = ?, stop = 0 WHERE number = ?", (resumable, number))
            if resumable:
                return
            db.execute("DELETE FROM seen")
            db.execute("DELETE FROM block WHERE run = ?", (number,))
            db.execute("DELETE FROM batch WHERE state = 'done'")
            old = self._database.one(
                "SELECT number FROM run ORDER BY number DESC LIMIT 1 OFFSET ?", KEPT_RUNS
            )
            if old is not None:
                for table in ("outcome", "run_fact", "goal_run"):
                    db.execute(f"DELETE FROM {table} WHERE run <= ?", (old,))  # noqa: S608

    def write_progress(self, snapshot: RunSnapshot) -> None:
        """Replace the live picture."""
        # losing the last picture with the power loses nothing: it is never read back as state
        self._database.execute(
            "INSERT OR REPLACE INTO progress VALUES (1, ?)", (snapshot.model_dump_json(),)
        )

    def read_progress(self) -> RunSnapshot | None:
        """The live picture of the last run; None before the first."""
        found = self._database.one("SELECT snapshot FROM progress")
        return None if found is None else self._database.parsed(RunSnapshot, found)

    def stop_level(self, run: str) -> int:
        """0 go on; 1 finish the batch in flight and stop; 2 stop now."""
        number = self._database.run_number(run)
        return int(self._database.one("SELECT stop FROM run WHERE number = ?", number))

    def request_stop(self, run: str) -> int:
        """Ask the run to end; the new level. Asking again asks more urgently."""
        number = self._database.run_number(run)
        with self._database.transaction() as db:
            db.execute(
                "UPDATE run SET stop = min(stop + 1, ?) WHERE number = ?", (MOST_STOP, number)
            )
        return int(self._database.one("SELECT stop FROM run WHERE number = ?", number))

    def goal_summary(self, run: str, goal: str) -> GoalSummary | None:
        """The counts of a goal in a run so far; None before its first commit."""
        found = self._database.one(
            "SELECT summary FROM goal_run WHERE run = ? AND goal = ?",
            self._database.run_number(run),
            self._database.goal_number(goal),
        )
        return None if found is None else self._database.parsed(GoalSummary, found)

    def save_goal_summary(self, run: str, goal: str, summary: GoalSummary, done: bool) -> None:
        """Keep a goal's counts, durably, and whether it is through."""
        run_number = self._database.run_number(run)
        goal_number = self._database.goal_number(goal)
        put_goal_summary(self._database.connection, run_number, goal_number, summary, done)

    def goal_is_done(self, run: str, goal: str) -> bool:
        """Whether a goal has succeeded in this run already."""
        return bool(
            self._database.one(
                "SELECT done FROM goal_run WHERE run = ? AND goal = ?",
                self._database.run_number(run),
                self._database.goal_number(goal),
            )
        )

    def restart_goal(self, run: str, goal: str) -> None:
        """Forget how far a goal is in a run; batches on their way stay in the journal."""
        run_number = self._database.run_number(run)
        goal_number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            # whoever has an outcome now gets another, and is counted with that alone
            for table in ("goal_run", "block", "outcome"):
                db.execute(
                    f"DELETE FROM {table} WHERE run = ? AND goal = ?",  # noqa: S608
                    (run_number, goal_number),
                )
            db.execute("DELETE FROM seen WHERE goal = ?", (goal_number,))
            # what they carry is not what the goal asks for now: it is nobody's outcome
            db.execute(
                "UPDATE batch SET run = 0 WHERE run = ? AND goal = ?", (run_number, goal_number)
            )
            db.execute(
                "DELETE FROM run_fact WHERE run = ? AND name IN (?, ?)",
                (run_number, f"planned:{goal}", f"recheck:{goal}"),
            )


def put_goal_summary(
    db: sqlite3.Connection, run: int, goal: int, summary: GoalSummary, done: bool
) -> None:
    """Write a goal's counts in a run, and whether it is through."""
    db.execute(
        "INSERT OR REPLACE INTO goal_run VALUES (?, ?, ?, ?)",
        (run, goal, summary.model_dump_json(), done),
    )
