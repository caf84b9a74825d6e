"""A list that is named like another one's id: no command takes one for the other."""

from __future__ import annotations

import asyncio
import os
import subprocess

import httpx
import pytest

from tests.process import forked
from tests.process.e2e.lab import NAME, Lab, lab

EXPORT = {
    "id": "g-1",
    "name": "Engaged",
    "segment": "Newsletter readers",
    "identifiers": [{"field": "email", "property": "email"}],
    "mappings": [{"from": {"property": "first_name"}, "field": "firstName"}],
}


async def named_like_an_id(world: Lab) -> str:
    """Make a list whose name is the id of a list that was there."""
    service = world.ready["activecampaign"]
    async with httpx.AsyncClient(headers={"Api-Token": service["api_key"]}) as http:
        lists = (await http.get(f"{service['url']}/api/3/lists")).json()["lists"]
        taken = str(lists[0]["id"])
        body = {"list": {"name": taken, "stringid": "odd", "sender_url": "https://example.com"}}
        made = await http.post(f"{service['url']}/api/3/lists", json=body)
        assert made.status_code == 201, made.text
    return taken


def actui(world: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    return forked.run(*words, environ={**os.environ, **world.environ})


@pytest.mark.parametrize("command", [["run", NAME], ["check", NAME, "--online"]])
async def test_a_list_that_two_could_be_is_refused(command: list[str]) -> None:
    async with lab() as world:
        word = await named_like_an_id(world)
        world.apply({"export": {**EXPORT, "lists": [word]}})
        done = await asyncio.to_thread(actui, world, *command)
        assert done.returncode == 2, done.stdout + done.stderr
        assert f"The ActiveCampaign list '{word}' could be " in done.stdout + done.stderr
        world.apply({"export": {**EXPORT, "lists": [{"name": "x", "id": word}]}})
        summary = await world.run()
        assert summary.ok, summary.message
        kept = world.context.connections.find(NAME).connection
        assert [one.id for one in kept.exports()[0].lists] == [word]
