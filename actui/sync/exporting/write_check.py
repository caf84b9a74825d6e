"""What became of a write by a contact's id that was refused.

A status does not prove that nothing was written: what is stored does.
"""

from __future__ import annotations

from collections.abc import Mapping

from actui.model.errors import RefusedError
from actui.model.records import Contact, ImportRow
from actui.sync.portions import is_about_a_record


def is_about_the_contact(refused: RefusedError) -> bool:
    """Whether a refusal is about the contact of the write; a denial, for one, is about everybody.

    A page instead of data is the answer of a server on the way.
    """
    if refused.status in (404, 409):
        return refused.code == RefusedError.default_code
    return is_about_a_record(refused)


def holds(contact: Contact, row: ImportRow, tags: Mapping[int, str]) -> bool | None:
    """Whether each name and field of the row is stored; None where that cannot be read.

    `tags` are the custom fields' tags by id. Blanks around a text do not count.
    """
    names = (
        (row.first_name, contact.first_name),
        (row.last_name, contact.last_name),
        (row.phone, contact.phone),
    )
    if any(wanted is not None and wanted.strip() != held.strip() for wanted, held in names):
        return False
    found = [tags.get(id_, "") for id_ in row.fields]
    is_known = all(map(contact.shows, found))
    wanted = zip(found, row.fields.values(), strict=True)
    readable = [(tag, value) for tag, value in wanted if contact.shows(tag)]
    if any(contact.fields.get(tag, "").strip() != value.strip() for tag, value in readable):
        return False
    return True if is_known else None
