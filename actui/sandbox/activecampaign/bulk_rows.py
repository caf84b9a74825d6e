"""Reading the contacts of a bulk import: all or nothing (activecampaign.md §7.1).

Keys are snake_case; camelCase ones are dropped without an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actui.sandbox.activecampaign.email_rules import follows_documented_rule, only_service_refuses
from actui.sandbox.activecampaign.listing_query import whole_number
from actui.sandbox.json_body import json_of
from actui.sandbox.switches import Switches

LARGEST_BODY = 399_999
MOST_CONTACTS = 250
NAMES = {"first_name": "firstName", "last_name": "lastName", "phone": "phone"}
WRONG_FORMAT = "Field 'email' incorrect format"


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One contact of an import."""

    email: str
    texts: dict[str, str]
    fields: tuple[tuple[int, str | None], ...]
    subscribe: tuple[int, ...]
    unsubscribe: tuple[int, ...]
    tags: tuple[str, ...] = ()
    automations: bool = True


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


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """The rows of an accepted request, and the addresses of rows that fail alone."""

    rows: list[BulkRow]
    failed: list[str]


def read_bulk_body(body: bytes, switches: Switches) -> BulkRequest | BulkRefusal:
    """The rows, or why the whole request is refused."""
    if len(body) > LARGEST_BODY:
        return _refused(f"The payload may not exceed {LARGEST_BODY} bytes.")
    try:
        sent = json_of(body)
    except ValueError:
        return _refused("Invalid or unparsable json")
    contacts = sent.get("contacts") if isinstance(sent, dict) else None
    if not isinstance(contacts, list) or not contacts:
        return _refused("'contacts' is a required field.")
    if len(contacts) > MOST_CONTACTS:
        return _refused(f"Up to {MOST_CONTACTS} contacts may be sent in one request.")
    refuse_odd = switches["bulk-odd-address"] == "refused-request"
    wrong = {
        place: reason
        for place, one in enumerate(contacts)
        if (reason := _wrong(one, refuse_odd=refuse_odd)) is not None
    }
    if wrong and switches["bulk-validation"] == "all-or-nothing":
        return _refused_rows(wrong, switches)
    kept = [one for place, one in enumerate(contacts) if place not in wrong]
    failed = [_address(contacts[place]) for place in wrong]
    return BulkRequest([_row(one, sent, switches) for one in kept], failed)


def _refused_rows(wrong: dict[int, str], switches: Switches) -> BulkRefusal:
    message = "JSON payload did not pass validation. No contact was imported."
    if switches["bulk-reasons"] == "texts":
        return BulkRefusal(message, texts=tuple(dict.fromkeys(wrong.values())))
    first = 1 if switches["bulk-reason-numbers"] == "from-one" else 0
    return BulkRefusal(message, rows=tuple((n + first, why) for n, why in wrong.items()))


def _address(one: Any) -> str:
    return str(one.get("email", "")) if isinstance(one, dict) else ""


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


def _row(one: dict[str, Any], sent: dict[str, Any], switches: Switches) -> BulkRow:
    camel = switches["bulk-camel-case"] == "accepted"
    texts = {key: one.get(key, one.get(other) if camel else None) for key, other in NAMES.items()}
    return BulkRow(
        email=one["email"],
        texts={key: str(text) for key, text in texts.items() if text is not None},
        fields=tuple((int(entry["id"]), entry.get("value")) for entry in one.get("fields", [])),
        subscribe=tuple(int(entry["listid"]) for entry in one.get("subscribe", [])),
        unsubscribe=tuple(int(entry["listid"]) for entry in one.get("unsubscribe", [])),
        tags=tuple(str(tag) for tag in one.get("tags", [])),
        automations=not _excludes_automations(one, sent, switches["exclude-automations"]),
    )


def _excludes_automations(one: dict[str, Any], sent: dict[str, Any], reading: str) -> bool:
    """Prose has the flag at top level, the document's example within a contact (§7.1)."""
    at_top = reading != "in-contact" and sent.get("exclude_automations") is True
    within = reading != "top-level" and one.get("exclude_automations") is True
    return at_top or within
