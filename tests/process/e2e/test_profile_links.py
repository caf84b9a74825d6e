"""Links beside the BlueConic profile identifier must match, too, before a profile is changed."""

from __future__ import annotations

import asyncio

import pytest

from actui.console.views.outcomes import Person
from actui.context.run_factory import RunFactory
from actui.model.preview import Ask
from actui.model.run import RunState, RunSummary
from tests.process.e2e.lab import Lab, Row, lab

PUT = "/rest/v2/profiles"
BOTH = [{"field": "%BCID%", "profile_id": True}, {"field": "email", "property": "email"}]
ALL_THREE = [*BOTH, {"field": "%ANSWER_001%", "property": "customer_id"}]


def goal(links: list[Row], **more: object) -> Row:
    """Everybody, with the first name."""
    return {
        "import": {
            "id": "g-1",
            "name": "Import",
            "contacts": "all",
            "identifiers": links,
            "mappings": [{"field": "firstName", "property": "first_name"}],
            **more,
        }
    }


async def profile_reads(world: Lab) -> int:
    log = await world.requests()
    return sum(r["method"] == "GET" and r["path"].startswith(f"{PUT}/") for r in log)


@pytest.mark.parametrize(
    ("email", "customer", "links", "is_changed"),
    [
        ("ann@x.org", "C-1", BOTH, True),
        ("ANN@x.org", "C-1", BOTH, True),
        ("ann@x.org\u200b", "C-1", BOTH, True),
        ("bob@x.org", "C-1", BOTH, False),
        ("bob@x.org", "C-1", list(reversed(BOTH)), False),
        ("bob@x.org", "C-1", BOTH[:1], True),
        ("second@x.org", "C-1", BOTH, True),
        ("ann@x.org", "C-1", ALL_THREE, True),
        ("ann@x.org", "c-1", ALL_THREE, False),
        ("ann@x.org", "C-2", ALL_THREE, False),
        ("bob@x.org", "C-1", ALL_THREE, False),
    ],
)
async def test_every_link_must_match_the_profile_that_is_named(
    email: str, customer: str, links: list[Row], is_changed: bool
) -> None:
    async with lab() as world:
        held = {"email": ["ann@x.org", "second@x.org"], "customer_id": ["C-1"]}
        known = await world.profile(properties=held)
        fields = {"BCID": known, "ANSWER_001": customer}
        await world.contact(email=email, firstName="Ada", fields=fields)
        world.apply(goal(links))

        summary = (await world.run()).goals[0]

        assert summary.adds_up
        assert summary.reasons == ({} if is_changed else {"no-match": 1})
        first_name = (await world.properties())["ann@x.org"].get("first_name")
        assert first_name == (["Ada"] if is_changed else None)


async def test_a_profile_that_does_not_exist_or_lacks_the_property_matches_nobody() -> None:
    async with lab() as world:
        without = await world.profile(properties={"first_name": ["Old"]})
        for number, named in enumerate(["nobody", "a/b?c", without]):
            await world.contact(email=f"p{number}@x.org", firstName="Ada", fields={"BCID": named})
        connection = world.apply(goal(BOTH))

        summary = (await world.run()).goals[0]

        assert summary.reasons == {"no-match": 3}
        assert not any(r["method"] == "PUT" for r in await world.requests())
        with world.context.ledger(connection) as ledger:
            why = [Person.of(row).why_in(connection) for row in ledger.outcomes.find()]
        assert why == [
            "no profile has the id that the contact holds",
            "no profile has the id that the contact holds",
            "the profile with the id that the contact holds contradicts the other links",
        ]


async def test_two_fields_that_name_different_profiles_match_none() -> None:
    async with lab() as world:
        one = await world.profile(properties={"email": ["one@x.org"]})
        two = await world.profile(properties={"email": ["two@x.org"]})
        await world.contact(email="one@x.org", firstName="A", fields={"BCID": one, "CITY": two})
        await world.contact(email="two@x.org", firstName="B", fields={"BCID": two, "CITY": two})
        world.apply(goal([BOTH[0], {"field": "%CITY%", "profile_id": True}]))

        summary = (await world.run()).goals[0]

        assert (summary.updated, summary.reasons) == (1, {"no-match": 1})
        assert "first_name" not in (await world.properties())["one@x.org"]


async def test_contacts_that_did_not_change_cost_no_read() -> None:
    async with lab() as world:
        for number in range(230):
            email = f"p{number}@x.org"
            known = await world.profile(properties={"email": [email]})
            await world.contact(email=email, firstName="Ada", fields={"BCID": known})
        connection = world.apply(goal(BOTH))

        assert (await world.run()).goals[0].updated == 230
        assert await profile_reads(world) == 230
        await world.forget()
        assert (await world.run()).goals[0].unchanged == 230
        assert await profile_reads(world) == 0

        change = {"service": "activecampaign", "op": "update", "id": "7"}
        await world.post("/mutate", **change, set={"firstName": "Bo"})
        assert (await world.run()).goals[0].updated == 1
        assert await profile_reads(world) == 1
        with world.context.ledger(connection) as ledger:
            assert ledger.people.exchanged_counts().imported == 230


@pytest.mark.parametrize("reading", ["survivor", "not-found"])
async def test_a_merged_profile_stands_for_the_one_that_replaced_it(reading: str) -> None:
    async with lab(switches={"merged-profile": reading}) as world:
        ids = {
            name: await world.profile(properties={"email": [f"{name}@x.org"]})
            for name in ("old", "older", "new")
        }
        merge = {"service": "blueconic", "op": "merge"}
        await world.post("/mutate", **merge, id=ids["older"], set={"into": ids["old"]})
        await world.post("/mutate", **merge, id=ids["old"], set={"into": ids["new"]})
        await world.contact(email="old@x.org", firstName="Ada", fields={"BCID": ids["older"]})
        await world.contact(email="stranger@x.org", firstName="Bo", fields={"BCID": ids["old"]})
        world.apply(goal(BOTH))

        summary = (await world.run()).goals[0]

        assert (summary.updated, summary.reasons) == (1, {"no-match": 1})
        by_id = {row["id"]: row["properties"] for row in await world.lines("/profiles")}
        assert by_id[ids["new"]]["first_name"] == ["Ada"]


@pytest.mark.parametrize("links", [BOTH[:1], BOTH])
@pytest.mark.parametrize("fault", ["reset", "reset-after-commit"])
async def test_a_sum_is_added_once_to_a_merged_profile_whatever_the_links(
    links: list[Row], fault: str
) -> None:
    summed = [{"field": "%POINTS%", "property": "points", "rule": "sum", "sum_start": "add"}]
    async with lab() as world:
        old = await world.profile(properties={"email": ["ann@x.org"]})
        new = await world.profile(properties={"email": ["new@x.org"], "points": ["100"]})
        await world.post("/mutate", service="blueconic", op="merge", id=old, set={"into": new})
        await world.contact(email="ann@x.org", fields={"BCID": old, "POINTS": "5"})
        if links == BOTH:
            await world.contact(email="bob@x.org", fields={"BCID": new, "POINTS": "7"})
        world.apply(goal(links, mappings=summed))
        await world.fault(fault, PUT, method="PUT")

        summary = (await world.run()).goals[0]

        assert (summary.updated, summary.unknown) == (1, 0)
        by_id = {row["id"]: row["properties"] for row in await world.lines("/profiles")}
        assert by_id[new]["points"] == ["105"]
        assert (await world.run(full=True)).goals[0].unknown == 0
        by_id = {row["id"]: row["properties"] for row in await world.lines("/profiles")}
        assert by_id[new]["points"] == ["105"]


async def test_a_preview_and_a_dry_run_compare_as_well() -> None:
    async with lab() as world:
        known = await world.profile(properties={"email": ["ann@x.org"]})
        await world.contact(email="ann@x.org", firstName="Ada", fields={"BCID": known})
        await world.contact(email="bob@x.org", firstName="Bo", fields={"BCID": known})
        connection = world.apply(goal(BOTH))

        async with RunFactory(world.context).rehearsal(connection) as rehearsal:
            (shown,) = (await rehearsal.show(Ask(goals=("Import",), first=10))).goals

        outcomes = {p.email: p.record.outcome.value for p in shown.people if p.record}
        assert outcomes == {"ann@x.org": "updated", "bob@x.org": "skipped"}


async def test_a_stop_between_two_pages_of_profiles_sends_nothing_and_goes_on_later() -> None:
    async with lab() as world:
        for number in range(150):
            email = f"p{number}@x.org"
            known = await world.profile(properties={"email": [email]})
            await world.contact(email=email, firstName="Ada", fields={"BCID": known})
        connection = world.apply(goal(BOTH))
        await world.fault("hold", f"{PUT}/.*", method="GET")
        run: asyncio.Task[RunSummary] = asyncio.create_task(world.run())
        await world.until(lambda log: any(r["path"].startswith(f"{PUT}/") for r in log))
        assert world.context.request_stop(connection) == 1
        with world.context.ledger(connection) as ledger:
            while (  # noqa: ASYNC110
                now := ledger.runs.read_progress()
            ) is None or now.state is not RunState.STOPPING:
                await asyncio.sleep(0.01)
        await world.post("/release")

        assert (await run).state.value == "STOPPED"
        assert not any(r["method"] == "PUT" for r in await world.requests())
        assert (await world.run()).goals[0].updated == 150
