"""`/tags` and `/contactTags` (activecampaign.md §9)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json, links, tagging_row
from actui.sandbox.activecampaign.listing_query import (
    Page,
    bracketed,
    in_named_order,
    text_matches,
    whole_number,
)
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.tags import Tag


class TagRoutes:
    """The tag endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/tags", self.listing, methods=["GET"]),
            Route("/api/3/tags", self.create, methods=["POST"]),
            Route("/api/3/tags/{id}", self.read, methods=["GET"]),
            Route("/api/3/tags/{id}", self.update, methods=["PUT"]),
            Route("/api/3/tags/{id}", self.delete, methods=["DELETE"]),
            Route("/api/3/contactTags", self.put, methods=["POST"]),
            Route("/api/3/contactTags/{id}", self.take_off, methods=["DELETE"]),
        ]

    def undocumented_routes(self) -> list[Route]:
        """The listing of all relations."""
        return [Route("/api/3/contactTags", self.taggings, methods=["GET"])]

    def _answer(self, row: Tag) -> Json:
        return {
            "tagType": row.kind,
            "tag": row.name,
            "description": row.description,
            "subscriber_count": str(self._account.tags.carriers(row.id)),
            "cdate": offset_stamp(row.created),
            "created_timestamp": local_stamp(row.created),
            "updated_timestamp": local_stamp(row.created),
            "created_by": None,
            "updated_by": None,
            "deleted": "0",
            "links": links(self._account, f"tags/{row.id}", ("contactGoalTags", "templateTags")),
            "id": str(row.id),
        }

    async def listing(self, request: Request) -> Response:
        """A page of tags, searched by name."""
        rows = list(self._account.tags.rows.values())
        search = request.query_params.get("search", "").lower()
        rows = [row for row in rows if search in row.name.lower()]
        for (key, operator), wanted in bracketed(request.query_params, "filters").items():
            if key == "search":
                rows = [row for row in rows if text_matches(row.name, operator, wanted)]
        rows = in_named_order(rows, request.query_params, "search", lambda row: row.name)
        page = Page.of(self._account.switches, request.query_params).cut(rows)
        return JSONResponse(
            {"tags": [self._answer(row) for row in page], "meta": {"total": str(len(rows))}}
        )

    def _tag(self, request: Request) -> Tag | None:
        return self._account.tags.rows.get(whole_number(request.path_params["id"]) or 0)

    async def read(self, request: Request) -> Response:
        """One tag."""
        row = self._tag(request)
        if row is None:
            return refusals.no_result("Tag", request.path_params["id"])
        return JSONResponse({"tag": self._answer(row)})

    async def update(self, request: Request) -> Response:
        """Another name or description; only keys sent are written."""
        sent = await wrapped_object(request, "tag")
        if sent is None:
            return refusals.unreadable_body()
        row = self._tag(request)
        if row is None:
            return refusals.no_result("Tag", request.path_params["id"])
        name = str(sent.get("tag") or row.name)
        if self._account.tags.named(name) not in (None, row):
            return refusals.invalid_choice("tag")
        self._account.tags.rename(row, name)
        row.description = str(sent.get("description", row.description))
        row.kind = str(sent.get("tagType") or row.kind)
        return JSONResponse({"tag": self._answer(row)})

    async def delete(self, request: Request) -> Response:
        """Take a tag away, and off everybody."""
        row = self._tag(request)
        if row is None:
            return refusals.no_result("Tag", request.path_params["id"])
        self._account.tags.remove(row)
        self._account.contacts.forget_totals()
        return JSONResponse({})

    async def create(self, request: Request) -> Response:
        """A new tag: 201; an existing name: 200 with the tag there is."""
        sent = await wrapped_object(request, "tag")
        if sent is None or not sent.get("tag"):
            return refusals.unreadable_body()
        known = self._account.tags.named(str(sent["tag"]))
        if known is not None:
            if self._account.switches["existing-tag"] == "refused":
                return refusals.invalid_choice("tag")
            return JSONResponse({"tag": self._answer(known)})
        words = str(sent.get("description") or "")
        row = self._account.tags.add(str(sent["tag"]), words, self._account.now())
        row.kind = str(sent.get("tagType") or row.kind)
        return JSONResponse({"tag": self._answer(row)}, 201)

    async def put(self, request: Request) -> Response:
        """Put a tag on a contact: 200 as recorded, where the document has 201; `udate` moves."""
        sent = await wrapped_object(request, "contactTag")
        if sent is None:
            return refusals.unreadable_body()
        if sent.get("contact") is None:
            return refusals.missing_attribute("contact")
        contact = self._account.contacts.edit(whole_number(sent["contact"]) or 0)
        if contact is None:
            return refusals.no_contact_to_tag()
        number = whole_number(sent.get("tag"))
        if number is None:
            return refusals.no_tag_id()
        if number not in self._account.tags.rows:
            return refusals.no_result("Tag", str(number))
        answer = tagging_row(self._account, self._account.put_tag(contact, number))
        if self._account.switches["echoed-ids"] == "as-sent":
            answer |= {"contact": sent["contact"], "tag": sent["tag"]}
        return JSONResponse(
            {"contactTag": answer}, int(self._account.switches["contact-tag-status"])
        )

    async def take_off(self, request: Request) -> Response:
        """Take a tag off, by the row's own id."""
        number = whole_number(request.path_params["id"]) or 0
        gone = self._account.tags.take_off(number)
        if gone is None:
            return refusals.no_result("SubscriberTag", request.path_params["id"])
        contact = self._account.contacts.edit(gone.contact)
        if contact is not None:
            contact.updated = self._account.now()
        return JSONResponse({})

    async def taggings(self, request: Request) -> Response:
        """A page of everything that anybody carries (§8.2, not documented)."""
        rows = list(self._account.tags.taggings.values())
        page = Page.of(self._account.switches, request.query_params).cut(rows)
        answers = [tagging_row(self._account, row) for row in page]
        return JSONResponse({"contactTags": answers, "meta": {"total": str(len(rows))}})
