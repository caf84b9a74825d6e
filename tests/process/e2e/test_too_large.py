"""One contact whose data is larger than BlueConic takes never stops the others."""

from __future__ import annotations

from typing import Any

import pytest

from actui.console.views.outcomes import Person
from actui.context.run_factory import RunFactory
from actui.model.preview import Ask
from actui.model.run import GoalSummary, Reason
from actui.sync.limits import ENTRY_BYTES
from tests.process.e2e.lab import Lab, Row, lab
from tests.process.e2e.test_imports import goal

PUT = "/rest/v2/profiles"
MAPPINGS = [
    {"field": "firstName", "property": "first_name"},
    {"field": "%REMARKS%", "property": "answer_013"},
    {"field": "%INTERESTS%", "property": "interests"},
]


async def ten(world: Lab, **odd: Any) -> None:
    """Ten contacts, the fourth of which is `odd`."""
    for number in range(10):
        values = {"email": f"p{number}@x.org", "firstName": f"P{number}"}
        await world.contact(**{**values, **(odd if number == 3 else {})})


async def imported(world: Lab, **more: Any) -> tuple[GoalSummary, dict[str, dict[str, list[str]]]]:
    """One run; its summary and the profiles by address."""
    world.apply(goal(**{"mappings": MAPPINGS, **more}))
    return (await world.run()).goals[0], await world.properties()


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ({"fields": {"REMARKS": "r" * 1_000_000}}, {"first_name": ["P3"]}),
        ({"fields": {"REMARKS": "😀" * 60_000}}, {"first_name": ["P3"]}),
        ({"firstName": "n" * 1_000_000}, {}),
        (
            {"fields": {"INTERESTS": "||".join(["", *(f"i{n}" for n in range(200_000)), ""])}},
            {"first_name": ["P3"]},
        ),
        (
            {"fields": {"INTERESTS": "||".join(["", *(f"i{n}" for n in range(10_000)), ""])}},
            {"first_name": ["P3"], "interests": [f"i{n}" for n in range(10_000)]},
        ),
        (
            {
                "fields": {
                    "REMARKS": "||".join(["", *(f"{n}{'r' * 60_000}" for n in range(20)), ""])
                }
            },
            {"first_name": ["P3"]},
        ),
    ],
    ids=["1 MB", "emoji", "name of 1 MB", "200,000 values", "10,000 values", "20 long values"],
)
async def test_a_value_that_is_too_long_is_left_out_and_everybody_arrives(
    odd: Row, kept: Row
) -> None:
    async with lab() as world:
        await ten(world, **odd)
        summary, profiles = await imported(world)
        assert (summary.ok, summary.created, summary.rejected) == (True, 10, 0)
        assert bool(summary.warnings) is ("interests" not in kept)
        found = profiles["p3@x.org"]
        assert {name: found[name] for name in ("first_name", "interests") if name in found} == kept
        assert "answer_013" not in found


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"email": f"{'a' * 300}@example.org"}, "invalid-identifier"),
        ({"email": f"a@{'.x' * 500_000}@"}, "invalid-identifier"),
        ({"fields": {"CITY": "c" * 10_000}}, "too-large"),
        ({"fields": {"CITY": "ç" * 1_500}}, "too-large"),
    ],
    ids=["300", "1 MB", "10 kB", "3 kB"],
)
async def test_an_identifier_that_cannot_be_looked_up(odd: Row, reason: str) -> None:
    async with lab() as world:
        for number in range(9):
            await world.contact(email=f"p{number}@x.org", fields={"CITY": f"K-{number}"})
        await world.contact(**{"email": "odd@x.org", "fields": {"CITY": "K-9"}, **odd})
        links = [
            {"field": "email", "property": "email"},
            {"field": "%CITY%", "property": "customer_id"},
        ]
        summary, _ = await imported(world, identifiers=links)
        assert (summary.ok, summary.created, summary.reasons) == (True, 9, {reason: 1})


@pytest.mark.parametrize("profile_id", ["1" * 40, "no id at all", "i" * 10_000])
async def test_what_is_no_profile_id(profile_id: str) -> None:
    async with lab() as world:
        known = await world.profile(properties={"email": ["a@x.org"]})
        await world.contact(email="a@x.org", firstName="A", fields={"CITY": known})
        await world.contact(email="b@x.org", firstName="B", fields={"CITY": profile_id})
        links = [{"field": "%CITY%", "profile_id": True}]
        summary, profiles = await imported(world, identifiers=links)
        assert (summary.ok, summary.updated) == (True, 1)
        assert sum(summary.reasons.values()) == 1
        assert profiles["a@x.org"]["first_name"] == ["A"]


async def test_a_tenant_that_takes_a_megabyte_gets_smaller_requests() -> None:
    async with lab(switches={"write-body": "1-mb"}) as world:
        for number in range(40):
            remarks = f"{number} {'r' * 60_000}"
            await world.contact(email=f"p{number}@x.org", fields={"REMARKS": remarks})
        summary, profiles = await imported(world)
        assert (summary.ok, summary.created, summary.warnings) == (True, 40, 0)
        assert all("answer_013" in one for one in profiles.values())


@pytest.mark.parametrize("sums", [False, True])
async def test_who_alone_is_larger_than_the_tenant_takes_is_rejected(sums: bool) -> None:
    async with lab(switches={"write-body": "100-kb-page"}) as world:
        await ten(world, fields={"REMARKS": f"||{'a' * 60_000}||{'b' * 60_000}||", "POINTS": "5"})
        points = {"field": "%POINTS%", "property": "points", "rule": "sum"}
        mappings = [*MAPPINGS, points] if sums else MAPPINGS
        summary, profiles = await imported(world, mappings=mappings)
        assert (summary.ok, summary.created, summary.reasons) == (True, 9, {"too-large": 1})
        assert "p3@x.org" not in profiles
        assert (await world.run()).goals[0].ok


def test_an_entry_is_bounded_well_below_a_megabyte() -> None:
    assert ENTRY_BYTES < 1_000_000


async def test_preview_and_why_explain_it() -> None:
    """Of two people one loses a value, and one cannot be looked up: both are told apart."""
    async with lab() as world:
        await world.contact(email="a@x.org", firstName="A", fields={"REMARKS": "r" * 1_000_000})
        await world.contact(email="b@x.org", firstName="B", fields={"CITY": "c" * 10_000})
        links = [{"field": "%CITY%", "property": "customer_id"}]
        connection = world.apply(
            goal(mappings=MAPPINGS),
            goal(id="g-2", name="By city", mappings=MAPPINGS, identifiers=links),
        )
        async with RunFactory(world.context).rehearsal(connection) as rehearsal:
            preview = await rehearsal.show(Ask(emails=("a@x.org", "b@x.org")))
        by_email, by_city = (
            {one.email: one.record for one in shown.people} for shown in preview.goals
        )
        assert by_email["a@x.org"].omitted.names == ("%REMARKS%",)
        assert by_city["b@x.org"].reason is Reason.TOO_LARGE

        await world.run()
        with world.context.ledger(connection) as ledger:
            told = [Person.of(row) for row in ledger.outcomes.of_person("b@x.org")]
            left_out = [Person.of(row) for row in ledger.outcomes.of_person("a@x.org")]
        assert [one.why for one in told if one.outcome == "rejected"] == [
            "the person's data is larger than the service takes: "
            "the values of its links take more than 2,000 bytes"
        ]
        assert any("%REMARKS%" in one.omitted.names for one in left_out)
