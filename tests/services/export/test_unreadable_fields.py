"""A contact's field that cannot be read is not empty: it adopts, clears and unsubscribes nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actui.api.activecampaign import rows as shape
from actui.model.run import Reason
from tests.services.export.desk import ACTIVE, NEWSLETTER, READERS, Desk
from tests.services.export.test_identity import BY_CUSTOMER
from tests.services.export.test_unreadable_profiles import changed
from tests.services.export.test_writes_by_id import CLEARING, city, emptied

Row = dict[str, Any]
EMAIL = "a@x.org"


def field_rows(change: Callable[[Row], object]) -> Callable[[Row], None]:
    def changing(body: Row) -> None:
        for row in body.get("fieldValues", []):
            change(row)

    return changing


def list_rows(**values: Any) -> Callable[[Row], None]:
    def changing(body: Row) -> None:
        for row in body.get("contactLists", []):
            row.update(values)

    return changing


CHANGES: dict[str, Callable[[Row], object]] = {
    **{f"field {v!r}": lambda row, v=v: row.update(field=v) for v in (None, "", "x", [], 0)},
    **{f"contact {v!r}": lambda row, v=v: row.update(contact=v) for v in (None, "99", {})},
    **{f"value {v!r}": lambda row, v=v: row.update(value=v) for v in ({}, ["C-9"])},
    "no value": lambda row: row.pop("value", None),
    "no keys": lambda row: row.clear(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_no_contact_is_adopted_whose_link_cannot_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: Callable[[Row], object]
) -> None:
    await desk.contact(EMAIL, fields={"BCID": "C-9"})
    await desk.profile(EMAIL, customer_id="C-1", first_name="Ada")
    await desk.profile("other@x.org", customer_id="C-9", first_name="Bea")
    with changed(monkeypatch, "/contacts", field_rows(change)):
        summary = await desk.export(BY_CUSTOMER)
    assert (summary.ok, summary.reasons) == (True, {Reason.AMBIGUOUS_MATCH: 2})
    assert all("cannot be read" in row["detail"] for row in desk.rows())
    assert {row["firstName"] for row in (await desk.contacts()).values()} == {""}
    # the index is not believed either, once the field can be read
    summary = await desk.export(BY_CUSTOMER)
    assert summary.updated + summary.created >= 1
    assert [r["firstName"] for r in await desk.lines("/contacts")] == ["Bea"]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_field_that_cannot_be_read_counts_as_not_cleared(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: Callable[[Row], object]
) -> None:
    await emptied(desk)
    with changed(monkeypatch, "/contacts", field_rows(change)):
        assert (await desk.export(CLEARING)).ok
    assert await city(desk) == ""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_nobody_has_left_whose_link_cannot_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: Callable[[Row], object]
) -> None:
    goal = {**BY_CUSTOMER, "unsubscribe": True}
    profile = await desk.profile(EMAIL, customer_id="C-1")
    await desk.export(goal)
    await desk.mutate("blueconic", "leave", id=profile, segment=READERS)
    await desk.profile("b@x.org", customer_id="C-2")
    with changed(monkeypatch, "/contacts", field_rows(change)):
        summary = await desk.export(goal, confirm_leavers=5)
    assert (summary.lists.unsubscribed, await desk.status(EMAIL)) == (0, ACTIVE)
    assert "cannot be read" in summary.message
    assert (await desk.export(goal, confirm_leavers=5)).lists.unsubscribed == 1


@pytest.mark.parametrize("sdate", ["yesterday", "2026-01-02 03:04:05", 5, [], False])
async def test_nobody_is_unsubscribed_whose_subscription_has_no_readable_date(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, sdate: Any
) -> None:
    profile = await desk.profile(EMAIL)
    await desk.export({"unsubscribe": True})
    await desk.mutate("blueconic", "leave", id=profile, segment=READERS)
    with changed(monkeypatch, "/contacts", list_rows(sdate=sdate)):
        summary = await desk.export({"unsubscribe": True}, confirm_leavers=1)
    assert (summary.lists.unsubscribed, await desk.status(EMAIL)) == (0, ACTIVE)
    assert "cannot be read" in summary.message


@pytest.mark.parametrize(
    "dates",
    [
        {"sdate": [], "udate": {}, "updated_timestamp": 3},
        {"sdate": False},
        {"sdate": None, "udate": None, "updated_timestamp": None},
        {},
    ],
)
def test_a_row_without_readable_dates_has_no_mark_that_could_be_its_own(dates: Row) -> None:
    row = {"id": "5", "contact": "7", "list": NEWSLETTER, "status": "2", **dates}
    body = {"contact": {"id": "7", "contactLists": ["5"]}, "contactLists": [row]}
    assert shape.single_contact(body, {}).list_rows[int(NEWSLETTER)].mark == ""


async def test_an_older_index_is_swept_once_and_nobody_is_sent_again(desk: Desk) -> None:
    first = await desk.profile(EMAIL, customer_id="C-1", first_name="Ada")
    await desk.profile("b@x.org", customer_id="C-2", first_name="Bea")
    await desk.export(BY_CUSTOMER)
    with desk.ledger() as ledger:
        swept = ledger.contact_index.fact("swept")
        ledger.contact_index.set_fact("unreadable", None)
    await desk.clock.sleep(60)
    for name in ("Ann", "Amy"):
        await desk.change(first, first_name=[name])
        summary = await desk.export(BY_CUSTOMER)
        assert (summary.updated, summary.unchanged) == (1, 1)
        with desk.ledger() as ledger:
            assert (
                ledger.contact_index.fact("unreadable"),
                ledger.contact_index.fact("swept") != swept,
            ) == (
                "kept",
                name == "Ann",
            )
            swept = ledger.contact_index.fact("swept")
        await desk.clock.sleep(60)
