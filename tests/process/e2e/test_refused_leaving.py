"""People who left the segment and whom ActiveCampaign refuses to unsubscribe."""

from __future__ import annotations

from typing import Any

import pytest

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.model.errors import RefusedError
from actui.model.goals import ListStatus
from actui.model.memberships import ListRow
from actui.model.run import GoalSummary
from tests.process.e2e.lab import Lab, Row, lab

SEGMENT = "Newsletter readers"
EXPORT: Row = {
    "id": "g-e",
    "name": "Export",
    "segment": SEGMENT,
    "identifiers": [{"field": "email", "property": "email"}],
    "mappings": [{"from": {"property": "last_name"}, "field": "lastName"}],
    "lists": ["Newsletter"],
    "unsubscribe": True,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The list writes that ActiveCampaign refuses, by list: those of the contact with the id 1."""
    refused: list[int] = []
    real = ActiveCampaignClient.set_list_status

    async def write(
        client: ActiveCampaignClient, contact_id: int, list_id: int, status: ListStatus
    ) -> ListRow:
        if contact_id != 1:
            return await real(client, contact_id, list_id, status)
        refused.append(list_id)
        raise RefusedError("Refused.", detail="The contact is locked.", status=422)

    monkeypatch.setattr(ActiveCampaignClient, "set_list_status", write)
    return refused


async def left(world: Lab, **more: Any) -> GoalSummary:
    """Two people join by this goal and leave the segment; the run that follows."""
    profiles = []
    for email in ("refuses@x.org", "leaves@x.org", "stays@x.org"):
        await world.contact(email=email)
        profiles.append(await world.profile(properties={"email": [email]}, segments=[SEGMENT]))
    world.apply({"export": {**EXPORT, **more}})
    assert (await world.run()).goals[0].lists.subscribed == 3
    for profile in profiles[:2]:
        leave = {"service": "blueconic", "op": "leave", "id": profile}
        await world.post("/mutate", **leave, list=SEGMENT)
    await world.post("/clock", advance=7_200)
    return (await world.run(confirm_leavers=2)).goals[0]


@pytest.mark.parametrize("setting", ["own", "all"])
async def test_one_refusal_stops_nobody_else_and_is_not_asked_again(
    asked: list[int], setting: str
) -> None:
    async with lab() as world:
        summary = await left(world, unsubscribe=setting)

        assert (summary.ok, summary.lists.unsubscribed, len(asked)) == (True, 1, 1)
        assert summary.message == (
            "ActiveCampaign refused to unsubscribe 1 person who left. This is tried again when "
            "their list status or the goal changes, or with --full. The contact is locked."
        )
        rows = {row["email"]: row["lists"] for row in await world.lines("/contacts")}
        assert rows["leaves@x.org"] == {"3": 2}
        assert rows["refuses@x.org"] == {"3": 1}
        for _ in range(2):
            again = (await world.run()).goals[0]
            assert (again.ok, again.lists.unsubscribed, len(asked)) == (True, 0, 1)
            assert again.message == summary.message


async def test_it_is_tried_again_after_a_change_and_in_a_full_run(asked: list[int]) -> None:
    async with lab() as world:
        await left(world)
        await world.run(full=True)
        assert len(asked) == 2
        change = {"service": "activecampaign", "id": "1", "list": "Newsletter"}
        await world.post("/mutate", **change, op="unsubscribe")
        await world.post("/clock", advance=60)
        await world.post("/mutate", **change, op="subscribe")
        await world.run()
        assert len(asked) == 3
        await world.run()
        assert len(asked) == 3
        world.apply({"export": {**EXPORT, "mappings": []}})
        await world.run()
        assert len(asked) == 4


@pytest.mark.parametrize(
    "refusal",
    [
        RefusedError("Refused.", detail="You do not have permission.", status=403),
        RefusedError("Refused.", code="web-page", status=404),
        RefusedError("Refused.", code="web-page", status=400),
        RefusedError("Refused.", status=405),
    ],
    ids=["the account's rights", "a page not found", "a page", "not allowed"],
)
async def test_a_refusal_that_is_not_about_the_contact_fails_the_goal(
    monkeypatch: pytest.MonkeyPatch, refusal: RefusedError
) -> None:
    asked: list[int] = []

    async def write(_: ActiveCampaignClient, contact_id: int, *__: object) -> ListRow:
        asked.append(contact_id)
        raise refusal

    monkeypatch.setattr(ActiveCampaignClient, "set_list_status", write)
    async with lab() as world:
        summary = await left(world)
        assert (summary.ok, summary.lists.unsubscribed, set(asked)) == (False, 0, {1})
        first = len(asked)
        again = (await world.run(confirm_leavers=2)).goals[0]
        assert (again.ok, len(asked)) == (False, 2 * first)
