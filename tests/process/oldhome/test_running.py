"""Runs of the home that 0.1.0 left: nobody is sent again, what was cut off comes to its end."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actui.model.addresses import clean
from tests.process.oldhome.cut_off import CUT_KNOWN, contact_facts, profile_facts
from tests.process.oldhome.making import (
    BULK,
    FORGOTTEN,
    FORGOTTEN_DOMAIN,
    FORGOTTEN_PLAIN,
    NEWSLETTER,
    READERS,
)
from tests.process.oldhome.opened import HOUR, YEAR, Opened, opened

Row = dict[str, Any]
NOT_SENT = {"no-identifier", "erased", "forgotten", "no-consent", "no-email"}
"""Reasons of people whom a run does not send, in the goals that are still switched on."""


def held(home: Opened, query: str) -> list[tuple[Any, ...]]:
    """Rows of the connection's ledger."""
    with closing(sqlite3.connect(home.ledger_file)) as database:
        return database.execute(query).fetchall()


def in_order(rows: list[Row]) -> list[Row]:
    """The same rows whatever order they came in."""
    return sorted(rows, key=partial(json.dumps, sort_keys=True))


@pytest.mark.parametrize("later", [HOUR, YEAR], ids=["an hour later", "a year later"])
async def test_an_unchanged_connection_sends_nothing(tmp_path: Path, later: float) -> None:
    """A year later everything is read, as complete readings have an age; an hour later changes."""
    async with opened(tmp_path, "Steady", later=later) as home:
        summary = await home.run()

        assert summary.ok, summary.message
        # not one write: 0.1.0 asks for a token by POST and sends nothing else either
        assert await home.writes() == Counter()
        for goal, before in zip(summary.goals, home.newest()["goals"], strict=True):
            assert goal.goal == before["goal"]
            assert (goal.created, goal.updated, goal.rejected, goal.unknown) == (0, 0, 0, 0)
            assert goal.message == before["message"] or "has changed" not in goal.message
            if later == YEAR:
                assert goal.read == before["read"]
        odd = [
            row
            for row in home.outcomes(summary.run)
            if row["reason"] not in NOT_SENT and str(row["email"]).isascii()
        ]
        assert odd == []
        assert summary.unique.model_dump() == home.newest()["unique"]


async def test_forgotten_people_stay_forgotten(tmp_path: Path) -> None:
    """By the same contact, by a new one, by a new profile; in each case of letters."""
    addresses = [FORGOTTEN, FORGOTTEN_PLAIN, FORGOTTEN_DOMAIN]
    async with opened(tmp_path, "Steady") as home:
        renamed, *others = addresses
        await home.mutate(
            "activecampaign", "update", id=renamed, set={"email": "renamed@example.com"}
        )
        for address in others:
            await home.mutate("activecampaign", "delete", id=address)
        ids = []
        for address in [*others, renamed]:
            values: Row = {"email": address.upper(), "lists": {NEWSLETTER: 1}, "firstName": "New"}
            ids.append(await home.mutate("activecampaign", "create", set=values))
            values = {"properties": {"email": [address.upper()]}, "segments": [READERS]}
            await home.mutate("blueconic", "create", set=values)

        summary = await home.run(full=True)

        contacts, _, readers, *_ = summary.goals
        # three new contacts, and the one whose address was changed
        assert contacts.reasons["forgotten"] == 4
        # three new profiles beside the three old ones
        assert readers.reasons["forgotten"] == 6
        told = home.outcomes(summary.run)
        assert len([row for row in told if row["reason"] == "forgotten"]) >= 10
        assert not [row for row in told if str(row["email"]).lower() in map(str.lower, addresses)]
        rows = await home.lines("/contacts")
        assert not [row for row in rows if str(row["id"]) in ids and row["fields"].get("BCID")]


async def test_batches_that_were_on_their_way_are_brought_to_their_end(tmp_path: Path) -> None:
    async with opened(tmp_path, "Cutoff") as home:
        assert [state for (state,) in held(home, "SELECT state FROM batch ORDER BY number")] == [
            *("done", "queued", "sending")
        ]
        there = {row["email"] for row in await home.lines("/contacts")}

        summary = await home.run()

        assert (summary.ok, summary.run) == (True, home.newest()["run"])
        first, cut = summary.goals
        assert (first.created, first.read) == (4, 4)
        assert cut.adds_up
        assert cut.created + cut.updated == cut.read
        assert cut.updated == CUT_KNOWN
        # the one that was never taken, and no other
        assert await home.writes() == Counter({f"POST {BULK}": 1})
        ends = [contact_facts(row) for row in await home.lines("/contacts")]
        # an address is cleaned where it makes a contact; 0.1.0 sent it as it was
        wanted = [
            row | {"email": row["email"] if row["email"] in there else clean(row["email"])}
            for row in home.expected["ends"]["Cutoff"]
        ]
        assert in_order(ends) == in_order(wanted)
        assert held(home, "SELECT * FROM newcomer") == []
        assert held(home, "SELECT count(*) FROM link") == [(cut.read + first.read,)]
        assert held(home, "SELECT count(*) FROM batch WHERE state <> 'done'") == [(0,)]
        assert summary.unique.exported == cut.read + first.read

        again = await home.run()

        assert [goal.unchanged for goal in again.goals] == [4, cut.read]
        assert await home.writes() == Counter({f"POST {BULK}": 1})


async def test_who_opted_out_meanwhile_is_not_put_back(tmp_path: Path) -> None:
    async with opened(tmp_path, "Cutoff") as home:
        names = [row["email"] for row in await home.lines("/contacts")]
        (waiting,) = held(home, "SELECT payload FROM batch WHERE state = 'sending'")
        taken = next(name for name in names if name.startswith("p2") and name not in waiting[0])
        person = {"id": taken, "list": NEWSLETTER}
        await home.mutate("activecampaign", "unsubscribe", **person)
        new = next(n for n in range(200, 270) if f"p{n}@example.com" in waiting[0])
        values: Row = {"email": f"p{new}@example.com", "lists": {NEWSLETTER: 2}}
        await home.mutate("activecampaign", "create", set=values)

        summary = await home.run()

        assert summary.ok
        rows = {row["email"]: row["lists"] for row in await home.lines("/contacts")}
        assert rows[taken][NEWSLETTER] == rows[f"p{new}@example.com"][NEWSLETTER] == 2


@pytest.mark.parametrize("full", [False, True])
async def test_sums_whose_answers_were_lost_are_added_once(tmp_path: Path, full: bool) -> None:
    async with opened(tmp_path, "Sums") as home:
        on_their_way = held(home, "SELECT count(*) FROM sum_send")
        assert on_their_way == [(9,)]

        summary = await home.run(full=full)

        assert summary.ok
        assert full or summary.run == home.newest()["run"]
        rows = await home.lines("/profiles")
        ends = [profile_facts(row) for row in rows]
        assert in_order(ends) == in_order(home.expected["ends"]["Sums"])
        assert held(home, "SELECT count(*) FROM sum_send") == [(0,)]
        receipts = [row["properties"].get("actui_sum_receipt", [""])[0] for row in rows]
        assert all(receipts)
        assert len(set(receipts)) == len(rows)
        before = await home.writes()

        again = await home.run()

        assert (again.goals[0].created, again.goals[0].updated) == (0, 0)
        assert await home.writes() == before
        assert [profile_facts(row) for row in await home.lines("/profiles")] == ends
