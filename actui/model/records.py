"""Contacts, profiles and the things of the two accounts, as the engine sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from actui.model.goals import ListStatus
from actui.model.mapping import is_custom, perstag
from actui.model.memberships import ListRow
from actui.model.sources import PlainSource

ANY_FIELD = "*"
"""In place of the tag of a custom field where it cannot be read which one it is."""


@dataclass(frozen=True, slots=True)
class Contact:
    """An ActiveCampaign contact with its field values by tag and its status on each list.

    `fields` maps the upper-case personalisation tag to the value as ActiveCampaign stores it;
    `lists` maps list id to status, `left` to the instant at which the contact unsubscribed, where
    ActiveCampaign tells it. `updated` is the instant of `udate`, None for a zero date.
    `list_rows` is filled only where one contact was read alone. `too_large` is a contact whose
    own fields and lists are more than is read at once: nothing is known of them. `unreadable` are
    the tags of fields, ANY_FIELD among them, of which the answer holds what cannot be read.
    """

    id: int
    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    bounced_hard: int = 0
    bounced_soft: int = 0
    erased: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[int, ListStatus] = field(default_factory=dict)
    left: Mapping[int, datetime] = field(default_factory=dict)
    list_rows: Mapping[int, ListRow] = field(default_factory=dict)
    too_large: bool = False
    unreadable: frozenset[str] = frozenset()

    def shows(self, tag: str) -> bool:
        """Whether it is known what a custom field of this contact holds, nothing among it."""
        return not self.too_large and self.unreadable.isdisjoint((tag, ANY_FIELD))

    def value(self, field_name: str) -> str:
        """What a field that goals can name holds, dates in ISO 8601; empty where it has nothing.

        For a custom field `shows` says whether empty can be believed.
        """
        if is_custom(field_name):
            return self.fields.get(perstag(field_name), "")
        held = getattr(self, _ATTRIBUTES[field_name])
        if isinstance(held, datetime):
            return held.isoformat()
        return "" if held is None else str(held)


_ATTRIBUTES = {
    "id": "id",
    "email": "email",
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone",
    "cdate": "created",
    "udate": "updated",
    "bounced_hard": "bounced_hard",
    "bounced_soft": "bounced_soft",
}
"""The attribute of each standard field (`STANDARD_FIELDS`, `READ_ONLY_FIELDS`)."""


@dataclass(frozen=True, slots=True)
class ContactPage:
    """One page of contacts, the total the service claims (never trusted) and the answer's `Date`.

    `missing` names contacts of the page whose own id arrays point at sideloaded rows that the
    answer did not hold: they must be read singly (sync/README.md §3). `beyond` is the number of
    contacts omitted because their ids are larger than 64 bits, which no ledger can keep.
    """

    contacts: Sequence[Contact]
    total: int | None
    served_at: datetime | None
    missing: frozenset[int] = frozenset()
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class ContactField:
    """A custom contact field: its id, tag, type and the options it accepts."""

    id: int
    tag: str
    title: str
    type: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactList:
    """An ActiveCampaign list; `active` is the number of active contacts it claims."""

    id: int
    name: str
    active: int | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Who an ActiveCampaign key belongs to."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Property:
    """A BlueConic profile property; `type` is the filter type: SELECT EMAIL RANGE DECIMAL …"""

    id: str
    name: str
    type: str
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A BlueConic segment; `size` is its cached profile count, if the tenant shows one."""

    id: str
    name: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """A BlueConic objective, and the legislation zones in which it needs consent."""

    id: str
    name: str
    legislations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a lifecycle: at most `cap` touchpoints in a `window`; no cap where it is None.

    `window` is BlueConic's word: MINUTE HOUR DAY WEEK MONTH QUARTER YEAR ALWAYS SESSION.
    `is_odd` where the answer's rule cannot be read, so that there may be a cap.
    """

    id: str
    name: str
    window: str = ""
    cap: int | None = None
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A BlueConic lifecycle and its stages."""

    id: str
    name: str
    enabled: bool = True
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class StageOfProfile:
    """The stage of one lifecycle in which a profile is."""

    lifecycle_id: str
    lifecycle: str
    stage_id: str
    stage: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A BlueConic profile as a segment listing shows it.

    `segments` are (id, name), the name empty where it is not shown, as is a lifecycle's;
    `lifecycle_stages` are None where the tenant does not show them:
    unknown is not empty (sync/README.md §6). `replaces` are the ids of profiles merged into this
    one; `replaced_by` is the id of the one that this was merged into, and then nothing else is
    known. `texts` are the sources that name a member of the answer, where that holds a text.
    `unreadable` are the parts, by BlueConic's own key, and `unreadable_properties` the properties
    of which the answer holds something that cannot be read: what they show is not all there is.
    `too_large` is a profile whose properties are more than is read at once: only its id is known.
    """

    id: str
    properties: Mapping[str, Sequence[str]] = field(default_factory=dict)
    consented: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    legislation: str | None = None
    texts: Mapping[PlainSource, str] = field(default_factory=dict)
    segments: tuple[tuple[str, str], ...] = ()
    lifecycle_stages: tuple[StageOfProfile, ...] | None = None
    replaces: tuple[str, ...] = ()
    replaced_by: str | None = None
    unreadable: frozenset[str] = frozenset()
    unreadable_properties: frozenset[str] = frozenset()
    too_large: bool = False

    def shows(self, property_id: str) -> bool:
        """Whether it is known which values of a property this profile has, none among them."""
        is_whole = self.unreadable.isdisjoint(("properties", "replacedBy"))
        return is_whole and not self.too_large and property_id not in self.unreadable_properties


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """One page of a segment listing; `cursor` None is its end.

    `is_last` only where BlueConic itself named no further page. `unreadable` is the number of
    rows that are no profiles.
    """

    profiles: Sequence[Profile]
    total: int | None
    cursor: str | None
    is_last: bool = False
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PropertyWrite:
    """One value of an entry: strategy and restriction in BlueConic's own words."""

    property: str
    values: tuple[str, ...]
    strategy: str = "SET"
    restriction: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileWrite:
    """One entry of `PUT /profiles`; `matching` is an OR of ANDs of (property, value)."""

    identifier: str
    writes: tuple[PropertyWrite, ...]
    matching: tuple[tuple[tuple[str, str], ...], ...] = ()
    profile_id: str | None = None
    create: bool = False
    legislation: str | None = None
    permission_level: str | None = None
    domain_group: str | None = None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """BlueConic's answer for one entry: its state in its own words and any complaints.

    `complained_about` names the properties of the complaints, as far as BlueConic names them.
    """

    identifier: str
    state: str
    profile_id: str | None = None
    complaints: tuple[str, ...] = ()
    complained_about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One contact of a bulk import; `fields` maps field id to value; None leaves a name alone."""

    email: str
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    fields: Mapping[int, str] = field(default_factory=dict)
    subscribe: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkQueued:
    """ActiveCampaign has taken a batch."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class BulkRefused:
    """ActiveCampaign refused a whole batch over these rows: (0-based row, its own words)."""

    rows: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """How far a batch is: its state, the contact ids it names and the e-mails it refused.

    `state` is `waiting claimed active completed failed interrupted`, or `unknown` while
    ActiveCampaign answers `false` (activecampaign.md §7.2). `failed_emails` are None where the
    answer has them in a form that cannot be read.
    """

    state: str
    contact_ids: frozenset[int] = frozenset()
    failed_emails: tuple[str, ...] | None = ()
