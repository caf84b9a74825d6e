"""BlueConic as an ASGI application: token, then routes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from actui.sandbox.blueconic.access_tokens import AccessTokens
from actui.sandbox.blueconic.catalogue_routes import CatalogueRoutes
from actui.sandbox.blueconic.connection_routes import ConnectionRoutes
from actui.sandbox.blueconic.interaction_routes import OPEN_PATHS, InteractionRoutes
from actui.sandbox.blueconic.profile_routes import ProfileRoutes
from actui.sandbox.blueconic.property_routes import PropertyRoutes
from actui.sandbox.blueconic.refusals import not_found
from actui.sandbox.blueconic.segment_pages import SegmentPages
from actui.sandbox.blueconic.tenant import Tenant

GRANT = "/rest/v2/oauth/token"
REVOKE = "/rest/v2/oauth/revoke"
WITHOUT_TOKEN = OPEN_PATHS | {GRANT, REVOKE}
YOUNG = ("/rest/v2/connections", "/rest/v2/lifecycles", "/rest/v2/objectives")
"""Paths that version 89 did not have (blueconic.md §11)."""


class BlueConicApp:
    """Answers 401 without a valid token, except for operations without security."""

    def __init__(self, tenant: Tenant, tokens: AccessTokens) -> None:
        self._tokens = tokens
        self._switches = tenant.switches
        app = Starlette(
            routes=[
                Route(GRANT, tokens.grant, methods=["POST"]),
                Route(REVOKE, tokens.revoke, methods=["POST"]),
                *ProfileRoutes(tenant).routes(),
                *SegmentPages(tenant).routes(),
                *CatalogueRoutes(tenant).routes(),
                *ConnectionRoutes(tenant).routes(),
                *PropertyRoutes(tenant).routes(),
                *InteractionRoutes(tenant).routes(),
            ]
        )
        app.router.redirect_slashes = False
        self._routes: ASGIApp = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        sent = headers.get(b"authorization", b"").decode("latin-1")
        if scope["path"] not in WITHOUT_TOKEN and not self._tokens.accepts(sent):
            await Response(status_code=401)(scope, receive, send)
            return
        if self._switches["api-version"] == "89" and scope["path"].startswith(YOUNG):
            await not_found()(scope, receive, send)
            return
        await self._routes(scope, receive, send)
