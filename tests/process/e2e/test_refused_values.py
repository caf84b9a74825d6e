"""What BlueConic created or changed is never reported as refused, whatever it left out."""

from __future__ import annotations

import pytest

from actui.sync.importing.values import MOST_RANGE
from tests.process.e2e.lab import Lab, Row, lab
from tests.process.e2e.test_imports import goal

NAME = {"field": "firstName", "property": "first_name"}
READ_ONLY = {"field": "cdate", "property": "creationdate"}
POINTS = {"field": "%POINTS%", "property": "points", "rule": "sum"}


def rows(world: Lab) -> list[Row]:
    context = world.context
    with context.ledger(context.connections.find("Lab").connection) as ledger:
        return list(ledger.outcomes.find())


async def test_a_profile_that_was_created_or_changed_with_a_refused_value() -> None:
    async with lab() as world:
        await world.contact(email="new@x.org", firstName="New")
        await world.contact(email="old@x.org", firstName="Old")
        await world.profile(properties={"email": ["old@x.org"]})
        world.apply(goal(mappings=[NAME, READ_ONLY]))
        summary = (await world.run()).goals[0]
        counts = summary.created, summary.updated, summary.rejected, summary.warnings
        assert (summary.ok, *counts) == (True, 1, 1, 0, 2)
        assert summary.message == "cdate: 2 values left out, which BlueConic refused."
        assert [row["outcome"] for row in rows(world)] == ["created", "updated"]
        assert all("creationdate" in str(row["detail"]) for row in rows(world))
        for full in (False, True):
            again = (await world.run(full=full)).goals[0]
            assert (again.ok, again.unchanged) == (True, 2)


async def test_a_profile_of_which_everything_was_refused_is_rejected() -> None:
    async with lab() as world:
        await world.contact(email="old@x.org", firstName="Old")
        await world.profile(properties={"email": ["old@x.org"]})
        world.apply(goal(mappings=[READ_ONLY]))
        summary = (await world.run()).goals[0]
        assert summary.reasons == {"rejected-by-blueconic": 1}


@pytest.mark.parametrize("invalid", ["dropped", "skips-entry"])
async def test_a_sum_that_the_property_cannot_hold(invalid: str) -> None:
    async with lab(switches={"invalid-value": invalid}) as world:
        await world.contact(email="a@x.org", firstName="A", fields={"POINTS": "5"})
        await world.contact(email="b@x.org", firstName="B", fields={"POINTS": "5"})
        full = {"email": ["a@x.org"], "points": [str(MOST_RANGE - 1)]}
        await world.profile(properties=full)
        world.apply(goal(mappings=[NAME, POINTS]))
        summary = (await world.run()).goals[0]
        found = (await world.properties())["a@x.org"]
        assert found["points"] == [str(MOST_RANGE - 1)]
        if invalid == "dropped":
            assert (summary.updated, summary.rejected, summary.warnings) == (1, 0, 1)
            assert found["first_name"] == ["A"]
            assert "%POINTS%: 1 value left out, which BlueConic refused." in summary.message
        else:
            assert (summary.updated, summary.reasons) == (0, {"rejected-by-blueconic": 1})
        # the value was not added, so it is not remembered as added
        less = {"properties": {"points": ["1"]}}
        await world.post("/mutate", service="blueconic", op="update", id="a@x.org", set=less)
        await world.run(full=True)
        assert (await world.properties())["a@x.org"]["points"] == ["6"]


@pytest.mark.parametrize("zone", ["consent-not-needed", "consent-needed"])
async def test_consent_decides_whatever_else_was_wrong(zone: str) -> None:
    async with lab(switches={"no-legislation": zone}) as world:
        await world.contact(email="a@x.org", firstName="A")
        world.apply(goal(mappings=[NAME, READ_ONLY]), objectives=["marketing"])
        summary = (await world.run()).goals[0]
        if zone == "consent-needed":
            assert summary.reasons == {"no-consent": 1}
        else:
            assert (summary.created, summary.rejected) == (1, 0)
