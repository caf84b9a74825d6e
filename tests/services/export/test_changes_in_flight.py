"""A list change that was in flight when the process died is recognized by the run that continues.

What the goal remembers afterwards, and what follows from it, is as if nothing had happened. Whose
change it was is decided as if an answer had been lost: an unsubscription may be the person's own.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.services.export.desk import (
    ACTIVE,
    NEWSLETTER,
    READERS,
    UNSUBSCRIBED,
    WEBINAR,
    Desk,
    open_desk,
)
from tests.services.export.test_unreadable_rows import changed, put

GOAL = {"unsubscribe": True, "resubscribe": "own"}
EMAIL = "a@x.org"
MEMORY = (
    "SELECT list, contact_id, left_mark IS NULL FROM membership",
    "SELECT list, contact_id, done FROM resubscribed",
    "SELECT contact_id FROM list_change",
)
LOST = ("timeout-after-commit", "hold", "timeout")
"""The change is made; is made after the death; is never made."""


def memory(desk: Desk) -> list[list[Any]]:
    with closing(sqlite3.connect(desk.place / "ledger.db")) as ledger:
        return [ledger.execute(query).fetchall() for query in MEMORY]


async def moves(desk: Desk, profile: str, how: str) -> None:
    await desk.post("/clock", advance=120)
    await desk.mutate("blueconic", how, id=profile, segment=READERS)


async def prepare(desk: Desk, *, comes_back: bool) -> str:
    """Somebody is about to be unsubscribed, or to be resubscribed."""
    profile = await desk.profile(EMAIL)
    await desk.profile("stays@x.org")
    await desk.export(GOAL)
    await moves(desk, profile, "leave")
    if comes_back:
        await desk.export(GOAL)
        await moves(desk, profile, "enter")
    await desk.forget()
    return profile


async def dies_in_flight(desk: Desk, kind: str) -> None:
    """A run dies while the answer to its list change is awaited; `kind` is what becomes of it."""
    async with desk.held(desk.connection(GOAL), "POST", "/contactLists", kind=kind):
        await desk.control.delete("/faults")
        await desk.post("/release")
        await desk.contacts()


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("comes_back", [True, False], ids=["resubscribed", "unsubscribed"])
async def test_the_goal_remembers_what_it_would_have(
    desk: Desk, tmp_path: Path, kind: str, comes_back: bool
) -> None:
    (tmp_path / "calm").mkdir()
    async with open_desk(tmp_path / "calm") as calm:
        await prepare(calm, comes_back=comes_back)
        expected = await calm.export(GOAL)
        expected_memory = memory(calm)
    await prepare(desk, comes_back=comes_back)
    await dies_in_flight(desk, kind)
    summary = await desk.go_on()
    assert await desk.status(EMAIL) == (ACTIVE if comes_back else UNSUBSCRIBED)
    assert summary.lists == expected.lists
    assert memory(desk) == expected_memory


async def test_one_spoiled_answer_to_the_look_at_it_ends_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = await prepare(desk, comes_back=True)
    await dies_in_flight(desk, "timeout-after-commit")
    with changed(monkeypatch, put(list=WEBINAR), r"/api/3/contacts/\d+$", {0}):
        await desk.go_on()
    await moves(desk, profile, "leave")
    assert (await desk.export(GOAL)).lists.unsubscribed == 1


@pytest.mark.parametrize("kind", LOST)
async def test_who_was_resubscribed_and_leaves_later_is_unsubscribed(desk: Desk, kind: str) -> None:
    profile = await prepare(desk, comes_back=True)
    await dies_in_flight(desk, kind)
    await desk.go_on()
    await moves(desk, profile, "leave")
    summary = await desk.export(GOAL)
    assert (summary.lists.unsubscribed, await desk.status(EMAIL)) == (1, UNSUBSCRIBED)


async def test_who_leaves_before_the_run_continues_is_unsubscribed(desk: Desk) -> None:
    profile = await prepare(desk, comes_back=True)
    await dies_in_flight(desk, "timeout-after-commit")
    await moves(desk, profile, "leave")
    summary = await desk.go_on()
    assert (summary.lists.resubscribed, summary.lists.unsubscribed) == (1, 1)
    assert await desk.status(EMAIL) == UNSUBSCRIBED


@pytest.mark.parametrize("first", ["the run continues", "they join"])
async def test_who_joins_again_by_themselves_after_a_lost_unsubscription_stays(
    desk: Desk, first: str
) -> None:
    await prepare(desk, comes_back=False)
    await dies_in_flight(desk, "timeout-after-commit")
    if first == "the run continues":
        await desk.go_on()
    await desk.post("/clock", advance=120)
    await desk.mutate("activecampaign", "subscribe", id=EMAIL, list=NEWSLETTER)
    if first == "they join":
        assert (await desk.go_on()).lists.unsubscribed == 0
    assert (await desk.export(GOAL)).lists.unsubscribed == 0
    assert await desk.status(EMAIL) == ACTIVE


async def test_a_lost_unsubscription_may_be_the_persons_own(desk: Desk) -> None:
    profile = await prepare(desk, comes_back=False)
    await dies_in_flight(desk, "timeout")
    await desk.mutate("activecampaign", "unsubscribe", id=EMAIL, list=NEWSLETTER)
    await desk.go_on()
    await moves(desk, profile, "enter")
    assert (await desk.export(GOAL)).lists.resubscribed == 0
    assert await desk.status(EMAIL) == UNSUBSCRIBED


async def test_who_subscribes_by_themselves_long_after_is_not_the_goals(desk: Desk) -> None:
    profile = await prepare(desk, comes_back=True)
    await dies_in_flight(desk, "timeout")
    await desk.post("/clock", advance=3600)
    await desk.mutate("activecampaign", "subscribe", id=EMAIL, list=NEWSLETTER)
    assert (await desk.go_on()).lists.resubscribed == 0
    await moves(desk, profile, "leave")
    assert (await desk.export(GOAL)).lists.unsubscribed == 0
    assert await desk.status(EMAIL) == ACTIVE


async def test_who_opted_out_again_meanwhile_stays_out(desk: Desk) -> None:
    await prepare(desk, comes_back=True)
    await dies_in_flight(desk, "timeout-after-commit")
    await desk.clock.sleep(5)
    await desk.mutate("activecampaign", "unsubscribe", id=EMAIL, list=NEWSLETTER)
    for setting in ("own", "all"):
        summary = await desk.export({**GOAL, "resubscribe": setting})
        assert (summary.lists.resubscribed, await desk.status(EMAIL)) == (0, UNSUBSCRIBED)
