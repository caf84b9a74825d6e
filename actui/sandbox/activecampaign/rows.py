"""What the ActiveCampaign account holds, as rows with whole-second instants."""

from __future__ import annotations

from dataclasses import dataclass, field

UNCONFIRMED, ACTIVE, UNSUBSCRIBED, BOUNCED = 0, 1, 2, 3
"""`contactLists.status` (activecampaign.md §5.2)."""


@dataclass(slots=True)
class FieldValue:
    """One custom-field value of one contact; None is a value that was never filled."""

    value: str | None
    created: int
    updated: int


@dataclass(slots=True)
class Membership:
    """One row of `contactLists`: `left` is the documented `udate`, not a row stamp (§5.2)."""

    status: int
    joined: int
    left: int | None
    created: int
    updated: int
    source: str = "4"
    reason: str = ""
    campaign: str | None = None


@dataclass(slots=True)
class Contact:
    """One contact with everything that hangs on it."""

    id: int
    email: str
    created: int
    updated: int
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    values: dict[int, FieldValue] = field(default_factory=dict)
    memberships: dict[int, Membership] = field(default_factory=dict)
    deleted: bool = False
    anonymized: bool = False
    bounced_hard: int = 0
    bounced_soft: int = 0
    bounced_at: int | None = None
    entered: int | None = None
    """When the contact entered the account's automation."""
    last_open: int | None = None
    last_click: int | None = None
    last_machine_open: int | None = None
    is_edited: bool = False


@dataclass(slots=True)
class MailingList:
    """One list."""

    id: int
    name: str
    stringid: str
    created: int
    updated: int
    sender_url: str = "https://example.org"
    sender_reminder: str = "You asked for our mail."
    is_edited: bool = False


@dataclass(slots=True)
class FieldOption:
    """One choice of a dropdown, radio, listbox or checkbox field."""

    id: int
    value: str
    label: str
    is_default: bool = False


@dataclass(slots=True)
class FieldRelation:
    """A field shown for one list, or for all where the list is 0 (§4.1)."""

    id: int
    list_id: int
    created: int


@dataclass(slots=True)
class CustomField:
    """One custom contact field."""

    id: int
    title: str
    type: str
    perstag: str
    created: int
    options: list[FieldOption] = field(default_factory=list)
    relations: list[FieldRelation] = field(default_factory=list)
    description: str | None = None
    default: str | None = None
    changed: int | None = None


@dataclass(slots=True)
class Exclusion:
    """One row of `lists/exclusions` (§5.5); `exact` is a whole address, `end` a suffix."""

    id: int
    phrase: str
    kind: str
    channel: str = "several"
    lists: tuple[int, ...] = ()

    def catches(self, email: str) -> bool:
        """Does this row keep the address out?"""
        lowered = email.lower()
        return lowered == self.phrase if self.kind == "exact" else lowered.endswith(self.phrase)
