"""What is configured in the tenant, as listings (OpenAPI; `startIndex` and `count`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.profile_routes import bad_request
from actui.sandbox.blueconic.rows import ProfileProperty
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_answers import (
    Json,
    connection_answer,
    dialogue_answer,
    lifecycle_answer,
    objective_answer,
    property_answer,
    segment_answer,
)
from actui.sandbox.blueconic.tenant_catalogue import KINDS

PROPERTY_ID = re.compile(r"[A-Za-z0-9_-]+")
MERGES = ["BOTH", "SUM", "HIGHEST", "LOWEST", "LATEST", "OLDEST", "KEEP_CURRENT", "SYSTEM_DEFINED"]
LEVELS = ("DO_NOT_TRACK", "ANONYMOUS", "PERSONAL")


def page_of(request: Request, key: str, rows: Iterable[Json], default: int) -> Response:
    """One page of a listing with its counts."""
    every = list(rows)
    try:
        start = max(0, int(request.query_params.get("startIndex", 0)))
        count = int(request.query_params.get("count", default))
    except ValueError:
        return bad_request("startIndex and count are whole numbers.")
    if count <= 0:
        return bad_request("count is at least 1.")
    return JSONResponse(
        {
            "itemsPerPage": count,
            key: every[start : start + count],
            "startIndex": start,
            "totalPages": -(-len(every) // count),
            "totalResults": len(every),
        }
    )


class CatalogueRoutes:
    """The configuration endpoints of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Paths and methods."""
        base = "/rest/v2"
        return [
            Route(f"{base}/segments", self.segments, methods=["GET"]),
            Route(f"{base}/profileProperties", self.properties, methods=["GET"]),
            Route(f"{base}/profileProperties/{{id}}", self.read_property, methods=["GET"]),
            Route(f"{base}/profileProperties/{{id}}", self.write_property, methods=["PUT"]),
            Route(f"{base}/lifecycles", self.lifecycles, methods=["GET"]),
            Route(f"{base}/lifecycles/{{id}}", self.read_lifecycle, methods=["GET"]),
            Route(f"{base}/objectives", self.objectives, methods=["GET"]),
            Route(f"{base}/objectives/{{id}}", self.read_objective, methods=["GET"]),
            Route(f"{base}/dialogues", self.dialogues, methods=["GET"]),
            Route(f"{base}/connections", self.connections, methods=["GET"]),
        ]

    async def segments(self, request: Request) -> Response:
        """Segments, all or with one of the tags."""
        tags = set(request.query_params.getlist("filterTag"))
        rows = [row for row in self._tenant.segments.values() if not tags or tags & set(row.tags)]
        answers = (segment_answer(self._tenant, row) for row in rows)
        return page_of(request, "segments", answers, 10)

    async def properties(self, request: Request) -> Response:
        """Profile properties, 20 a page, filtered by type and name."""
        kinds = set(request.query_params.getlist("filterType"))
        part = request.query_params.get("filterValue", "").lower()
        rows = [
            row
            for row in self._tenant.properties.values()
            if (not kinds or row.kind in kinds) and part in row.name.lower()
        ]
        answers = (property_answer(self._tenant, row) for row in rows)
        return page_of(request, "profileProperties", answers, 20)

    async def read_property(self, request: Request) -> Response:
        """One property."""
        row = self._tenant.properties.get(request.path_params["id"])
        if row is None:
            return Response(status_code=404)
        return JSONResponse(property_answer(self._tenant, row))

    async def write_property(self, request: Request) -> Response:
        """Create or change a property; those made by a plug-in cannot be changed."""
        name = request.path_params["id"]
        try:
            sent = json.loads(await request.body())
        except ValueError:
            return bad_request("The body is not JSON.")
        if not isinstance(sent, dict):
            return bad_request("The body is not an object.")
        known = self._tenant.properties.get(name)
        wrong = self._wrong(name, sent, known)
        if wrong is not None:
            return bad_request(wrong)
        indexed = bool(sent.get("indexed", known.indexed if known else False))
        row = ProfileProperty(
            id=name,
            name=str(sent.get("name", known.name if known else name)),
            kind=sent.get("filterType", known.kind if known else "SELECT"),
            indexed=indexed,
            # A unique identifier is personal data by itself (blueconic.md §7).
            sensitive=indexed or sent.get("dataSensitivity") == "PII",
            tags=tuple(sent.get("tags", known.tags if known else ())),
        )
        self._tenant.properties[name] = row
        if indexed:
            self._tenant.profiles.index_by(name)
        return JSONResponse(property_answer(self._tenant, row))

    @staticmethod
    def _wrong(name: str, sent: Json, known: ProfileProperty | None) -> str | None:
        if known is not None and known.by_plugin:
            return f"The property {name} was created by a plugin."
        if PROPERTY_ID.fullmatch(name) is None or sent.get("id", name) != name:
            return "The id is invalid."
        if sent.get("filterType", "SELECT") not in KINDS:
            return "The filterType is invalid."
        if sent.get("permissionLevel", "ANONYMOUS") not in LEVELS:
            return "The permissionLevel is invalid."
        if sent.get("mergeStrategy", "BOTH") not in MERGES:
            return "The mergeStrategy is invalid."
        return None

    async def lifecycles(self, request: Request) -> Response:
        """All lifecycles."""
        rows = (lifecycle_answer(row) for row in self._tenant.lifecycles.values())
        return page_of(request, "lifecycles", rows, 20)

    async def read_lifecycle(self, request: Request) -> Response:
        """One lifecycle."""
        row = self._tenant.lifecycles.get(request.path_params["id"])
        return Response(status_code=404) if row is None else JSONResponse(lifecycle_answer(row))

    async def objectives(self, request: Request) -> Response:
        """All objectives."""
        rows = (objective_answer(row) for row in self._tenant.objectives.values())
        return page_of(request, "objectives", rows, 20)

    async def read_objective(self, request: Request) -> Response:
        """One objective."""
        row = self._tenant.objectives.get(request.path_params["id"])
        return Response(status_code=404) if row is None else JSONResponse(objective_answer(row))

    async def dialogues(self, request: Request) -> Response:
        """All dialogues."""
        rows = (dialogue_answer(row) for row in self._tenant.dialogues.values())
        return page_of(request, "dialogues", rows, 20)

    async def connections(self, request: Request) -> Response:
        """The tenant's own connections, read only."""
        return page_of(request, "connections", [connection_answer()], 10)
