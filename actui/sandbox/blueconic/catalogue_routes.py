"""What is configured in the tenant, as listings (OpenAPI; `startIndex` and `count`)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.document_shapes import by_schema
from actui.sandbox.blueconic.listing_page import page_of
from actui.sandbox.blueconic.refusals import not_found
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_answers import (
    dialogue_answer,
    lifecycle_answer,
    objective_answer,
    segment_answer,
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
            Route(f"{base}/lifecycles", self.lifecycles, methods=["GET"]),
            Route(f"{base}/lifecycles/{{id}}", self.read_lifecycle, methods=["GET"]),
            Route(f"{base}/objectives", self.objectives, methods=["GET"]),
            Route(f"{base}/objectives/{{id}}", self.read_objective, methods=["GET"]),
            Route(f"{base}/dialogues", self.dialogues, methods=["GET"]),
            Route(f"{base}/dialogues/{{id}}", self.read_dialogue, methods=["GET"]),
            Route(f"{base}/profileEvents/{{id}}", self.events, methods=["GET"]),
        ]

    async def segments(self, request: Request) -> Response:
        """Segments, all or with one of the tags."""
        tags = set(request.query_params.getlist("filterTag"))
        rows = [row for row in self._tenant.segments.values() if not tags or tags & set(row.tags)]
        answers = (segment_answer(self._tenant, row) for row in rows)
        return page_of(self._tenant.switches, request, "segments", answers, 10)

    async def lifecycles(self, request: Request) -> Response:
        """All lifecycles; the schema of the listing is that of one lifecycle."""
        rows = [lifecycle_answer(self._tenant, row) for row in self._tenant.lifecycles.values()]
        if by_schema(self._tenant.switches):
            return JSONResponse(rows[0])
        return page_of(self._tenant.switches, request, "lifecycles", rows, 20)

    async def read_lifecycle(self, request: Request) -> Response:
        """One lifecycle."""
        row = self._tenant.lifecycles.get(request.path_params["id"])
        return not_found() if row is None else JSONResponse(lifecycle_answer(self._tenant, row))

    async def objectives(self, request: Request) -> Response:
        """All objectives."""
        rows = (objective_answer(self._tenant, row) for row in self._tenant.objectives.values())
        return page_of(self._tenant.switches, request, "objectives", rows, 20)

    async def read_objective(self, request: Request) -> Response:
        """One objective."""
        row = self._tenant.objectives.get(request.path_params["id"])
        return not_found() if row is None else JSONResponse(objective_answer(self._tenant, row))

    async def dialogues(self, request: Request) -> Response:
        """All dialogues."""
        rows = (dialogue_answer(self._tenant, row) for row in self._tenant.dialogues.values())
        return page_of(self._tenant.switches, request, "dialogues", rows, 20)

    async def read_dialogue(self, request: Request) -> Response:
        """One dialogue."""
        row = self._tenant.dialogues.get(request.path_params["id"])
        return not_found() if row is None else JSONResponse(dialogue_answer(self._tenant, row))

    async def events(self, request: Request) -> Response:
        """Changes of consent and permission level; the schema calls their array `property`."""
        row = self._tenant.profiles.get(request.path_params["id"])
        if row is None or row.replaced_by == "":
            return not_found()
        key = "property" if by_schema(self._tenant.switches) else "properties"
        return page_of(
            self._tenant.switches,
            request,
            "events",
            self._tenant.events.of(row.ordinal, properties=key),
            20,
        )
