"""Whoever a run reads and then rechecks counts once, with their last outcome and its omissions."""

from __future__ import annotations

from typing import Any

import pytest

from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary
from actui.operations.erasure import forget
from store.ledger.commits import CommitWriter
from store.ledger.runs import Runs
from tests.process.e2e.lab import Lab, Row, lab

BIRTHDAY = {"field": "%BIRTHDAY%", "property": "birthday"}
NAME = {"field": "firstName", "property": "first_name"}


def goal(**more: object) -> Row:
    facts = {"id": "g-1", "name": "Import", "contacts": "all", "mappings": [NAME, BIRTHDAY]}
    return {"import": {**facts, "identifiers": [{"field": "email", "property": "email"}], **more}}


async def somebody(world: Lab, email: str, **more: Any) -> None:
    await world.contact(email=email, firstName="Ada", fields={"BIRTHDAY": "soon"}, **more)


async def test_what_is_left_out_for_them_counts_once() -> None:
    async with lab() as world:
        await somebody(world, "late@x.org")
        world.apply(goal())
        await world.run()
        await world.profile(properties={"email": ["late@x.org"]})

        summary = (await world.run()).goals[0]

        assert (summary.read, summary.updated, summary.rechecked, summary.matched) == (1, 1, 1, 1)
        assert (summary.warnings, summary.omitted) == (1, {"%BIRTHDAY%": 1})
        assert summary.message.count("%BIRTHDAY%") == 1


async def test_a_run_says_how_many_values_were_left_out_once() -> None:
    async with lab(switches={"list-writes-bump-udate": "no"}) as world:
        await somebody(world, "first@x.org", lists={"3": 1})
        await somebody(world, "second@x.org")
        await world.post("/clock", advance=7_200)
        world.apply(goal(contacts="lists", lists=[{"list": "Newsletter", "create_profiles": True}]))
        await world.run()
        await world.post("/clock", advance=7_200)
        change = {"service": "activecampaign"}
        await world.post("/mutate", **change, op="update", id="1", set={"firstName": "Bea"})
        await world.post("/mutate", **change, op="subscribe", id="2", list="Newsletter")

        summary = (await world.run()).goals[0]

        assert (summary.read, summary.updated, summary.created) == (2, 1, 1)
        assert summary.message == "%BIRTHDAY%: 2 values left out, " + (
            "which the BlueConic property cannot hold."
        )


async def test_an_earlier_outcome_of_the_same_run_is_not_listed() -> None:
    async with lab() as world:
        await somebody(world, "late@x.org")
        connection = world.apply(goal())
        await world.run()
        await world.profile(properties={"email": ["late@x.org"], "first_name": ["Ada"]})

        run = await world.run()

        assert (run.goals[0].read, run.goals[0].unchanged, run.goals[0].reasons) == (1, 1, {})
        with world.context.ledger(connection) as ledger:
            assert [row for row in ledger.outcomes.find() if row["run"] == run.run] == []


async def test_what_was_refused_on_a_selected_list_is_not_sent_again() -> None:
    summed = {"field": "%POINTS%", "property": "points", "rule": "sum", "sum_start": "add"}
    async with lab(switches={"invalid-value": "skips-entry"}) as world:
        await world.contact(email="a@x.org", fields={"POINTS": "5"}, lists={"3": 1})
        await world.contact(email="b@x.org", fields={"POINTS": "5"}, lists={"3": 1})
        for email in ("a@x.org", "b@x.org"):
            await world.profile(properties={"email": [email], "points": ["2147483640"]})
        world.apply(goal(contacts="lists", lists=[{"list": "Newsletter"}], mappings=[summed]))
        assert (await world.run()).goals[0].updated == 2
        change: Row = {"service": "activecampaign", "op": "update", "id": "1"}
        await world.post("/mutate", **change, set={"fields": {"POINTS": "9"}})
        assert (await world.run()).goals[0].reasons == {"rejected-by-blueconic": 1}
        await world.post("/clock", advance=7_200)
        await world.run()
        await world.forget()

        summary = (await world.run()).goals[0]

        assert (summary.read, summary.rechecked) == (0, 0)
        assert [row["path"] for row in await world.requests() if row["method"] == "PUT"] == []


async def test_who_was_forgotten_does_not_look_new() -> None:
    async with lab() as world:
        await somebody(world, "a@x.org", lists={"3": 1})
        world.apply(goal(contacts="lists", lists=[{"list": "Newsletter", "create_profiles": True}]))
        await world.run()
        await world.post("/clock", advance=7_200)
        await world.run()
        await forget(world.context, "a@x.org", offline=False)

        summary = (await world.run()).goals[0]

        assert (summary.read, summary.rechecked, summary.reasons) == (0, 0, {})


class Died(BaseException):
    """The process is gone."""


def gone(*_: object, **__: object) -> None:
    raise Died


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("is_durable", [False, True], ids=["killed before it", "killed after it"])
async def test_a_run_that_dies_at_a_commit_counts_as_any_other(
    monkeypatch: pytest.MonkeyPatch, at: int, is_durable: bool
) -> None:
    async with lab() as world:
        for number in range(4):
            await somebody(world, f"p{number}@x.org")
        world.apply(goal())
        await world.run()
        await world.profile(properties={"email": ["p1@x.org"]})
        await world.profile(properties={"email": ["p2@x.org"], "first_name": ["Ada"]})
        commit, met = CommitWriter.write, 0

        def dies(
            kept: CommitWriter, run: str, id_: str, done: BatchCommit, counts: GoalSummary
        ) -> None:
            nonlocal met
            met += 1
            if met != at:
                return commit(kept, run, id_, done, counts)
            if is_durable:
                commit(kept, run, id_, done, counts)
            # a dead process writes nothing more
            patched.setattr(CommitWriter, "write", gone)
            patched.setattr(Runs, "save_goal_summary", gone)
            raise Died

        with monkeypatch.context() as patched:
            patched.setattr(CommitWriter, "write", dies)
            with pytest.raises(Died):
                await world.run()

        summary = (await world.run()).goals[0]

        assert summary.adds_up
        # what was written and not committed is written again, and is found as it should be
        assert (summary.read, summary.updated + summary.unchanged) == (4, 2)
        assert (summary.reasons, summary.omitted) == ({"no-match": 2}, {"%BIRTHDAY%": 4})
        assert (summary.rechecked, summary.matched, summary.warnings) == (4, 2, 4)
        assert summary.message.count("%BIRTHDAY%") == 1
