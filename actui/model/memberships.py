"""How people stand on lists, and what an export goal remembers of it (sync/README.md §7, §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from actui.model.addresses import canonical, clean, lower_spellings
from actui.model.goals import ListStatus


@dataclass(frozen=True, slots=True)
class ListRow:
    """A contact's row on one list as a reading of this one contact showed it.

    `mark` differs whenever somebody has changed the row (activecampaign.md §5.2); `joined` is the
    instant of the last subscription, None where it is not given; `is_undated` where the answer has
    something in its place that cannot be read. An empty mark tells nothing.
    """

    status: ListStatus
    mark: str = ""
    joined: datetime | None = None
    is_undated: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """A contact that a goal put on a list.

    `at` is when, in Unix seconds of ActiveCampaign's clock. `left_mark` is the row as this goal
    left it when it unsubscribed the contact, None while the contact is on the list through it.
    """

    contact_id: int
    list_id: int
    at: float
    left_mark: str | None = None


@dataclass(frozen=True, slots=True)
class Resubscription:
    """That this connection set a row back to active: `mark` is the row before, `done` if surely."""

    mark: str
    done: bool


@dataclass(frozen=True, slots=True)
class ListChange:
    """A change of a contact's list row that was sent and whose fate is not known.

    `status` is what the row was to become; `at` is when it was sent, in Unix seconds of
    ActiveCampaign's clock.
    """

    contact_id: int
    list_id: int
    status: ListStatus
    at: float


@dataclass(frozen=True, slots=True)
class RefusedLeaving:
    """That ActiveCampaign refused to unsubscribe a contact from a list.

    `mark` is the row as it was then, `detail` ActiveCampaign's message, `config` the digest of the
    goal.
    """

    contact_id: int
    list_id: int
    mark: str
    detail: str
    config: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A contact that an import made, whose id is not known yet."""

    profile_id: str
    email: str
    lists: tuple[int, ...]
    at: float


@dataclass(frozen=True, slots=True)
class MembershipChanges:
    """What an acknowledged step of an export changes beside outcomes and fingerprints.

    `joined` are memberships this goal has made, `left` those it has ended, with the row's mark,
    `gone` those that no longer are its own, `outside` contacts whose leaving of the segment has
    been dealt with on every list. `resubscribed` are (contact, list) surely set back to
    active. `ended` are (contact, list) whose open change (`ListChange`) is known now. `learned` are
    newcomers who need not be looked for any more. `refused` are those whom ActiveCampaign refused
    to unsubscribe.
    """

    joined: Sequence[Membership] = ()
    left: Mapping[tuple[int, int], str] = field(default_factory=dict)
    gone: Sequence[tuple[int, int]] = ()
    outside: Sequence[int] = ()
    resubscribed: Sequence[tuple[int, int]] = ()
    ended: Sequence[tuple[int, int]] = ()
    newcomers: Sequence[Newcomer] = ()
    learned: Sequence[str] = ()
    refused: Sequence[RefusedLeaving] = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign with the counters that tell whether somebody opened or clicked since.

    `last_sent` is None while it has never been sent.
    """

    id: int
    counters: str
    last_sent: datetime | None


@dataclass(frozen=True, slots=True)
class CampaignLink:
    """A tracked link of a campaign; `is_open` marks the tracking pixel."""

    id: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class LinkHit:
    """One row of a link's data: one contact, `times` repeats (activecampaign.md §8.2).

    `kind` is what the person did; None for machines and rows of no message.
    """

    id: int
    contact_id: int
    kind: str | None
    times: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Touch:
    """`count` openings or clicks of a contact at one instant, in Unix seconds."""

    contact_id: int
    campaign_id: int
    kind: str
    at: float
    count: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A phrase that keeps addresses out of every import (activecampaign.md §5.5)."""

    phrase: str
    kind: str

    def catches(self, email: str) -> bool:
        """Whether the phrase is about this address in any spelling; an unknown kind is a part."""
        phrase, forms = clean(self.phrase).lower(), lower_spellings(email)
        if not phrase:
            return False
        if self.kind == "exact":
            return canonical(phrase) == canonical(email)
        if self.kind == "end":
            return any(form.endswith(phrase) for form in forms)
        if self.kind in ("begin", "start"):
            return any(form.startswith(phrase) for form in forms)
        return any(phrase in form for form in forms)
