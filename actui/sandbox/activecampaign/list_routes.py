"""`/lists` (activecampaign.md §5.1)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json, links
from actui.sandbox.activecampaign.listing_query import (
    Page,
    bracketed,
    in_named_order,
    text_matches,
    whole_number,
)
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.rows import ACTIVE, MailingList

LIST_LINKS = ("contactGoalLists", "user", "addressLists")
SETTINGS_OF_A_LIST = {
    "p_use_tracking": "1",
    "p_use_analytics_read": "0",
    "p_use_analytics_link": "0",
    "p_use_twitter": "0",
    "p_use_facebook": "0",
    "p_embed_image": "1",
    "p_use_captcha": "1",
    "send_last_broadcast": "0",
    "private": "0",
    "analytics_source": "",
    "analytics_ua": "",
    "twitter_token": "",
    "twitter_token_secret": "",
    "carboncopy": "",
    "subscription_notify": "",
    "unsubscription_notify": "",
    "require_name": "0",
    "get_unsubscribe_reason": "0",
    "to_name": "Subscriber",
    "optinoptout": "1",
    "sender_name": "",
    "sender_addr1": "",
    "sender_addr2": "",
    "sender_city": "",
    "sender_state": "",
    "sender_zip": "",
    "sender_country": "",
    "sender_phone": "",
    "fulladdress": "",
    "optinmessageid": "0",
    "optoutconf": "0",
    "deletestamp": None,
}


class ListRoutes:
    """The list endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/lists", self.listing, methods=["GET"]),
            Route("/api/3/lists", self.create, methods=["POST"]),
            Route("/api/3/lists/{id}", self.read, methods=["GET"]),
            Route("/api/3/lists/{id}", self.update, methods=["PUT", "PATCH"]),
            Route("/api/3/lists/{id}", self.delete, methods=["DELETE"]),
        ]

    def _answer(self, row: MailingList) -> Json:
        counts = self._account.memberships.counts()
        edited = row.is_edited
        lags = self._account.switches["list-stamp"] == "lags"
        return {
            "stringid": row.stringid,
            "userid": "1",
            "name": row.name,
            "cdate": offset_stamp(row.created),
            **SETTINGS_OF_A_LIST,
            # Null until somebody saves the list's settings, as the recorded rows show.
            "analytics_domains": "" if edited else None,
            "facebook_session": "" if edited else None,
            "sender_url": row.sender_url,
            "sender_reminder": row.sender_reminder,
            "udate": offset_stamp(row.updated),
            "created_timestamp": local_stamp(row.created),
            "updated_timestamp": local_stamp(row.created if lags else row.updated),
            "created_by": "0" if edited else None,
            "updated_by": "1" if edited else None,
            "channel": "email",
            "description": "",
            "non_deleted_subscribers": str(counts[row.id, None]),
            "active_subscribers": str(counts[row.id, ACTIVE]),
            "links": links(self._account, f"lists/{row.id}", LIST_LINKS),
            "id": str(row.id),
            "user": "1",
        }

    async def listing(self, request: Request) -> Response:
        """A page of lists, 20 unless asked otherwise."""
        rows = list(self._account.lists.values())
        for (key, operator), wanted in bracketed(request.query_params, "filters").items():
            if key == "name":
                rows = [row for row in rows if text_matches(row.name, operator, wanted)]
        rows = in_named_order(rows, request.query_params, "name", lambda row: row.name)
        page = Page.of(self._account.switches, request.query_params).cut(rows)
        answers = [self._answer(row) for row in page]
        return JSONResponse({"lists": answers, "meta": {"total": str(len(rows))}})

    async def read(self, request: Request) -> Response:
        """One list."""
        row = self._account.lists.get(whole_number(request.path_params["id"]) or 0)
        if row is None:
            return refusals.no_result("_List", request.path_params["id"])
        return JSONResponse({"list": self._answer(row)})

    async def create(self, request: Request) -> Response:
        """A new list: 201 and a short row with real ints (§5.1)."""
        sent = await wrapped_object(request, "list")
        if sent is None or not sent.get("name"):
            return refusals.unreadable_body()
        number, now = self._account.next_id("lists"), self._account.now()
        row = MailingList(
            number,
            str(sent["name"]),
            str(sent.get("stringid") or f"list-{number}"),
            now,
            now,
            str(sent.get("sender_url") or ""),
            str(sent.get("sender_reminder") or ""),
        )
        self._account.lists[number] = row
        answer = {
            "name": row.name,
            "channel": "email",
            "stringid": row.stringid,
            "sender_url": row.sender_url,
            "sender_reminder": row.sender_reminder,
            "description": "",
            "send_last_broadcast": 0,
            "carboncopy": "",
            "subscription_notify": "",
            "unsubscription_notify": "",
            "userid": 1,
            "cdate": offset_stamp(now),
            "udate": offset_stamp(now),
            "links": links(self._account, f"lists/{number}", LIST_LINKS),
            "id": str(number),
            "user": 1,
        }
        status = int(self._account.switches["new-list-status"])
        return JSONResponse({"list": answer}, status)

    async def update(self, request: Request) -> Response:
        """Other settings for a list: only keys sent are written (§1.1)."""
        sent = await wrapped_object(request, "list")
        if sent is None:
            return refusals.unreadable_body()
        row = self._account.lists.get(whole_number(request.path_params["id"]) or 0)
        if row is None:
            return refusals.no_result("_List", request.path_params["id"])
        for key in ("name", "stringid", "sender_url", "sender_reminder"):
            if sent.get(key) is not None:
                setattr(row, key, str(sent[key]))
        row.updated, row.is_edited = self._account.now(), True
        return JSONResponse({"list": self._answer(row)})

    async def delete(self, request: Request) -> Response:
        """Take a list away: an empty object, as recorded."""
        number = whole_number(request.path_params["id"]) or 0
        if number not in self._account.lists:
            documented = self._account.switches["missing-row"] == "as-documented"
            status = 403 if documented else 404
            return refusals.no_result("_List", request.path_params["id"], status)
        self._account.delete_list(number)
        return JSONResponse({})
