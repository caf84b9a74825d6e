"""`/contacts` and `contact/sync` (activecampaign.md §3, §6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.contact_answers import (
    Json,
    changed_row,
    field_value_row,
    field_value_rows,
    listed_row,
    membership_rows,
    short_row,
    synced_new_row,
)
from actui.sandbox.activecampaign.contact_query import ContactQuery
from actui.sandbox.activecampaign.email_rules import is_accepted
from actui.sandbox.activecampaign.listing_query import whole_number
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.rows import Contact

NAME_KEYS = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}
EMPTY_SIDELOADS = ("contactTags", "contactAutomations", "contactData", "geoIps", "deals")
SIDELOAD_CUT = 100


class ContactRoutes:
    """The contact endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/contacts", self.listing, methods=["GET"]),
            Route("/api/3/contacts", self.create, methods=["POST"]),
            Route("/api/3/contact/sync", self.sync, methods=["POST"]),
            Route("/api/3/contacts/{id}", self.read, methods=["GET"]),
            Route("/api/3/contacts/{id}", self.update, methods=["PUT", "PATCH"]),
            Route("/api/3/contacts/{id}", self.delete, methods=["DELETE"]),
            Route("/api/3/contacts/{id}/contactLists", self.memberships, methods=["GET"]),
            Route("/api/3/contacts/{id}/fieldValues", self.field_values, methods=["GET"]),
            Route("/api/3/contacts/{id}/bounceLogs", self.bounce_logs, methods=["GET"]),
        ]

    def _row(self, request: Request) -> Contact | None:
        number = whole_number(request.path_params["id"])
        return None if number is None else self._account.contacts.get(number)

    async def listing(self, request: Request) -> Response:
        """A page of contacts, with sideloads where asked for (§3.4)."""
        query = ContactQuery(self._account, request.query_params)
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
            "segmentid": None,
            "formid": 0,
            "listid": query.list_id,
            "tagid": 0,
            "limit": query.page.limit,
            "offset": query.page.offset,
            "search": request.query_params.get("search"),
            "sort": None,
            "seriesid": 0,
            "waitid": 0,
            "status": query.status,
            "forceQuery": 0,
            "cacheid": hashlib.md5(
                str(request.url.query).encode(), usedforsecurity=False
            ).hexdigest(),
        }

    def _sideload(self, name: str, rows: list[Contact], answers: list[Json], body: Json) -> None:
        if name in EMPTY_SIDELOADS:
            body[name] = []
            for answer in answers:
                answer[name] = []
            return
        render = {"fieldValues": field_value_rows, "contactLists": membership_rows}.get(name)
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
        lists = [{**one, "channel": "email"} for one in membership_rows(self._account, row)]
        values = field_value_rows(self._account, row)
        ids = {
            "contactAutomations": [],
            "contactLists": [one["id"] for one in lists],
            "fieldValues": [one["id"] for one in values],
            "geoIps": [],
            "deals": [],
            "accountContacts": [],
        }
        contact = listed_row(self._account, row)
        del contact["scoreValues"]
        return JSONResponse(
            {
                "contactAutomations": [],
                "contactLists": lists,
                "deals": [],
                "fieldValues": values,
                "geoIps": [],
                "accountContacts": [],
                "contact": {**contact, **ids},
            }
        )

    async def memberships(self, request: Request) -> Response:
        """All list rows of one contact (§5.3)."""
        row = self._row(request)
        if row is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        return JSONResponse({"contactLists": membership_rows(self._account, row)})

    async def field_values(self, request: Request) -> Response:
        """All field values of one contact (§4.2)."""
        row = self._row(request)
        if row is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        return JSONResponse({"fieldValues": field_value_rows(self._account, row)})

    async def bounce_logs(self, request: Request) -> Response:
        """The bounces of one contact (§10); what each row says is left out."""
        row = self._row(request)
        if row is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        logs = [
            {"id": str(row.id * 10 + n), "contact": str(row.id), "email": row.email, "error": ""}
            for n in range(row.bounced_hard)
        ]
        return JSONResponse({"bounceLogs": logs, "meta": {"total": str(len(logs))}})

    async def create(self, request: Request) -> Response:
        """Create only: an address that is taken is refused (§6)."""
        sent = await wrapped_object(request, "contact")
        if sent is None:
            return refusals.unreadable_body()
        if not is_accepted(sent.get("email")):
            return refusals.invalid_email()
        if self._account.contacts.find_email(sent["email"]) is not None:
            return refusals.duplicate_email()
        row = self._account.create_contact(sent["email"])
        written = self._write(row, sent)
        return JSONResponse({"contact": short_row(self._account, row), **written}, 201)

    async def sync(self, request: Request) -> Response:
        """Upsert by address: 201 for a new contact, 200 for a known one (§6)."""
        sent = await wrapped_object(request, "contact")
        if sent is None:
            return refusals.unreadable_body()
        if not sent.get("email"):
            return refusals.sync_without_email()
        if not is_accepted(sent["email"]):
            return refusals.invalid_email()
        known = self._account.contacts.find_email(sent["email"])
        row = None if known is None else self._account.contacts.edit(known)
        if row is not None:
            written = self._write(row, sent)
            return JSONResponse({**written, "contact": changed_row(self._account, row)}, 200)
        row = self._account.create_contact(sent["email"])
        written = self._write(row, sent)
        return JSONResponse({**written, "contact": synced_new_row(self._account, row)}, 201)

    async def update(self, request: Request) -> Response:
        """Update by id; the address may change unless it is another contact's (§6)."""
        sent = await wrapped_object(request, "contact")
        if sent is None:
            return refusals.unreadable_body()
        found = self._row(request)
        row = None if found is None else self._account.contacts.edit(found.id)
        if row is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        email = sent.get("email")
        if email and email != row.email:
            if not is_accepted(email):
                return refusals.invalid_email()
            if self._account.contacts.find_email(email) not in (None, row.id):
                return refusals.duplicate_email()
            self._account.rename_contact(row, email)
        written = self._write(row, sent)
        return JSONResponse({**written, "contact": changed_row(self._account, row)})

    async def delete(self, request: Request) -> Response:
        """Delete for good (§10)."""
        found = self._row(request)
        row = None if found is None else self._account.contacts.edit(found.id)
        if row is None:
            return refusals.no_contact_to_delete(request.path_params["id"])
        self._account.delete_contact(row)
        return JSONResponse({})

    def _write(self, row: Contact, sent: Mapping[str, Any]) -> Json:
        """Write the keys sent; returns the `fieldValues` set by this call, if any (§4.2)."""
        texts = {
            ours: str(sent[theirs])
            for theirs, ours in NAME_KEYS.items()
            if sent.get(theirs) is not None
        }
        self._account.write_profile(row, texts)
        if not isinstance(sent.get("fieldValues"), list):
            return {}
        answers: list[Json] = []
        for one in sent["fieldValues"]:
            field_id = whole_number(one.get("field")) if isinstance(one, dict) else None
            if field_id is None:
                continue
            value = one.get("value")
            if self._account.write_field(row, field_id, None if value is None else str(value)):
                held = row.values[field_id]
                answers.append(field_value_row(self._account, row, field_id, held))
        return {"fieldValues": answers}
