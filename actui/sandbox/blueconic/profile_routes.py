"""Profiles: bulk writes, search and single reads (OpenAPI, Profiles)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.bulk_entries import BadEntry, BulkEntries, check_entry
from actui.sandbox.blueconic.profile_answers import Json, single_profile
from actui.sandbox.blueconic.profile_query import wanted_properties, words_after
from actui.sandbox.blueconic.refusals import bad_request, not_found
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.json_body import json_of

MOST_ENTRIES = 1000
LARGEST_BODY = {"16-mb": 16_000_000, "1-mb": 1_000_000, "100-kb-page": 100_000}


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
        ]

    async def write(self, request: Request) -> Response:
        """Up to a thousand entries; of more, the first thousand are done and answered with 413."""
        body = await request.body()
        limit = self._tenant.switches["write-body"]
        if len(body) > LARGEST_BODY[limit]:
            is_page = limit == "100-kb-page"
            return HTMLResponse("<h1>Too large</h1>", 413) if is_page else JSONResponse([], 413)
        try:
            entries = json_of(body)
        except ValueError:
            return bad_request("The body is not JSON.")
        if not isinstance(entries, list):
            return bad_request("The body is not an array.")
        switches = self._tenant.switches
        increment = "SUM" if switches["increment-name"] == "sum" else "INCREMENT"
        is_too_long = len(entries) > MOST_ENTRIES
        done = entries[:MOST_ENTRIES]
        if is_too_long and switches["too-many-entries"] == "nothing":
            done = []
        try:
            for place, entry in enumerate(done):
                check_entry(entry, place, increment)
        except BadEntry as error:
            return bad_request(str(error))
        objectives = self._objectives(request)
        wrong = self._wrong(done, objectives)
        if wrong is not None:
            return bad_request(wrong)
        bulk = BulkEntries(self._tenant, objectives)
        answers = [bulk.apply(entry) for entry in done]
        return JSONResponse(answers, 413 if is_too_long else 200)

    def _objectives(self, request: Request) -> list[str]:
        text = request.query_params.get("objectiveIds", "")
        several = self._tenant.switches["objective-ids"] == "commas"
        return [one.strip() for one in (text.split(",") if several else [text]) if one.strip()]

    def _wrong(self, entries: list[Json], objectives: list[str]) -> str | None:
        """What some readings refuse a whole request for."""
        switches = self._tenant.switches
        if switches["unknown-objective"] == "bad-request":
            unknown = sorted(set(objectives) - self._tenant.objectives.keys())
            if unknown:
                return f"Unknown objectives: {', '.join(unknown)}"
        if switches["match-not-indexed"] == "bad-request":
            known = self._tenant.properties
            named = {
                one["id"]
                for entry in entries
                for group in entry.get("matching", [])
                for one in group
            }
            unfit = sorted(name for name in named if name not in known or not known[name].indexed)
            if unfit:
                return f"Not a unique identifier: {', '.join(unfit)}"
        return None

    async def search(self, request: Request) -> Response:
        """Ids by the value of a unique identifier; any other property answers 501."""
        names = request.query_params.getlist("property")
        values = request.query_params.getlist("value")
        if not names or len(names) != len(values):
            return bad_request("property and value are required.")
        known = self._tenant.properties
        if any(name not in known or not known[name].indexed for name in names):
            if self._tenant.switches["search-not-indexed"] == "not-implemented":
                return Response(status_code=501)
            return _ids([])
        exact = self._tenant.switches["match-case"] == "exact"
        found = self._tenant.profiles.with_value(names[0], values[0].strip('"'), exact=exact)
        for name, value in zip(names[1:], values[1:], strict=True):
            others = self._tenant.profiles.with_value(name, value.strip('"'), exact=exact)
            kept = {row.ordinal for row in others}
            found = [row for row in found if row.ordinal in kept]
        return _ids([row.id for row in found])

    async def read(self, request: Request) -> Response:
        """One profile; a merged one only says what replaced it (blueconic.md §7)."""
        row = self._tenant.profiles.get(request.path_params["id"])
        if row is None or row.replaced_by == "":
            return not_found()
        return JSONResponse(
            single_profile(
                self._tenant,
                row,
                wanted=wanted_properties(request),
                expand=words_after(request, "expand", "profile."),
                collapse=words_after(request, "collapse", "profile."),
            )
        )


def _ids(found: list[str]) -> Response:
    """Schema `profiles`."""
    return JSONResponse(
        {
            "profiles": [{"id": one} for one in found],
            "itemsPerPage": len(found),
            "startIndex": 0,
            "totalPages": 1,
            "totalResults": len(found),
        }
    )
