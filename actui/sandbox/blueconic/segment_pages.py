"""The pages of a segment: cursor, refinement and limits (OpenAPI, GET /segments/{}/profiles)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from actui.sandbox.blueconic.document_shapes import link
from actui.sandbox.blueconic.profile_answers import Json, listed_profile
from actui.sandbox.blueconic.profile_query import wanted_properties, words_after
from actui.sandbox.blueconic.refinement import Refinements
from actui.sandbox.blueconic.refusals import bad_request, not_found
from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.sorted_ids import SortedIds

LARGEST_COUNT = 1_000_000
DEFAULT_COUNT = 20
AT_ONCE = 200
LAG = 600
TRACKING = (
    "audienceId",
    "trackProperties",
    "trackPropertiesModifiedSince",
    "trackPropertyChangesInNumberOfDays",
)
"""Not served: the tenant keeps no date per property, and a listing that ignored an audience
would claim that everybody is new to it."""

Test = Callable[[Profile], bool]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after whom, how many were listed before, and the first total."""

    after: int | None = None
    seen: int = 0
    total: int | None = None

    @staticmethod
    def read(text: str) -> Cursor:
        """The cursor in a text; `*` is the beginning. A ValueError for any other text."""
        if text in ("*", ""):
            return Cursor()
        try:
            plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
            after, seen, total = map(int, plain.split())
        except ValueError as error:
            raise ValueError("cursor cannot be read") from error
        return Cursor(after, seen, total)

    def text(self) -> str:
        """The cursor as clients carry it."""
        plain = f"{self.after} {self.seen} {self.total}".encode()
        return base64.urlsafe_b64encode(plain).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a request asks of a segment."""

    segment: str
    at: str
    cursor: Cursor
    count: int
    most: int

    @staticmethod
    def read(request: Request) -> PageRequest:
        """The request's parameters; a ValueError where one cannot be read."""
        query = request.query_params
        at = query.get("cursor", "*")
        count = int(query.get("count", DEFAULT_COUNT))
        if not 0 < count <= LARGEST_COUNT:
            raise ValueError(f"count is from 1 to {LARGEST_COUNT}")
        most = int(query.get("maxHitsAllowed", 0))
        return PageRequest(request.path_params["id"], at, Cursor.read(at), count, most)


class SegmentPages:
    """Lists the profiles of one tenant's segments."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [Route("/rest/v2/segments/{id}/profiles", self.page, methods=["GET"])]

    async def page(self, request: Request) -> Response:
        """A page by cursor, sent in pieces; the last page has no `nextCursor`."""
        query = request.query_params
        if request.path_params["id"] not in self._tenant.segments:
            return not_found()
        if any(name in query for name in TRACKING):
            return bad_request(f"This tenant keeps no audiences: {', '.join(TRACKING)}.")
        try:
            asked = PageRequest.read(request)
            test = self._test(asked.segment, query.get("refinement"))
        except ValueError as error:
            return bad_request(f"A parameter cannot be read: {error}.")
        wanted = wanted_properties(request)
        expand = words_after(request, "expand", "profiles.profile.")
        head, rows = await self._found(asked, test)
        answers = (
            listed_profile(
                self._tenant, self._tenant.profiles.at(row), wanted=wanted, expand=expand
            )
            for row in rows
        )
        return StreamingResponse(_pieces(head, answers), media_type="application/json")

    async def _found(self, asked: PageRequest, test: Test | None) -> tuple[Json, list[int]]:
        """What a page says of itself, and the ordinals of its rows."""
        cursor, count, most = asked.cursor, asked.count, asked.most
        members = self._tenant.profiles.members(asked.segment)
        total = cursor.total
        if test is None:
            total = len(members)
        elif total is None:
            total = 0
            async for _ in self._passing(members, None, test):
                total += 1
        size = min(count, max(0, most - cursor.seen)) if most > 0 else count
        page: list[int] = []
        async for ordinal in self._passing(members, cursor.after, test):
            page.append(ordinal)
            if len(page) > size:
                break
        seen = cursor.seen + size
        is_last = len(page) <= size or 0 < most <= seen
        limited = most > 0 and self._tenant.switches["max-hits-total"] == "limit"
        claimed = min(total, most) if limited else total
        head: Json = {
            "itemsPerPage": count,
            "totalPages": -(-claimed // count),
            "totalResults": claimed,
            "cursor": asked.at,
        }
        if not is_last:
            head["nextCursor"] = Cursor(page[size - 1], seen, total).text()
        head["links"] = self._links(asked.segment, count, head.get("nextCursor"))
        shown = page[:size]
        if self._tenant.switches["segment-listing"] == "short":
            shown = [ordinal for ordinal in shown if ordinal % 10 < 7]
        return head, shown

    async def _passing(
        self, members: SortedIds, after: int | None, test: Test | None
    ) -> AsyncIterator[int]:
        """Members in their order; between some of them others are answered too."""
        at = self._tenant.profiles.at
        while some := list(islice(members.between(after, None), AT_ONCE)):
            for ordinal in some:
                if test is None or test(at(ordinal)):
                    yield ordinal
            after = some[-1]
            await asyncio.sleep(0)

    def _test(self, segment: str, refinement: str | None) -> Test | None:
        """Who is listed: those who pass the refinement and whom the index knows already."""
        tenant, tests = self._tenant, list[Test]()
        now = tenant.clock.now()
        if tenant.switches["listing-lag"] == "ten-minutes":
            entered = tenant.profiles.entered_since(segment, now - LAG)
            tests.append(lambda row: row.created <= now - LAG and row.ordinal not in entered)
        if refinement is not None:
            without_zone = tenant.switches["no-legislation"] == "consent-needed"
            reader = Refinements(now, tenant.objectives, without_zone=without_zone)
            tests.append(reader.read(refinement))
        return (lambda row: all(test(row) for test in tests)) if tests else None

    def _links(self, segment: str, count: int, following: str | None) -> list[Json]:
        base = f"{self._tenant.url}/rest/v2/segments/{segment}/profiles"
        cursors = {"first": "%2A"} | ({"next": following} if following else {})
        return [
            link(self._tenant.switches, f"{base}?cursor={cursor}&count={count}", name)
            for name, cursor in cursors.items()
        ]


async def _pieces(head: Json, rows: Iterator[Json]) -> AsyncIterator[str]:
    """The answer some rows at a time: a million of them never stand in memory at once."""
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "profiles": ['
    between = ""
    while some := list(islice(rows, AT_ONCE)):
        yield between + ", ".join(json.dumps(row, ensure_ascii=False) for row in some)
        between = ", "
    yield "]}"
