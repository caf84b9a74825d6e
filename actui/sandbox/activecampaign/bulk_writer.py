"""Applying one row of a bulk import to the account (activecampaign.md §7.3).

Bulk import never resubscribes: a person who left a list it would be added to fails.
"""

from __future__ import annotations

from typing import Literal

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.bulk_rows import NAMES, BulkRow
from actui.sandbox.activecampaign.email_rules import only_service_refuses
from actui.sandbox.activecampaign.rows import ACTIVE, BOUNCED, UNSUBSCRIBED, Contact

Written = tuple[Literal["created", "updated", "failed"], int]


def write_bulk_row(account: Account, row: BulkRow) -> Written:
    """Write a row; returns its result and the contact's id (0 if nothing was written)."""
    if account.is_excluded(row.email) or only_service_refuses(row.email):
        return "failed", 0
    known = account.contacts.find_email(row.email)
    contact = None if known is None else account.contacts.edit(known)
    refused = set() if contact is None else _refused_lists(contact, row)
    if contact is not None and _is_refused_whole(account, contact, refused):
        return "failed", 0
    outcome: Literal["created", "updated", "failed"] = "updated"
    if contact is None:
        contact = account.create_contact(row.email)
        outcome = "created"
    _write(account, contact, row, refused)
    return ("failed" if refused else outcome), contact.id


def _refused_lists(contact: Contact, row: BulkRow) -> set[int]:
    held = contact.memberships
    return {
        list_id
        for list_id in row.subscribe
        if list_id in held and held[list_id].status in (UNSUBSCRIBED, BOUNCED)
    }


def _is_refused_whole(account: Account, contact: Contact, refused: set[int]) -> bool:
    if contact.bounced_hard and account.switches["bulk-bounced-contact"] == "whole-row":
        return True
    return bool(refused) and account.switches["bulk-refused-subscribe"] == "whole-row"


def _write(account: Account, contact: Contact, row: BulkRow, refused: set[int]) -> None:
    keep_empty = account.switches["bulk-empty-text"] == "overwrites"
    texts = {key: text for key, text in row.texts.items() if text or keep_empty}
    if account.switches["bulk-absent-keys"] == "cleared":
        texts = {**dict.fromkeys(set(NAMES).difference(row.texts), ""), **texts}
    account.write_profile(contact, texts)
    for field_id, value in row.fields:
        if value or keep_empty:
            account.write_field(contact, field_id, value)
    account.put_named_tags(contact, row.tags)
    for list_id in row.subscribe:
        if list_id in account.lists and list_id not in refused:
            account.write_status(contact, list_id, ACTIVE, automations=row.automations)
    for list_id in row.unsubscribe:
        if list_id in account.lists and list_id not in row.subscribe:
            account.write_status(contact, list_id, UNSUBSCRIBED)
