"""Campaigns, their links and who opened or clicked (activecampaign.md §8.2, §8.3).

`linkData` and `campaignLists` are not documented; they are answered as clients have seen them.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.campaigns import SENT, Campaign, CampaignLink
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json, links
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number

CAMPAIGN_LINKS = ("user", "automation", "campaignMessage", "links", "campaignLists")


class CampaignRoutes:
    """The campaign endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/campaigns", self.listing, methods=["GET"]),
            Route("/api/3/campaigns/{id}", self.read, methods=["GET"]),
            Route("/api/3/campaigns/{id}/links", self.links_of, methods=["GET"]),
            Route("/api/3/campaigns/{id}/campaignLists", self.lists_of, methods=["GET"]),
            Route("/api/3/links/{id}/linkData", self.link_data, methods=["GET"]),
            Route("/api/3/links/{id}/mppLinkData", self.machine_opens, methods=["GET"]),
        ]

    def _answer(self, row: Campaign) -> Json:
        opens = sum(hit.times for hit in row.opened.hits.values())
        clicks = sum(hit.times for hit in row.clicked.hits.values())
        unique_opens, unique_clicks = len(row.opened.hits), len(row.clicked.hits)
        counts = self._account.memberships.counts()
        reached = str(sum(counts[list_id, 1] for list_id in row.lists))
        return {
            "type": "single",
            "userid": "1",
            "segmentid": "0",
            "seriesid": "0",
            "name": row.name,
            "cdate": offset_stamp(row.sent - 3600),
            "mdate": offset_stamp(row.sent),
            "sdate": offset_stamp(row.sent),
            "ldate": offset_stamp(row.sent),
            "send_amt": reached,
            "total_amt": reached,
            "opens": str(opens),
            "uniqueopens": str(unique_opens),
            "verified_opens": str(opens),
            "verified_unique_opens": str(unique_opens),
            "linkclicks": str(clicks),
            "uniquelinkclicks": str(unique_clicks),
            "subscriberclicks": str(unique_clicks),
            "forwards": "0",
            "replies": "0",
            "uniquereplies": "0",
            "unsubscribes": "0",
            "hardbounces": "0",
            "softbounces": "0",
            "status": str(SENT),
            "created_timestamp": local_stamp(row.sent - 3600),
            "updated_timestamp": local_stamp(row.updated),
            "message_id": str(row.id),
            "isDoubleOptInCampaign": False,
            "links": links(self._account, f"campaigns/{row.id}", CAMPAIGN_LINKS),
            "id": str(row.id),
            "user": "1",
            "automation": None,
        }

    async def listing(self, request: Request) -> Response:
        """A page of campaigns, newest last unless ordered."""
        rows = list(self._account.campaigns.rows.values())
        for (key, _), wanted in bracketed(request.query_params, "filters").items():
            if key == "status" and wanted != str(SENT):
                rows = []
            if key == "automation" and wanted != "0":
                rows = []
        for (key, _), direction in bracketed(request.query_params, "orders").items():
            if key == "sdate":
                rows.sort(key=lambda row: row.sent, reverse=direction.upper() == "DESC")
        page = Page.of(request.query_params).cut(rows)
        answers = [self._answer(row) for row in page]
        return JSONResponse({"campaigns": answers, "meta": {"total": str(len(rows))}})

    def _campaign(self, request: Request) -> Campaign | None:
        number = whole_number(request.path_params["id"])
        return self._account.campaigns.rows.get(number or 0)

    async def read(self, request: Request) -> Response:
        """One campaign."""
        row = self._campaign(request)
        if row is None:
            return refusals.no_result("Campaign", request.path_params["id"])
        return JSONResponse({"campaign": self._answer(row)})

    async def links_of(self, request: Request) -> Response:
        """The links of a campaign, with a second tracker row whose message is "0" (§8.3)."""
        row = self._campaign(request)
        if row is None:
            number = request.path_params["id"]
            message = f"No Result found for Campaign with id {number}"
            return JSONResponse({"message": message, "links": []}, 404)
        answers = [self._link(row, link, str(row.id)) for link in row.links]
        answers.append({**self._link(row, row.opened, "0"), "id": str(1_000_000 + row.id)})
        return JSONResponse({"links": answers, "meta": {"total": str(len(answers))}})

    def _link(self, row: Campaign, link: CampaignLink, message: str) -> Json:
        return {
            "campaignid": str(row.id),
            "messageid": message,
            "link": link.target,
            "name": "Read Tracker" if link is row.opened else "",
            "ref": "",
            "tracked": "1",
            "links": {},
            "id": str(link.id),
            "campaign": str(row.id),
            "message": message,
        }

    async def lists_of(self, request: Request) -> Response:
        """Which lists a campaign went to."""
        row = self._campaign(request)
        if row is None:
            return refusals.no_result("Campaign", request.path_params["id"])
        answers = [
            {
                "campaignid": str(row.id),
                "listid": str(list_id),
                "userid": "1",
                "list_amt": "0",
                "name": self._account.lists[list_id].name,
                "cdate": offset_stamp(row.sent),
                "udate": offset_stamp(row.sent),
                "id": str(row.id * 100 + place),
                "user": "1",
                "list": str(list_id),
                "campaign": str(row.id),
            }
            for place, list_id in enumerate(row.lists)
        ]
        return JSONResponse({"campaignLists": answers, "meta": {"total": str(len(answers))}})

    async def link_data(self, request: Request) -> Response:
        """One row per contact; repeats change `times` and add none (§8.2)."""
        found = self._account.campaigns.link(whole_number(request.path_params["id"]) or 0)
        if found is None:
            return JSONResponse({"linkData": [], "meta": {"total": "0"}})
        campaign, link = found
        hits = list(link.hits.values())
        answers = [
            {
                "subscriberid": str(hit.contact),
                "campaignid": str(campaign.id),
                "messageid": str(campaign.id),
                "linkid": str(link.id),
                "tstamp": offset_stamp(hit.at),
                "isread": "1" if link is campaign.opened else "0",
                "times": str(hit.times),
                "ip": "127.0.0.1",
                "ua": "",
                "uasrc": "",
                "referer": "",
                "id": str(hit.id),
                "contact": str(hit.contact),
                "campaign": str(campaign.id),
                "link": str(link.id),
                "message": str(campaign.id),
            }
            for hit in Page.of(request.query_params).cut(hits)
        ]
        return JSONResponse({"linkData": answers, "meta": {"total": str(len(hits))}})

    async def machine_opens(self, _request: Request) -> Response:
        """Opens by privacy proxies: none here."""
        return JSONResponse({"mppLinkData": [], "meta": {"total": "0"}})
