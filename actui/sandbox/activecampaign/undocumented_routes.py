"""Collections of the real account that no document mentions (activecampaign.md §8.2, §9).

A switch turns all of them off, as on some plans.
"""

from __future__ import annotations

from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.all_rows import page_of_all
from actui.sandbox.activecampaign.campaign_answers import (
    campaign_list_rows,
    link_hit_rows,
    link_rows,
    machine_hit_rows,
)
from actui.sandbox.activecampaign.campaign_routes import CampaignRoutes
from actui.sandbox.activecampaign.central_time import local_stamp
from actui.sandbox.activecampaign.contact_answers import Json, bounce_rows
from actui.sandbox.activecampaign.contact_list_routes import ContactListRoutes
from actui.sandbox.activecampaign.listing_query import Page
from actui.sandbox.activecampaign.seeded_lists import FOUNDED
from actui.sandbox.activecampaign.segments import SEGMENTS
from actui.sandbox.activecampaign.sends import all_sends, count_sends, log_row, sent_campaigns
from actui.sandbox.activecampaign.tag_routes import TagRoutes


class WhileServed:
    """A route that answers 404 while the switch turns the undocumented routes off."""

    def __init__(self, account: Account, served: ASGIApp) -> None:
        self._account = account
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        here = self._account.switches["undocumented-collections"] == "served"
        await (self._served if here else refusals.no_such_path())(scope, receive, send)


class UndocumentedRoutes:
    """The whole layer."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Every route of the layer, behind its switch."""
        account = self._account
        routes = [
            Route("/api/3/linkData", self.link_data, methods=["GET"]),
            Route("/api/3/mppLinkData", self.machine_opens, methods=["GET"]),
            Route("/api/3/logs", self.logs, methods=["GET"]),
            Route("/api/3/bounceLogs", self.bounces, methods=["GET"]),
            Route("/api/3/campaignLists", self.campaign_lists, methods=["GET"]),
            Route("/api/3/links", self.links, methods=["GET"]),
            Route("/api/3/segments", self.segments, methods=["GET"]),
            *CampaignRoutes(account).undocumented_routes(),
            *ContactListRoutes(account).undocumented_routes(),
            *TagRoutes(account).undocumented_routes(),
        ]
        for route in routes:
            route.app = WhileServed(account, route.app)
        return routes

    def _page(self, request: Request, name: str, rows: list[Json]) -> Response:
        page = Page.of(self._account.switches, request.query_params).cut(rows)
        return JSONResponse({name: list(page), "meta": {"total": str(len(rows))}})

    async def link_data(self, request: Request) -> Response:
        """Every open and click, by id; no filter and no order is known."""
        rows = [
            answer
            for row in self._account.campaigns.rows.values()
            for link in row.links
            for answer in link_hit_rows(self._account, row, link, link.hits.rows)
        ]
        rows.sort(key=lambda row: int(row["id"]))
        return self._page(request, "linkData", rows)

    async def machine_opens(self, request: Request) -> Response:
        """Every open by a privacy proxy."""
        rows = [
            answer
            for row in self._account.campaigns.rows.values()
            for answer in machine_hit_rows(self._account, row, row.machine_opened.rows)
        ]
        return self._page(request, "mppLinkData", rows)

    async def logs(self, request: Request) -> Response:
        """Every send."""
        page = Page.of(self._account.switches, request.query_params)
        rows = islice(all_sends(self._account), page.offset, page.offset + page.limit)
        total = sum(
            count_sends(self._account, row, at) for at, row in sent_campaigns(self._account)
        )
        answers = [log_row(row) for row in rows]
        return JSONResponse({"logs": answers, "meta": {"total": str(total)}})

    async def bounces(self, request: Request) -> Response:
        """Every hard bounce."""
        account = self._account
        page = Page.of(account.switches, request.query_params)
        rows, total = page_of_all(
            account, page, "bounceLogs", lambda contact: bounce_rows(account, contact)
        )
        return JSONResponse({"bounceLogs": rows, "meta": {"total": str(total)}})

    async def campaign_lists(self, request: Request) -> Response:
        """Which campaign went to which list."""
        campaigns = self._account.campaigns.rows.values()
        rows = [one for row in campaigns for one in campaign_list_rows(self._account, row)]
        return self._page(request, "campaignLists", rows)

    async def links(self, request: Request) -> Response:
        """The links of all campaigns."""
        campaigns = self._account.campaigns.rows.values()
        return self._page(request, "links", [one for row in campaigns for one in link_rows(row)])

    async def segments(self, request: Request) -> Response:
        """The segments, whose path the document leaves empty."""
        rows = [
            {
                "name": name,
                "logic": "and",
                "hidden": "0",
                "seriesid": "0",
                "created_timestamp": local_stamp(FOUNDED),
                "updated_timestamp": local_stamp(FOUNDED),
                "id": str(number),
            }
            for number, (name, _) in SEGMENTS.items()
        ]
        return self._page(request, "segments", rows)
