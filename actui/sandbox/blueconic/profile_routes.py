"""Profiles: bulk writes, search, single reads and the pages of a segment (OpenAPI, Profiles)."""

from __future__ import annotations

import base64
import json
from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.bulk_entries import BadEntry, BulkEntries, check_entry
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_answers import Json, profile_answer

MOST_ENTRIES = 1000
LARGEST_BODY = 16 * 1024 * 1024
LARGEST_COUNT = 1_000_000
DEFAULT_COUNT = 20


def bad_request(message: str) -> Response:
    """Schema `ErrorRequestBean`."""
    return JSONResponse({"code": 400, "message": message, "errors": []}, 400)


def _wanted(request: Request) -> set[str] | None:
    """`profileProperty`, repeated, or the older comma-separated `properties`."""
    names = request.query_params.getlist("profileProperty")
    for text in request.query_params.getlist("properties"):
        names += [name.strip() for name in text.split(",")]
    return set(names) if names else None


def _expanded(request: Request, prefix: str) -> set[str]:
    """The words asked for, such as `segments` in `profiles.profile.segments`."""
    return {
        word.strip().removeprefix(prefix).split(".")[0]
        for text in request.query_params.getlist("expand")
        for word in text.split(",")
        if word.strip().startswith(prefix)
    }


class ProfileRoutes:
    """The profile endpoints of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/rest/v2/profiles", self.write, methods=["PUT"]),
            Route("/rest/v2/profiles", self.search, methods=["GET"]),
            Route("/rest/v2/profiles/{id}", self.read, methods=["GET"]),
            Route("/rest/v2/segments/{id}/profiles", self.in_segment, methods=["GET"]),
        ]

    async def write(self, request: Request) -> Response:
        """Up to a thousand entries; of more, the first thousand are done and answered with 413."""
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return Response(status_code=413)
        try:
            entries = json.loads(body)
        except ValueError:
            return bad_request("The body is not JSON.")
        if not isinstance(entries, list):
            return bad_request("The body is not an array.")
        increment = "SUM" if self._tenant.switches["increment-name"] == "sum" else "INCREMENT"
        done = entries[:MOST_ENTRIES]
        try:
            for place, entry in enumerate(done):
                check_entry(entry, place, increment)
        except BadEntry as error:
            return bad_request(str(error))
        if self._tenant.switches["match-not-indexed"] == "bad-request":
            unfit = self._unfit_criteria(done)
            if unfit:
                return bad_request(f"Not a unique identifier: {', '.join(unfit)}")
        objectives = request.query_params.get("objectiveIds", "").split(",")
        bulk = BulkEntries(self._tenant, [one.strip() for one in objectives])
        answers = [bulk.apply(entry) for entry in done]
        return JSONResponse(answers, 413 if len(entries) > MOST_ENTRIES else 200)

    def _unfit_criteria(self, entries: list[Json]) -> list[str]:
        known = self._tenant.properties
        names = {
            one["id"] for entry in entries for group in entry.get("matching", []) for one in group
        }
        return sorted(name for name in names if name not in known or not known[name].indexed)

    async def search(self, request: Request) -> Response:
        """Ids by the value of a unique identifier; any other property answers 501."""
        names = request.query_params.getlist("property")
        values = request.query_params.getlist("value")
        if not names or len(names) != len(values):
            return bad_request("property and value are required.")
        known = self._tenant.properties
        if any(name not in known or not known[name].indexed for name in names):
            return Response(status_code=501)
        exact = self._tenant.switches["match-case"] == "exact"
        found = self._tenant.profiles.with_value(names[0], values[0].strip('"'), exact=exact)
        for name, value in zip(names[1:], values[1:], strict=True):
            others = self._tenant.profiles.with_value(name, value.strip('"'), exact=exact)
            kept = {row.ordinal for row in others}
            found = [row for row in found if row.ordinal in kept]
        return JSONResponse(
            {
                "profiles": [{"id": row.id} for row in found],
                "itemsPerPage": len(found),
                "startIndex": 0,
                "totalPages": 1,
                "totalResults": len(found),
            }
        )

    async def read(self, request: Request) -> Response:
        """One profile; a merged one only says what replaced it (blueconic.md §7)."""
        row = self._tenant.profiles.get(request.path_params["id"])
        if row is None or row.replaced_by == "":
            return Response(status_code=404)
        expand = _expanded(request, "profile.")
        wanted = _wanted(request)
        return JSONResponse(
            profile_answer(self._tenant, row, wanted=wanted, expand=expand, single=True)
        )

    async def in_segment(self, request: Request) -> Response:
        """A page by cursor; the last page has no `nextCursor`."""
        segment = request.path_params["id"]
        if segment not in self._tenant.segments:
            return Response(status_code=404)
        cursor = request.query_params.get("cursor", "*")
        try:
            after = _read_cursor(cursor)
            count = int(request.query_params.get("count", DEFAULT_COUNT))
        except ValueError:
            return bad_request("cursor or count cannot be read.")
        if not 0 < count <= LARGEST_COUNT:
            return bad_request(f"count is from 1 to {LARGEST_COUNT}.")
        members = self._tenant.profiles.members(segment)
        page = list(islice(members.between(after, None), count + 1))
        expand, wanted = _expanded(request, "profiles.profile."), _wanted(request)
        shown = page[:count]
        if self._tenant.switches["segment-listing"] == "short":
            shown = [ordinal for ordinal in shown if ordinal % 10 < 7]
        rows = [self._tenant.profiles.at(ordinal) for ordinal in shown]
        body: Json = {
            "itemsPerPage": count,
            "totalPages": -(-len(members) // count),
            "totalResults": len(members),
            "cursor": cursor,
        }
        if len(page) > count:
            body["nextCursor"] = _cursor(page[count - 1])
        body["links"] = self._links(segment, count, body.get("nextCursor"))
        body["profiles"] = [
            profile_answer(self._tenant, row, wanted=wanted, expand=expand, single=False)
            for row in rows
        ]
        return JSONResponse(body)

    def _links(self, segment: str, count: int, following: str | None) -> list[Json]:
        base = f"{self._tenant.url}/rest/v2/segments/{segment}/profiles"
        cursors = {"first": "%2A"} | ({"next": following} if following else {})
        return [
            {
                "href": f"{base}?cursor={cursor}&count={count}",
                "rel": name,
                "type": "application/json",
            }
            for name, cursor in cursors.items()
        ]


def _cursor(ordinal: int) -> str:
    return base64.urlsafe_b64encode(f"after {ordinal}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> int | None:
    """The ordinal a page starts after; None for the first page."""
    if cursor in ("*", ""):
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError("unreadable cursor") from error
    return int(text.removeprefix("after "))
