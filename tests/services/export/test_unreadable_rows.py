"""A list row that cannot be read never counts as absent: nobody is subscribed over it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
import pytest

from tests.services.export.desk import (
    ACTIVE,
    NEWSLETTER,
    READERS,
    UNCONFIRMED,
    UNSUBSCRIBED,
    WEBINAR,
    Desk,
)

Row = dict[str, Any]
EMAIL = "a@x.org"


@contextmanager
def changed(
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Row], None],
    of: str = "/api/3/contacts",
    which: Container[int] = range(10**6),
) -> Iterator[None]:
    """The list rows of ActiveCampaign's answers at a path, or `which` of them, are changed."""
    original, numbers = httpx.AsyncClient.send, count()

    async def send(self: Any, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = await original(self, request, **more)
        if request.method != "GET" or not re.match(of, request.url.path):
            return answer
        if next(numbers) not in which:
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


ALONE = r"/api/3/contacts/\d+$"
"""The answers about one contact, of which a run that unsubscribes somebody has two."""
LEAVING = ({"unsubscribe": True}, {"unsubscribe": "all"})


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("goal", LEAVING, ids=["own", "all"])
async def test_one_spoiled_answer_makes_nobody_forgotten_who_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, goal: dict[str, Any], which: int
) -> None:
    profile = await desk.profile(EMAIL)
    await desk.profile("b@x.org")
    await desk.export(goal)
    await desk.mutate("blueconic", "leave", id=profile, segment=READERS)
    with changed(monkeypatch, put(list=WEBINAR), ALONE, {which}):
        await desk.export(goal, confirm_leavers=1)
    await desk.export(goal, confirm_leavers=1)
    assert await desk.status(EMAIL) == UNSUBSCRIBED


@pytest.mark.parametrize("after", [0, 1])
async def test_one_contact_that_is_said_to_be_gone_is_not_forgotten(desk: Desk, after: int) -> None:
    goal = {"unsubscribe": True}
    profile = await desk.profile(EMAIL)
    await desk.profile("b@x.org")
    await desk.export(goal)
    await desk.mutate("blueconic", "leave", id=profile, segment=READERS)
    await desk.fault("404-after-commit", r".*/contacts/\d+", method="GET", after=after)
    await desk.export(goal, confirm_leavers=1)
    await desk.export(goal, confirm_leavers=1)
    assert await desk.status(EMAIL) == UNSUBSCRIBED


@pytest.mark.parametrize("change", [put(list=WEBINAR), put(list=None), put(status="4")])
async def test_who_comes_back_is_resubscribed_once_the_row_can_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: Callable[[Row], None]
) -> None:
    goal = {"unsubscribe": True, "resubscribe": "own"}
    profile = await desk.profile(EMAIL)
    await desk.profile("b@x.org")
    await desk.export(goal)
    await desk.mutate("blueconic", "leave", id=profile, segment=READERS)
    await desk.export(goal, confirm_leavers=1)
    await desk.post("/clock", advance=120)
    await desk.mutate("blueconic", "enter", id=profile, segment=READERS)
    with changed(monkeypatch, change, ALONE):
        summary = await desk.export(goal)
    assert (summary.ok, summary.warnings, await desk.status(EMAIL)) == (True, 1, UNSUBSCRIBED)
    assert "were not resubscribed" in summary.message
    summary = await desk.export(goal)
    assert (summary.lists.resubscribed, await desk.status(EMAIL)) == (1, ACTIVE)
    await desk.forget()
    assert ((await desk.export(goal)).unchanged, await desk.writes()) == (2, [])
