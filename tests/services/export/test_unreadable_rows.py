"""A list row that cannot be read never counts as absent: nobody is subscribed over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.services.export.desk import (
    ACTIVE,
    NEWSLETTER,
    UNCONFIRMED,
    UNSUBSCRIBED,
    WEBINAR,
    Desk,
)

Row = dict[str, Any]
EMAIL = "a@x.org"


@contextmanager
def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[Row], None]) -> Iterator[None]:
    """Each list row in ActiveCampaign's answers goes through `change`."""
    original = httpx.AsyncClient.send

    async def send(self: Any, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = await original(self, request, **more)
        if request.method != "GET" or "/api/3/contacts" not in str(request.url):
            return answer
        body = json.loads(await answer.aread())
        for row in body.get("contactLists", []):
            change(row)
        headers = {"Server": "changed", "Date": answer.headers["Date"]}
        return httpx.Response(
            answer.status_code, content=json.dumps(body), headers=headers, request=answer.request
        )

    with monkeypatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "send", send)
        yield


def put(**values: Any) -> Callable[[Row], None]:
    return lambda row: row.update(values)


def without(key: str) -> Callable[[Row], None]:
    return lambda row: row.pop(key, None) and None


CHANGES: dict[str, Callable[[Row], None]] = {
    **{
        f"status {value!r}": put(status=value) for value in (None, "", "4", "91", -1, False, [], {})
    },
    "no status": without("status"),
    **{f"list {value!r}": put(list=value) for value in (None, "", "three", True, 0, [])},
    "no list": without("list"),
    **{f"contact {value!r}": put(contact=value) for value in (None, "", "99999", False, {})},
    "no contact": without("contact"),
    "no keys": lambda row: row.clear(),
}


@pytest.mark.parametrize("way", ["look-up", "sweep"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_an_unreadable_row_keeps_its_list_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: Callable[[Row], None], way: str
) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNCONFIRMED})
    await desk.profile(EMAIL, first_name="Ada")
    for number in range(0 if way == "look-up" else 9):
        await desk.profile(f"new{number}@x.org")
    with changed(monkeypatch, change):
        summary = await desk.export({"resubscribe": "all"})
    assert (await desk.contacts())[EMAIL]["lists"] == {NEWSLETTER: UNCONFIRMED}
    assert (summary.ok, summary.updated, summary.warnings > 0) == (True, 1, True)
    assert "cannot be read" in summary.message
    (row,) = [one for one in desk.rows() if one["email"] == EMAIL]
    assert row["omitted"].lists[0].why == "unreadable"
    assert await desk.requests("POST", "/contactLists") == 0


async def test_only_its_own_list_is_kept_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNCONFIRMED})
    await desk.profile(EMAIL)
    with changed(monkeypatch, put(status="4")):
        await desk.export({"lists": ["Newsletter", "Webinar 2026"]})
    assert (await desk.contacts())[EMAIL]["lists"] == {NEWSLETTER: UNCONFIRMED, WEBINAR: ACTIVE}


async def test_who_was_kept_out_joins_once_the_rows_can_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.contact(EMAIL)
    await desk.contact("b@x.org", {WEBINAR: ACTIVE})
    await desk.profile("b@x.org")
    with changed(monkeypatch, put(list=None)):
        await desk.export()
        assert await desk.status("b@x.org") is None
        await desk.forget()
        summary = await desk.export()
        assert (summary.unchanged, await desk.writes()) == (1, [])
        assert "cannot be read" in summary.message
    await desk.export()
    assert await desk.status("b@x.org") == ACTIVE


async def test_nobody_is_unsubscribed_over_an_unreadable_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = await desk.profile(EMAIL)
    await desk.export({"unsubscribe": True})
    await desk.mutate("blueconic", "leave", id=profile, segment="Newsletter readers")
    with changed(monkeypatch, put(list=None)):
        summary = await desk.export({"unsubscribe": True}, confirm_leavers=1)
    assert (summary.lists.unsubscribed, await desk.status(EMAIL)) == (0, ACTIVE)
    summary = await desk.export({"unsubscribe": True}, confirm_leavers=1)
    assert (summary.lists.unsubscribed, await desk.status(EMAIL)) == (1, UNSUBSCRIBED)
