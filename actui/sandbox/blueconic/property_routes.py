"""Profile properties: list, read, create or change, delete (OpenAPI, Profile properties)."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.listing_page import page_of
from actui.sandbox.blueconic.refusals import bad_request, not_found
from actui.sandbox.blueconic.rows import ProfileProperty
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_answers import Json, property_answer
from actui.sandbox.blueconic.tenant_catalogue import KINDS
from actui.sandbox.json_body import json_of

PROPERTY_ID = re.compile(r"[A-Za-z0-9_-]+")
MERGES = ("BOTH", "SUM", "HIGHEST", "LOWEST", "LATEST", "OLDEST", "KEEP_CURRENT", "SYSTEM_DEFINED")
LEVELS = ("DO_NOT_TRACK", "ANONYMOUS", "PERSONAL")
SENSITIVITIES = ("PII", "NON_PII")


class PropertyRoutes:
    """The properties of one tenant; those made by a plug-in are protected."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Paths and methods."""
        base = "/rest/v2/profileProperties"
        return [
            Route(base, self.listing, methods=["GET"]),
            Route(f"{base}/{{id}}", self.read, methods=["GET"]),
            Route(f"{base}/{{id}}", self.write, methods=["PUT"]),
            Route(f"{base}/{{id}}", self.delete, methods=["DELETE"]),
        ]

    async def listing(self, request: Request) -> Response:
        """20 a page, filtered by type and name; groups have no properties here."""
        kinds = set(request.query_params.getlist("filterType"))
        part = request.query_params.get("filterValue", "").lower()
        rows = [
            row
            for row in self._tenant.properties.values()
            if (not kinds or row.kind in kinds) and part in row.name.lower()
        ]
        if "groupTypeId" in request.query_params:
            rows = []
        answers = (property_answer(self._tenant, row) for row in rows)
        return page_of(self._tenant.switches, request, "profileProperties", answers, 20)

    async def read(self, request: Request) -> Response:
        """One property."""
        row = self._tenant.properties.get(request.path_params["id"])
        return not_found() if row is None else JSONResponse(property_answer(self._tenant, row))

    async def write(self, request: Request) -> Response:
        """Create or change a property; what is not sent stays as it is."""
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
        row = _changed(known or ProfileProperty(id=name, name=name), sent)
        self._tenant.properties[name] = row
        self._tenant.deleted_properties.discard(name)
        if row.indexed:
            self._tenant.profiles.index_by(name)
        return JSONResponse(property_answer(self._tenant, row))

    async def delete(self, request: Request) -> Response:
        """Delete a property and its values (blueconic.md §11 for those made by a plug-in)."""
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
            "dataSensitivity": sent.get("dataSensitivity", "PII") in SENSITIVITIES,
            "name": isinstance(sent.get("name", ""), str),
            "description": isinstance(sent.get("description", ""), str),
            "indexed": isinstance(sent.get("indexed", True), bool),
            "tags": isinstance(tags, list) and all(isinstance(one, str) for one in tags),
        }
        return next((f"The {key} is invalid." for key, is_fit in fits.items() if not is_fit), None)


def _changed(row: ProfileProperty, sent: Json) -> ProfileProperty:
    """The row with what was sent; a unique identifier is personal data (blueconic.md §7)."""
    indexed = sent.get("indexed", row.indexed)
    sensitivity = sent.get("dataSensitivity", "PII" if row.sensitive else "NON_PII")
    return ProfileProperty(
        id=row.id,
        name=sent.get("name", row.name),
        kind=sent.get("filterType", row.kind),
        indexed=indexed,
        sensitive=indexed or sensitivity == "PII",
        by_plugin=row.by_plugin,
        tags=tuple(sent.get("tags", row.tags)),
        description=sent.get("description", row.description),
        merge=sent.get("mergeStrategy", row.merge),
        level="PERSONAL" if indexed else sent.get("permissionLevel", row.level),
    )
