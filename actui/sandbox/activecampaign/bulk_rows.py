"""Reading the contacts of a bulk import: all or nothing (activecampaign.md §7.1).

Keys are snake_case; camelCase ones are dropped without an error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from actui.sandbox.activecampaign.email_rules import follows_documented_rule, only_service_refuses
from actui.sandbox.activecampaign.listing_query import whole_number

LARGEST_BODY = 399_999
MOST_CONTACTS = 250
WRONG_FORMAT = "Field 'email' incorrect format"


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One contact of an import."""

    email: str
    texts: dict[str, str]
    fields: tuple[tuple[int, str | None], ...]
    subscribe: tuple[int, ...]
    unsubscribe: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BulkRefusal:
    """Why a request was refused: texts about the request, or objects about its rows."""

    message: str
    texts: tuple[str, ...] = ()
    rows: tuple[tuple[int, str], ...] = ()

    def reasons(self) -> list[str] | list[dict[str, object]]:
        """`failureReasons` in the shape that fits."""
        if self.texts:
            return list(self.texts)
        return [{"contact": number, "failureReason": reason} for number, reason in self.rows]


def _refused(text: str) -> BulkRefusal:
    return BulkRefusal("JSON payload did not pass validation.", texts=(text,))


def read_bulk_body(body: bytes, *, refuse_odd: bool) -> list[BulkRow] | BulkRefusal:
    """The rows, or why nothing at all is taken."""
    if len(body) > LARGEST_BODY:
        return _refused(f"The payload may not exceed {LARGEST_BODY} bytes.")
    try:
        sent = json.loads(body)
    except ValueError:
        return _refused("Invalid or unparsable json")
    contacts = sent.get("contacts") if isinstance(sent, dict) else None
    if not isinstance(contacts, list) or not contacts:
        return _refused("'contacts' is a required field.")
    if len(contacts) > MOST_CONTACTS:
        return _refused(f"Up to {MOST_CONTACTS} contacts may be sent in one request.")
    reasons = [
        (number, reason)
        for number, one in enumerate(contacts, start=1)
        if (reason := _wrong(one, refuse_odd=refuse_odd)) is not None
    ]
    if reasons:
        message = "JSON payload did not pass validation. No contact was imported."
        return BulkRefusal(message, rows=tuple(reasons))
    return [_row(one) for one in contacts]


def _wrong(one: Any, *, refuse_odd: bool) -> str | None:
    """What is wrong with one contact; the numbers in the answer count from one."""
    if not isinstance(one, dict):
        return "A contact must be an object"
    email = one.get("email")
    if not follows_documented_rule(email) or (refuse_odd and only_service_refuses(str(email))):
        return WRONG_FORMAT
    return _wrong_parts(one)


def _wrong_parts(one: dict[str, Any]) -> str | None:
    for key in ("fields", "subscribe", "unsubscribe", "tags"):
        if key in one and not isinstance(one[key], list):
            return f"Field '{key}' must be an array"
    for entry in one.get("fields", []):
        if not isinstance(entry, dict) or whole_number(entry.get("id")) is None:
            return "Field 'fields' must hold objects with a whole 'id'"
        if entry.get("value") is not None and not isinstance(entry["value"], str):
            return "Field 'fields' must hold text values"
    for key in ("subscribe", "unsubscribe"):
        for entry in one.get(key, []):
            if not isinstance(entry, dict) or whole_number(entry.get("listid")) is None:
                return f"Field '{key}' must hold objects with a 'listid'"
    return None


def _row(one: dict[str, Any]) -> BulkRow:
    return BulkRow(
        email=one["email"],
        texts={
            key: str(one[key])
            for key in ("first_name", "last_name", "phone")
            if one.get(key) is not None
        },
        fields=tuple((int(entry["id"]), entry.get("value")) for entry in one.get("fields", [])),
        subscribe=tuple(int(entry["listid"]) for entry in one.get("subscribe", [])),
        unsubscribe=tuple(int(entry["listid"]) for entry in one.get("unsubscribe", [])),
    )
