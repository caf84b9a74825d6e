"""`/contactLists`: one status of one contact on one list (activecampaign.md §5.2, §5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.all_rows import page_of_all
from actui.sandbox.activecampaign.contact_answers import Json, membership_row
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.rows import (
    ACTIVE,
    BOUNCED,
    UNCONFIRMED,
    UNSUBSCRIBED,
    Contact,
    Membership,
)


class ContactListRoutes:
    """The `contactLists` endpoint of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Writing, which the document describes."""
        return [Route("/api/3/contactLists", self.set_status, methods=["POST"])]

    def undocumented_routes(self) -> list[Route]:
        """The listing of all rows, which it does not."""
        return [Route("/api/3/contactLists", self.listing, methods=["GET"])]

    async def listing(self, request: Request) -> Response:
        """A page of all list rows; every filter is ignored, unless switched."""
        account = self._account
        wanted: dict[str, int | None] = {}
        if account.switches["contact-lists-filters"] == "honoured":
            for (key, _), text in bracketed(request.query_params, "filters").items():
                wanted[key.removesuffix("id")] = whole_number(text)

        def rows_of(contact: Contact) -> Iterator[tuple[Contact, int, Membership]]:
            if wanted.get("contact", contact.id) == contact.id:
                for list_id, held in contact.memberships.items():
                    if wanted.get("list", list_id) == list_id:
                        yield contact, list_id, held

        page = Page.of(account.switches, request.query_params)
        rows, total = page_of_all(account, page, repr(("contactLists", wanted)), rows_of)
        answers = [membership_row(account, *row) for row in rows]
        return JSONResponse({"contactLists": answers, "meta": {"total": str(total)}})

    async def set_status(self, request: Request) -> Response:
        """Set one status; a 1 over a 2 does resubscribe, unless switched.

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
        may = self._account.switches["resubscribe"] if _resubscribes(row, list_id, status) else ""
        if may == "forbidden":
            return refusals.forbidden("You do not have permission to resubscribe contacts.")
        changed = may != "kept" and self._account.write_status(row, list_id, status)
        if "sourceid" in sent:
            row.memberships[list_id].source = str(sent["sourceid"])
        return JSONResponse(self._answer(row, list_id, sent, changed=changed))

    def _answer(self, row: Contact, list_id: int, sent: dict[str, Any], *, changed: bool) -> Json:
        switches = self._account.switches
        held = row.memberships[list_id]
        answer = membership_row(self._account, row, list_id, held)
        if switches["list-status-type"] == "number":
            answer["status"] = held.status
        if switches["echoed-ids"] == "as-sent":
            answer |= {"contact": sent["contact"], "list": sent["list"]}
        if not changed and switches["unchanged-status"] == "without-contacts":
            return {"contactList": answer}
        return {"contacts": [{"id": str(row.id), "email": row.email}], "contactList": answer}


def _resubscribes(row: Contact, list_id: int, status: int) -> bool:
    held = row.memberships.get(list_id)
    return status == ACTIVE and held is not None and held.status == UNSUBSCRIBED
