"""Writing single contacts: `/contacts` and `contact/sync` (activecampaign.md §6)."""

from __future__ import annotations

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
    short_row,
    synced_new_row,
)
from actui.sandbox.activecampaign.email_rules import is_accepted
from actui.sandbox.activecampaign.field_rules import fits_options
from actui.sandbox.activecampaign.listing_query import whole_number
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.rows import ACTIVE, Contact

NAME_KEYS = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}


class ContactWrites:
    """The contact endpoints that change something."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/contacts", self.create, methods=["POST"]),
            Route("/api/3/contact/sync", self.sync, methods=["POST"]),
            Route("/api/3/contacts/{id}", self.update, methods=["PUT", "PATCH"]),
            Route("/api/3/contacts/{id}", self.delete, methods=["DELETE"]),
        ]

    def _row(self, request: Request) -> Contact | None:
        return self._account.contacts.edit(whole_number(request.path_params["id"]) or 0)

    def _refusal(self, sent: Mapping[str, Any]) -> Response | None:
        """What is wrong with the fields and lists sent, looked at before anything is written."""
        switches = self._account.switches
        for field_id, value in _sent_values(sent):
            if field_id not in self._account.fields:
                if switches["unknown-field-ids"] == "refused":
                    return refusals.field_id_not_valid()
            elif switches["option-values"] == "refused" and not fits_options(
                self._account.fields[field_id], value
            ):
                return refusals.invalid_choice("fieldValues")
        if switches["inline-lists"] == "honoured":
            for number in _sent_lists(sent):
                if number not in self._account.lists:
                    return refusals.invalid_choice("lists")
        return None

    async def create(self, request: Request) -> Response:
        """Create only: an address that is taken is refused (§6)."""
        sent = await wrapped_object(request, "contact")
        if sent is None:
            return refusals.unreadable_body()
        email = sent.get("email") or ""
        if not is_accepted(email) and not (email == "" and self._may_lack_address(sent)):
            return refusals.invalid_email()
        if self._account.contacts.find_email(email) is not None:
            return refusals.duplicate_email()
        if (refused := self._refusal(sent)) is not None:
            return refused
        row = self._account.create_contact(email)
        written = self._write(row, sent)
        return JSONResponse({"contact": short_row(self._account, row), **written}, 201)

    def _may_lack_address(self, sent: Mapping[str, Any]) -> bool:
        """Phone-only contacts: asked for in the call and switched on in the account."""
        is_on = self._account.switches["phone-only-contacts"] == "on"
        return is_on and sent.get("allowNullEmail") is True and bool(sent.get("phone"))

    async def sync(self, request: Request) -> Response:
        """Upsert by address: 201 for a new contact, 200 for a known one (§6)."""
        sent = await wrapped_object(request, "contact")
        if sent is None:
            return refusals.unreadable_body()
        if not sent.get("email"):
            return refusals.sync_without_email()
        if not is_accepted(sent["email"]):
            return refusals.invalid_email()
        if (refused := self._refusal(sent)) is not None:
            return refused
        known = self._account.contacts.find_email(sent["email"])
        row = None if known is None else self._account.contacts.edit(known)
        if row is not None:
            row.is_edited = True
            written = self._write(row, sent)
            status = 200 if self._account.switches["sync-status"] == "201-and-200" else 201
            return JSONResponse({**written, "contact": changed_row(self._account, row)}, status)
        row = self._account.create_contact(sent["email"])
        written = self._write(row, sent)
        return JSONResponse({**written, "contact": synced_new_row(self._account, row)}, 201)

    async def update(self, request: Request) -> Response:
        """Update by id; the address may change unless it is another contact's (§6)."""
        sent = await wrapped_object(request, "contact")
        if sent is None:
            return refusals.unreadable_body()
        row = self._row(request)
        if row is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        if (refused := self._refusal(sent)) is not None:
            return refused
        email = sent.get("email")
        if email and email != row.email:
            if not is_accepted(email):
                return refusals.invalid_email()
            if self._account.contacts.find_email(email) not in (None, row.id):
                return refusals.duplicate_email()
            self._account.rename_contact(row, email)
        row.is_edited = True
        written = self._write(row, sent)
        return JSONResponse({**written, "contact": changed_row(self._account, row)})

    async def delete(self, request: Request) -> Response:
        """Delete for good (§10)."""
        row = self._row(request)
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
        if self._account.switches["inline-lists"] == "honoured":
            for number in _sent_lists(sent):
                self._account.write_status(row, number, ACTIVE)
            self._account.put_named_tags(row, map(str, _array(sent, "tags")))
        answers = [
            field_value_row(self._account, row, field_id, row.values[field_id])
            for field_id, value in _sent_values(sent)
            if self._account.write_field(row, field_id, value)
        ]
        return {"fieldValues": answers} if isinstance(sent.get("fieldValues"), list) else {}


def _array(sent: Mapping[str, Any], key: str) -> list[Any]:
    held = sent.get(key)
    return held if isinstance(held, list) else []


def _sent_values(sent: Mapping[str, Any]) -> list[tuple[int, str | None]]:
    """Field ids and texts of a contact's write; what is no such pair is dropped (§4.2)."""
    return [
        (field_id, None if one.get("value") is None else str(one["value"]))
        for one in _array(sent, "fieldValues")
        if isinstance(one, dict) and (field_id := whole_number(one.get("field"))) is not None
    ]


def _sent_lists(sent: Mapping[str, Any]) -> list[int]:
    """Ids of `lists`, 0 for what names none (§5.4)."""
    return [
        whole_number(one.get("list")) or 0 if isinstance(one, dict) else 0
        for one in _array(sent, "lists")
    ]
