"""BlueConic as an ASGI application: token, then routes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from actui.sandbox.blueconic.access_tokens import AccessTokens
from actui.sandbox.blueconic.catalogue_routes import CatalogueRoutes
from actui.sandbox.blueconic.profile_routes import ProfileRoutes
from actui.sandbox.blueconic.tenant import Tenant

TOKEN_PATH = "/rest/v2/oauth/token"  # noqa: S105 - a path of the OpenAPI document, no secret


class BlueConicApp:
    """Everything but the token endpoint needs a token that still holds, else 401."""

    def __init__(self, tenant: Tenant, tokens: AccessTokens) -> None:
        self._tokens = tokens
        app = Starlette(
            routes=[
                Route(TOKEN_PATH, tokens.grant, methods=["POST"]),
                *ProfileRoutes(tenant).routes(),
                *CatalogueRoutes(tenant).routes(),
            ]
        )
        app.router.redirect_slashes = False
        self._routes: ASGIApp = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        sent = headers.get(b"authorization", b"").decode("latin-1")
        if scope["path"] != TOKEN_PATH and not self._tokens.accepts(sent):
            await Response(status_code=401)(scope, receive, send)
            return
        await self._routes(scope, receive, send)
