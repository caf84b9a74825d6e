"""ActiveCampaign as an ASGI application: key, limits, routes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.activity_routes import ActivityRoutes
from actui.sandbox.activecampaign.answer_types import answer_with
from actui.sandbox.activecampaign.automation_routes import AutomationRoutes
from actui.sandbox.activecampaign.batches import Batches
from actui.sandbox.activecampaign.bulk_routes import BulkRoutes
from actui.sandbox.activecampaign.campaign_routes import CampaignRoutes
from actui.sandbox.activecampaign.contact_list_routes import ContactListRoutes
from actui.sandbox.activecampaign.contact_routes import ContactRoutes
from actui.sandbox.activecampaign.contact_writes import ContactWrites
from actui.sandbox.activecampaign.exclusion_routes import ExclusionRoutes
from actui.sandbox.activecampaign.field_routes import FieldRoutes
from actui.sandbox.activecampaign.field_value_routes import FieldValueRoutes
from actui.sandbox.activecampaign.list_routes import ListRoutes
from actui.sandbox.activecampaign.rate_limit import AccountLimits
from actui.sandbox.activecampaign.tag_routes import TagRoutes
from actui.sandbox.activecampaign.undocumented_routes import UndocumentedRoutes

BULK_PATH = "/api/3/import/bulk_import"


def _user(account: Account) -> dict[str, object]:
    base = f"{account.url}/api/3/users/1"
    names = ("lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs")
    return {
        "username": "admin",
        "firstName": "Sand",
        "lastName": "Box",
        "email": "admin@example.org",
        "phone": "",
        "signature": None,
        "links": {name: f"{base}/{name}" for name in names},
        "id": "1",
    }


class ActiveCampaignApp:
    """Checks key and limits of each request, then lets the routes answer (§1)."""

    def __init__(
        self, account: Account, batches: Batches, limits: AccountLimits, api_key: str
    ) -> None:
        self._account = account
        self._batches = batches
        self._limits = limits
        self._api_key = api_key.encode()
        self._routes: ASGIApp = self._build()

    def _build(self) -> ASGIApp:
        async def root(_request: Request) -> Response:
            return JSONResponse({})

        async def me(_request: Request) -> Response:
            if self._account.switches["own-user"] == "forbidden":
                return refusals.forbidden("You do not have permission to view users.")
            return JSONResponse({"user": _user(self._account)})

        routes = [
            Route("/api/3", root, methods=["GET"]),
            Route("/api/3/users/me", me, methods=["GET"]),
            *BulkRoutes(self._account, self._batches, self._limits).routes(),
        ]
        # Undocumented routes come first, for `/contacts/{id}/…` and its like would match them.
        for family in (
            UndocumentedRoutes,
            ContactRoutes,
            ContactWrites,
            ContactListRoutes,
            ExclusionRoutes,
            ListRoutes,
            TagRoutes,
            FieldRoutes,
            FieldValueRoutes,
            CampaignRoutes,
            ActivityRoutes,
            AutomationRoutes,
        ):
            routes.extend(family(self._account).routes())
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        return app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._batches.settle()
        switches = self._account.switches
        path = scope["path"]
        # Trailing slashes are accepted; clients are known to send them (§11).
        if switches["trailing-slash"] == "accepted" or path == "/api/3/":
            path = path.rstrip("/") or "/"
        scope = {**scope, "path": path, "raw_path": path.encode()}
        numbers, total = switches["numbers"] == "numbers", switches["meta-total"]
        if numbers or total != "text":
            await answer_with(self._routes, scope, receive, send, numbers=numbers, total=total)
        else:
            await self._routes(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Over the limit or without the key; limits are per account, so keyless calls count."""
        switches = self._account.switches
        is_bulk = scope["path"].rstrip("/") == BULK_PATH and scope["method"] == "POST"
        counts = not is_bulk or switches["bulk-counts-against-limit"] == "yes"
        if counts and not self._limits.admit_request(self._account.clock.now()):
            return self._too_many()
        if dict(scope["headers"]).get(b"api-token") != self._api_key:
            return refusals.bad_key(switches["keyless-answer"])
        return None

    def _too_many(self) -> Response:
        switches = self._account.switches
        headers = {"Retry-After": "1", "RateLimit-Limit": "5", "RateLimit-Remaining": "0"}
        if switches["rate-limit-headers"] == "absent":
            headers = {}
        status = int(switches["rate-limit-status"])
        return JSONResponse({"message": "Too many requests."}, status, headers)
