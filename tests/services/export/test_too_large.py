"""One person whose data is larger than ActiveCampaign takes never stops the others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.export.desk import Desk

LONG = "a" * 60_000
REMARKS = {"from": {"property": "answer_001"}, "field": "%REMARKS%"}
NAMES = [
    {"from": {"property": "first_name"}, "field": "firstName"},
    {"from": {"property": "last_name"}, "field": "lastName"},
]
WARNING = (
    "%REMARKS%: 1 value left out, as ActiveCampaign takes at most 399,999 bytes of one person."
)


async def ten(desk: Desk, **odd: list[str]) -> str:
    """Ten profiles, the fourth of which has `odd` properties; its id."""
    made = ""
    for number in range(10):
        profile = await desk.profile(f"p{number}@x.org", first_name=f"P{number}")
        if number == 3:
            made = profile
            await desk.change(profile, **odd)
    return made


async def test_the_longest_value_of_a_row_is_left_out_and_everybody_arrives(desk: Desk) -> None:
    await ten(desk, answer_001=[f"{number}{LONG}" for number in range(7)])
    summary = await desk.export({"mappings": [*NAMES, REMARKS]})
    assert (summary.ok, summary.created, summary.rejected) == (True, 10, 0)
    assert WARNING in summary.message
    contacts = await desk.contacts()
    assert contacts["p3@x.org"]["firstName"] == "P3"
    assert "REMARKS" not in contacts["p3@x.org"]["fields"]
    assert len(contacts) == 10
    again = await desk.export({"mappings": [*NAMES, REMARKS]})
    assert (again.unchanged, again.warnings) == (10, 1)


@pytest.mark.parametrize(
    ("odd", "arrives"),
    [
        ({"first_name": ["n" * 1_000_000]}, {"lastName": ""}),
        ({"answer_001": [f"value {number}" for number in range(10_000)]}, {}),
        ({"answer_001": [f"{number} {'v' * 90}" for number in range(10_000)]}, {}),
        ({"answer_001": ["\x01" * 70_000]}, {"firstName": "P3"}),
        ({"answer_001": ["é" * 250_000], "last_name": ["L"]}, {"lastName": "L"}),
    ],
)
async def test_a_long_name_or_many_values_stop_nobody(
    desk: Desk, odd: dict[str, list[str]], arrives: dict[str, Any]
) -> None:
    await ten(desk, **odd)
    summary = await desk.export({"mappings": [*NAMES, REMARKS]})
    assert (summary.ok, summary.created) == (True, 10)
    contact = (await desk.contacts())["p3@x.org"]
    assert contact.items() >= arrives.items()


async def test_a_value_that_a_link_needs_is_never_left_out(desk: Desk) -> None:
    """Without it the next run would not find the contact and would make another."""
    made = await ten(desk, customer_id=["c" * 500_000])
    goal = {
        "identifiers": [{"field": "%REMARKS%", "property": "customer_id"}],
        "mappings": [{"from": {"property": "email"}, "field": "email"}, *NAMES],
    }
    summary = await desk.export(goal)
    assert summary.ok is False  # the others have no customer id, so nobody was accepted
    assert summary.reasons == {"too-large": 1, "no-identifier": 9}
    (row,) = [one for one in desk.rows() if one["outcome"] == "rejected"]
    assert (row["profile_id"], row["detail"]) == (
        made,
        "the identifiers alone take more than the 399,999 bytes of an import",
    )


@pytest.mark.parametrize("taken", ["refused", "taken"])
@pytest.mark.parametrize("local", ["a" * 290, "a" * 10_000])
async def test_an_address_that_no_mail_server_takes_is_not_sent(
    desk: Desk, taken: str, local: str
) -> None:
    await desk.switch(long_url=taken)
    await ten(desk, email=[f"{local}@example.org"])
    summary = await desk.export()
    assert (summary.ok, summary.created, summary.rejected) == (True, 9, 1)
    assert summary.reasons == {"invalid-email": 1}


async def test_more_contact_ids_than_can_be_looked_up(desk: Desk) -> None:
    await ten(desk, customer_id=[str(number) for number in range(1, 10_000)])
    goal = {"identifiers": [{"field": "id", "property": "customer_id"}], "mappings": NAMES}
    summary = await desk.export(goal)
    assert summary.reasons == {"too-large": 1, "no-identifier": 9}
    assert await desk.requests("GET", "/contacts/9") == 0


@pytest.mark.parametrize("number", ["99999999999999999999", "9223372036854775808", "-1", "1e3"])
async def test_an_id_beyond_64_bits_is_no_contact(desk: Desk, number: str) -> None:
    await ten(desk, customer_id=[number])
    goal = {"identifiers": [{"field": "id", "property": "customer_id"}], "mappings": NAMES}
    summary = await desk.export(goal)
    assert summary.reasons == {"invalid-identifier": 1, "no-identifier": 9}


@pytest.mark.parametrize("reasons", ["rows", "texts"])
@pytest.mark.parametrize("odd", [["double..dot@example.org"], []])
async def test_a_refusal_that_names_nobody_stops_nobody(
    desk: Desk, reasons: str, odd: list[str]
) -> None:
    await desk.switch(bulk_reasons=reasons)
    await ten(desk, **({"email": odd} if odd else {}))
    summary = await desk.export()
    assert (summary.ok, summary.created) == (True, 10 - len(odd))
    assert summary.reasons == ({"rejected-by-activecampaign": 1} if odd else {})


async def test_where_everything_is_refused_the_goal_fails_and_nobody_is_rejected(
    desk: Desk,
) -> None:
    await desk.switch(bulk_reasons="texts")
    for number in range(10):
        await desk.profile(f"double..{number}@example.org")
    summary = await desk.export()
    assert (summary.ok, summary.read, summary.code) == (False, 0, "refused")
    assert "incorrect format" in summary.message
