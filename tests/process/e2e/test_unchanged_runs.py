"""An unchanged connection writes nothing, whoever is in it: both services stay as they were.

Whom ActiveCampaign refuses to unsubscribe: test_refused_leaving.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.model.errors import RefusedError
from tests.process.e2e.lab import Lab, Row, lab

EMAIL = [{"field": "email", "property": "email"}]
SEGMENT, NEWSLETTER = "Newsletter readers", "3"
IMPORT: Row = {
    "id": "g-i",
    "name": "Import",
    "contacts": "all",
    "create_profiles": False,
    "identifiers": EMAIL,
    "mappings": [{"field": "firstName", "property": "first_name", "rule": "set"}],
}
EXPORT: Row = {
    "id": "g-e",
    "name": "Export",
    "segment": SEGMENT,
    "identifiers": EMAIL,
    "mappings": [{"from": {"property": "last_name"}, "field": "lastName"}],
    "lists": ["Newsletter"],
    "unsubscribe": True,
    "resubscribe": "all",
}
SUM: Row = {
    **IMPORT,
    "mappings": [
        {"field": "%POINTS%", "property": "points", "rule": "sum", "sum_start": "add"},
    ],
}
WRITES = ("POST", "PUT", "PATCH", "DELETE")


async def writes(world: Lab) -> list[str]:
    """What was sent to change something since `forget`."""
    return [
        f"{row['method']} {row['path']}"
        for row in await world.requests()
        if row["method"] in WRITES and "oauth" not in row["path"]
    ]


async def dumps(world: Lab) -> tuple[list[Row], list[Row]]:
    """Everything that both services hold of people."""
    return await world.lines("/contacts"), await world.lines("/profiles")


async def reasons(world: Lab) -> list[dict[str, Any]]:
    """The goals' counts of a run in which nothing may be written."""
    await world.forget()
    before = await dumps(world)
    summary = await world.run()
    assert (await writes(world), await dumps(world)) == ([], before)
    return [
        {"outcomes": (one.unchanged, one.skipped, one.rejected, one.unknown), **one.reasons}
        for one in summary.goals
    ]


async def test_people_whom_bulk_import_refuses_are_not_sent_again() -> None:
    async with lab(switches={"bulk-odd-address": "failed-row"}) as world:
        for email in ("fine@x.org", "competitor@example.com", "double..dot@x.org"):
            await world.profile(properties={"email": [email]}, segments=[SEGMENT])
        world.apply({"export": EXPORT})
        first = (await world.run()).goals[0]
        assert first.reasons == {"excluded": 1, "rejected-by-activecampaign": 1}
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (1, 0, 2, 0), **first.reasons}]


async def test_contacts_whom_blueconic_refuses_are_not_sent_again() -> None:
    async with lab() as world:
        await world.contact(email="stranger@x.org", firstName="Ada")
        await world.contact(email="refuses@x.org", firstName="Bea")
        await world.contact(email="fine@x.org", firstName="Cyd")
        await world.profile(
            properties={"email": ["fine@x.org"], "consented_objectives": ["marketing"]}
        )
        refuses = {"email": ["refuses@x.org"], "refused_objectives": ["marketing"]}
        await world.profile(properties={**refuses, "privacy_legislation": ["GDPR"]})
        goal = {**IMPORT, "recheck_requests": 0}
        world.apply({"import": goal}, objectives=["marketing"])
        first = (await world.run()).goals[0]
        assert first.reasons == {"no-match": 1, "no-consent": 1}
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (1, 2, 0, 0), **first.reasons}]
        # the recheck alone writes, and changes nothing
        world.apply({"import": IMPORT}, objectives=["marketing"])
        before = await dumps(world)
        await world.forget()
        await world.run()
        assert await writes(world) == ["PUT /rest/v2/profiles?objectiveIds=marketing"]
        assert await dumps(world) == before


async def summing(world: Lab, points: str) -> str:
    """A contact with nine points to add to a profile's; the profile's id."""
    await world.contact(email="a@x.org", fields={"POINTS": "9"})
    return await world.profile(properties={"email": ["a@x.org"], "points": [points]})


async def subscribe(world: Lab, email: str, **more: Any) -> None:
    await world.contact(email=email, **more)
    await world.profile(properties={"email": [email]}, segments=[SEGMENT])


async def test_people_to_whom_mail_bounced_are_kept_off_without_a_write() -> None:
    async with lab() as world:
        await subscribe(world, "hard@x.org", lists={"5": 3})
        await subscribe(world, "here@x.org", lists={NEWSLETTER: 3})
        world.apply({"export": EXPORT})
        first = (await world.run()).goals[0]
        assert (first.updated, first.lists.left, first.reasons) == (2, 2, {})
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (2, 0, 0, 0)}]


async def test_people_over_the_threshold_are_not_written() -> None:
    stage = {"lifecycle": "Welcome", "stage": "First stage", "events": ["opened"]}
    async with lab() as world:
        await subscribe(world, "reader@x.org", lists={NEWSLETTER: 1})
        await subscribe(world, "fine@x.org")
        now = int(world.sandbox.clock.now())
        mailing = world.sandbox.account.campaigns.add("News", (int(NEWSLETTER),), now - 3_600)
        hit = {"service": "activecampaign", "op": "open", "id": "reader@x.org"}
        for _ in range(2):  # the stage allows two in a week
            await world.post("/mutate", **hit, campaign=mailing.id)
        world.apply({"export": {**EXPORT, "lifecycle": stage, "unknown_stage": "export"}})
        first = (await world.run()).goals[0]
        assert first.reasons == {"over-threshold": 1}
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (1, 1, 0, 0), "over-threshold": 1}]


async def test_a_resubscription_that_was_refused_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    async def refuse(_: ActiveCampaignClient, contact: int, *__: object) -> None:
        asked.append(contact)
        raise RefusedError("Refused.", detail="The contact is locked.", status=422)

    monkeypatch.setattr(ActiveCampaignClient, "set_list_status", refuse)
    async with lab() as world:
        await subscribe(world, "left@x.org", lists={NEWSLETTER: 2})
        world.apply({"export": EXPORT})
        first = (await world.run()).goals[0]
        assert (first.ok, first.lists.resubscribed, asked) == (True, 0, [1])
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (1, 0, 0, 0)}]
        assert asked == [1]


async def test_contacts_that_may_not_be_written_are_not_sent_again() -> None:
    async with lab(switches={"pii-permission": "missing"}) as world:
        await world.contact(email="a@x.org", firstName="Ada")
        await world.profile(properties={"email": ["a@x.org"]})
        world.apply({"import": IMPORT})
        first = (await world.run()).goals[0]
        assert first.reasons == {"not-authorized": 1}
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (0, 0, 1, 0), **first.reasons}]


async def test_values_that_blueconic_rejects_are_not_sent_again() -> None:
    async with lab(switches={"invalid-value": "skips-entry"}) as world:
        await summing(world, points="2147483640")
        world.apply({"import": SUM})
        first = (await world.run()).goals[0]
        assert first.reasons == {"rejected-by-blueconic": 1}
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (0, 0, 1, 0), **first.reasons}]


async def test_a_sum_of_which_nobody_knows_is_not_sent_again() -> None:
    async with lab() as world:
        profile = await summing(world, points="100")
        world.apply({"import": SUM})
        await world.fault("reset", "/rest/v2/profiles", method="PUT")
        stranger = {"properties": {"actui_sum_receipt": ["9999999999999-1-strange"]}}
        await world.post(
            "/mutate",
            service="blueconic",
            op="update",
            id=profile,
            set=stranger,
            after={"method": "PUT", "path": "/rest/v2/profiles", "count": 1},
        )
        first = (await world.run()).goals[0]
        assert first.reasons == {"unresolved": 1}
        for _ in range(2):
            assert await reasons(world) == [{"outcomes": (0, 0, 0, 1), **first.reasons}]
