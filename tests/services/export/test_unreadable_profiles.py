"""What cannot be read of a profile or of a batch is never absent: it decides no write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from actui.model.run import Outcome, Reason
from tests.services.export.desk import ACTIVE, READERS, Desk

Row = dict[str, Any]
EMAIL = "a@x.org"


@contextmanager
def changed(
    monkeypatch: pytest.MonkeyPatch, where: str, change: Callable[[Row], None]
) -> Iterator[None]:
    """Each answer whose URL holds `where` goes through `change`."""
    original = httpx.AsyncClient.send

    async def send(self: Any, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = await original(self, request, **more)
        if request.method != "GET" or where not in str(request.url):
            return answer
        body = json.loads(await answer.aread())
        change(body)
        headers = {"Server": "changed", "Date": answer.headers["Date"]}
        return httpx.Response(
            answer.status_code, content=json.dumps(body), headers=headers, request=answer.request
        )

    with monkeypatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "send", send)
        yield


def put(**values: Any) -> Callable[[Row], None]:
    def change(body: Row) -> None:
        for row in body["profiles"]:
            row.update(values)

    return change


LISTING = "/segments/"
SEGMENTS = {"from": {"segments": "all"}, "field": "lastName"}


@pytest.mark.parametrize("segments", [None, "Readers", {}, [None], [{"name": "x"}], [{"id": 3}]])
async def test_segments_that_cannot_be_read_clear_no_field(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, segments: Any
) -> None:
    await desk.profile(EMAIL, first_name="Ada")
    goal = {"mappings": [SEGMENTS]}
    await desk.export(goal)
    before = (await desk.contacts())[EMAIL]["lastName"]
    assert READERS in before
    with changed(monkeypatch, LISTING, put(segments=segments)):
        summary = await desk.export({**goal, "mode": "full"})
    assert summary.ok
    assert (await desk.contacts())[EMAIL]["lastName"] == before


@pytest.mark.parametrize(
    "values",
    [
        {"properties": None},
        {"properties": [{"id": "email", "values": None}]},
        {"properties": [{"id": "email", "values": [{}]}]},
        {"properties": "a@x.org"},
        {"replaces": "p-1"},
        {"replaces": [3]},
    ],
)
async def test_nobody_has_left_whose_profile_cannot_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, values: Row
) -> None:
    await desk.profile(EMAIL)
    await desk.export({"unsubscribe": True})
    with changed(monkeypatch, LISTING, put(id="other", **values)):
        summary = await desk.export({"unsubscribe": True}, confirm_leavers=5)
    assert (summary.lists.unsubscribed, await desk.status(EMAIL)) == (0, ACTIVE)
    assert "cannot be read" in summary.message


async def test_a_row_that_is_no_profile_makes_a_listing_incomplete(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.profile(EMAIL)
    await desk.export({"unsubscribe": True})
    with changed(monkeypatch, LISTING, lambda body: body.update(profiles=["p-1"])):
        summary = await desk.export({"unsubscribe": True}, confirm_leavers=5)
    assert (summary.lists.unsubscribed, await desk.status(EMAIL)) == (0, ACTIVE)


async def test_merges_that_cannot_be_read_are_an_ambiguous_match(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.profile(EMAIL)
    with changed(monkeypatch, LISTING, put(replaces={"id": "p-1"})):
        await desk.export()
    (row,) = desk.rows()
    assert (row["outcome"], row["reason"]) == (Outcome.SKIPPED, Reason.AMBIGUOUS_MATCH)
    assert "cannot be read" in row["detail"]
    assert await desk.contacts() == {}


@pytest.mark.parametrize("failure", [None, "a@x.org", {}, [None], [{}], [3], [""]])
async def test_a_batch_that_does_not_tell_whom_it_refused_is_unresolved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, failure: Any
) -> None:
    await desk.profile(EMAIL, first_name="Ada")

    def change(body: Row) -> None:
        if body.get("status") == "completed":
            body["failure"] = failure

    with changed(monkeypatch, "/import/info", change):
        summary = await desk.export()
    assert (summary.created, summary.unknown) == (0, 1)
    (row,) = desk.rows()
    assert "cannot be read" in row["detail"]
