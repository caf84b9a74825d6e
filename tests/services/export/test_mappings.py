"""What each source writes, and what becomes empty."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.export.desk import READERS, VISITORS, Desk

SOURCES: list[dict[str, Any]] = [
    {"from": {"property": "first_name"}, "field": "firstName"},
    {"from": {"property": "tier"}, "field": "%TIER%"},
    {"from": {"property": "interests"}, "field": "%INTERESTS%"},
    {"from": {"property": "answer_001"}, "field": "%REMARKS%"},
    {"from": {"property": "birthday"}, "field": "%BIRTHDAY%"},
    {"from": {"property": "last_order"}, "field": "%LAST_ORDER%"},
    {"from": "profile_id", "field": "%BCID%"},
    {"from": {"segments": "all"}, "field": "%SEGMENTS%"},
    {"from": {"segments": [VISITORS]}, "field": "%ANSWER_001%"},
    {"from": "lifecycles", "field": "%STAGE%"},
    {"from": "viewed_interactions", "field": "%SEEN%"},
    {"from": "permission_level", "field": "%LEVEL%"},
    {"from": {"text": "blueconic"}, "field": "%SOURCE%"},
]


async def fields(desk: Desk, email: str = "a@x.org") -> dict[str, str]:
    found: dict[str, str] = (await desk.contacts())[email]["fields"]
    return found


async def seen_dialogue(desk: Desk) -> tuple[str, str]:
    from actui.sandbox.blueconic.tenant_catalogue import DIALOGUES

    return DIALOGUES[0].id, DIALOGUES[0].name


@pytest.mark.parametrize("shown", ["present", "profile-only"])
async def test_every_source_writes_names_in_the_fields_form(desk: Desk, shown: str) -> None:
    await desk.switch(lifecycle_stages=shown)
    number, name = await seen_dialogue(desk)
    profile = await desk.profile("a@x.org", segments=[READERS, VISITORS], first_name="Ada")
    await desk.mutate(
        "blueconic",
        "update",
        id=profile,
        set={
            "stage": "First stage",
            "permissionLevel": "ANONYMOUS",
            "properties": {
                "tier": ["gold"],
                "interests": ["travel", "music"],
                "answer_001": ["one", "two"],
                "birthday": ["86400000"],
                "last_order": ["1735732800000"],
                "interactions_viewed": [number],
            },
        },
    )
    connection = desk.connection({"mappings": SOURCES}, timezone="Europe/Amsterdam")
    summary = (await desk.run(connection)).goals[0]
    assert (summary.created, summary.warnings) == (1, 0)
    assert await fields(desk) == {
        "TIER": "gold",
        "INTERESTS": "||travel||music||",
        "REMARKS": "one, two",
        "BIRTHDAY": "1970-01-02",
        "LAST_ORDER": "2025-01-01T13:00:00+01:00",
        "BCID": profile,
        "SEGMENTS": f"All profiles, {READERS}, {VISITORS}",
        "ANSWER_001": VISITORS,
        "STAGE": "Welcome",
        "SEEN": name,
        "LEVEL": "ANONYMOUS",
        "SOURCE": "blueconic",
    }


async def test_values_that_an_option_field_does_not_know_are_warnings(desk: Desk) -> None:
    profile = await desk.profile("a@x.org", tier="platinum")
    await desk.change(profile, interests=["travel", "knitting"])
    goal = {"mappings": SOURCES[1:3]}
    summary = await desk.export(goal)
    assert (summary.created, summary.warnings) == (1, 2)
    assert summary.message.count("1 value left out, which are no options of the field.") == 2
    assert "platinum" not in summary.message
    assert await fields(desk) == {"INTERESTS": "||travel||"}


@pytest.mark.parametrize("empty", ["overwrites", "ignored"])
async def test_what_became_empty_is_cleared(desk: Desk, empty: str) -> None:
    await desk.switch(lifecycle_stages="present", bulk_empty_text=empty)
    number, _ = await seen_dialogue(desk)
    profile = await desk.profile("a@x.org", segments=[READERS, VISITORS], first_name="Ada")
    await desk.change(profile, interactions_viewed=[number], city=["Delft"], tier=["gold"])
    await desk.mutate("blueconic", "update", id=profile, set={"stage": "First stage"})
    goal = {
        "mappings": [
            *(SOURCES[n] for n in (0, 8, 9, 10)),
            {"from": {"property": "city"}, "field": "%CITY%", "when_empty": "clear"},
            {"from": {"property": "tier"}, "field": "%TIER%"},
        ]
    }
    await desk.export(goal)
    assert len(await fields(desk)) == 5
    await desk.mutate("blueconic", "leave", id=profile, segment=VISITORS)
    await desk.change(profile, interactions_viewed=[], city=[], tier=[], first_name=[])
    await desk.mutate("blueconic", "update", id=profile, set={"stage": None})
    assert (await desk.export(goal)).updated == 1
    filled = {name: value for name, value in (await fields(desk)).items() if value}
    assert filled == {"TIER": "gold"}
    assert (await desk.contacts())["a@x.org"]["firstName"] == "Ada"
    assert (await desk.export(goal)).unchanged == 1


async def test_what_never_was_filled_is_not_cleared(desk: Desk) -> None:
    await desk.contact("a@x.org", fields={"SEEN": "by hand"})
    await desk.profile("a@x.org", first_name="Ada")
    await desk.export({"mappings": [SOURCES[0], SOURCES[10]]})
    assert await fields(desk) == {"SEEN": "by hand"}


async def test_unknown_stages_are_not_empty(desk: Desk) -> None:
    await desk.switch(lifecycle_stages="present")
    profile = await desk.profile("a@x.org", first_name="Ada")
    await desk.mutate("blueconic", "update", id=profile, set={"stage": "First stage"})
    goal = {"mappings": [SOURCES[0], SOURCES[9]]}
    await desk.export(goal)
    await desk.switch(lifecycle_stages="absent")
    for name in ("Bea", "Cid"):
        await desk.change(profile, first_name=[name])
        summary = await desk.export(goal)
        assert (summary.updated, summary.warnings) == (1, 1)
        assert "does not show lifecycle stages" in summary.message
        assert await fields(desk) == {"STAGE": "Welcome"}
    # known again, and empty by now
    await desk.switch(lifecycle_stages="present")
    await desk.mutate("blueconic", "update", id=profile, set={"stage": None})
    await desk.export(goal)
    assert await fields(desk) == {"STAGE": ""}


@pytest.mark.parametrize("shown", ["present", "profile-only"])
async def test_who_left_every_lifecycle_is_cleared_where_the_key_is_left_out(
    desk: Desk, shown: str
) -> None:
    await desk.switch(lifecycle_stages=shown, no_lifecycle_stage="left-out")
    for name in ("a", "b"):
        profile = await desk.profile(f"{name}@x.org", first_name="Ada")
        await desk.mutate("blueconic", "update", id=profile, set={"stage": "First stage"})
    goal = {"mappings": [SOURCES[0], SOURCES[9]]}
    assert (await desk.export(goal)).warnings == 0
    await desk.mutate("blueconic", "update", id="a@x.org", set={"stage": None})
    summary = await desk.export(goal)
    assert (summary.updated, summary.unchanged, summary.warnings) == (1, 1, 0)
    assert [await fields(desk, f"{name}@x.org") for name in ("a", "b")] == [
        {"STAGE": ""},
        {"STAGE": "Welcome"},
    ]


async def test_an_unchanged_run_sends_nothing(desk: Desk) -> None:
    for n in range(20):
        await desk.profile(f"p{n}@x.org", first_name="Ada")
    goal = {"mappings": SOURCES}
    await desk.export(goal)
    await desk.forget()
    assert (await desk.export(goal)).unchanged == 20
    assert await desk.writes() == []
    # a changed mapping makes the run full
    assert (await desk.export({"mappings": SOURCES[:3]})).updated == 20


LMT = "-3786826772000"
"""Midnight of 1850-01-01 in Amsterdam, when clocks there were 19 minutes and 32 seconds ahead."""
INSTANTS = [
    {"from": {"property": "last_order"}, "field": "%LAST_ORDER%"},
    {"from": {"property": "last_order"}, "field": "%BIRTHDAY%"},
    {"from": {"property": "last_order"}, "field": "firstName"},
    {"from": {"property": "city"}, "field": "%LAST_ORDER%"},
]


async def test_an_instant_before_standard_time_has_no_offset_with_seconds(desk: Desk) -> None:
    profile = await desk.profile("a@x.org", last_order=LMT, city="1850-01-01")
    assert profile
    for mappings in (INSTANTS[:3], INSTANTS[3:]):
        connection = desk.connection({"mappings": mappings}, timezone="Europe/Amsterdam")
        assert (await desk.run(connection)).goals[0].warnings == 0
        contact = (await desk.contacts())["a@x.org"]
        assert contact["fields"]["LAST_ORDER"] == "1849-12-31T23:40:28+00:00"
        assert contact["fields"]["BIRTHDAY"] == "1850-01-01"
        assert contact["firstName"] == "1849-12-31T23:40:28+00:00"


@pytest.mark.parametrize("stored", ["１７３５７３２８０００００", "1_735_732", "999999999999999"])
async def test_what_is_no_instant_becomes_no_date(desk: Desk, stored: str) -> None:
    await desk.profile("a@x.org", last_order=stored, last_name="L")
    goal = {"mappings": [{"from": {"property": "last_name"}, "field": "lastName"}, *INSTANTS[:2]]}
    summary = await desk.export(goal)
    assert (summary.created, summary.warnings) == (1, 2)
    assert "which are no dates" in summary.message
    assert await fields(desk) == {}


@pytest.mark.parametrize("shapes", ["examples", "schemas"])
@pytest.mark.parametrize("ids", ["dialogues", "variants"])
async def test_an_interaction_s_id_is_a_dialogue_s_or_a_variant_s(
    desk: Desk, ids: str, shapes: str
) -> None:
    await desk.switch(interaction_ids=ids, document_shapes=shapes)
    number, name = await seen_dialogue(desk)
    gone = "11111111-2222-4333-8444-555555555555"
    for email, seen in (("a", [number]), ("b", [gone, number]), ("c", [gone]), ("d", [])):
        profile = await desk.profile(f"{email}@x.org", first_name="Ada")
        await desk.change(profile, interactions_viewed=seen)
    summary = await desk.export({"mappings": [SOURCES[0], SOURCES[10]]})
    assert (summary.created, summary.warnings, summary.omitted) == (4, 2, {"%SEEN%": 2})
    assert "%SEEN%: 2 values left out, which have no name in BlueConic." in summary.message
    assert await fields(desk, "a@x.org") == await fields(desk, "b@x.org") == {"SEEN": name}
    assert await fields(desk, "c@x.org") == await fields(desk, "d@x.org") == {}
    assert (await desk.export({"mappings": [SOURCES[0], SOURCES[10]]})).unchanged == 4


async def test_unreadable_dialogues_leave_viewed_interactions_alone(desk: Desk) -> None:
    number, name = await seen_dialogue(desk)
    profile = await desk.profile("a@x.org", first_name="Ada", interactions_viewed=number)
    goal = {"mappings": [SOURCES[0], SOURCES[10]]}
    await desk.export(goal)
    for first, seen in (("Bea", [number]), ("Cid", [])):
        await desk.change(profile, first_name=[first], interactions_viewed=seen)
        await desk.fault("403-bare", ".*/dialogues", times=2)
        summary = await desk.export(goal)
        assert (summary.updated, summary.warnings, summary.omitted) == (1, 1, {})
        assert "does not let the names of dialogues be read" in summary.message
        assert await fields(desk) == {"SEEN": name}
    # readable again, and empty by now
    await desk.export(goal)
    assert await fields(desk) == {"SEEN": ""}


async def test_a_goal_without_viewed_interactions_has_no_warning_of_them(desk: Desk) -> None:
    await desk.profile("a@x.org", first_name="Ada")
    await desk.fault("403-bare", ".*/dialogues", times=2)
    with_them = {"mappings": [SOURCES[0], SOURCES[10]]}
    without = {"id": "g-2", "name": "Names", "mappings": [SOURCES[0]]}
    summary = await desk.run(desk.connection(with_them, without))
    assert [goal.warnings for goal in summary.goals] == [1, 0]
