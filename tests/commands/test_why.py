"""One person's story on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess

from tests.e2e.lab import NAME, Lab, Row, lab
from tests.e2e.processes import ACTUI


async def why(world: Lab, email: str, *words: str) -> list[str]:
    """What `actui why` prints."""
    done = await asyncio.to_thread(
        subprocess.run,
        [*ACTUI, "why", NAME, email, *words],
        env={**os.environ, **world.environ},
        capture_output=True,
        text=True,
        check=True,
    )
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

        (line,) = await why(world, "unknown@example.org")
        assert line.startswith("In: skipped: no profile matches")
        assert "run " in line
        (line,) = await why(world, "known@example.org")
        assert line.startswith("In: updated (")
        (line,) = await why(world, "gone@intranet")
        assert "the identifier's value does not fit its property: email" in line
        (line,) = await why(world, "never@example.org")
        assert line.startswith("In: nothing is kept of this address")
        (told,) = [json.loads(one) for one in await why(world, "gone@intranet", "--json")]
        assert (told["contact_id"], told["goal"], told["reason"]) == (
            erased,
            "In",
            "invalid-identifier",
        )
