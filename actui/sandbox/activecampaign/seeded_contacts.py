"""Contact number n as a pure function of the seed, so that only changed rows take memory.

Ids have a gap after every ninth, as deletions leave them.
"""

from __future__ import annotations

from datetime import UTC, datetime

from actui.sandbox.activecampaign.central_time import offset_stamp
from actui.sandbox.activecampaign.rows import (
    ACTIVE,
    BOUNCED,
    UNCONFIRMED,
    UNSUBSCRIBED,
    Contact,
    FieldValue,
    Membership,
)
from actui.sandbox.activecampaign.seeded_fields import FIELD_ID, NAMED_FIELDS
from actui.sandbox.activecampaign.seeded_lists import (
    FOUNDED,
    NEWSLETTER,
    OTHER_LISTS,
    VIP,
    WEBINAR,
)
from actui.sandbox.people import person, person_email, roll

FIVE_YEARS = 5 * 365 * 86400
OPTIONS = {perstag: values for _, _, perstag, values in NAMED_FIELDS}


def contact_id(index: int) -> int:
    """The id of the contact with this 0-based number."""
    return index + 1 + index // 9


def contact_index(number: int) -> int | None:
    """The 0-based number behind an id, None for a gap."""
    tens, rest = divmod(number - 1, 10)
    return None if number < 1 or rest == 9 else tens * 9 + rest


def is_anonymized(index: int) -> bool:
    """Erased on request: fields blanked (activecampaign.md §10)."""
    return index % 211 == 97


def contact_email(seed: int, index: int) -> str:
    """The address as stored: some in capitals, some unusable, some rows without one (§6)."""
    if is_anonymized(index) or index % 127 == 60:
        return ""
    email = person_email(seed, index + 1)
    if index % 149 == 33:
        # from the days before addresses were checked: no dot in the domain
        return f"{email.partition('@')[0]}@intranet"
    return email.upper() if index % 17 == 4 else email


def contact_created(seed: int, index: int) -> int:
    """When the contact came in."""
    return FOUNDED + roll(seed, index, 31) % FIVE_YEARS


def contact_updated(seed: int, index: int) -> int:
    """When anything of the contact last changed."""
    return contact_created(seed, index) + (roll(seed, index, 31) >> 40) % (200 * 86400)


def seeded_statuses(seed: int, index: int) -> dict[int, int]:
    """List ids with the status on each."""
    if is_anonymized(index):
        return {}
    drawn = roll(seed, index, 21)
    statuses: dict[int, int] = {}
    if drawn % 100 < 62:
        sort = (drawn >> 8) % 100
        statuses[NEWSLETTER] = (
            ACTIVE
            if sort < 84
            else UNSUBSCRIBED
            if sort < 92
            else UNCONFIRMED
            if sort < 96
            else BOUNCED
        )
    if (drawn >> 16) % 100 < 8:
        statuses[WEBINAR] = UNSUBSCRIBED if (drawn >> 20) % 9 == 0 else ACTIVE
    if (drawn >> 24) % 100 < 4:
        statuses[VIP] = ACTIVE
    for shift in range((drawn >> 32) % 3):
        other = VIP + 1 + (drawn >> (36 + 8 * shift)) % OTHER_LISTS
        statuses[other] = UNSUBSCRIBED if (drawn >> 56) % 10 == 0 else ACTIVE
    return statuses


def _texts(seed: int, index: int) -> dict[str, str | None]:
    """Custom-field texts in the encodings of §4.2, with some empty and null ones."""
    drawn = roll(seed, index, 41)
    more = roll(seed, index, 42)
    texts: dict[str, str | None] = {}
    if drawn % 10 < 6:
        texts["TIER"] = OPTIONS["TIER"][(drawn >> 4) % 3]
    if (drawn >> 8) % 10 < 5:
        picked = [v for n, v in enumerate(OPTIONS["INTERESTS"]) if (drawn >> (12 + n)) & 1]
        texts["INTERESTS"] = f"||{'||'.join(picked)}||" if picked else ""
    if (drawn >> 20) % 10 < 7:
        texts["POINTS"] = str((drawn >> 24) % 5000)
    elif (drawn >> 20) % 40 == 39:
        texts["POINTS"] = "about 12"
    if (drawn >> 36) % 2:
        born = datetime(1945 + (drawn >> 40) % 60, 1 + more % 12, 1 + (more >> 8) % 28, tzinfo=UTC)
        texts["BIRTHDAY"] = born.date().isoformat()
    if (drawn >> 48) % 10 < 4:
        texts["LAST_ORDER"] = offset_stamp(FOUNDED + more % FIVE_YEARS)
    if (more >> 16) % 10 < 8:
        texts["CITY"] = person(seed, index + 1).city
    if (more >> 24) % 10 < 3:
        texts["SOURCE"] = ("form", "shop", "fair", "импорт")[(more >> 28) % 4]
    return texts | _rarer_texts(more)


def _rarer_texts(more: int) -> dict[str, str | None]:
    texts: dict[str, str | None] = {}
    if (more >> 32) % 12 == 0:
        texts["SEEN"] = None
    if (more >> 36) % 6 == 0:
        texts["PREFERRED_CHANNEL"] = OPTIONS["PREFERRED_CHANNEL"][(more >> 40) % 3]
    if (more >> 44) % 6 == 0:
        texts["TOPICS"] = "||news||events||"
    if (more >> 48) % 9 == 0:
        texts["UTM_CAMPAIGN"] = "spring"
    if (more >> 52) % 15 == 0:
        texts["REMARKS"] = 'Line one\nLine "two", with ☂ and ||pipes||'
    return texts


def seeded_contact(seed: int, index: int) -> Contact:
    """The whole row."""
    created, updated = contact_created(seed, index), contact_updated(seed, index)
    row = Contact(contact_id(index), contact_email(seed, index), created, updated)
    if is_anonymized(index):
        row.anonymized = True
        return row
    someone = person(seed, index + 1)
    row.first_name, row.last_name, row.phone = (
        someone.first_name,
        someone.last_name,
        someone.phone,
    )
    row.deleted = index % 223 == 150
    for name, text in _texts(seed, index).items():
        row.values[FIELD_ID[name]] = FieldValue(text, created, updated)
    for list_id, status in seeded_statuses(seed, index).items():
        left = updated if status == UNSUBSCRIBED else None
        row.memberships[list_id] = Membership(status, created, left, created, updated)
        if status == BOUNCED:
            row.bounced_hard, row.bounced_at = 1, updated
    return row
