"""What the engine writes down while it works: blocks, batches, and what a batch changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from actui.model.goals import ListStatus
from actui.model.memberships import MembershipChanges
from actui.model.run import ACCEPTED, ListCounts, Outcome, Reason, Record


@dataclass(slots=True)
class Traffic:
    """Requests a client has sent so far, and how often it was asked to slow down."""

    requests: int = 0
    throttled: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A range of contact ids, both bounds exclusive as the service takes them."""

    number: int
    after_id: int
    before_id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A bulk import as the journal knows it: `state` is sending, queued or done.

    `of_this_run` tells whether its people's outcomes belong to the run that is open. `config` is
    the digest of the goal that it was sent with, empty for a batch from before that was kept.
    """

    number: int
    state: str
    batch_id: str
    profiles: tuple[str, ...]
    payload: str
    sent_at: float = 0.0
    of_this_run: bool = True
    config: str = ""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A contact as the export's index remembers it; `values` are those of linked fields.

    `left` is when it unsubscribed from a list, where that is known. `email` is the contact's own
    spelling; an index of an older form had it in lower case.
    """

    contact_id: int
    email: str
    lists: Mapping[int, ListStatus]
    erased: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[int, datetime] = field(default_factory=dict)
    hard_bounces: int = 0


@dataclass(frozen=True, slots=True)
class SumKey:
    """What a Sum remembers a value for: contact, field and property of this account pair."""

    contact_id: int
    field: str
    property: str


@dataclass(frozen=True, slots=True)
class SumSend:
    """An entry with a Sum, written down before it is sent (sync/README.md §4).

    `receipt` is unique for contact and send; `sums` are the values to remember once it is known
    that they were added; `matching` and `profile_id` find the profile again; `sent_at` is in Unix
    seconds.
    """

    contact_id: int
    receipt: str
    sums: Mapping[SumKey, str]
    matching: tuple[tuple[tuple[str, str], ...], ...]
    profile_id: str | None
    sent_at: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was last accepted for a person: its fingerprint and the digest of the goal then.

    `config` is empty where it was accepted before that was kept.
    """

    fingerprint: bytes
    config: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a person was refused with, and how it ended: not sent again while it stays the same.

    `fingerprint` is that of what was sent, `config` the digest of the goal and `objectives` that of
    the connection's objectives then. The rest is the outcome; None as long as it is not committed.
    """

    fingerprint: bytes
    config: str
    objectives: str
    outcome: Outcome | None = None
    reason: Reason | None = None
    detail: str = ""
    contact_id: int | None = None
    email: str = ""

    @property
    def may_end_by_itself(self) -> bool:
        """Whether a profile's change in BlueConic, of which nobody tells, may have ended it.

        A profile or its consent may have come since, or a refused Sum may fit now.
        """
        return self.outcome in ACCEPTED or self.reason in (Reason.NO_MATCH, Reason.NO_CONSENT)


@dataclass(frozen=True, slots=True)
class RecheckMark:
    """How far a goal's recheck is: the stream of contacts and the last contact id in it.

    `requests` are those that the run has spent on it; `began` is the stream and contact id from
    which the run set out, None before that. `is_done` once everybody has had their turn in it.
    """

    stream: int = 0
    contact_id: int = 0
    requests: int = 0
    began: tuple[int, int] | None = None
    is_done: bool = False


class PersonOutcome(NamedTuple):
    """What became of one person: `key` is a contact id (imports) or a profile id (exports).

    `fingerprint` is that of what was accepted, None where nothing was.
    """

    key: str
    record: Record
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class BatchCommit:
    """Everything one acknowledged batch changes; committed in one transaction (store/README.md §3).

    `records` are the outcomes of people. `sums` are the values now added;
    `settled` are the contacts whose journalled entry has become of known fate. `remarked` replaces
    fingerprints of people, by the same key, and leaves their outcomes as they are. `refused` keeps
    what those of `records` were refused with who are not to be sent the same again; it is forgotten
    for everybody else among them. `accepted` are people whose data was accepted for an earlier run:
    it is remembered, and they have no outcome in this one yet. `config` is the digest of the goal
    with which `records` and `accepted` were. `lists` counts what was done to lists. `rechecked` is
    how many people were rechecked and have no new outcome; `replaced` names those of `records` who
    have an earlier outcome in this run, which is forgotten.
    """

    records: Sequence[PersonOutcome]
    sums: Mapping[SumKey, str] = field(default_factory=dict)
    settled: Sequence[int] = ()
    imported: Sequence[str] = ()
    exported: Sequence[str] = ()
    links: Mapping[str, int] = field(default_factory=dict)
    remarked: Mapping[str, bytes] = field(default_factory=dict)
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    accepted: Sequence[PersonOutcome] = ()
    config: str = ""
    export: MembershipChanges = MembershipChanges()
    lists: ListCounts = field(default_factory=ListCounts)
    finished_block: int | None = None
    finished_batch: int | None = None
    recheck: RecheckMark | None = None
    rechecked: int = 0
    replaced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GoalState:
    """What a goal remembers between runs."""

    config_hash: str = ""
    watermark: str | None = None
    reconciled: str | None = None
