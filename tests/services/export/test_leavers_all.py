"""`unsubscribe: all`: people who leave the segment, whoever put them on the list, and no others."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.export.desk import (
    ACTIVE,
    NEWSLETTER,
    READERS,
    UNSUBSCRIBED,
    VISITORS,
    Desk,
    open_desk,
)

NEVER: dict[str, Any] = {"unsubscribe": "never", "resubscribe": "own"}
OWN = {**NEVER, "unsubscribe": "own"}
ALL = {**NEVER, "unsubscribe": "all"}


async def others(desk: Desk, count: int, start: int = 0) -> dict[str, str]:
    """Profiles in the segment, by address, whose contacts somebody else put on the list."""
    found = {}
    for n in range(start, start + count):
        await desk.contact(f"p{n}@x.org", {NEWSLETTER: ACTIVE})
        found[f"p{n}@x.org"] = await desk.profile(f"p{n}@x.org")
    return found


async def leave(desk: Desk, *profiles: str) -> None:
    await desk.post("/clock", advance=60)
    for profile in profiles:
        await desk.mutate("blueconic", "leave", id=profile, segment=READERS)


async def off(desk: Desk) -> set[str]:
    rows = (await desk.contacts()).items()
    return {email for email, row in rows if row["lists"].get(NEWSLETTER) == UNSUBSCRIBED}


async def confirmed(desk: Desk) -> None:
    """A first run with `all`, confirmed before anybody had left."""
    assert (await desk.export(ALL, confirm_leavers=1)).ok


@pytest.mark.parametrize("before", [NEVER, OWN, ALL])
async def test_the_first_run_with_all_needs_confirmation_whatever_came_before(
    desk: Desk, before: dict[str, Any]
) -> None:
    profiles = await others(desk, 3)
    profiles["own@x.org"] = await desk.profile("own@x.org")
    await desk.export(before)
    await leave(desk, profiles["p0@x.org"], profiles["own@x.org"])
    await desk.forget()
    summary = await desk.export(ALL)
    assert (summary.ok, summary.code) == (False, "leavers-need-confirmation")
    assert summary.leavers == 2
    assert "2 people" in summary.message
    assert "somebody else put 1 of them" in summary.message
    assert "--confirm-leavers 2" in summary.message
    assert not [one for one in await desk.writes() if "contactLists" in one]
    assert (await desk.export(ALL, confirm_leavers=1)).code == "leavers-need-confirmation"
    assert await off(desk) == set()
    summary = await desk.export(ALL, confirm_leavers=2)
    assert (summary.ok, summary.lists.unsubscribed) == (True, 2)
    assert await off(desk) == {"p0@x.org", "own@x.org"}
    # from then on the setting acts by itself
    await leave(desk, profiles["p1@x.org"])
    assert (await desk.export(ALL)).lists.unsubscribed == 1
    assert await off(desk) == {"p0@x.org", "p1@x.org", "own@x.org"}


async def test_changing_back_to_all_needs_confirmation_again(desk: Desk) -> None:
    profiles = await others(desk, 3)
    await confirmed(desk)
    await desk.export(OWN)
    await leave(desk, profiles["p0@x.org"])
    assert (await desk.export(ALL)).code == "leavers-need-confirmation"
    assert await off(desk) == set()


@pytest.mark.parametrize("setting", [NEVER, OWN])
async def test_with_any_other_setting_they_stay(desk: Desk, setting: dict[str, Any]) -> None:
    profiles = await others(desk, 3)
    await desk.export(setting)
    await leave(desk, profiles["p0@x.org"])
    summary = await desk.export(setting, confirm_leavers=9)
    assert (summary.ok, summary.lists.unsubscribed) == (True, 0)
    assert await off(desk) == set()


async def test_whom_the_segment_never_held_stays(desk: Desk) -> None:
    await desk.contact("stranger@x.org", {NEWSLETTER: ACTIVE})
    await desk.contact("visitor@x.org", {NEWSLETTER: ACTIVE})
    await desk.profile("visitor@x.org", segments=[VISITORS])
    profiles = await others(desk, 3)
    await confirmed(desk)
    await leave(desk, profiles["p0@x.org"])
    assert (await desk.export(ALL, confirm_leavers=99)).lists.unsubscribed == 1
    assert await off(desk) == {"p0@x.org"}


async def test_who_was_only_in_an_incomplete_or_partial_listing_stays(desk: Desk) -> None:
    await people_on_the_list(desk, 40)
    await desk.switch(segment_listing="short")
    await desk.export(ALL, confirm_leavers=99)
    await desk.switch(segment_listing="whole")
    await desk.export(ALL, limit=30)
    await leave(desk, *[row["id"] for row in await desk.lines("/profiles")][:3])
    assert (await desk.export(ALL, confirm_leavers=99)).lists.unsubscribed == 0
    assert await off(desk) == set()


async def people_on_the_list(desk: Desk, count: int) -> None:
    await others(desk, count)


async def test_a_changed_segment_starts_with_nobody(desk: Desk) -> None:
    profiles = await others(desk, 4)
    await confirmed(desk)
    for profile in list(profiles.values())[:2]:
        await desk.mutate("blueconic", "enter", id=profile, segment=VISITORS)
    await desk.post("/clock", advance=60)
    goal = {**ALL, "segment": VISITORS}
    assert (await desk.export(goal, confirm_leavers=9)).lists.unsubscribed == 0
    assert await off(desk) == set()
    await desk.mutate("blueconic", "leave", id=profiles["p0@x.org"], segment=VISITORS)
    assert (await desk.export(goal)).lists.unsubscribed == 1
    assert await off(desk) == {"p0@x.org"}


async def test_who_left_is_dealt_with_once(desk: Desk) -> None:
    """Whoever puts them on the list after that, outside the segment, does not find them gone."""
    profiles = await others(desk, 3)
    await confirmed(desk)
    await leave(desk, profiles["p0@x.org"])
    assert (await desk.export(ALL)).lists.unsubscribed == 1
    await desk.mutate("activecampaign", "subscribe", id="p0@x.org", list=NEWSLETTER)
    await desk.forget()
    assert (await desk.export(ALL)).lists.unsubscribed == 0
    # nor are they looked at again
    assert await desk.requests("GET", r"/api/3/contacts/1") == 0
    assert await off(desk) == set()
    # until they come back and leave once more
    await desk.mutate("blueconic", "enter", id=profiles["p0@x.org"], segment=READERS)
    await desk.export(ALL)
    await leave(desk, profiles["p0@x.org"])
    assert (await desk.export(ALL)).lists.unsubscribed == 1
    assert await off(desk) == {"p0@x.org"}


async def test_who_comes_back_is_resubscribed_as_the_goals_own(desk: Desk) -> None:
    profiles = await others(desk, 3)
    await confirmed(desk)
    await leave(desk, profiles["p0@x.org"])
    await desk.export(ALL)
    await desk.mutate("blueconic", "enter", id=profiles["p0@x.org"], segment=READERS)
    assert (await desk.export(ALL)).lists.resubscribed == 1
    assert await off(desk) == set()


async def test_a_fifth_at_once_waits_for_confirmation(desk: Desk) -> None:
    """Who is not on the list does not make the share look smaller."""
    profiles = await others(desk, 50)
    for n in range(50, 80):
        await desk.contact(f"p{n}@x.org", {NEWSLETTER: UNSUBSCRIBED})
        await desk.profile(f"p{n}@x.org")
    await confirmed(desk)
    gone = await off(desk)
    await leave(desk, *list(profiles.values())[:11])
    summary = await desk.export(ALL)
    assert (summary.code, summary.leavers) == ("leavers-need-confirmation", 11)
    assert "11 of 50" in summary.message
    assert await off(desk) == gone
    assert (await desk.export(ALL, confirm_leavers=11)).lists.unsubscribed == 11


async def test_an_empty_listing_waits_for_confirmation(desk: Desk) -> None:
    profiles = await others(desk, 3)
    await confirmed(desk)
    await leave(desk, *profiles.values())
    assert (await desk.export(ALL)).code == "leavers-need-confirmation"
    assert await off(desk) == set()


async def test_another_goals_people_stay(desk: Desk) -> None:
    profiles = await others(desk, 3)
    goals = (
        {"id": "g-a", "name": "A", **ALL},
        {"id": "g-b", "name": "B", "segment": VISITORS},
    )
    connection = desk.connection(*goals)
    await desk.run(connection, confirm_leavers=1)
    await leave(desk, profiles["p0@x.org"])
    await desk.mutate("blueconic", "enter", id=profiles["p0@x.org"], segment=VISITORS)
    await desk.run(connection)
    assert await off(desk) == set()
    # they are still remembered: leaving the other segment ends it
    await desk.mutate("blueconic", "leave", id=profiles["p0@x.org"], segment=VISITORS)
    await desk.run(connection)
    assert await off(desk) == {"p0@x.org"}


async def test_a_goal_of_another_connection_keeps_its_people(desk: Desk) -> None:
    profiles = await others(desk, 2)
    await confirmed(desk)
    numbers = {email: int(row["id"]) for email, row in (await desk.contacts()).items()}
    await leave(desk, profiles["p0@x.org"])
    desk.claims[int(NEWSLETTER)] = {numbers["p0@x.org"]}
    assert (await desk.export(ALL)).lists.unsubscribed == 0
    desk.claims[int(NEWSLETTER)] = set()
    assert (await desk.export(ALL)).lists.unsubscribed == 1


async def test_who_is_forgotten_is_not_remembered_as_seen(desk: Desk) -> None:
    await others(desk, 2)
    await desk.export(NEVER)
    with desk.ledger() as ledger:
        assert [*ledger.shown_contacts.of_goal("g-1", await segment_id(desk))] == [[1, 2]]
        contacts, profiles = ledger.erasure.known_as("p0@x.org")
        ledger.erasure.erase("p0@x.org", contacts, profiles, lambda text: text)
        assert [*ledger.shown_contacts.of_goal("g-1", await segment_id(desk))] == [[2]]


async def test_what_a_removed_goal_saw_goes_with_it(desk: Desk) -> None:
    await others(desk, 2)
    await desk.run(desk.connection({"id": "g-1"}, {"id": "g-2", "name": "Other"}))
    segment = await segment_id(desk)
    with desk.ledger() as ledger:
        assert (
            [*ledger.shown_contacts.of_goal("g-1", segment)]
            == [*ledger.shown_contacts.of_goal("g-2", segment)]
            == [[1, 2]]
        )
    await desk.run(desk.connection({"id": "g-2", "name": "Other"}))
    with desk.ledger() as ledger:
        assert [*ledger.shown_contacts.of_goal("g-1", segment)] == []
        assert [*ledger.shown_contacts.of_goal("g-2", segment)] == [[1, 2]]


async def segment_id(desk: Desk) -> str:
    assert desk.kept is not None
    return desk.kept.exports()[-1].segment.id or ""


PEOPLE = 4
moves = st.lists(
    st.tuples(
        st.sampled_from(("enter", "leave", "leave", "subscribe", "run", "run")),
        st.integers(0, PEOPLE - 1),
        st.sampled_from(("never", "own", "all", "all")),
        st.sampled_from((None, 99)),
    ),
    max_size=14,
)


async def play(
    place: Path, begin: list[bool], drawn: list[tuple[str, int, str, int | None]]
) -> None:
    async with open_desk(place) as desk:
        ids = []
        for n, is_in in enumerate(begin):
            await desk.contact(f"p{n}@x.org", {NEWSLETTER: ACTIVE})
            segments = [READERS] if is_in else []
            ids.append(await desk.profile(f"p{n}@x.org", segments=segments))
        now = {n for n, is_in in enumerate(begin) if is_in}
        seen: set[int] = set()
        has_confirmed = False
        for what, n, setting, confirm in drawn:
            await desk.post("/clock", advance=120)
            if what in ("enter", "leave"):
                await desk.mutate("blueconic", what, id=ids[n], segment=READERS)
                now = now | {n} if what == "enter" else now - {n}
            elif what == "subscribe":
                await desk.mutate("activecampaign", "subscribe", id=f"p{n}@x.org", list=NEWSLETTER)
            else:
                before = await off(desk)
                # resubscribing would make them the goal's own
                goal = {"unsubscribe": setting, "resubscribe": "never"}
                await desk.export(goal, confirm_leavers=confirm)
                made = {int(email[1]) for email in await off(desk) - before}
                assert made <= seen - now, "somebody the segment never held, or still holds"
                assert not made or setting == "all"
                assert not made or confirm or has_confirmed
                has_confirmed = setting == "all" and (has_confirmed or confirm is not None)
                seen |= now


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(st.booleans(), min_size=PEOPLE, max_size=PEOPLE), moves)
def test_nobody_is_unsubscribed_whom_the_segment_never_held(
    begin: list[bool], drawn: list[tuple[str, int, str, int | None]]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(play(Path(place), begin, drawn))
