"""`GET /connections`, one of them, and the runs of one (OpenAPI, Connections)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.connections import Connection, ConnectionRun
from actui.sandbox.blueconic.document_shapes import by_schema
from actui.sandbox.blueconic.listing_page import page_of
from actui.sandbox.blueconic.refusals import not_found
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_answers import MADE
from actui.sandbox.clock import utc_millis_text

Json = dict[str, Any]
PAGE = 10


class ConnectionRoutes:
    """Reads one tenant's connections; the public API can do nothing else with them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Paths and methods."""
        base = "/rest/v2/connections"
        return [
            Route(base, self.listing, methods=["GET"]),
            Route(f"{base}/{{id}}", self.read, methods=["GET"]),
            Route(f"{base}/{{id}}/runs", self.runs, methods=["GET"]),
        ]

    async def listing(self, request: Request) -> Response:
        """All connections; the schema of the listing is that of one connection."""
        rows = [self._connection(row) for row in self._tenant.connections.values()]
        if by_schema(self._tenant.switches):
            return JSONResponse(rows[0])
        return page_of(self._tenant.switches, request, "connections", rows, PAGE)

    async def read(self, request: Request) -> Response:
        """One connection."""
        row = self._tenant.connections.get(request.path_params["id"])
        return not_found() if row is None else JSONResponse(self._connection(row))

    async def runs(self, request: Request) -> Response:
        """Newest first; the schema of the listing is that of one run."""
        row = self._tenant.connections.get(request.path_params["id"])
        if row is None:
            return not_found()
        rows = [self._run(row, run) for run in row.runs]
        if by_schema(self._tenant.switches):
            return JSONResponse(rows[0] if rows else {})
        return page_of(self._tenant.switches, request, "runs", rows, PAGE)

    def _connection(self, row: Connection) -> Json:
        """Schema `Connection`; one that never ran has no `lastRun`."""
        answer: Json = {
            "allChannels": True,
            **MADE,
            "description": "",
            "domains": [],
            "id": row.id,
            "isEnabled": row.enabled,
            "name": row.name,
            "pluginId": row.plugin,
            "roles": [],
            "scheduleMode": row.mode,
            "tags": [],
            "targetChannels": [],
        }
        if row.runs:
            answer["lastRun"] = self._run(row, row.runs[0])
        if self._tenant.switches["api-version"] != "103":
            del answer["roles"]
        return answer

    def _run(self, row: Connection, run: ConnectionRun) -> Json:
        """Schema `ConnectionStatus`; a run under way has no end and no statistics."""
        goals = zip(("SUCCESS", "FAILED", "TOTAL"), run.goals, strict=True) if run.goals else ()
        answer: Json = {
            "goalStatistics": [{"id": name, "values": [str(n)]} for name, n in goals],
            "lane": run.lane,
            "message": run.message,
            "runCount": run.number,
            "runId": f"{20190101000000 + run.number}_{row.id}",
            "startDate": utc_millis_text(run.start),
            "state": run.state,
        }
        if run.length is not None:
            answer["endDate"] = utc_millis_text(run.start + run.length)
        if self._tenant.switches["api-version"] != "103":
            del answer["lane"]
        return answer
