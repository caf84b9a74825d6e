"""One person's story on the command line."""

from __future__ import annotations

import asyncio
import json
import os

from tests.process import forked
from tests.process.e2e.lab import NAME, Lab, Row, lab


async def why(world: Lab, email: str, *words: str) -> list[str]:
    """What `actui why` prints."""
    environ = {**os.environ, **world.environ}
    done = await asyncio.to_thread(forked.run, "why", NAME, email, *words, environ=environ)
    done.check_returncode()
    return done.stdout.splitlines()


def goal(**more: object) -> Row:
    link = {"field": "email", "property": "email"}
    return {"import": {"id": "g-1", "name": "In", "identifiers": [link], **more}}


async def test_each_goal_says_in_one_sentence_which_rule_decided() -> None:
    async with lab() as world:
        await world.contact(email="Known@example.org")
        await world.contact(email="unknown@example.org")
        erased = await world.contact(email="gone@intranet")
        await world.profile(properties={"email": ["known@example.org"], "tier": ["old"]})
        mapping = {"field": "firstName", "property": "tier", "when_empty": "clear"}
        world.apply(goal(mappings=[mapping]))
        await world.run()

        line, again = await why(world, "unknown@example.org")
        assert line.startswith("In: skipped: no profile matches")
        assert again.strip().startswith("Checked again in turn")
        assert "run " in line
        assert "one that is stored with other characters nobody sees is known only by" in line
        for spelled in ("known@example.org", "\u200bKnown@example.org", "kno\u00adwn@example.org "):
            (line,) = await why(world, spelled)
            assert line.startswith("In: updated (")
            assert "nobody sees" not in line
        (line,) = await why(world, "gone@intranet")
        assert "the identifier's value does not fit its property: email" in line
        (line,) = await why(world, "never@example.org")
        assert line.startswith("In: nothing is kept of this address")
        assert "nobody sees" in line
        (told,) = [json.loads(one) for one in await why(world, "gone@intranet", "--json")]
        assert (told["contact_id"], told["goal"], told["reason"]) == (
            erased,
            "In",
            "invalid-identifier",
        )


NO_MATCH = "In: skipped: no profile matches, and "


async def test_the_lists_that_may_not_create_are_named() -> None:
    async with lab() as world:
        await world.contact(email="one@example.org", lists={"3": 1, "5": 1})
        await world.contact(email="both@example.org", lists={"3": 1, "4": 1})
        await world.contact(email="id@example.org", lists={"3": 1}, fields={"BCID": "nobody"})
        chosen = [{"list": "Newsletter"}, {"list": "4"}]
        by_id = {
            "id": "g-2",
            "name": "Id",
            "identifiers": [{"field": "%BCID%", "profile_id": True}],
        }
        connection = world.apply(goal(contacts="lists", lists=chosen), goal(**by_id))
        await world.run()
        kept = world.context.connections.find(connection.name).connection
        names = [choice.list.name for choice in kept.imports()[0].lists]
        barred = f"{NO_MATCH}none of the goal's lists it is on may create profiles: "
        line, again, _ = await why(world, "one@example.org")
        assert line.startswith(f"{barred}Newsletter (")
        assert again.strip().startswith("Checked again in turn")
        line, *_ = await why(world, "both@example.org")
        assert line.startswith(f"{barred}{', '.join(names)} (")
        _, _, line, *_ = await why(world, "id@example.org")
        assert line.startswith("Id: skipped: no profile has the id that the contact holds (")


async def test_a_goal_without_lists_speaks_of_none() -> None:
    async with lab() as world:
        await world.contact(email="a@example.org")
        world.apply(goal())
        await world.run()
        line, again = await why(world, "a@example.org")
        assert line.startswith(f"{NO_MATCH}the goal may not create profiles (")
        assert again.strip().startswith("Checked again in turn")


async def test_somebody_without_a_match_is_told_when_they_are_checked_next() -> None:
    async with lab() as world:
        await world.contact(email="a@x.org", firstName="Ada")
        kinds: dict[str, Row] = {
            "changed": {},
            "off": {"recheck_requests": 0},
            "full": {"mode": "full"},
            "disabled": {},
        }
        goals = [
            {"import": {**goal()["import"], "id": f"g-{name}", "name": name, **more}}
            for name, more in kinds.items()
        ]
        world.apply(*goals)
        await world.run()
        goals[-1]["import"]["enabled"] = False
        world.apply(*goals)

        lines = await why(world, "a@x.org")

        nexts = [line.strip() for line in lines if line.startswith("    ")]
        assert nexts[0].startswith("Checked again in turn, within 100 requests in each run, at the")
        assert "in the first run after " in nexts[0]
        assert nexts[1].startswith("Checked again when the contact changes, at the latest in the")
        assert nexts[2:] == [
            "Checked again in the next run.",
            "Checked again once the goal is switched on.",
        ]
        first, *_ = await why(world, "a@x.org", "--json")
        assert json.loads(first)["next_check"] == nexts[0]
        await world.profile(properties={"email": ["a@x.org"]})
        await world.run()
        assert not [line for line in await why(world, "a@x.org") if "Checked again in" in line]
