"""A write by a contact's id counts by what is stored, whatever status was answered."""

from __future__ import annotations

from typing import Any

import pytest

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.model.errors import RefusedError
from actui.model.run import Outcome, Reason
from tests.services.export.desk import NAME_ONLY, Desk
from tests.services.export.test_identity import BY_CUSTOMER

GOAL: dict[str, Any] = {**BY_CUSTOMER, "mappings": NAME_ONLY}
CITY = {"from": {"property": "city"}, "field": "%CITY%", "when_empty": "clear"}
CLEARING: dict[str, Any] = {"mappings": [*NAME_ONLY, CITY]}
STATUSES = [400, 403, 404, 409, 413, 422]


@pytest.mark.parametrize("status", STATUSES)
async def test_an_applied_write_is_no_refusal(desk: Desk, status: int) -> None:
    await desk.contact("", fields={"BCID": "C-3"})
    await desk.profile("none@x.org", customer_id="C-3", first_name="Bare")
    await desk.fault(f"{status}-after-commit", ".*/contacts/.*", method="PUT")
    summary = await desk.export(GOAL)
    assert (summary.ok, summary.updated, summary.rejected, summary.skipped) == (True, 1, 0, 0)
    assert (await desk.export(GOAL)).unchanged == 1


async def city(desk: Desk) -> str:
    return str((await desk.contacts())["a@x.org"]["fields"]["CITY"])


async def emptied(desk: Desk) -> None:
    """Somebody whose city is there, and empty in BlueConic by now."""
    await desk.switch(bulk_empty_text="ignored")
    profile = await desk.profile("a@x.org", first_name="Ada", city="Delft")
    await desk.export(CLEARING)
    await desk.change(profile, city=[])


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_refused_clearing_is_a_warning_and_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    await emptied(desk)

    async def refused(*_: Any) -> None:
        raise RefusedError("no", status=status, detail="Not now.")

    with monkeypatch.context() as patch:
        patch.setattr(ActiveCampaignClient, "write_contact", refused)
        summary = await desk.export(CLEARING)
    assert (summary.ok, summary.updated, summary.warnings) == (True, 1, 1)
    assert "Clearing a field was refused" in summary.message
    assert await city(desk) == "Delft"
    summary = await desk.export(CLEARING)
    assert (summary.updated, summary.warnings, await city(desk)) == (1, 0, "")
    assert (await desk.export(CLEARING)).unchanged == 1


@pytest.mark.parametrize("status", STATUSES)
async def test_an_applied_clearing_is_no_refusal(desk: Desk, status: int) -> None:
    await emptied(desk)
    await desk.fault(f"{status}-after-commit", ".*/contacts/.*", method="PUT")
    summary = await desk.export(CLEARING)
    assert (summary.ok, summary.warnings, await city(desk)) == (True, 0, "")
    assert (await desk.export(CLEARING)).unchanged == 1


async def test_what_a_refused_write_left_undone_is_rejected(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: Any) -> None:
        raise RefusedError("no", status=422, detail="Not now.")

    await desk.contact("", fields={"BCID": "C-3"})
    await desk.profile("none@x.org", customer_id="C-3", first_name="Bare")
    with monkeypatch.context() as patch:
        patch.setattr(ActiveCampaignClient, "write_contact", refused)
        await desk.export(GOAL)
    (row,) = desk.rows()
    assert (row["outcome"], row["reason"]) == (
        Outcome.REJECTED,
        Reason.REJECTED_BY_ACTIVECAMPAIGN,
    )
