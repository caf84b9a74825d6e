"""What exports alone keep in a connection's ledger, by shape (sync/README.md §5, §8).

The rules of `actui.sync.ledger_ports` hold here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from actui.model.journal import Batch, Indexed
from actui.model.keys import MatchKey
from actui.model.memberships import (
    LinkHit,
    ListChange,
    Membership,
    Newcomer,
    RefusedLeaving,
    Resubscription,
    Touch,
)


class BatchJournal(Protocol):
    """Bulk imports on their way to ActiveCampaign, by the numbers that the journal gives them."""

    def journal(
        self,
        run: str,
        goal: str,
        profiles: Sequence[str],
        payload: str,
        sent_at: float,
        *,
        config: str = "",
    ) -> int:
        """Write a batch down before it is sent; its number.

        `sent_at` is in Unix seconds; `config` is the digest of the goal that it is sent with.
        """

    def mark_queued(self, number: int, batch_id: str) -> None:
        """ActiveCampaign has taken a batch under this id."""

    def drop(self, number: int) -> None:
        """A batch was surely not taken, or is replaced by another."""

    def unfinished(self, run: str, goal: str) -> Sequence[Batch]:
        """A goal's batches that are not done, oldest first.

        Of all runs: what an abandoned one has queued is still on its way.
        """


class ContactIndex(Protocol):
    """ActiveCampaign's contacts as they were last read."""

    def save(self, contacts: Iterable[Indexed]) -> None:
        """Keep contacts as they were just read, in the place of what was kept of them."""

    def by_email(self, emails: Iterable[str]) -> Mapping[str, Sequence[Indexed]]:
        """Contacts by the canonical form of their e-mail address."""

    def by_id(self, ids: Iterable[int]) -> Mapping[int, Indexed]:
        """Contacts by id; those that the index lacks are missing."""

    def by_value(self, field: str, values: Iterable[str]) -> Mapping[str, Sequence[int]]:
        """Contact ids by the value of a linked field."""

    def size(self) -> int:
        """How many contacts the index holds, erased ones included."""

    def fact(self, name: str) -> str | None:
        """Something kept about the index; None where nothing is kept by this name."""

    def set_fact(self, name: str, value: str | None) -> None:
        """Keep something about the index."""

    def clear(self) -> None:
        """Drop all contacts and everything kept about the index."""


class ProfileLinks(Protocol):
    """Which profile was last exported to which contact."""

    def contacts_of(self, profiles: Iterable[str]) -> Mapping[str, int]:
        """The contact ids by profile id; profiles that were never exported are missing."""

    def profiles_of(self, contact_id: int) -> Sequence[str]:
        """The ids of the profiles that were last exported to a contact."""

    def profiles_of_all(self, contacts: Iterable[int]) -> Mapping[int, Sequence[str]]:
        """The same for many contacts; those without a profile are missing."""


class SegmentRoster(Protocol):
    """One listing of one segment; nothing of it outlives the process."""

    def add(self, profiles: Iterable[str]) -> None: ...
    def count(self) -> int:
        """How many distinct profiles have been listed."""

    def add_keys(self, keys: Iterable[MatchKey]) -> None:
        """Keys by which somebody who was listed can be recognized."""

    def contains(self, keys: Iterable[MatchKey]) -> set[MatchKey]:
        """Those of the keys that were added."""

    def claim(self, key: MatchKey, profile: str) -> bool:
        """Claim `key` for `profile` in this run; False if another profile holds it."""

    def close(self) -> None: ...


class TouchCounts(Protocol):
    """What people did with campaigns, counted once each."""

    def campaigns(self) -> Mapping[int, tuple[str, frozenset[int]]]:
        """Counters and list ids of each campaign that has been read to its end."""

    def save_campaign(self, campaign_id: int, counters: str, lists: Iterable[int]) -> None:
        """A campaign has been read to its end at these counters."""

    def hits(self, rows: Iterable[int]) -> Mapping[int, tuple[int, float]]:
        """How often each row of link data had been repeated, as far as counted, and when last.

        In Unix seconds.
        """

    def add(self, hits: Sequence[LinkHit], touches: Sequence[Touch], now: float) -> None:
        """Count touches and keep, in the same step, the rows they were read from.

        `now`, in Unix seconds, stands for the time of a row that has none.
        """

    def count(
        self, contacts: Iterable[int], counted: Mapping[int, frozenset[str]], since: float
    ) -> Mapping[int, int]:
        """How often each contact was touched since then, in Unix seconds.

        `counted` names, for each campaign that counts, the kinds that do.
        """


class SegmentRosters(Protocol):
    """Makes rosters, several of which may be open at once."""

    def new(self) -> SegmentRoster:
        """A fresh place to keep one listing of one segment; close it."""


class GoalMemberships(Protocol):
    """Memberships that a goal made, and those that it could not end or does not know yet."""

    def members(self, goal: str, lists: Sequence[int]) -> Iterator[Sequence[Membership]]:
        """Contacts that are on these lists through the goal, some hundreds at a time.

        The ledger may be changed between two portions.
        """

    def count(self, goal: str, lists: Sequence[int], *, with_shown: bool = False) -> int:
        """How many different contacts are on these lists through the goal.

        With `with_shown` also the shown contacts that were exported and were not kept off a list.
        """

    def find(self, goal: str, contact_id: int, list_id: int) -> Membership | None:
        """What the goal remembers about one contact on one list; None where that is nothing."""

    def refused_leaving(self, goal: str) -> Sequence[RefusedLeaving]:
        """Whom ActiveCampaign refused to unsubscribe, and who has not been unsubscribed since."""

    def newcomers(self, goal: str) -> Sequence[Newcomer]:
        """Contacts this goal made whose ids are not known yet."""


class ListChangeJournal(Protocol):
    """What goals send to list rows one by one."""

    def begin(self, goal: str, change: ListChange) -> None:
        """Write down that the goal is about to send this change."""

    def end(self, goal: str, contact_id: int, list_id: int) -> None:
        """What became of the goal's change of this row is known, or never will be."""

    def unfinished(self, goal: str) -> Sequence[ListChange]:
        """The goal's changes whose fate is not known; a process may have died over them."""


class ResubscriptionJournal(Protocol):
    """List rows that this connection has set back to active, whatever the goal."""

    def find(self, contact_id: int, list_id: int) -> Resubscription | None:
        """Whether this connection has set the row back to active; None if it never began to."""

    def begin(self, contact_id: int, list_id: int, mark: str) -> None:
        """Write down that a row, as its mark shows it now, will be set back to active."""


class ClaimedContacts(Protocol):
    """Contacts that belong to somebody in a goal's segment."""

    def add(self, goal: str, contacts: Iterable[int]) -> None:
        """These contacts belong to somebody in the goal's segment."""

    def of_goal(self, goal: str) -> Iterator[Sequence[int]]:
        """The contacts the goal claims, some hundreds at a time.

        The ledger may be changed between two portions.
        """

    def release(self, goal: str, contacts: Iterable[int]) -> None:
        """Claim these contacts no longer."""


class ShownContacts(Protocol):
    """Contacts that complete listings of a goal's segment have shown."""

    def add(self, goal: str, segment: str, contacts: Iterable[int]) -> None:
        """A complete listing of this segment has shown these contacts.

        What another segment has shown to the goal is forgotten.
        """

    def of_goal(self, goal: str, segment: str) -> Iterator[Sequence[int]]:
        """The contacts that complete listings of this segment have shown, in portions.

        Without those whose leaving was dealt with since. The ledger may be changed between two
        portions.
        """

    def drop(self, goal: str, contacts: Iterable[int]) -> None:
        """The leaving of these contacts has been dealt with."""

    def keep_only(self, goals: Iterable[str]) -> None:
        """Forget whom listings have shown to any other goal."""
