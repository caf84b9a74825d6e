"""What is configured in the tenant, as listings (OpenAPI; `startIndex` and `count`)."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.document_shapes import by_schema
from actui.sandbox.blueconic.listing_page import page_of
from actui.sandbox.blueconic.refusals import bad_request, not_found
from actui.sandbox.blueconic.rows import ProfileProperty
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_answers import (
    Json,
    dialogue_answer,
    lifecycle_answer,
    objective_answer,
    property_answer,
    segment_answer,
)
from actui.sandbox.blueconic.tenant_catalogue import KINDS
from actui.sandbox.json_body import json_of

PROPERTY_ID = re.compile(r"[A-Za-z0-9_-]+")
MERGES = ["BOTH", "SUM", "HIGHEST", "LOWEST", "LATEST", "OLDEST", "KEEP_CURRENT", "SYSTEM_DEFINED"]
LEVELS = ("DO_NOT_TRACK", "ANONYMOUS", "PERSONAL")


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
            Route(f"{base}/profileProperties/{{id}}", self.delete_property, methods=["DELETE"]),
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
        return page_of(self._tenant.switches, request, "profileProperties", answers, 20)

    async def read_property(self, request: Request) -> Response:
        """One property."""
        row = self._tenant.properties.get(request.path_params["id"])
        if row is None:
            return not_found()
        return JSONResponse(property_answer(self._tenant, row))

    async def write_property(self, request: Request) -> Response:
        """Create or change a property; those made by a plug-in cannot be changed."""
        name: str = request.path_params["id"]
        try:
            sent = json_of(await request.body())
        except ValueError:
            return bad_request("The body is not JSON.")
        if not isinstance(sent, dict):
            return bad_request("The body is not an object.")
        known = self._tenant.properties.get(name)
        wrong = self._wrong(name, sent, known)
        if wrong is not None:
            return bad_request(wrong)
        indexed = sent.get("indexed", known.indexed if known else False)
        row = ProfileProperty(
            id=name,
            name=sent.get("name", known.name if known else name),
            kind=sent.get("filterType", known.kind if known else "SELECT"),
            indexed=indexed,
            # A unique identifier is personal data by itself (blueconic.md §7).
            sensitive=indexed or sent.get("dataSensitivity") == "PII",
            tags=tuple(sent.get("tags", known.tags if known else ())),
        )
        self._tenant.properties[name] = row
        self._tenant.deleted_properties.discard(name)
        if indexed:
            self._tenant.profiles.index_by(name)
        return JSONResponse(property_answer(self._tenant, row))

    async def delete_property(self, request: Request) -> Response:
        """Delete a property and its values; those made by a plug-in stay (blueconic.md §11)."""
        name: str = request.path_params["id"]
        row = self._tenant.properties.get(name)
        if row is None:
            return not_found()
        if self._is_protected(row):
            return bad_request(f"The property {name} was created by a plugin.")
        del self._tenant.properties[name]
        self._tenant.deleted_properties.add(name)
        return JSONResponse(property_answer(self._tenant, row))

    def _is_protected(self, row: ProfileProperty) -> bool:
        return row.by_plugin and self._tenant.switches["plugin-properties"] == "refused"

    def _wrong(self, name: str, sent: Json, known: ProfileProperty | None) -> str | None:
        """What is wrong with a property that is to be written (OpenAPI, its 400)."""
        if known is not None and self._is_protected(known):
            return f"The property {name} was created by a plugin."
        tags = sent.get("tags", [])
        fits = {
            "id": PROPERTY_ID.fullmatch(name) is not None and sent.get("id", name) == name,
            "filterType": sent.get("filterType", "SELECT") in KINDS,
            "permissionLevel": sent.get("permissionLevel", "ANONYMOUS") in LEVELS,
            "mergeStrategy": sent.get("mergeStrategy", "BOTH") in MERGES,
            "name": isinstance(sent.get("name", ""), str),
            "indexed": isinstance(sent.get("indexed", True), bool),
            "tags": isinstance(tags, list) and all(isinstance(one, str) for one in tags),
        }
        return next((f"The {key} is invalid." for key, is_fit in fits.items() if not is_fit), None)

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
