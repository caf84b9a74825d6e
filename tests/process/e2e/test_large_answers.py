"""One person whose own answer is larger than actui reads never stops the others."""

from __future__ import annotations

import pytest

from actui.api import http as transport
from tests.process.e2e.lab import Row, lab
from tests.process.e2e.test_imports import goal

MAPPINGS = [
    {"field": "firstName", "property": "first_name"},
    {"field": "%REMARKS%", "property": "answer_013"},
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 400_000)


def export(**more: object) -> Row:
    return {
        "export": {
            "id": "g-2",
            "name": "Export",
            "segment": "Newsletter readers",
            "identifiers": [{"field": "email", "property": "email"}],
            "mappings": [
                {"from": {"property": "first_name"}, "field": "firstName"},
                {"from": {"property": "answer_013"}, "field": "%REMARKS%"},
            ],
            **more,
        }
    }


@pytest.mark.parametrize("more", [{}, {"contacts": "lists", "lists": [{"list": "3"}]}])
async def test_a_contact_that_cannot_be_read_is_rejected_alone(more: Row) -> None:
    async with lab() as world:
        for number in range(20):
            remarks = {"fields": {"REMARKS": "r" * 1_000_000}} if number == 7 else {}
            lists = {"3": 1} if number % 2 else {}
            await world.contact(email=f"p{number}@x.org", lists=lists, **remarks)
        chosen = {**more, "lists": [{**more["lists"][0], "create_profiles": True}]} if more else {}
        if more:
            chosen.pop("create_profiles", None)
        world.apply(goal(mappings=MAPPINGS, **chosen))
        summary = (await world.run()).goals[0]
        assert (summary.ok, summary.created) == (True, 9 if more else 19)
        assert summary.reasons == {"too-large": 1}


async def test_a_profile_that_cannot_be_read_is_rejected_alone() -> None:
    async with lab() as world:
        for number in range(20):
            odd = {"answer_013": ["r" * 1_000_000]} if number == 7 else {}
            values = {"email": [f"p{number}@x.org"], "first_name": [f"P{number}"], **odd}
            await world.profile(properties=values, segments=["Newsletter readers"])
        world.apply(export())
        summary = (await world.run()).goals[0]
        assert (summary.ok, summary.created, summary.reasons) == (True, 19, {"too-large": 1})


async def test_nobody_joins_a_list_whose_rows_cannot_be_read() -> None:
    """They may have left it: their fields are kept up to date, and that is all."""
    async with lab() as world:
        unread = await world.contact(email="p0@x.org", fields={"REMARKS": "r" * 1_000_000})
        for number in range(2):
            values = {"email": [f"p{number}@x.org"], "first_name": [f"P{number}"]}
            await world.profile(properties=values, segments=["Newsletter readers"])
        world.apply(export(lists=["3"], resubscribe="all"))
        summary = (await world.run()).goals[0]
        assert (summary.ok, summary.created, summary.updated) == (True, 1, 1)
        rows = {row["email"]: row for row in await world.lines("/contacts")}
        assert rows["p1@x.org"]["lists"] == {"3": 1}
        assert rows["p0@x.org"]["id"] == str(unread) or rows["p0@x.org"]["id"] == unread
        assert (rows["p0@x.org"]["firstName"], rows["p0@x.org"]["lists"]) == ("P0", {})
