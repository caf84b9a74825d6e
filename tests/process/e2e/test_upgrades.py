"""A home as version 0.1.0 wrote it: what was accepted then is not sent again by this version."""

from __future__ import annotations

from typing import Any

import pytest

from actui.model import config_hash as confighash
from actui.model.errors import StoppedError
from actui.model.goals import Goal
from actui.sync import fingerprints
from actui.sync.exporting.exporter import ExportRun
from tests.process.e2e.lab import Lab, Row, lab

PUT = "/rest/v2/profiles"
ODD = ["Anna@Example.com", "zoë.o'brien@example.org", "tail@example.com", 'q"uote@example.com']
MOST_RUNS = 6
LINK = [{"field": "email", "property": "email"}]
IMPORT = {
    "id": "g-1",
    "name": "Contacts",
    "contacts": "all",
    "create_profiles": True,
    "identifiers": LINK,
    "mappings": [
        {"field": "firstName", "property": "first_name"},
        {"field": "%POINTS%", "property": "points", "rule": "sum"},
    ],
}
EXPORT = {
    "id": "g-2",
    "name": "Engaged",
    "segment": "Newsletter readers",
    "identifiers": LINK,
    "mappings": [
        {"from": {"property": "first_name"}, "field": "firstName", "when_empty": "clear"},
        {"from": {"segments": "all"}, "field": "%SEGMENTS%"},
    ],
    "lists": ["Newsletter"],
}


@pytest.fixture
def first_version(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Write what version 0.1.0 wrote, until `undo`."""
    make = fingerprints.Fingerprint.__init__

    def in_first_form(self: Any, today: bytes, first: Any) -> None:
        make(self, first(), first)

    def config_hash(self: Goal) -> str:
        settings, _ = self._settings()
        return confighash._first_hash(self.kind, confighash._first_spelled(self.kind, settings))

    monkeypatch.setattr(fingerprints.Fingerprint, "__init__", in_first_form)
    monkeypatch.setattr(Goal, "config_hash", config_hash)
    return monkeypatch


async def people(world: Lab) -> None:
    for number, email in enumerate(ODD):
        await world.contact(email=email, firstName=f"Zoë {number}", fields={"POINTS": "3"})
        await world.profile(
            properties={"email": [f"p{number}@example.com"], "first_name": [f"O'Neil {number}"]},
            segments=["Newsletter readers"],
        )


async def writes(world: Lab) -> list[Row]:
    log = await world.requests()
    return [r for r in log if r["method"] != "GET" and not r["path"].endswith("/oauth/token")]


def stored(world: Lab) -> tuple[dict[str, str], dict[tuple[int, object], tuple[Any, ...]]]:
    """The digests of the goals, and each person's row."""
    connection = world.context.connections.find("Lab").connection
    with world.context.ledger(connection) as ledger:
        rows = ledger.database.connection.execute(
            "SELECT goal, key, outcome, reason, run, fingerprint FROM person"
        )
        kept = {(goal, key): tuple(rest) for goal, key, *rest in rows}
        return {g.id: ledger.goals.state(g.id).config_hash for g in connection.goals}, kept


async def settled(world: Lab) -> None:
    """Run until nothing is left to send; each goal makes people for the other."""
    await world.forget()
    for _ in range(MOST_RUNS):
        assert (await world.run()).ok
        if not await writes(world):
            return
        await world.forget()
    raise AssertionError(f"{MOST_RUNS} runs have all sent something")


async def test_the_first_run_after_an_upgrade_sends_nobody_and_renews_what_is_stored(
    first_version: pytest.MonkeyPatch,
) -> None:
    async with lab() as world:
        await people(world)
        world.apply({"import": IMPORT}, {"export": EXPORT})
        await settled(world)
        hashes, rows = stored(world)
        assert all(len(digest) == 16 for digest in hashes.values())
        first_version.undo()
        await world.forget()

        after = await world.run()

        assert after.ok, after.message
        assert await writes(world) == []
        assert [goal.read for goal in after.goals] == [goal.unchanged for goal in after.goals]
        assert all(goal.unchanged for goal in after.goals)
        assert "everybody is sent again" not in "".join(goal.message for goal in after.goals)
        new_hashes, new_rows = stored(world)
        assert all(digest.startswith("2:") for digest in new_hashes.values())
        for key, (*told, mark) in rows.items():
            *still, renewed = new_rows[key]
            assert (still, mark is None) == (told, renewed is None)
            assert mark is None or (renewed != mark and renewed[0] == 2)
        await world.forget()
        assert (await world.run()).ok
        assert await writes(world) == []


async def test_a_goal_that_was_changed_over_an_upgrade_is_sent_again(
    first_version: pytest.MonkeyPatch,
) -> None:
    async with lab() as world:
        await people(world)
        world.apply({"import": IMPORT})
        assert (await world.run()).ok
        first_version.undo()
        changed = {**IMPORT, "mappings": [{**IMPORT["mappings"][0], "when_empty": "clear"}]}
        world.apply({"import": changed})

        goal = (await world.run()).goals[0]

        assert "everybody is sent again" in goal.message


async def test_a_run_that_was_cut_off_before_an_upgrade_goes_on_after_it(
    first_version: pytest.MonkeyPatch,
) -> None:
    async def stopped(self: ExportRun) -> None:
        raise StoppedError("Stopped between the goals.")

    first_version.setattr(ExportRun, "execute", stopped)
    async with lab() as world:
        await people(world)
        world.apply({"import": IMPORT}, {"export": EXPORT})
        before = await world.run()
        first_version.undo()
        await world.forget()

        after = await world.run()

        assert after.ok, after.message
        assert after.run == before.run
        assert after.goals[0].created == len(ODD)
        assert PUT not in [row["path"] for row in await writes(world)], "the import began anew"
        assert after.goals[1].created == len(ODD)
