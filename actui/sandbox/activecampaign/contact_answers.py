"""Contacts, list rows and field values as the service writes them (activecampaign.md §3.2, §5.2).

Which keys a contact row carries depends on the call; numbers are strings.
"""

from __future__ import annotations

import hashlib
from typing import Any

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp, utc_stamp
from actui.sandbox.activecampaign.rows import Contact, FieldValue, Membership
from actui.sandbox.activecampaign.tags import Tagging

Json = dict[str, Any]

CONTACT_LINKS = (
    "bounceLogs",
    "contactAutomations",
    "contactData",
    "contactGoals",
    "contactLists",
    "contactLogs",
    "contactTags",
    "contactDeals",
    "deals",
    "fieldValues",
    "geoIps",
    "notes",
    "organization",
    "plusAppend",
    "trackingLogs",
    "scoreValues",
    "accountContacts",
    "automationEntryCounts",
)
MEMBERSHIP_LINKS = (
    "automation",
    "list",
    "contact",
    "form",
    "autosyncLog",
    "campaign",
    "unsubscribeAutomation",
    "message",
)


BOUNCE_LINKS = ("bounce", "contact", "campaign", "message", "code")
AUTOMATION_ID = "1"
AUTOMATION_LINKS = ("automation", "contact", "contactGoals")


def links(account: Account, path: str, names: tuple[str, ...]) -> dict[str, str]:
    """The `links` object of a row."""
    base = f"{account.url}/api/3/{path}"
    found = {name: f"{base}/{name}" for name in names}
    if "contactAutomations" in found:
        found["contactAutomations"] += "?limit=2500&orders%5Blastdate%5D=DESC"
    return found


def _token(row: Contact) -> str:
    """`hash`, an md5-like token per contact (§10)."""
    return hashlib.md5(f"contact {row.id}".encode(), usedforsecurity=False).hexdigest()


def short_row(account: Account, row: Contact) -> Json:
    """What creating a contact returns."""
    return {
        "email": row.email,
        "firstName": row.first_name,
        "lastName": row.last_name,
        "cdate": offset_stamp(row.created),
        "udate": offset_stamp(row.updated),
        "phone": row.phone,
        "orgid": "0",
        "orgname": "",
        "links": links(account, f"contacts/{row.id}", CONTACT_LINKS),
        "id": str(row.id),
        "organization": None,
    }


def synced_new_row(account: Account, row: Contact) -> Json:
    """What `contact/sync` returns for a new contact: the short row and two keys more."""
    return {**short_row(account, row), "hash": _token(row), "email_empty": not row.email}


def changed_row(account: Account, row: Contact) -> Json:
    """What an update returns: no `last_*`, `whatsapp_*`, `scoreValues` or `accountContacts`."""
    _, _, domain = row.email.partition("@")
    # Recorded before and after an update: it turns null into zero here and there.
    by = "0" if row.is_edited else None
    utc_named = utc_stamp if account.switches["utc-stamps"] == "utc" else local_stamp
    return {
        "cdate": offset_stamp(row.created),
        "email": row.email,
        "phone": row.phone,
        "firstName": row.first_name,
        "lastName": row.last_name,
        "orgid": "0",
        "orgname": "",
        "segmentio_id": "",
        "bounced_hard": str(row.bounced_hard),
        "bounced_soft": str(row.bounced_soft),
        "bounced_date": offset_stamp(row.bounced_at),
        "ip": "0",
        "ua": "" if row.is_edited else None,
        "hash": _token(row),
        "socialdata_lastcheck": None,
        "email_local": "",
        "email_domain": domain,
        "sentcnt": "0",
        "rating_tstamp": None,
        "gravatar": "0",
        "deleted": "1" if row.deleted else "0",
        "anonymized": "1" if row.anonymized else "0",
        "adate": None,
        "udate": offset_stamp(row.updated),
        "edate": None,
        "deleted_at": local_stamp(row.updated) if row.deleted else None,
        "created_utc_timestamp": utc_named(row.created),
        "updated_utc_timestamp": utc_named(row.updated),
        "created_timestamp": local_stamp(row.created),
        "updated_timestamp": local_stamp(row.updated),
        "created_by": by,
        "updated_by": by,
        "mpp_tracking": "0",
        "best_send_hour": by,
        "sms_consent": by,
        "sms_consent_updated_at": "0000-00-00 00:00:00" if row.is_edited else None,
        "links": links(account, f"contacts/{row.id}", CONTACT_LINKS),
        "id": str(row.id),
        "organization": None,
    }


def listed_row(account: Account, row: Contact) -> Json:
    """What the listing and the single read return."""
    return {
        **changed_row(account, row),
        "last_click_date": offset_stamp(row.last_click),
        "last_open_date": offset_stamp(row.last_open),
        "last_mpp_open_date": offset_stamp(row.last_machine_open),
        "whatsapp_id": None,
        "whatsapp_username": None,
        "scoreValues": [],
        "accountContacts": [],
    }


def membership_id(contact: int, list_id: int) -> str:
    """The id of a list row; one row per contact and list, kept for good (§5.2)."""
    return str(contact * 10000 + list_id)


def field_value_id(contact: int, field_id: int) -> str:
    """The id of a field value row."""
    return str(contact * 10000 + field_id)


def membership_row(account: Account, row: Contact, list_id: int, held: Membership) -> Json:
    """A `contactLists` row as every GET returns it: `status` is a string."""
    number = membership_id(row.id, list_id)
    return {
        "contact": str(row.id),
        "list": str(list_id),
        "form": None,
        "seriesid": "0",
        "sdate": offset_stamp(held.joined),
        "udate": offset_stamp(held.left),
        "status": str(held.status),
        "responder": "1",
        "sync": "0",
        "unsubreason": held.reason,
        "campaign": held.campaign,
        "message": None,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "ip4Sub": "0",
        "sourceid": held.source,
        "autosyncLog": None,
        "ip4_last": "0",
        "ip4Unsub": "0",
        "created_timestamp": local_stamp(held.created),
        "updated_timestamp": local_stamp(held.updated),
        "created_by": None,
        "updated_by": None,
        "unsubscribeAutomation": None,
        "links": links(account, f"contactLists/{number}", MEMBERSHIP_LINKS),
        "id": number,
        "automation": None,
    }


def automation_row(account: Account, row: Contact) -> Json:
    """A `contactAutomations` row: the account has one automation, entered once (§3.4)."""
    entered = offset_stamp(row.entered)
    return {
        "contact": str(row.id),
        "seriesid": AUTOMATION_ID,
        "startid": "0",
        "status": "2",
        "batchid": None,
        "adddate": entered,
        "remdate": entered,
        "timespan": "0",
        "lastblock": "1",
        "lastlogid": "0",
        "lastdate": entered,
        "completedElements": "0",
        "totalElements": "1",
        "completed": 1,
        "completeValue": 100,
        "links": links(account, f"contactAutomations/{row.id}", AUTOMATION_LINKS),
        "id": str(row.id),
        "automation": AUTOMATION_ID,
    }


def automation_rows(account: Account, row: Contact) -> list[Json]:
    """The automations that one contact has entered."""
    return [] if row.entered is None else [automation_row(account, row)]


def tagging_row(account: Account, row: Tagging) -> Json:
    """A `contactTags` row (§9)."""
    return {
        "contact": str(row.contact),
        "tag": str(row.tag),
        "cdate": offset_stamp(row.created),
        "created_timestamp": local_stamp(row.created),
        "updated_timestamp": local_stamp(row.created),
        "created_by": None,
        "updated_by": None,
        "links": links(account, f"contactTags/{row.id}", ("tag", "contact")),
        "id": str(row.id),
    }


def tagging_rows(account: Account, row: Contact) -> list[Json]:
    """The tags that one contact carries."""
    return [tagging_row(account, one) for one in account.tags.of(row.id)]


def bounce_rows(account: Account, row: Contact) -> list[Json]:
    """A `bounceLogs` row for each hard bounce of a contact (§10)."""
    return [_bounce_row(account, row, row.id * 100 + n) for n in range(row.bounced_hard)]


def _bounce_row(account: Account, row: Contact, number: int) -> Json:
    return {
        "tstamp": offset_stamp(row.bounced_at),
        "bounceid": "1",
        "subscriberid": str(row.id),
        "campaignid": "0",
        "messageid": "0",
        "codeid": "48",
        "email": row.email,
        "error": "",
        "source": "",
        "created_timestamp": local_stamp(row.bounced_at),
        "updated_timestamp": local_stamp(row.bounced_at),
        "created_by": None,
        "updated_by": None,
        "links": links(account, f"bounceLogs/{number}", BOUNCE_LINKS),
        "id": str(number),
        "bounce": "1",
        "contact": str(row.id),
        "campaign": "0",
        "message": "0",
        "code": "48",
    }


def membership_rows(account: Account, row: Contact) -> list[Json]:
    """All list rows of one contact."""
    return [
        membership_row(account, row, list_id, held) for list_id, held in row.memberships.items()
    ]


def field_value_row(account: Account, row: Contact, field_id: int, held: FieldValue) -> Json:
    """A `fieldValues` row (§4.2)."""
    number = field_value_id(row.id, field_id)
    return {
        "contact": str(row.id),
        "field": str(field_id),
        "value": held.value,
        "cdate": offset_stamp(held.created),
        "udate": offset_stamp(held.updated),
        "created_by": None,
        "updated_by": None,
        "links": links(account, f"fieldValues/{number}", ("owner", "field")),
        "id": number,
        "owner": str(row.id),
    }


def field_value_rows(account: Account, row: Contact) -> list[Json]:
    """All field values of one contact."""
    return [
        field_value_row(account, row, field_id, held)
        for field_id, held in account.shown_values(row)
    ]
