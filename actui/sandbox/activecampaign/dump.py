"""Every contact as one short record, for whoever checks what a run has done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actui.sandbox.activecampaign.account import Account


def contact_records(account: Account) -> Iterator[dict[str, Any]]:
    """`{id, email, firstName, lastName, phone, fields: {PERSTAG: value}, lists: {id: status}}`."""
    for number in list(account.contacts.ids.between(None, None)):
        row = account.contacts.get(number)
        if row is None:
            continue
        yield {
            "id": str(row.id),
            "email": row.email,
            "firstName": row.first_name,
            "lastName": row.last_name,
            "phone": row.phone,
            "fields": {
                account.fields[field_id].perstag: held.value
                for field_id, held in row.values.items()
                if field_id in account.fields
            },
            "lists": {str(list_id): held.status for list_id, held in row.memberships.items()},
        }
