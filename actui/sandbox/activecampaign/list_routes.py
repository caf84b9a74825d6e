"""`/lists`, `/contactLists` and exclusions (activecampaign.md §5)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json, links, membership_row
from actui.sandbox.activecampaign.listing_query import Page, bracketed, text_matches, whole_number
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.rows import ACTIVE, BOUNCED, UNCONFIRMED, MailingList

LIST_LINKS = ("contactGoalLists", "user", "addressLists")
SWITCHES_OF_A_LIST = {
    "p_use_tracking": "1",
    "p_use_analytics_read": "0",
    "p_use_analytics_link": "0",
    "p_use_twitter": "0",
    "p_use_facebook": "0",
    "p_embed_image": "1",
    "p_use_captcha": "1",
    "send_last_broadcast": "0",
    "private": "0",
    "analytics_domains": None,
    "analytics_source": "",
    "analytics_ua": "",
    "twitter_token": "",
    "twitter_token_secret": "",
    "facebook_session": None,
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
        """Paths and methods; exclusions come first, since `{id}` would match them."""
        return [
            Route("/api/3/lists/exclusions", self.exclusions, methods=["GET"]),
            Route("/api/3/lists", self.listing, methods=["GET"]),
            Route("/api/3/lists", self.create, methods=["POST"]),
            Route("/api/3/lists/{id}", self.read, methods=["GET"]),
            Route("/api/3/lists/{id}", self.delete, methods=["DELETE"]),
            Route("/api/3/contactLists", self.memberships, methods=["GET"]),
            Route("/api/3/contactLists", self.set_status, methods=["POST"]),
        ]

    def _answer(self, row: MailingList) -> Json:
        counts = self._account.memberships.counts()
        return {
            "stringid": row.stringid,
            "userid": "1",
            "name": row.name,
            "cdate": offset_stamp(row.created),
            **SWITCHES_OF_A_LIST,
            "sender_url": row.sender_url,
            "sender_reminder": row.sender_reminder,
            "udate": offset_stamp(row.updated),
            "created_timestamp": local_stamp(row.created),
            "updated_timestamp": local_stamp(row.created),
            "created_by": None,
            "updated_by": None,
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
        for (key, _), direction in bracketed(request.query_params, "orders").items():
            if key == "name" and direction.lower() in ("asc", "desc"):
                rows.sort(key=lambda row: row.name.lower(), reverse=direction.lower() == "desc")
        page = Page.of(request.query_params).cut(rows)
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
        number, now = max(self._account.lists) + 1, self._account.now()
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
        return JSONResponse({"list": answer}, 201)

    async def delete(self, request: Request) -> Response:
        """Take a list away: an empty object, as recorded."""
        number = whole_number(request.path_params["id"]) or 0
        if number not in self._account.lists:
            return refusals.no_result("_List", request.path_params["id"])
        self._account.delete_list(number)
        return JSONResponse({})

    async def memberships(self, request: Request) -> Response:
        """A page of all list rows; every filter is ignored (§5.3, not documented)."""
        page, account = Page.of(request.query_params), self._account
        rows: list[Json] = []
        total = 0
        for number in account.contacts.ids.between(None, None):
            contact = account.contacts.get(number)
            if contact is None:
                continue
            for list_id, held in contact.memberships.items():
                if page.offset <= total < page.offset + page.limit:
                    rows.append(membership_row(account, contact, list_id, held))
                total += 1
        return JSONResponse({"contactLists": rows, "meta": {"total": str(total)}})

    async def set_status(self, request: Request) -> Response:
        """Set one status; a 1 over a 2 does resubscribe (§5.2).

        `status` is an int here, and `contacts` is left out when nothing changed.
        """
        sent = await wrapped_object(request, "contactList")
        if sent is None:
            return refusals.unreadable_body()
        status = whole_number(sent.get("status"))
        if status is None or not UNCONFIRMED <= status <= BOUNCED:
            return refusals.invalid_choice("status")
        list_id = whole_number(sent.get("list")) or 0
        row = self._account.contacts.edit(whole_number(sent.get("contact")) or 0)
        if row is None:
            return refusals.no_result("Subscriber", str(sent.get("contact")))
        if list_id not in self._account.lists:
            return refusals.no_result("_List", str(sent.get("list")))
        changed = self._account.write_status(row, list_id, status)
        held = row.memberships[list_id]
        if "sourceid" in sent:
            held.source = str(sent["sourceid"])
        answer = {**membership_row(self._account, row, list_id, held), "status": held.status}
        body: Json = {"contacts": [{"id": str(row.id), "email": row.email}]} if changed else {}
        return JSONResponse({**body, "contactList": answer})

    async def exclusions(self, request: Request) -> Response:
        """Who is never imported, with an int total and real booleans (§5.5)."""
        rows = self._account.exclusions
        for (key, _), wanted in bracketed(request.query_params, "filters").items():
            if key == "matchPhrase":
                rows = [row for row in rows if wanted.lower() in row.phrase]
        page = Page.of(request.query_params).cut(rows)
        answers = [
            {
                "id": str(row.id),
                "matchPhrase": row.phrase,
                "matchType": row.kind,
                "channel": "several",
                "hidden": False,
                "lists": [],
            }
            for row in page
        ]
        return JSONResponse({"exclusions": answers, "meta": {"total": len(rows)}})
