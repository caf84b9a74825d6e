"""Reading `/contacts` and what hangs on one contact (activecampaign.md §3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.contact_answers import (
    Json,
    automation_rows,
    bounce_rows,
    field_value_rows,
    listed_row,
    membership_rows,
    tagging_rows,
)
from actui.sandbox.activecampaign.contact_query import ContactQuery
from actui.sandbox.activecampaign.listing_query import whole_number
from actui.sandbox.activecampaign.rows import Contact

Render = Callable[[Account, Contact], list[Json]]

SIDELOADS: dict[str, Render] = {
    "fieldValues": field_value_rows,
    "contactLists": membership_rows,
    "contactTags": tagging_rows,
    "contactAutomations": automation_rows,
    "accountContacts": lambda _account, _row: [],
    "geoIps": lambda _account, _row: [],
    "deals": lambda _account, _row: [],
}
"""What `include` may name; nobody here has accounts, places or deals."""

COLLECTIONS: dict[str, Render] = {
    **SIDELOADS,
    "bounceLogs": bounce_rows,
    "contactGoals": lambda _account, _row: [],
    "contactLogs": lambda _account, _row: [],
    "notes": lambda _account, _row: [],
    "scoreValues": lambda _account, _row: [],
    "trackingLogs": lambda _account, _row: [],
}
"""The documented listings below one contact."""

SIBLINGS = (
    "contactAutomations",
    "contactLists",
    "deals",
    "fieldValues",
    "geoIps",
    "accountContacts",
)
"""What a single contact always brings (§3.5)."""

SIDELOAD_CUT = 100


class ContactRoutes:
    """The contact endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/contacts", self.listing, methods=["GET"]),
            Route("/api/3/contacts/{id}", self.read, methods=["GET"]),
            Route("/api/3/contacts/{id}/{collection}", self.below, methods=["GET"]),
        ]

    def _row(self, request: Request) -> Contact | None:
        number = whole_number(request.path_params["id"])
        return None if number is None else self._account.contacts.get(number)

    async def listing(self, request: Request) -> Response:
        """A page of contacts, with sideloads where asked for (§3.4)."""
        query = ContactQuery(self._account, request.query_params)
        unknown = query.unknown_filters()
        if unknown and self._account.switches["unknown-filters"] == "refused":
            return refusals.invalid_filter(unknown[0])
        found = query.run()
        rows = [row for number in found.ids if (row := self._account.contacts.get(number))]
        answers = [listed_row(self._account, row) for row in rows]
        body: Json = {"scoreValues": [], "contacts": answers}
        for name in request.query_params.get("include", "").split(","):
            self._sideload(name.strip(), rows, answers, body)
        body["meta"] = {
            "page_input": self._page_input(query, request),
            "total": str(found.total),
            "sortable": True,
        }
        return JSONResponse(body)

    def _page_input(self, query: ContactQuery, request: Request) -> Json:
        """The request as understood: ints, and `sort` null even with orders (§3.2)."""
        return {
            "segmentid": request.query_params.get("segmentid"),
            "formid": self._number(request, "formid"),
            "listid": query.list_id,
            "tagid": self._number(request, "tagid"),
            "limit": query.page.limit,
            "offset": query.page.offset,
            "search": request.query_params.get("search"),
            "sort": None,
            "seriesid": self._number(request, "seriesid"),
            "waitid": self._number(request, "waitid"),
            "status": query.status,
            "forceQuery": self._number(request, "forceQuery"),
            "cacheid": hashlib.md5(
                str(request.url.query).encode(), usedforsecurity=False
            ).hexdigest(),
        }

    @staticmethod
    def _number(request: Request, name: str) -> int:
        return whole_number(request.query_params.get(name)) or 0

    def _sideload(self, name: str, rows: list[Contact], answers: list[Json], body: Json) -> None:
        render = SIDELOADS.get(name)
        if render is None:
            return
        every: list[Json] = []
        for row, answer in zip(rows, answers, strict=True):
            mine = render(self._account, row)
            answer[name] = [one["id"] for one in mine]
            every.extend(mine)
        cut = self._account.switches["include-truncates"] == "yes"
        body[name] = every[:SIDELOAD_CUT] if cut else every

    async def read(self, request: Request) -> Response:
        """One contact with its siblings (§3.5)."""
        row = self._row(request)
        if row is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        if self._account.switches["activities-of-contact"] == "as-last-read":
            self._account.feeds_made[row.id] = self._account.clock.now()
        asked = request.query_params.get("include", "").split(",")
        names = [*SIBLINGS, *(name for name in asked if name in SIDELOADS)]
        siblings = {name: SIDELOADS[name](self._account, row) for name in names}
        for one in siblings["contactLists"]:
            one["channel"] = "email"
        contact = listed_row(self._account, row)
        del contact["scoreValues"]
        ids = {name: [one["id"] for one in rows] for name, rows in siblings.items()}
        return JSONResponse({**siblings, "contact": {**contact, **ids}})

    async def below(self, request: Request) -> Response:
        """Everything of one kind that one contact has."""
        name = request.path_params["collection"]
        render = COLLECTIONS.get(name)
        if render is None:
            return refusals.no_such_path()
        row = self._row(request)
        if row is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        return JSONResponse({name: render(self._account, row)})
