"""An unchanged connection writes nothing, whoever is in it: both services stay as they were."""

from __future__ import annotations

from typing import Any

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
