"""People whom a changed run does not show: a profile that appears late, a list joined silently."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from actui.model.run import RunState, RunSummary
from tests.process.e2e.lab import Lab, Row, lab

PUT = "/rest/v2/profiles"
SILENT = {"list-writes-bump-udate": "no"}


def goal(**more: object) -> Row:
    """Everybody whose profile exists."""
    return {
        "import": {
            "id": "g-1",
            "name": "Import",
            "contacts": "all",
            "identifiers": [{"field": "email", "property": "email"}],
            "mappings": [{"field": "firstName", "property": "first_name"}],
            **more,
        }
    }


def on_lists(*names: str, create: bool = False, **more: object) -> Row:
    lists = [{"list": name, "create_profiles": create} for name in names]
    return goal(contacts="lists", lists=lists, **more)


async def people(world: Lab, count: int, **more: Any) -> None:
    for number in range(count):
        await world.contact(email=f"p{number}@x.org", firstName="Ada", **more)
    # beyond the hour by which changed runs overlap
    await world.post("/clock", advance=7_200)


async def service_requests(world: Lab) -> int:
    return sum(not r["path"].endswith("/oauth/token") for r in await world.requests())


async def bytes_of_both(world: Lab) -> tuple[list[Row], list[Row]]:
    return await world.lines("/contacts"), await world.lines("/profiles")


def spent(run: RunSummary, before: RunSummary) -> int:
    ours, theirs = run.goals[0].requests, before.goals[0].requests
    return ours.activecampaign + ours.blueconic - theirs.activecampaign - theirs.blueconic


async def test_a_profile_that_appears_later_is_met_by_the_next_run() -> None:
    async with lab() as world:
        await people(world, 30)
        world.apply(goal())
        assert (await world.run()).goals[0].reasons == {"no-match": 30}
        await world.post("/clock", advance=7_200)
        idle = await world.run()
        assert (idle.goals[0].read, idle.goals[0].rechecked, idle.goals[0].matched) == (0, 30, 0)
        await world.profile(properties={"email": ["p7@x.org"]})

        summary = (await world.run()).goals[0]

        assert (summary.rechecked, summary.matched) == (30, 1)
        assert (summary.read, summary.updated, summary.reasons) == (1, 1, {})
        assert summary.adds_up
        assert (await world.properties())["p7@x.org"]["first_name"] == ["Ada"]
        again = (await world.run()).goals[0]
        assert (again.rechecked, again.matched, again.read) == (29, 0, 0)


async def test_whoever_is_read_again_within_the_overlap_is_rechecked_and_counted_once() -> None:
    async with lab() as world:
        await world.contact(email="a@x.org", firstName="Ada")
        await world.contact(email="b@x.org", firstName="Bo")
        world.apply(goal())
        await world.run()
        await world.profile(properties={"email": ["a@x.org"]})

        summary = (await world.run()).goals[0]

        assert summary.adds_up
        assert (summary.read, summary.updated, summary.reasons) == (2, 1, {"no-match": 1})
        assert (summary.rechecked, summary.matched) == (2, 1)


async def test_an_unchanged_run_creates_nobody_and_changes_nothing() -> None:
    async with lab(contacts=300, profiles=100) as world:
        world.apply(goal())
        await world.run()
        await world.post("/clock", advance=7_200)
        before = await bytes_of_both(world)
        for _ in range(2):
            await world.forget()
            summary = (await world.run()).goals[0]
            assert summary.rechecked > 0
            assert (summary.read, summary.matched) == (0, 0)
            assert await bytes_of_both(world) == before
            writes = [r for r in await world.requests() if r["method"] == "PUT"]
            assert [r["path"] for r in writes] == [PUT]


async def test_the_entries_of_a_recheck_never_create(respx_bodies: list[Any]) -> None:
    async with lab() as world:
        await people(world, 3)
        world.apply(goal())
        await world.run()
        respx_bodies.clear()
        await world.run()
    assert [entry["strategy"] for body in respx_bodies for entry in body] == ["UPDATE"] * 3


@pytest.fixture
def respx_bodies(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The bodies of every write of profiles."""
    bodies: list[Any] = []
    real = httpx.AsyncClient.send

    async def send(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        if request.method == "PUT" and request.url.path == PUT:
            bodies.append(json.loads(request.content))
        return await real(self, request, **more)

    monkeypatch.setattr(httpx.AsyncClient, "send", send)
    return bodies


@pytest.mark.parametrize("budget", [3, 4, 10])
async def test_the_budget_holds_and_everybody_has_their_turn(budget: int) -> None:
    async with lab() as world:
        await people(world, 450)
        world.apply(goal(recheck_requests=budget))
        await world.run()
        await world.post("/clock", advance=7_200)
        world.apply(goal(recheck_requests=0))
        idle = await world.run()
        assert idle.goals[0].rechecked == 0
        world.apply(goal(recheck_requests=budget))
        for number in range(0, 450, 50):
            await world.profile(properties={"email": [f"p{number}@x.org"]})

        matched, rounds = 0, 0
        while matched < 9:
            run = await world.run()
            rounds += 1
            assert spent(run, idle) <= budget
            matched += run.goals[0].matched
        # a page of 100 costs a request, beside one for the highest id and one that writes
        assert rounds == -(-450 // (100 * min(budget - 2, 5)))


async def test_whoever_waits_longest_comes_first() -> None:
    async with lab() as world:
        await people(world, 450)
        world.apply(goal(recheck_requests=3))
        await world.run()
        await world.post("/clock", advance=7_200)
        await world.run()
        await world.profile(properties={"email": ["p10@x.org"]})
        await world.profile(properties={"email": ["p120@x.org"]})
        assert [(await world.run()).goals[0].matched for _ in range(5)] == [1, 0, 0, 0, 1]


async def test_changed_people_of_all_goals_come_first() -> None:
    async with lab() as world:
        await people(world, 3)
        second = {"import": {**goal()["import"], "id": "g-2", "name": "Second"}}
        world.apply(goal(), second)
        await world.run()
        await world.post("/clock", advance=7_200)
        await world.profile(properties={"email": ["p0@x.org"]})
        change = {"service": "activecampaign", "op": "update", "id": "2"}
        await world.post("/mutate", **change, set={"firstName": "Bo"})
        await world.forget()

        run = await world.run()

        assert [(g.read, g.rechecked, g.matched) for g in run.goals] == [(2, 3, 1), (2, 3, 1)]
        writes = [r["method"] for r in await world.requests() if r["path"] == PUT]
        assert writes == ["PUT"] * 4


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("lists", [("Newsletter",), ("Webinar 2026", "Newsletter")])
async def test_somebody_put_on_a_list_silently_arrives(create: bool, lists: tuple[str]) -> None:
    async with lab(switches=SILENT) as world:
        await people(world, 5, lists={"3": 1})
        await world.contact(email="late@x.org", firstName="Late")
        await world.contact(email="last@x.org", firstName="Last", lists={"3": 1})
        await world.post("/clock", advance=7_200)
        world.apply(on_lists(*lists, create=create, save_lists_to="ac_lists"))
        await world.run()
        await world.post("/clock", advance=7_200)
        join = {"service": "activecampaign", "op": "subscribe", "id": "late@x.org"}
        await world.post("/mutate", **join, list="Newsletter")

        summary = (await world.run()).goals[0]

        assert summary.adds_up
        if create:
            assert (summary.read, summary.created, summary.rechecked) == (1, 1, 0)
            held = (await world.properties())["late@x.org"]
            assert held["first_name"] == ["Late"]
        else:
            assert (summary.read, summary.reasons) == (1, {"no-match": 1})
            assert summary.rechecked == 6
        assert (await world.run()).goals[0].read == 0


async def test_a_list_that_may_create_takes_whom_another_barred() -> None:
    lists = [{"list": "Newsletter"}, {"list": "VIP", "create_profiles": True}]
    async with lab(switches=SILENT) as world:
        await people(world, 2, lists={"3": 1})
        world.apply(goal(contacts="lists", lists=lists))
        assert (await world.run()).goals[0].reasons == {"no-match": 2}
        await world.post("/clock", advance=7_200)
        join = {"service": "activecampaign", "op": "subscribe", "id": "p1@x.org", "list": "VIP"}
        await world.post("/mutate", **join)

        summary = (await world.run()).goals[0]

        assert (summary.created, summary.rechecked, summary.matched) == (1, 1, 0)


async def test_members_are_swept_in_turn_whatever_the_streams() -> None:
    async with lab(switches=SILENT) as world:
        await people(world, 320, lists={"3": 1, "4": 1})
        await world.contact(email="late@x.org", firstName="Late")
        await world.post("/clock", advance=7_200)
        both = on_lists("Newsletter", "Webinar 2026", create=True, recheck_requests=4)
        world.apply(both)
        await world.run()
        await world.post("/clock", advance=7_200)
        join = {"service": "activecampaign", "op": "subscribe", "id": "late@x.org"}
        await world.post("/mutate", **join, list="Webinar 2026")

        created = [(await world.run()).goals[0].created for _ in range(6)]

        assert sum(created) == 1


async def test_deleted_contacts_and_those_that_left_the_lists_do_not_hold_it_up() -> None:
    async with lab(switches=SILENT) as world:
        await people(world, 6, lists={"3": 1})
        world.apply(on_lists("Newsletter"))
        await world.run()
        await world.post("/clock", advance=7_200)
        change = {"service": "activecampaign"}
        await world.post("/mutate", **change, op="delete", id="1")
        await world.post("/mutate", **change, op="delete", id="6")
        await world.post("/mutate", **change, op="unsubscribe", id="2", list="Newsletter")
        for number in range(6):
            await world.profile(properties={"email": [f"p{number}@x.org"]})

        summary = (await world.run()).goals[0]

        assert (summary.rechecked, summary.matched) == (3, 3)
        assert (await world.run()).goals[0].rechecked == 0


async def test_profiles_named_by_their_id_are_compared_within_the_budget() -> None:
    links = [{"field": "%BCID%", "profile_id": True}, {"field": "email", "property": "email"}]
    async with lab() as world:
        known = [await world.profile(properties={"customer_id": [f"C-{n}"]}) for n in range(40)]
        for number, profile in enumerate(known):
            await world.contact(email=f"p{number}@x.org", firstName="A", fields={"BCID": profile})
        await world.post("/clock", advance=7_200)
        world.apply(goal(identifiers=links, recheck_requests=23))
        assert (await world.run()).goals[0].reasons == {"no-match": 40}
        await world.post("/clock", advance=7_200)
        for number in (3, 35):
            change = {"properties": {"email": [f"p{number}@x.org"]}}
            await world.post(
                "/mutate", service="blueconic", op="update", id=known[number], set=change
            )
        goals = [(await world.run()).goals[0] for _ in range(2)]
        assert [(one.rechecked, one.matched, one.read) for one in goals] == [(20, 1, 1), (20, 1, 1)]


async def test_a_sum_of_a_late_match_is_added_once_though_the_answer_was_lost() -> None:
    summed = [{"field": "%POINTS%", "property": "points", "rule": "sum", "sum_start": "add"}]
    async with lab() as world:
        await people(world, 2, fields={"POINTS": "5"})
        world.apply(goal(mappings=summed))
        await world.run()
        await world.post("/clock", advance=7_200)
        await world.profile(properties={"email": ["p0@x.org"], "points": ["100"]})
        await world.fault("reset-after-commit", PUT, method="PUT")
        for _ in range(3):
            last = await world.run()
            assert last.goals[0].unknown == 0
        assert (await world.properties())["p0@x.org"]["points"] == ["105"]
        assert last.goals[0].rechecked == 1


async def test_full_partial_and_reconciling_runs_recheck_nobody() -> None:
    async with lab() as world:
        await people(world, 4)
        world.apply(goal())
        await world.run()
        assert (await world.run(full=True)).goals[0].rechecked == 0
        assert (await world.run(limit=2)).goals[0].rechecked == 0
        await world.post("/clock", advance=8 * 86_400)
        summary = (await world.run()).goals[0]
        assert (summary.rechecked, summary.reasons) == (0, {"no-match": 4})


async def test_a_recheck_that_fails_ends_in_a_warning_and_goes_on_later() -> None:
    async with lab() as world:
        await people(world, 4)
        connection = world.apply(goal())
        await world.run()
        await world.post("/clock", advance=7_200)
        with world.context.ledger(connection) as ledger:
            before = ledger.goals.state("g-1").watermark
        await world.fault("200-html", PUT, method="PUT", times=3)

        run = await world.run()

        assert (run.state, run.ok) == (RunState.FINISHED, True)
        assert "not all rechecked" in run.goals[0].message
        with world.context.ledger(connection) as ledger:
            assert ledger.goals.state("g-1").watermark != before
        assert (await world.run()).goals[0].rechecked == 4


async def test_a_stop_ends_the_recheck_and_the_continued_run_goes_on_there() -> None:
    async with lab() as world:
        await people(world, 250)
        connection = world.apply(goal())
        await world.run()
        await world.post("/clock", advance=7_200)
        await world.profile(properties={"email": ["p249@x.org"]})
        await world.forget()
        await world.fault("hold", PUT, method="PUT")
        run: asyncio.Task[RunSummary] = asyncio.create_task(world.run())
        await world.arrived("PUT", PUT)
        assert world.context.request_stop(connection) == 1
        assert world.context.request_stop(connection) == 2

        stopped = await run
        await world.post("/release")
        assert stopped.state is RunState.STOPPED
        assert stopped.goals[0].ok

        goes_on = await world.run()
        assert (goes_on.run, goes_on.state) == (stopped.run, RunState.FINISHED)
        assert (goes_on.goals[0].matched, goes_on.goals[0].read) == (1, 1)


async def test_a_run_killed_within_its_recheck_is_continued() -> None:
    async with lab() as world:
        await people(world, 250)
        connection = world.apply(goal())
        await world.run()
        await world.post("/clock", advance=7_200)
        await world.profile(properties={"email": ["p249@x.org"]})
        await world.forget()
        await world.fault("hold", PUT, method="PUT")
        process = world.start()
        await world.arrived("PUT", PUT)
        process.kill()
        process.communicate()
        await world.post("/release")

        summary = (await world.run()).goals[0]

        assert summary.adds_up
        assert (summary.matched, summary.read) == (1, 1)
        with world.context.ledger(connection) as ledger:
            assert ledger.people.exchanged_counts().imported == 1
