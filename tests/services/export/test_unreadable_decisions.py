"""Whatever decides who is sent: where it cannot be read, nobody passes by it."""

from __future__ import annotations

from typing import Any

import pytest

from actui.api.activecampaign import rows as shape
from actui.model.run import Reason
from actui.sandbox.activecampaign.campaigns import Campaign
from tests.services.export.desk import Desk
from tests.services.export.test_spellings import IMPORT
from tests.services.export.test_threshold import CAPPED, mailing, opened, over, people
from tests.services.export.test_unreadable_profiles import EMAIL, LISTING, Row, changed, put

__all__ = ["mailing"]


async def has_failed(desk: Desk) -> bool:
    """Whether the goal fails; what it writes is kept."""
    await desk.forget()
    summary = await desk.export(CAPPED)
    return not summary.ok


@pytest.mark.parametrize(
    "values",
    [
        *({"subscriberid": v, "contact": v} for v in (None, "", "x", [], {}, -1, True)),
        *({"times": v} for v in (None, "", "often", [], {}, -1, True)),
        {"id": 2**63},
        *({"isread": v} for v in ("7", "often", 1e308, [], {}, -1)),
    ],
    ids=str,
)
async def test_a_hit_that_cannot_be_read_lets_nobody_past_the_cap(
    desk: Desk, mailing: Campaign, monkeypatch: pytest.MonkeyPatch, values: Row
) -> None:
    await people(desk, "ada")
    await opened(desk, mailing, "ada")
    await opened(desk, mailing, "ada")

    def change(body: Row) -> None:
        for row in body["linkData"]:
            row.update(values)

    with changed(monkeypatch, "/linkData", change):
        assert await has_failed(desk)
    assert await desk.writes() == []


RULES: list[Any] = [
    [],
    "none",
    False,
    {"frequencyCapViews": 2},
    {"frequencyCapViews": 2, "frequencyCapDuration": "FORTNIGHT"},
    {"frequencyCapViews": 2, "frequencyCapDuration": ["WEEK"]},
    {"frequencyCapViews": "few", "frequencyCapDuration": "WEEK"},
    {"frequencyCapViews": -1, "frequencyCapDuration": "WEEK"},
    {"frequencyCapDuration": 7},
]


@pytest.mark.parametrize("rule", RULES, ids=str)
async def test_a_goal_with_a_cap_that_cannot_be_read_does_not_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, rule: Any
) -> None:
    await people(desk, "ada")

    def change(body: Row) -> None:
        for lifecycle in body["lifecycles"]:
            for stage in lifecycle["stages"]:
                stage["rule"] = rule

    with changed(monkeypatch, "/lifecycles", change):
        summary = await desk.export(CAPPED)
        assert (summary.ok, "frequency cap" in summary.message) == (False, True)
        # a goal without a stage is no concern of it
        assert (await desk.export()).ok
    assert (await desk.export(CAPPED)).ok


@pytest.mark.parametrize("listid", [None, "", "x", [], {}, True])
async def test_a_campaign_whose_lists_cannot_be_read_lets_nobody_past_the_cap(
    desk: Desk, mailing: Campaign, monkeypatch: pytest.MonkeyPatch, listid: Any
) -> None:
    await people(desk, "ada")
    await opened(desk, mailing, "ada")

    def change(body: Row) -> None:
        for row in body["campaignLists"]:
            row.update(listid=listid, list=listid)

    with changed(monkeypatch, "/campaignLists", change):
        assert await has_failed(desk)
    assert await desk.writes() == []


async def test_links_of_one_id_let_nobody_past_the_cap(
    desk: Desk, mailing: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(desk, "ada")
    await opened(desk, mailing, "ada")
    await opened(desk, mailing, "ada")

    def change(body: Row) -> None:
        # the tracker is hidden behind another link's id
        rows = body["links"]
        rows.append({**rows[0], "link": "https://elsewhere.example"})

    with changed(monkeypatch, "/links", change):
        assert await has_failed(desk)
    assert await desk.writes() == []


@pytest.mark.parametrize("missing", [("sdate", "ldate"), ("opens", "uniqueopens")], ids=str)
async def test_a_campaign_that_somebody_opened_counts_whatever_its_row_lacks(
    desk: Desk, mailing: Campaign, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]
) -> None:
    await people(desk, "ada")
    await opened(desk, mailing, "ada")
    assert await over(desk) == set()
    await opened(desk, mailing, "ada")

    def change(body: Row) -> None:
        for row in body.get("campaigns", []):
            row.update(dict.fromkeys(missing))

    with changed(monkeypatch, "/campaigns", change):
        assert await over(desk) == {"ada"}
    assert await over(desk) == {"ada"}


@pytest.mark.parametrize("sdate", ["soon", 5, [], "2026-01-02 03:04:05"])
async def test_a_campaign_without_a_readable_date_counts(
    desk: Desk, mailing: Campaign, monkeypatch: pytest.MonkeyPatch, sdate: Any
) -> None:
    await people(desk, "ada")
    await opened(desk, mailing, "ada")

    def change(body: Row) -> None:
        for row in body.get("campaigns", []):
            row.update(sdate=sdate, ldate=None)

    with changed(monkeypatch, "/campaigns", change):
        assert await has_failed(desk)
    assert await desk.writes() == []


@pytest.mark.parametrize("stages", ["First stage", {}, [None], [{"stage": {}}], [3]])
async def test_stages_that_cannot_be_read_let_nobody_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, stages: Any
) -> None:
    await desk.switch(lifecycle_stages="present")
    await desk.profile(EMAIL, first_name="Ada")
    with changed(monkeypatch, "profiles", put_everywhere(lifecycleStages=stages)):
        summary = await desk.export({**CAPPED, "unknown_stage": "skip"})
    assert summary.reasons == {Reason.STAGE_UNKNOWN: 1}
    assert await desk.contacts() == {}


def put_everywhere(**values: Any) -> Any:
    """In a listing's profiles, and in a profile that is read alone."""

    def change(body: Row) -> None:
        for row in body.get("profiles", [body]):
            row.update(values)

    return change


@pytest.mark.parametrize("key", ["consentedObjectives", "refusedObjectives", "privacyLegislation"])
@pytest.mark.parametrize("value", [{}, [3], 7])
async def test_consent_that_cannot_be_read_is_not_given(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, key: str, value: Any
) -> None:
    connection = desk.connection(objectives=["marketing"], consent_where_needed=True)
    await desk.profile(EMAIL, first_name="Ada")
    with changed(monkeypatch, LISTING, put(**{key: value})):
        summary = (await desk.run(connection)).goals[0]
    assert summary.reasons == {Reason.NO_CONSENT: 1}
    assert "cannot be read" in desk.rows()[0]["detail"]


@pytest.mark.parametrize("phrase", [None, {}, 5, ["a@x.org"]])
async def test_an_exclusion_that_cannot_be_read_is_a_warning(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, phrase: Any
) -> None:
    await desk.mutate("activecampaign", "create", set={"email": EMAIL, "lists": {}})
    await desk.profile(EMAIL)

    def change(body: Row) -> None:
        body["exclusions"] = [{"id": "1", "matchPhrase": phrase, "matchType": "exact"}]

    with changed(monkeypatch, "/exclusions", change):
        summary = await desk.export()
    assert (summary.ok, summary.warnings) == (True, 1)
    assert "phrase that cannot be read" in summary.message


@pytest.mark.parametrize("batches", [None, "", "many", {}, [], -1, True])
def test_a_count_of_batches_that_cannot_be_read_is_not_zero(batches: Any) -> None:
    assert shape.outstanding({"outstanding": [{"batches": batches}]}) > 0


@pytest.mark.parametrize(
    "values",
    [
        {"properties": None},
        {"properties": "anna"},
        {"properties": [{"id": "email", "values": {}}]},
        {"properties": [{"id": "email", "values": [[]]}]},
    ],
    ids=str,
)
async def test_a_linked_profile_whose_address_cannot_be_read_gets_no_twin(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, values: Row
) -> None:
    # an address that the contact's own does not lead to: the link alone does
    profile = await desk.profile("\u200btail@example.com")
    await desk.export()
    with changed(monkeypatch, f"/profiles/{profile}", lambda body: body.update(values)):
        (summary,) = (await desk.run(desk.connection(goals=[IMPORT]))).goals
    assert (summary.ok, summary.created) == (True, 0)
    assert len(await desk.lines("/profiles")) == 1
