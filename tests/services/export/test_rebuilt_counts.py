"""What a goal counts follows from its people at every instant, whatever a run goes through."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from actui.model.connection import Connection
from actui.model.journal import BatchCommit
from actui.model.omitted import NO_USABLE_ADDRESS
from actui.model.run import GoalSummary, Outcome, RunSummary
from actui.sync.run.goal_run import PeopleFilter
from store.ledger import SqliteLedger
from store.ledger.commits import CommitWriter
from store.ledger.counts import outcomes_of
from store.ledger.runs import Runs
from tests.services.export.desk import BOUNCED, NEWSLETTER, UNSUBSCRIBED, Desk

pytestmark = pytest.mark.long

EXPORT = {
    "mappings": [
        {"from": {"property": "first_name"}, "field": "firstName"},
        {"from": {"property": "city"}, "field": "%BIRTHDAY%"},
    ],
    "resubscribe": "never",
}
IMPORT = {
    "kind": "import",
    "id": "g-2",
    "name": "Points",
    "contacts": "all",
    "create_profiles": False,
    "identifiers": [{"field": "email", "property": "email"}],
    "mappings": [
        {"field": "firstName", "property": "first_name"},
        {"field": "%BIRTHDAY%", "property": "birthday"},
        {"field": "%POINTS%", "property": "points", "rule": "sum", "sum_start": "add"},
    ],
}


class Died(BaseException):
    """The process is gone."""


def rebuilt(ledger: SqliteLedger, run: str, goal: str) -> dict[str, object]:
    """All of a goal's counts that the rows of its people tell."""
    people = ledger.counts.people_of(run, goal)
    values: Counter[tuple[str, str]] = Counter()
    names: Counter[str] = Counter()
    left = 0
    for record, many in people:
        for value in record.omitted.values:
            values[value.field, value.why] += many * value.count
        names.update(dict.fromkeys(record.omitted.names, many))
        if record.outcome in (Outcome.CREATED, Outcome.UPDATED):
            left += many * sum(one.why != NO_USABLE_ADDRESS for one in record.omitted.lists)
    return {**outcomes_of(people), "values": values, "omitted": dict(names), "left": left}


def counted(summary: GoalSummary) -> dict[str, object]:
    """The same of a summary."""
    names = ("read", *Outcome, "reasons", "omitted")
    fields = {field: reasons for field, reasons in summary.warned.items() if field}
    return {
        **{str(name): getattr(summary, name) for name in names},
        "values": Counter({(f, why): n for f, found in fields.items() for why, n in found.items()}),
        "left": summary.lists.left,
    }


def check(ledger: SqliteLedger, run: str) -> int:
    """Compare every goal of an open run with its people; how many people those are."""
    people = 0
    for (goal,) in ledger.database.connection.execute("SELECT id FROM goal").fetchall():
        kept = ledger.runs.goal_summary(run, goal)
        if kept is not None:
            assert kept.adds_up
            assert rebuilt(ledger, run, goal) == counted(kept)
            people += kept.read
    assert ledger.counts.miscounted() == []
    return people


def check_ended(ledger: SqliteLedger, ended: RunSummary) -> None:
    """The same of a run that has ended: all but who was unchanged."""
    for summary in ended.goals:
        found, said = rebuilt(ledger, ended.run, summary.goal_id), counted(summary)
        assert found["unchanged"] == 0
        names = ("created", "updated", "skipped", "rejected", "unknown", "reasons", "left")
        assert {name: found[name] for name in names} == {name: said[name] for name in names}


class _Failing:
    """A database whose disk is full at one of the statements of a commit."""

    def __init__(self, database: sqlite3.Connection, after: int) -> None:
        self._database, self._left = database, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def _counting(self, run: Callable[..., Any], *args: Any) -> Any:
        self._left -= args[0] != "ROLLBACK"
        if self._left < 0 and args[0] != "ROLLBACK":
            raise sqlite3.OperationalError("database or disk is full")
        return run(*args)

    def execute(self, *args: Any) -> Any:
        return self._counting(self._database.execute, *args)

    def executemany(self, *args: Any) -> Any:
        return self._counting(self._database.executemany, *args)


HOWS = ("killed before it", "killed after it", "full disk", "stopped")


@contextmanager
def disturbed(
    patch: pytest.MonkeyPatch, how: str = "", at: int = 0, after: int = 0
) -> Iterator[Counter[str]]:
    """Check after every commit, and disturb one of them; tells how many commits there were."""
    commit, save = CommitWriter.write, Runs.save_goal_summary
    met: Counter[str] = Counter()

    def checked(
        writer: CommitWriter, run: str, goal: str, done: BatchCommit, now: GoalSummary
    ) -> None:
        database = writer._database
        ledger = SqliteLedger(database.connection)
        if met["dead"]:
            raise Died
        met["commits"] += 1
        strikes = met["commits"] == at
        if strikes and how == "killed before it":
            met["dead"] = 1
            raise Died
        if strikes and how == "full disk":
            connection = database.connection
            database.connection = _Failing(connection, after)  # type: ignore[assignment]
            try:
                commit(writer, run, goal, done, now)
            except sqlite3.OperationalError:
                met["failed"] = 1
                raise
            finally:
                database.connection = connection
                check(ledger, run)
        else:
            commit(writer, run, goal, done, now)
        met["people"] = max(met["people"], check(ledger, run))
        if strikes and how == "killed after it":
            met["dead"] = 1
            raise Died
        if strikes and how == "stopped":
            ledger.runs.request_stop(run)

    def saved(runs: Runs, run: str, goal: str, now: GoalSummary, done: bool) -> None:
        if not met["dead"]:
            save(runs, run, goal, now, done)
            check(SqliteLedger(runs._database.connection), run)

    with patch.context() as patched:
        patched.setattr(CommitWriter, "write", checked)
        patched.setattr(Runs, "save_goal_summary", saved)
        yield met


async def populate(desk: Desk) -> Connection:
    """People of every kind for both goals, and a connection with a Sum."""
    await desk.contact("left@x.org", {NEWSLETTER: UNSUBSCRIBED}, firstName="L")
    await desk.contact("bounced@x.org", {NEWSLETTER: BOUNCED})
    for number in range(4):
        fields = {"POINTS": str(number), "BIRTHDAY": "soon" if number % 2 else ""}
        await desk.contact(f"points{number}@x.org", fields=fields, firstName="P")
    for email in ("left@x.org", "bounced@x.org", "new@x.org", "competitor@example.com"):
        await desk.profile(email, city="no date", first_name="N")
    for number in range(3):
        await desk.profile(f"points{number}@x.org", segments=())
    await desk.profile("no address")
    return desk.connection(goals=[desk.goal(**EXPORT), IMPORT])


async def drawn(desk: Desk, patch: pytest.MonkeyPatch, seed: int, connection: Connection) -> None:
    """Two disturbances at drawn instants, each continued; then to the end."""
    draw = random.Random(seed)
    for _ in range(2):
        how, at, after = draw.choice(HOWS), draw.randint(1, 6), draw.randint(0, 12)
        with disturbed(patch, how, at, after), suppress(Died, sqlite3.OperationalError):
            await desk.run(connection)
        with desk.ledger() as ledger:
            run = ledger.runs.open_run()
            if run is not None:
                check(ledger, run)
    with disturbed(patch):
        ended = await desk.run(connection)
    with desk.ledger() as ledger:
        check_ended(ledger, ended)


@pytest.mark.parametrize("seed", range(6))
async def test_counts_follow_from_people_whatever_happens(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    connection = await populate(desk)
    if seed % 3 == 1:
        await desk.fault("reset-after-commit", ".*/rest/v2/profiles", method="PUT")
    if seed % 3 == 2:
        await desk.fault("503", ".*/rest/v2/profiles", method="PUT")
    await drawn(desk, monkeypatch, seed, connection)
    # unchanged people, a person who now has a profile, and one who is rejected no longer
    await desk.profile("points3@x.org", segments=())
    await drawn(desk, monkeypatch, seed + 100, connection)


async def test_a_changed_goal_that_starts_over_counts_its_people_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await populate(desk)
    with disturbed(monkeypatch, "killed after it", 2), pytest.raises(Died):
        await desk.run(connection)
    changed = desk.goal(**{**EXPORT, "mappings": EXPORT["mappings"][:1]})
    with disturbed(monkeypatch) as met:
        ended = await desk.run(desk.connection(goals=[changed, IMPORT]))
    assert met["people"] > 0
    with desk.ledger() as ledger:
        check_ended(ledger, ended)


async def test_people_of_a_retry_are_counted_from_its_rows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await populate(desk)
    await desk.run(connection)
    with desk.ledger() as ledger:
        failed = ledger.outcomes.failed()
    assert failed
    keys = {goal: frozenset(found) for goal, found in failed.items()}
    with disturbed(monkeypatch) as met:
        ended = await desk.run(connection, only=PeopleFilter(keys=keys), trigger="retry")
    assert met["people"] == sum(map(len, keys.values()))
    with desk.ledger() as ledger:
        check_ended(ledger, ended)
