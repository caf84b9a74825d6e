"""`/contactAutomations`: who entered the account's one automation (activecampaign.md §3.4)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.contact_answers import automation_row
from actui.sandbox.activecampaign.listing_query import Page


class AutomationRoutes:
    """The automation endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [Route("/api/3/contactAutomations", self.listing, methods=["GET"])]

    async def listing(self, request: Request) -> Response:
        """A page of everybody who entered it."""
        inside = self._account.in_automation
        page = Page.of(self._account.switches, request.query_params)
        numbers = list(page.cut(list(inside.between(None, None))))
        rows = filter(None, map(self._account.contacts.get, numbers))
        answers = [automation_row(self._account, row) for row in rows]
        return JSONResponse({"contactAutomations": answers, "meta": {"total": str(len(inside))}})
