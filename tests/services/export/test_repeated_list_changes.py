"""A list row is changed again only over a row that has just been read and is as it was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.services.export.desk import ACTIVE, NEWSLETTER, UNSUBSCRIBED, VIP, WEBINAR, Desk

EMAIL = "a@x.org"
STATUSES = ["429", "429-no-header", "503", "403-bare", "401"]
TWO_LISTS = ["Newsletter", "Webinar 2026"]


@contextmanager
def after_the_first_change(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[object]]
) -> Iterator[None]:
    """`act` happens once the first change of a list row has been answered."""
    original, waiting = httpx.AsyncClient.send, [act]

    async def send(self: Any, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = await original(self, request, **more)
        if waiting and request.method == "POST" and request.url.path.endswith("/contactLists"):
            await waiting.pop()()
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "send", send)
        yield


async def opted_out(desk: Desk) -> None:
    await desk.mutate("activecampaign", "unsubscribe", id=EMAIL, list=NEWSLETTER)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_who_opts_out_after_an_applied_change_stays_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNSUBSCRIBED})
    await desk.clock.sleep(3600)  # the row's stamps have a resolution of one second
    await desk.profile(EMAIL)
    await desk.fault(f"{status}-after-commit", ".*/contactLists", method="POST")
    with after_the_first_change(monkeypatch, lambda: opted_out(desk)):
        summary = await desk.export({"resubscribe": "all"})
    assert summary.ok
    assert await desk.status(EMAIL) == UNSUBSCRIBED
    assert await desk.requests("POST", "/contactLists") == 1


@pytest.mark.parametrize("kind", STATUSES)
async def test_who_is_kept_out_by_a_new_row_meanwhile_stays_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile(EMAIL)
    await desk.fault(kind, ".*/contactLists", method="POST")

    async def came_back_and_left() -> None:
        await desk.clock.sleep(60)
        await desk.mutate("activecampaign", "subscribe", id=EMAIL, list=NEWSLETTER)
        await desk.clock.sleep(60)
        await opted_out(desk)

    with after_the_first_change(monkeypatch, came_back_and_left):
        summary = await desk.export({"resubscribe": "all"})
    assert (summary.ok, summary.lists.resubscribed) == (True, 0)
    assert await desk.status(EMAIL) == UNSUBSCRIBED
    assert await desk.requests("POST", "/contactLists") == 1


@pytest.mark.parametrize("kind", STATUSES)
async def test_a_change_that_was_put_off_is_made_over_the_same_row(desk: Desk, kind: str) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile(EMAIL)
    await desk.fault(kind, ".*/contactLists", method="POST")
    summary = await desk.export({"resubscribe": "all"})
    assert (summary.ok, summary.lists.resubscribed) == (True, 1)
    assert await desk.status(EMAIL) == ACTIVE
    assert await desk.requests("POST", "/contactLists") == 2


@pytest.mark.parametrize("kind", ["401", "403-bare"])
async def test_a_resubscription_that_the_account_was_denied_is_made_by_the_next_run(
    desk: Desk, kind: str
) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile(EMAIL)
    await desk.fault(kind, ".*/contactLists", method="POST", times=-1)
    denied = await desk.export({"resubscribe": "all"})
    assert (denied.ok, denied.lists.resubscribed) == (False, 0)
    await desk.control.delete("/faults")
    summary = await desk.export({"resubscribe": "all"})
    assert (summary.ok, summary.lists.resubscribed) == (True, 1)
    assert await desk.status(EMAIL) == ACTIVE


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_an_applied_change_is_not_repeated(desk: Desk, status: int) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile(EMAIL)
    await desk.fault(f"{status}-after-commit", ".*/contactLists", method="POST")
    summary = await desk.export({"resubscribe": "all"})
    assert (summary.ok, summary.lists.resubscribed) == (True, 1)
    assert await desk.requests("POST", "/contactLists") == 1


async def test_each_list_is_changed_over_a_row_read_after_the_change_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.contact(EMAIL, {NEWSLETTER: UNSUBSCRIBED, WEBINAR: UNSUBSCRIBED})
    await desk.profile(EMAIL)

    async def has_bounced() -> None:
        await desk.mutate("activecampaign", "bounce", id=EMAIL, list=VIP)

    with after_the_first_change(monkeypatch, has_bounced):
        summary = await desk.export({"resubscribe": "all", "lists": TWO_LISTS})
    assert (summary.ok, summary.lists.resubscribed) == (True, 1)
    lists = (await desk.contacts())[EMAIL]["lists"]
    assert lists[WEBINAR] == UNSUBSCRIBED


@pytest.mark.parametrize("kind", [*STATUSES, "429-after-commit", "403-after-commit"])
async def test_an_unsubscription_is_not_sent_over_a_row_that_has_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    profile = await desk.profile(EMAIL)
    await desk.export({"unsubscribe": True})
    await desk.mutate("blueconic", "leave", id=profile, segment="Newsletter readers")
    await desk.fault(kind, ".*/contactLists", method="POST")

    async def came_back() -> None:
        await desk.clock.sleep(60)
        await opted_out(desk)
        await desk.clock.sleep(60)
        await desk.mutate("activecampaign", "subscribe", id=EMAIL, list=NEWSLETTER)

    with after_the_first_change(monkeypatch, came_back):
        summary = await desk.export({"unsubscribe": True}, confirm_leavers=1)
    assert (summary.ok, await desk.status(EMAIL)) == (True, ACTIVE)
    assert await desk.requests("POST", "/contactLists") == 1
