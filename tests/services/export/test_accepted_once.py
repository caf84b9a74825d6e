"""What was accepted is not sent again, however the run ended that sent it.

Only a goal that has changed since, a full run and full mode send it again.
"""

from __future__ import annotations

from typing import Any

import pytest

from actui.model.connection import Connection
from actui.model.run import GoalSummary
from actui.sync.run.goal_run import PeopleFilter
from tests.services.export.desk import EMAIL_LINK, Desk

PEOPLE = 5
IMPORT = {
    "kind": "import",
    "id": "g-0",
    "name": "Contacts",
    "contacts": "all",
    "create_profiles": True,
    "identifiers": EMAIL_LINK,
    "mappings": [{"field": "firstName", "property": "first_name", "rule": "set"}],
}
KINDS = pytest.mark.parametrize("kind", ["import", "export"])
WRITES = {"import": (".*/profiles", "PUT"), "export": (".*/bulk_import", "POST")}
CHANGES = {
    "import": {"mappings": [{**IMPORT["mappings"][0], "rule": "add"}]},  # type: ignore[dict-item]
    "export": {"automations": False},
}
"""Of the goal: what is sent for people differs in the first, and not in the second."""


def goal(desk: Desk, kind: str, **more: Any) -> Connection:
    own = {**IMPORT, **more} if kind == "import" else desk.goal(**more)
    return desk.connection(goals=[own])


async def person(desk: Desk, kind: str, email: str) -> str:
    if kind == "import":
        return await desk.contact(email, firstName="Ada")
    return await desk.profile(email, first_name="Ada")


async def people(desk: Desk, kind: str) -> list[str]:
    return [await person(desk, kind, f"p{number}@x.org") for number in range(PEOPLE)]


async def run(
    desk: Desk, kind: str, more: dict[str, Any] | None = None, **opts: Any
) -> GoalSummary:
    return (await desk.run(goal(desk, kind, **(more or {})), **opts)).goals[0]


async def sends_nobody(desk: Desk, kind: str, more: dict[str, Any] | None = None) -> bool:
    await desk.forget()
    summary = await run(desk, kind, more)
    where, method = WRITES[kind]
    return summary.ok and await desk.requests(method, where.removeprefix(".*")) == 0


async def fail_once(desk: Desk, kind: str) -> None:
    """The second write of the next run is refused for good."""
    where, method = WRITES[kind]
    await desk.fault("500-html", where, method=method, times=-1, after=1)


async def heal(desk: Desk) -> None:
    assert (await desk.control.delete("/faults")).status_code == 200


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people in a write, so that a run can fail between two of them."""
    monkeypatch.setattr("actui.sync.exporting.row_buffer.BULK_ROWS", 2)
    monkeypatch.setattr("actui.sync.importing.importer.WRITE_ENTRIES", 2)


@KINDS
async def test_after_a_failed_first_run_the_rest_is_sent(desk, kind, small_batches):
    await people(desk, kind)
    await fail_once(desk, kind)
    assert not (await run(desk, kind)).ok
    await heal(desk)
    summary = await run(desk, kind)
    assert (summary.unchanged, summary.created) == (2, PEOPLE - 2)
    assert await sends_nobody(desk, kind)


@KINDS
async def test_after_a_failed_run_of_a_changed_goal_the_rest_is_sent(desk, kind, small_batches):
    await people(desk, kind)
    await run(desk, kind)
    await fail_once(desk, kind)
    assert not (await run(desk, kind, CHANGES[kind])).ok
    await heal(desk)
    summary = await run(desk, kind, CHANGES[kind])
    assert summary.unchanged == (2 if kind == "export" else summary.unchanged)
    assert summary.unchanged + summary.updated == PEOPLE
    assert await sends_nobody(desk, kind, CHANGES[kind])


async def test_a_first_run_with_rejections_and_their_retry(desk, small_batches):
    """The run failed, `retry` has delivered the rest, and the goal has never finished."""
    profiles = await people(desk, "export")
    bad = await desk.profile("bad@@x.org", first_name="Ada")
    await desk.fault("500-html", WRITES["export"][0], method="POST", times=-1, after=1)
    assert not (await run(desk, "export")).ok
    await heal(desk)
    await desk.change(bad, email=["good@x.org"])
    with desk.ledger() as ledger:
        left = [bad, *(k for k in profiles if k not in ledger.people.fingerprints("g-1", profiles))]
    summary = await run(
        desk, "export", only=PeopleFilter({"g-1": frozenset(left)}), trigger="retry"
    )
    assert summary.created == PEOPLE - 2 + 1
    assert await sends_nobody(desk, "export")


@KINDS
@pytest.mark.parametrize("limit", [2, PEOPLE])
async def test_who_was_sent_with_a_limit_is_not_sent_again(desk, kind, limit):
    await people(desk, kind)
    assert (await run(desk, kind, limit=limit)).created == limit
    summary = await run(desk, kind)
    assert (summary.unchanged, summary.created) == (limit, PEOPLE - limit)


@KINDS
async def test_a_changed_goal_sends_everybody_though_it_never_finished(desk, kind):
    await people(desk, kind)
    await run(desk, kind, limit=3)
    await desk.forget()
    summary = await run(desk, kind, CHANGES[kind])
    where, method = WRITES[kind]
    assert summary.ok
    assert (summary.read, summary.created) == (PEOPLE, PEOPLE - 3)
    if kind == "export":
        assert (summary.updated, summary.unchanged) == (3, 0)
    assert await desk.requests(method, where.removeprefix(".*")) == 1
    assert await sends_nobody(desk, kind, CHANGES[kind])


async def test_a_goal_changed_back_sends_whom_the_other_one_was_accepted_for(desk):
    await people(desk, "export")
    await run(desk, "export")
    assert (await run(desk, "export", CHANGES["export"], limit=2)).updated == 2
    summary = await run(desk, "export")
    assert (summary.updated, summary.unchanged) == (2, PEOPLE - 2)
    assert await sends_nobody(desk, "export")


@KINDS
@pytest.mark.parametrize("how", [{"full": True}, {"mode": "full"}])
async def test_a_full_run_sends_everybody(desk, kind, how):
    await people(desk, kind)
    await run(desk, kind)
    await desk.forget()
    full = how.get("full", False)
    more = {} if full else {"mode": "full"}
    summary = await run(desk, kind, more, full=bool(full))
    where, method = WRITES[kind]
    assert summary.ok
    assert await desk.requests(method, where.removeprefix(".*")) == 1


@pytest.mark.parametrize("fresh", [True, False])
async def test_a_batch_on_its_way_when_the_run_was_ended_is_not_sent_again(desk, fresh):
    """Neither by the run that continues it, nor by a new one."""
    await people(desk, "export")
    connection = goal(desk, "export")
    async with desk.held(connection, "GET", "/import/info"):
        await heal(desk)
        await desk.post("/release")
    await desk.forget()
    assert desk.kept is not None
    summary = (await desk.run(desk.kept, fresh=fresh)).goals[0]
    assert summary.ok
    assert summary.created + summary.unchanged == PEOPLE
    assert await desk.requests("POST", "/bulk_import") == 0
    assert await sends_nobody(desk, "export")


async def test_a_batch_on_its_way_is_no_acceptance_of_a_goal_that_changed(desk):
    await people(desk, "export")
    async with desk.held(goal(desk, "export"), "GET", "/import/info"):
        await heal(desk)
        await desk.post("/release")
    await desk.forget()
    summary = await run(desk, "export", CHANGES["export"], fresh=True)
    assert (summary.updated, summary.unchanged) == (PEOPLE, 0)
    assert await sends_nobody(desk, "export", CHANGES["export"])


async def test_people_of_before_belong_to_the_last_run_that_succeeded(desk):
    """Accepted before the goal's digest was kept with each person."""
    await people(desk, "export")
    await run(desk, "export")
    with desk.ledger() as ledger:
        ledger.database.connection.execute("UPDATE person SET config = NULL")
    assert await sends_nobody(desk, "export")
    summary = await run(desk, "export", CHANGES["export"])
    assert summary.updated == PEOPLE
    assert "everybody is sent again" in summary.message
