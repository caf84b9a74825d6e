"""`actui outcomes` leads from an omitted value or list to the people concerned."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests.process import forked
from tests.process.e2e.lab import NAME, Lab, Row, lab

FIELD = "%ANSWER_001%"


async def actui(world: Lab, *words: str, code: int = 0) -> tuple[str, str]:
    """What a command prints to stdout and to stderr."""
    environ = {**os.environ, **world.environ}
    done = await asyncio.to_thread(forked.run, *words, environ=environ)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


async def rows(world: Lab, *words: str) -> list[dict[str, Any]]:
    printed, _ = await actui(world, "outcomes", NAME, "--json", *words)
    return [json.loads(line) for line in printed.splitlines()]


def goals() -> tuple[Row, Row]:
    link = [{"field": "email", "property": "email"}]
    into = {
        "id": "g-1",
        "name": "In",
        "identifiers": link,
        "create_profiles": True,
        "mappings": [{"field": FIELD, "property": "visits"}],
    }
    out = {
        "id": "g-2",
        "name": "Out",
        "segment": "Newsletter readers",
        "identifiers": link,
        "mappings": [{"from": {"property": "tier"}, "field": "%TIER%"}],
        "lists": ["Newsletter"],
    }
    return {"import": into}, {"export": out}


async def people(world: Lab, many: int) -> None:
    """Contacts of whom every second has a comma in a number, and a profile that left the list."""
    for number in range(many):
        text = f"{number},5" if number % 2 else str(number)
        await world.contact(email=f"p{number}@x.org", fields={"ANSWER_001": text})
    await world.contact(email="left@x.org", lists={"3": 2})
    properties = {"email": ["left@x.org"], "tier": ["platinum"]}
    await world.profile(properties=properties, segments=["Newsletter readers"])


async def test_the_rows_are_the_people_behind_the_count() -> None:
    async with lab() as world:
        await people(world, 106)
        world.apply(*goals())
        first = await world.run()
        assert first.goals[0].warned == {FIELD: {"which the BlueConic property cannot hold": 53}}
        second = await world.run()
        assert (second.goals[0].unchanged, second.goals[0].warnings) == (107, 53)
        for words in ((), ("--run", second.run), ("--run", first.run)):
            found = await rows(world, "--omitted", FIELD, *words)
            assert len(found) == len({row["email"] for row in found}) == 53
            why = {"field": FIELD, "why": "which the BlueConic property cannot hold", "values": 1}
            assert all(row["omitted"] == [why] for row in found)
            assert not any(",5" in json.dumps(row) for row in found)
        assert [row["omitted"] for row in await rows(world, "--outcome", "skipped")] == []
        anything = await rows(world, "--omitted")
        assert len(anything) == 54
        (left,) = await rows(world, "--omitted", "newsletter")
        assert (left["email"], left["goal"]) == ("left@x.org", "Out")
        value, kept_off = left["omitted"]
        assert (value["field"], kept_off["list"]) == ("%TIER%", "Newsletter")
        assert (kept_off["why"], kept_off["contact_id"]) == ("unsubscribed", None)
        assert kept_off["since"].endswith("Z")


async def test_a_run_that_keeps_no_line_of_somebody_says_where_they_are() -> None:
    async with lab() as world:
        await people(world, 2)
        world.apply(*goals())
        await world.run()
        runs = [(await world.run()).run for _ in range(2)]
        printed, told = await actui(world, "outcomes", NAME, "--omitted", FIELD, "--run", runs[1])
        assert "p1@x.org  unchanged  %ANSWER_001%: 1 value omitted, which the" in printed
        assert told == ""
        printed, told = await actui(world, "outcomes", NAME, "--omitted", FIELD, "--run", runs[0])
        assert printed == ""
        assert told.startswith("actui: 1 value was omitted for people whom this run keeps no line")


async def test_why_and_preview_say_what_is_omitted() -> None:
    async with lab() as world:
        await people(world, 2)
        world.apply(*goals())
        for email, goal in (("p1@x.org", "In"), ("left@x.org", "Out")):
            words = ("preview", NAME, "--email", email, "--goal", goal)
            shown, _ = await actui(world, *words)
            told, _ = await actui(world, *words, "--json")
            (person,) = json.loads(told)["goals"][0]["people"]
            assert person["omitted"], told
            await world.run()
            story, _ = await actui(world, "why", NAME, email)
            facts = [
                json.loads(x)
                for x in (await actui(world, "why", NAME, email, "--json"))[0].splitlines()
            ]
            assert person["omitted"] in [fact["omitted"] for fact in facts]
            if goal == "In":
                line = f"{FIELD}: 1 value omitted, which the BlueConic property cannot hold"
            else:
                since = person["omitted"][1]["since"][:10]
                line = f"list Newsletter not joined: unsubscribed since {since}"
            assert line in shown
            assert line in story


async def test_a_slip_in_the_name_is_not_an_empty_list(tmp_path: Path) -> None:
    async with lab() as world:
        world.apply(*goals())
        _, told = await actui(world, "outcomes", NAME, "--omitted", "%ANSWER_01%", code=2)
        assert "Did you mean %ANSWER_001%?" in told
        _, told = await actui(world, "outcomes", NAME, "--raw", code=2)
        assert "--raw is about a CSV file" in told
        printed, told = await actui(world, "outcomes", NAME, "--omitted", "TIER")
        assert (printed, told) == ("", "")
