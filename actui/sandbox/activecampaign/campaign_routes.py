"""Campaigns and their links (activecampaign.md §8.3)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.campaign_answers import (
    campaign_list_rows,
    link_hit_rows,
    link_rows,
    listed_campaign,
    machine_hit_rows,
    single_campaign,
)
from actui.sandbox.activecampaign.campaigns import DRAFT, SENT, Campaign
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number


class CampaignRoutes:
    """The campaign endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """What the document describes."""
        return [
            Route("/api/3/campaigns", self.listing, methods=["GET"]),
            Route("/api/3/campaigns/{id}", self.read, methods=["GET"]),
            Route("/api/3/campaigns/{id}/links", self.links_of, methods=["GET"]),
        ]

    def undocumented_routes(self) -> list[Route]:
        """What recorded campaigns and the document's links point to."""
        return [
            Route("/api/3/campaigns/{id}/campaignLists", self.lists_of, methods=["GET"]),
            Route("/api/3/links/{id}/linkData", self.link_data, methods=["GET"]),
            Route("/api/3/links/{id}/mppLinkData", self.machine_opens, methods=["GET"]),
        ]

    async def listing(self, request: Request) -> Response:
        """A page of campaigns, newest last unless ordered."""
        rows = list(self._account.campaigns.rows.values())
        for (key, _), wanted in bracketed(request.query_params, "filters").items():
            if key == "status":
                rows = [row for row in rows if wanted == str(DRAFT if row.sent is None else SENT)]
            if key in ("automation", "seriesid"):
                rows = [row for row in rows if wanted == str(int(row.sent is None))]
        for (key, _), direction in bracketed(request.query_params, "orders").items():
            if key in ("sdate", "ldate"):
                rows.sort(key=lambda row: row.sent or 0, reverse=direction.upper() == "DESC")
        page = Page.of(self._account.switches, request.query_params).cut(rows)
        answers = [listed_campaign(self._account, row) for row in page]
        return JSONResponse({"campaigns": answers, "meta": {"total": str(len(rows))}})

    def _campaign(self, request: Request) -> Campaign | None:
        number = whole_number(request.path_params["id"])
        return self._account.campaigns.rows.get(number or 0)

    async def read(self, request: Request) -> Response:
        """One campaign."""
        row = self._campaign(request)
        if row is None:
            return refusals.no_result("Campaign", request.path_params["id"])
        return JSONResponse({"campaign": single_campaign(self._account, row)})

    async def links_of(self, request: Request) -> Response:
        """The links of a campaign."""
        row = self._campaign(request)
        if row is None:
            number = request.path_params["id"]
            message = f"No Result found for Campaign with id {number}"
            return JSONResponse({"message": message, "links": []}, 404)
        answers = link_rows(row)
        return JSONResponse({"links": answers, "meta": {"total": str(len(answers))}})

    async def lists_of(self, request: Request) -> Response:
        """Which lists a campaign went to."""
        row = self._campaign(request)
        if row is None:
            return refusals.no_result("Campaign", request.path_params["id"])
        answers = campaign_list_rows(self._account, row)
        return JSONResponse({"campaignLists": answers, "meta": {"total": str(len(answers))}})

    async def link_data(self, request: Request) -> Response:
        """Who opened or clicked one link."""
        found = self._account.campaigns.link(whole_number(request.path_params["id"]) or 0)
        if found is None:
            return JSONResponse({"linkData": [], "meta": {"total": "0"}})
        row, link = found
        page = Page.of(self._account.switches, request.query_params).cut(link.hits.rows)
        answers = link_hit_rows(self._account, row, link, list(page))
        return JSONResponse({"linkData": answers, "meta": {"total": str(len(link.hits.rows))}})

    async def machine_opens(self, request: Request) -> Response:
        """Which privacy proxies fetched one tracker."""
        found = self._account.campaigns.link(whole_number(request.path_params["id"]) or 0)
        hits = []
        if found is not None and found[1] is found[0].opened:
            hits = found[0].machine_opened.rows
        page = Page.of(self._account.switches, request.query_params).cut(hits)
        answers = machine_hit_rows(self._account, found[0], list(page)) if found else []
        return JSONResponse({"mppLinkData": answers, "meta": {"total": str(len(hits))}})
