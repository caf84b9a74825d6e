"""`/activities` (activecampaign.md §8.1)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.activities import MODEL_NAMES, Activity, Feed
from actui.sandbox.activecampaign.campaign_answers import link_hit_rows, machine_hit_rows
from actui.sandbox.activecampaign.central_time import filter_instant, local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number
from actui.sandbox.activecampaign.sends import CONTACTS_A_CAMPAIGN, Send, log_row


class ActivityRoutes:
    """The feed of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [Route("/api/3/activities", self.listing, methods=["GET"])]

    async def listing(self, request: Request) -> Response:
        """A page of the feed; `after` is honoured, every `filters[…]` ignored."""
        params, switches = request.query_params, self._account.switches
        contact = whole_number(params.get("contact"))
        if contact is None and switches["activities-need-contact"] == "yes":
            return JSONResponse({}, 400)
        after = filter_instant(params.get("after", ""), switches["offset-less-dates"])
        feed = Feed(self._account, 0 if after is None else after, contact)
        order = bracketed(params, "orders").get(("tstamp", ""), "").upper()
        falling = order == "DESC" or (
            order != "ASC" and switches["activities-order"] == "newest-first"
        )
        page = Page.of(switches, params)
        rows = list(islice(feed.rows(falling=falling), page.offset, page.offset + page.limit))
        body: Json = {"contacts": self._contacts(rows)}
        if any(one.startswith("reference") for one in params.get("include", "").split(",")):
            body |= self._references(rows)
        body["activities"] = [_activity_row(row) for row in rows]
        body["meta"] = {"total": str(feed.total())}
        return JSONResponse(body)

    def _contacts(self, rows: Iterable[Activity]) -> list[Json]:
        """The contacts named, in short."""
        numbers = dict.fromkeys(row.contact for row in rows)
        found = filter(None, map(self._account.contacts.get, numbers))
        return [
            {
                "cdate": offset_stamp(row.created),
                "email": row.email,
                "firstName": row.first_name,
                "lastName": row.last_name,
                "created_timestamp": local_stamp(row.created),
                "updated_timestamp": local_stamp(row.updated),
                "id": str(row.id),
            }
            for row in found
        ]

    def _references(self, rows: list[Activity]) -> Json:
        """What the rows refer to, as `include=reference` asks."""
        account = self._account
        numbers = {row.number for row in rows if row.kind in ("LinkData", "MppLinkData")}
        hits: list[Json] = []
        machines: list[Json] = []
        for row in account.campaigns.rows.values():
            for link in row.links:
                found = [hit for hit in link.hits.rows if hit.id in numbers]
                hits.extend(link_hit_rows(account, row, link, found))
            found = [hit for hit in row.machine_opened.rows if hit.id in numbers]
            machines.extend(machine_hit_rows(account, row, found))
        logs = [
            log_row(Send(row.number // CONTACTS_A_CAMPAIGN, row.contact, row.at))
            for row in rows
            if row.kind == "Log"
        ]
        return {"logs": logs, "linkData": hits, "mppLinkData": machines}


def _activity_row(row: Activity) -> Json:
    model = MODEL_NAMES[row.kind]
    return {
        "tstamp": offset_stamp(row.at),
        "subscriberid": str(row.contact),
        "reference_type": row.kind,
        "reference_id": row.reference,
        "reference_action": "",
        "jsonData": None,
        "userid": "0",
        "permission": "",
        "referenceModelName": model,
        "notes": [],
        "recipients": [],
        "reference": {"type": model, "id": row.reference},
        "user": "0",
        "id": row.id,
    }
