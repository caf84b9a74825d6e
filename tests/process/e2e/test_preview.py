"""A preview does nothing, and says what the run after it does."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest

from actui.cli import main
from actui.context.run_factory import RunFactory
from actui.context.services import ConsoleServices
from actui.model.preview import Ask, Change, Preview, PreviewedGoal, PreviewedPerson
from actui.model.run import Outcome, Reason
from actui.sync.run.goal_run import Options
from tests.process.e2e.lab import NAME, Lab, Row, lab

IMPORT: Row = {
    "import": {
        "name": "Contacts",
        "contacts": "lists",
        "lists": [
            {"list": "Newsletter", "create_profiles": True},
            {"list": "Webinar 2026", "create_profiles": False},
        ],
        "save_lists_to": "ac_lists",
        "identifiers": [{"field": "email", "property": "email"}],
        "mappings": [
            {"field": "firstName", "property": "first_name", "rule": "set"},
            {"field": "lastName", "property": "last_name", "rule": "set_if_empty"},
            {"field": "%INTERESTS%", "property": "interests", "rule": "add"},
            {"field": "%POINTS%", "property": "points", "rule": "sum"},
        ],
    }
}
EXPORT: Row = {
    "export": {
        "name": "Readers",
        "segment": "Newsletter readers",
        "identifiers": [{"field": "email", "property": "email"}],
        "mappings": [
            {"from": {"property": "first_name"}, "field": "firstName"},
            {"from": {"property": "city"}, "field": "%CITY%"},
            {"from": "profile_id", "field": "%BCID%"},
            {"from": {"text": "blueconic"}, "field": "%SOURCE%"},
        ],
        "lists": ["Newsletter"],
        "resubscribe": "all",
    }
}
BY_ACTIVECAMPAIGN = "rejected-by-activecampaign"


async def show(world: Lab, **ask: Any) -> Preview:
    context = world.context
    async with RunFactory(context).rehearsal(
        context.connections.find(NAME).connection
    ) as rehearsal:
        return await rehearsal.show(Ask(**ask))


async def state(world: Lab) -> tuple[Any, ...]:
    """All that a run could have changed: both services, and every file of the home."""
    kept = [world.context.home.root / name for name in ("ledgers", "runs", "locks", "logs")]
    files = [file for place in kept for file in sorted(place.rglob("*")) if file.is_file()]
    files += sorted(world.context.home.root.glob("*.json"))
    marks = {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return await world.lines("/contacts"), await world.lines("/profiles"), marks


async def reached(world: Lab, path: str) -> None:
    """Wait until a reading of this path has arrived, whatever it asks for."""
    await world.until(lambda log: any(row["path"].partition("?")[0] == path for row in log))


async def undone(world: Lab, **ask: Any) -> PreviewedGoal:
    """A preview of one goal, shown to have changed nothing."""
    before = await state(world)
    await world.forget()
    (goal,) = (await show(world, **ask)).goals
    wrote = [r for r in await world.requests() if r["method"] != "GET" and "oauth" not in r["path"]]
    assert wrote == []
    assert await state(world) == before
    assert goal.ok, goal.message
    return goal


def told(people: tuple[PreviewedPerson, ...]) -> dict[str, tuple[str, str]]:
    """What a preview says of each person whom a run would give a line."""
    lines = {}
    for one in people:
        assert one.record is not None
        if one.record.outcome is not Outcome.UNCHANGED:
            reason = one.record.reason.value if one.record.reason else ""
            who = one.email or str(one.record.profile_id)
            lines[who] = (one.record.outcome.value, reason)
    return lines


def rows(world: Lab, run: str) -> dict[str, tuple[str, str]]:
    with world.context.ledger(world.context.connections.find(NAME).connection) as ledger:
        found = list(ledger.outcomes.find(run=run))
    return {
        str(row["email"] or row["profile_id"]): (str(row["outcome"]), str(row["reason"] or ""))
        for row in found
    }


async def after_import(world: Lab, people: Sequence[PreviewedPerson]) -> None:
    """Everything the preview said of profiles is so now, and nobody else has changed."""
    held = {row["id"]: row["properties"] for row in await world.lines("/profiles")}
    by_email = {(p.get("email") or [""])[0].lower(): p for p in held.values()}
    for person in people:
        assert person.record is not None
        mine = held.get(person.record.profile_id or "") or by_email.get(person.email.lower(), {})
        for change in person.values:
            assert tuple(mine.get(change.name, ())) == change.after, (person.email, change)


async def after_export(world: Lab, people: Sequence[PreviewedPerson]) -> None:
    held = {row["email"].lower(): row for row in await world.lines("/contacts")}
    for person in people:
        for change in person.values:
            mine = held[person.email.lower()]
            tag = change.name.strip("%")
            now = mine["fields"].get(tag, "") if "%" in change.name else mine[change.name]
            assert ((now,) if now else ()) == change.after, (person.email, change)
        if person.lists:
            assert held[person.email.lower()]["lists"]["3"] == 1, person.email


@pytest.mark.parametrize("goal", [IMPORT, EXPORT], ids=["import", "export"])
async def test_what_it_says_is_what_the_next_run_does(goal: Row) -> None:
    async with lab(contacts=90, profiles=90, seed=11) as world:
        world.apply(goal)
        check = after_import if goal is IMPORT else after_export
        for _ in range(2):
            shown = await undone(world, first=1_000)
            summary = (await world.run()).goals[0]
            assert summary.read == len(shown.people)
            run = (
                world.context.history(world.context.connections.find(NAME).connection).all()[0].run
            )
            became, said = rows(world, run), told(shown.people)
            # which further addresses ActiveCampaign's import dislikes, nobody can know before it
            refused = {who for who, (_, why) in became.items() if why == BY_ACTIVECAMPAIGN}
            assert len(refused) < 3
            assert {w: o for w, o in became.items() if w not in refused} == {
                w: o for w, o in said.items() if w not in refused
            }
            await check(world, [one for one in shown.people if one.email not in refused])
            # somebody changes everywhere, so that the second look has something to tell
            for row in (await world.lines("/contacts"))[:9]:
                change = {"op": "update", "id": row["id"], "set": {"firstName": "Zed"}}
                await world.post("/mutate", service="activecampaign", **change)
            for row in (await world.lines("/profiles"))[:30]:
                change = {"op": "update", "id": row["id"], "set": {"properties": {"city": ["Ur"]}}}
                await world.post("/mutate", service="blueconic", **change)
        assert len(told(shown.people)) > 3


async def test_chosen_addresses_alone_are_read_and_the_others_are_explained() -> None:
    async with lab() as world:
        for name in ("Ann", "Bo", "Cy"):
            await world.contact(email=f"{name}@x.org", firstName=name, lists={"3": 1})
        await world.contact(email="off@x.org", lists={"3": 2})
        profile = await world.profile(properties={"email": ["ann@x.org"], "first_name": ["An"]})
        world.apply(IMPORT, enabled=False)
        goal = await undone(world, emails=("ANN@x.org", "bo@x.org", "off@x.org", "no@x.org"))
        people = {person.email.lower(): person for person in goal.people}
        assert people["ann@x.org"].values[0] == Change("first_name", ("An",), ("Ann",))
        record = people["ann@x.org"].record
        assert record is not None
        assert (record.outcome, record.profile_id) == (Outcome.UPDATED, profile)
        assert told((people["bo@x.org"],)) == {"Bo@x.org": ("created", "")}
        assert people["off@x.org"].absent.startswith("the contact is on none")
        assert people["no@x.org"].absent == "no contact has this address"


async def test_consent_and_opt_outs_are_shown_before_they_happen() -> None:
    async with lab() as world:
        segment = ["Newsletter readers"]
        yes = {"consented_objectives": ["marketing"]}
        for name, more in (("in", yes), ("out", {}), ("left", yes)):
            properties = {"email": [f"{name}@x.org"], "first_name": [name], **more}
            await world.profile(properties=properties, segments=segment)
        await world.contact(email="left@x.org", lists={"3": 2})
        world.apply(EXPORT, objectives=["marketing"])
        goal = await undone(world)
        people = {person.email: person for person in goal.people}
        assert told((people["out@x.org"],)) == {"out@x.org": ("skipped", "no-consent")}
        assert people["in@x.org"].lists == (Change("Newsletter", (), ("active",)),)
        assert people["left@x.org"].lists == (Change("Newsletter", ("unsubscribed",), ("active",)),)
        assert "1 of these people would be RESUBSCRIBED." in goal.notes
        only = await undone(world, emails=("left@x.org", "no@x.org"))
        assert [bool(person.absent) for person in only.people] == [False, True]


async def test_the_command_prints_people_with_before_and_after(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with lab() as world:
        await world.contact(email="ann@x.org", firstName="Ann", lists={"3": 1})
        world.apply(IMPORT)
        for name, value in world.environ.items():
            monkeypatch.setenv(name, value)
        assert await asyncio.to_thread(main, ["preview", NAME]) == 0
        text = capsys.readouterr().out
        assert "ann@x.org would be created" in text
        assert "first_name: (empty) -> Ann" in text
        words = ["preview", NAME, "--goal", "Contacts", "--email", "ann@x.org", "--json"]
        assert await asyncio.to_thread(main, words) == 0
        (goal,) = json.loads(capsys.readouterr().out)["goals"]
        (person,) = goal["people"]
        assert (person["outcome"], person["contact_id"]) == ("created", 1)
        assert {"name": "first_name", "before": [], "after": ["Ann"]} in person["values"]
        assert await asyncio.to_thread(main, ["preview", NAME, "--goal", "no"]) == 2


async def test_a_dry_run_counts_what_the_run_after_it_counts() -> None:
    async def run(*words: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await world.command("run", NAME, "--json", *words))
        return told

    def counts(told: dict[str, Any]) -> dict[str, Any]:
        """What ActiveCampaign rejects of itself, nobody can say before."""
        (goal,) = told["goals"]
        own = goal["reasons"].pop(BY_ACTIVECAMPAIGN, 0)
        written = goal["created"] + goal["updated"] + own
        names = ("goal", "ok", "read", "unchanged", "skipped", "unknown", "reasons")
        return {name: goal[name] for name in names} | {"written": written}

    async with lab(contacts=30, profiles=30) as world:
        connection = world.apply(IMPORT, EXPORT)
        for goal in ("Contacts", "Readers"):
            before = [await world.lines(path) for path in ("/contacts", "/profiles")]
            runs = len(world.context.history(connection).all())
            tried = await run("--dry-run", "--goal", goal)
            assert [await world.lines(path) for path in ("/contacts", "/profiles")] == before
            assert (tried["trigger"], tried["notice"]) == ("dry-run", "Nothing was written.")
            assert len(world.context.history(connection).all()) == runs
            done = await world.run(goals=(goal,))
            assert counts(tried) == counts(done.printed())
            assert tried["goals"][0]["read"] > 1
        few = await run("--dry-run", "--limit", "1", "--full")
        assert [goal["read"] for goal in few["goals"]] == [1, 1]
        assert [line["action"] for line in world.context.audit.lines()].count("ran") == 2


async def test_a_changed_address_is_shown_as_one_contact_that_gets_another() -> None:
    async with lab() as world:
        person = {"email": ["ann@x.org"], "first_name": ["Ann"]}
        profile = await world.profile(properties=person, segments=["Newsletter readers"])
        world.apply(EXPORT)
        await world.run()
        change = {"op": "update", "id": profile, "set": {"properties": {"email": ["ann@y.org"]}}}
        await world.post("/mutate", service="blueconic", **change)
        (shown,) = (await undone(world)).people
        assert shown.values == (Change("email", ("ann@x.org",), ("ann@y.org",)),)
        assert (shown.record and shown.record.outcome) == Outcome.UPDATED
        await world.run()
        assert [row["email"] for row in await world.lines("/contacts")] == ["ann@y.org"]


async def test_people_are_found_by_another_link_than_their_address() -> None:
    links = [{"field": "%BCID%", "profile_id": True}]
    goal = {"export": {**EXPORT["export"], "identifiers": links, "mappings": []}}
    goal["export"]["mappings"] = [
        {"from": {"property": "email"}, "field": "email"},
        {"from": {"property": "first_name"}, "field": "firstName"},
    ]
    async with lab() as world:
        segments = ["Newsletter readers"]
        known = await world.profile(properties={"first_name": ["Ann"]}, segments=segments)
        await world.profile(properties={"first_name": ["Nobody"]}, segments=segments)
        await world.contact(email="ann@x.org", fields={"BCID": known}, lists={"3": 1})
        world.apply(goal)
        people = (await undone(world)).people
        by_reason = {(p.record.reason if p.record else None): p for p in people}
        assert set(by_reason) == {None, Reason.NO_EMAIL}
        assert by_reason[None].values == (Change("firstName", (), ("Ann",)),)


async def test_a_batch_on_its_way_is_not_waited_for_and_stays_on_its_way() -> None:
    async with lab(switches={"batch-speed": "normal"}) as world:
        person = {"email": ["ann@x.org"], "first_name": ["Ann"]}
        await world.profile(properties=person, segments=["Newsletter readers"])
        connection = world.apply(EXPORT)
        await world.fault("hold", "/api/3/import/info", method="GET")
        async with RunFactory(world.context).engine(connection, Options()) as engine:
            task = asyncio.create_task(engine.execute())
            await reached(world, "/api/3/import/info")
            # the run is at work, holds its lock, and is not disturbed
            (goal,) = (await show(world)).goals
            assert goal.people[0].record is not None
            await world.post("/release")
            summary = await task
        assert summary.goals[0].created == 1


async def test_the_console_hears_what_is_being_done_and_can_give_up() -> None:
    async with lab(contacts=30) as world:
        connection = world.apply(IMPORT, enabled=False)
        previewer = ConsoleServices(world.context).previews
        heard: list[str] = []
        preview = await previewer.show(connection, Ask(first=3), heard.append)
        assert len(preview.goals[0].people) == 3
        await world.forget()
        await world.fault("hold", "/api/3/contacts", method="GET")
        task = asyncio.create_task(previewer.show(connection, Ask(), heard.append))
        await reached(world, "/api/3/contacts")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await world.post("/release")
        assert (await previewer.show(connection, Ask(), heard.append)).goals[0].ok
