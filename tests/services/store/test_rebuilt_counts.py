"""The counts of an open run follow from the rows of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary, Outcome, Reason, Record
from store.ledger import SqliteLedger, open_ledger
from store.ledger.counts import outcomes_of

PEOPLE = {
    "1": Record(Outcome.CREATED, contact_id=1, email="one@x.org"),
    "2": Record(Outcome.UNCHANGED, contact_id=2, email="two@x.org"),
    "3": Record(Outcome.SKIPPED, Reason.NO_MATCH, contact_id=3, email="three@x.org"),
    "4": Record(Outcome.REJECTED, Reason.TOO_LARGE, contact_id=4, email="four@x.org"),
    "5": Record(Outcome.UNKNOWN, Reason.UNRESOLVED, contact_id=5, email="five@x.org"),
}
COUNTED = GoalSummary(
    goal="Import",
    goal_id="g",
    kind="import",
    read=5,
    created=1,
    unchanged=1,
    skipped=1,
    rejected=1,
    unknown=1,
    reasons={"no-match": 1, "too-large": 1, "unresolved": 1},
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with open_ledger(tmp_path / "l" / "ledger.db") as opened:
        opened.runs.begin("r1", "manual", "2026-01-01T00:00:00Z", 1)
        yield opened


def commit(ledger: SqliteLedger, people: dict[str, Record], counted: GoalSummary) -> None:
    records = [(key, record, None) for key, record in people.items()]
    ledger.commits.write("r1", "g", BatchCommit(records=records), counted)


def counts(ledger: SqliteLedger) -> dict[str, object]:
    return outcomes_of(ledger.counts.people_of("r1", "g"))


def stored(ledger: SqliteLedger) -> dict[str, object]:
    kept = ledger.runs.goal_summary("r1", "g")
    assert kept is not None
    return {name: getattr(kept, name) for name in counts(ledger)}


def test_an_open_run_tells_everything_and_an_ended_one_all_but_the_unchanged(
    ledger: SqliteLedger,
) -> None:
    commit(ledger, PEOPLE, COUNTED)
    assert counts(ledger) == stored(ledger)
    assert ledger.counts.miscounted() == []
    ledger.runs.end("r1", resumable=True)
    assert counts(ledger) == stored(ledger)
    ledger.runs.end("r1", resumable=False)
    assert counts(ledger) == stored(ledger) | {"read": 4, "unchanged": 0}
    assert ledger.counts.miscounted() == []


def test_people_counted_twice_are_noticed(ledger: SqliteLedger) -> None:
    commit(ledger, PEOPLE, COUNTED.model_copy(update={"read": 10, "created": 6}))
    assert ledger.counts.miscounted() == [("Import", 10, 5)]


def test_a_wrong_reason_alone_is_noticed(ledger: SqliteLedger) -> None:
    reasons = {"no-match": 1, "too-large": 2}
    commit(ledger, PEOPLE, COUNTED.model_copy(update={"reasons": reasons}))
    assert ledger.counts.miscounted() == [("Import", 5, 5)]


def test_a_goal_that_starts_over_has_the_outcomes_that_it_counts(ledger: SqliteLedger) -> None:
    commit(ledger, PEOPLE, COUNTED)
    ledger.runs.restart_goal("r1", "g")
    fresh = GoalSummary(goal="Import", goal_id="g", kind="import", read=1, unchanged=1)
    commit(ledger, {"1": Record(Outcome.UNCHANGED)}, fresh)
    assert counts(ledger) == stored(ledger)
    assert ledger.counts.miscounted() == []
    ledger.runs.end("r1", resumable=False)
    assert counts(ledger) == stored(ledger) | {"read": 0, "unchanged": 0}


@pytest.mark.parametrize(("key", "email"), [(k, r.email) for k, r in PEOPLE.items()])
@pytest.mark.parametrize("known", [True, False], ids=["by id", "by address"])
def test_somebody_who_is_forgotten_meanwhile_still_counts(
    ledger: SqliteLedger, key: str, email: str, known: bool
) -> None:
    commit(ledger, PEOPLE, COUNTED)
    strip: Callable[[str], str] = str
    ledger.erasure.erase(email, {int(key)} if known else set(), set(), strip)
    assert counts(ledger) == stored(ledger)
    assert ledger.counts.miscounted() == []
    assert email not in str(list(ledger.outcomes.find()))


def test_nobody_of_an_earlier_run_counts(ledger: SqliteLedger) -> None:
    commit(ledger, PEOPLE, COUNTED)
    ledger.runs.end("r1", resumable=False)
    ledger.runs.begin("r2", "manual", "2026-01-02T00:00:00Z", 1)
    fresh = GoalSummary(goal="Import", goal_id="g", kind="import", read=1, unchanged=1)
    records = [("1", Record(Outcome.UNCHANGED), None)]
    ledger.commits.write("r2", "g", BatchCommit(records=records), fresh)
    assert ledger.counts.miscounted() == []
    assert outcomes_of(ledger.counts.people_of("r2", "g"))["unchanged"] == 1
