"""What a page shows to a profile and what became of it (OpenAPI, Interactions; no token needed).

`interactionEvents` of a profile end up in its properties `interactions_viewed`,
`interactions_clicked` and `interactions_converted`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.blueconic.refusals import bad_request
from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.json_body import json_of

BASE = "/rest/v2"
OPEN_PATHS = frozenset(
    [f"{BASE}/interactions", f"{BASE}/interactionEvents", f"{BASE}/pageviewEvents"]
)
"""Paths that ask for no token: their operations have no security of their own."""
STORED = {
    "VIEW": "interactions_viewed",
    "CLICK": "interactions_clicked",
    "CONVERSION": "interactions_converted",
}


class InteractionRoutes:
    """The interactions of one tenant: its dialogues, on every page."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route(f"{BASE}/interactions", self.listing, methods=["GET"]),
            Route(f"{BASE}/interactionEvents", self.interaction, methods=["POST"]),
            Route(f"{BASE}/pageviewEvents", self.pageview, methods=["POST"]),
        ]

    async def listing(self, request: Request) -> Response:
        """The variant that each dialogue shows; a page has to be named."""
        if not {"url", "referer"} & request.query_params.keys():
            return bad_request("Either url or referer is required.")
        rows = [
            {
                "defaultLocale": "en_US",
                "id": row.variant,
                "interactionType": {
                    "id": "contentinteractiontype",
                    "positionType": "overlay",
                    "type": "action",
                },
                "name": row.name,
                "position": "",
            }
            for row in self._tenant.dialogues.values()
        ]
        return JSONResponse({"interactions": rows})

    async def interaction(self, request: Request) -> Response:
        """Record a view, click or conversion; without a known profile nothing is recorded."""
        sent = await _object(request, "interactionId", "type", "url")
        kind = STORED.get(str(sent.get("type"))) if sent else None
        if sent is None or kind is None:
            return bad_request("interactionId, type and url are required.")
        row = self._profile(sent)
        if row is not None:
            dialogues = {one.variant: one.id for one in self._tenant.dialogues.values()}
            shown = dialogues.get(sent["interactionId"], sent["interactionId"])
            row.properties[kind] = list(dict.fromkeys([*row.values(kind), shown]))
            self._touch(row)
        return Response()

    async def pageview(self, request: Request) -> Response:
        """A visit: the first one is kept, the domain is added (PageViewEventBean.profileId)."""
        sent = await _object(request, "url")
        if sent is None:
            return bad_request("url is required.")
        try:
            host = urlsplit(sent["url"]).hostname
        except ValueError:
            return bad_request("url cannot be read.")
        row = self._profile(sent)
        if row is not None:
            now = str(int(self._tenant.clock.now() * 1000))
            row.properties.setdefault("firstvisit", [now])
            if host:
                known = row.values("visiteddomain")
                row.properties["visiteddomain"] = list(dict.fromkeys([*known, host]))
            self._touch(row)
        return Response()

    def _profile(self, sent: dict[str, Any]) -> Profile | None:
        row = self._tenant.profiles.survivor(str(sent.get("profileId", "")))
        return None if row is None else self._tenant.profiles.edit(row)

    def _touch(self, row: Profile) -> None:
        row.modified = self._tenant.clock.now()
        self._tenant.profiles.reindex(row)


async def _object(request: Request, *required: str) -> dict[str, Any] | None:
    """The body, None without the texts it must have."""
    try:
        sent = json_of(await request.body())
    except ValueError:
        return None
    shaped = isinstance(sent, dict) and all(isinstance(sent.get(name), str) for name in required)
    return sent if shaped else None
