"""What exports need beyond imports from the floors below, by shape (sync/README.md §5, §8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from actui.model.goals import ListStatus
from actui.model.journal import Batch, Indexed
from actui.model.keys import MatchKey
from actui.model.memberships import (
    Campaign,
    CampaignLink,
    Exclusion,
    LinkHit,
    ListChange,
    ListRow,
    Membership,
    Newcomer,
    RefusedLeaving,
    Resubscription,
    Touch,
)
from actui.model.records import BatchInfo, BulkQueued, BulkRefused
from actui.model.records import ImportRow as BulkRow


class CampaignActivity(Protocol):
    """What people did with the account's campaigns."""

    async def campaigns(self) -> Sequence[Campaign]: ...
    async def campaign_lists(self, campaign_id: int) -> frozenset[int]: ...
    async def campaign_links(self, campaign_id: int) -> Sequence[CampaignLink]: ...
    def link_hits(self, link: CampaignLink) -> AsyncIterator[Sequence[LinkHit]]:
        """Who opened or clicked, a page at a time."""


class ExportCalls(Protocol):
    """Calls to ActiveCampaign that write, and those that tell what people did with mail."""

    async def bulk_import(
        self, rows: Sequence[BulkRow], *, exclude_automations: bool
    ) -> BulkQueued | BulkRefused:
        """One batch. Raises LostAnswerError when nobody can know whether it was taken."""

    async def batch(self, batch_id: str) -> BatchInfo: ...
    async def outstanding_batches(self) -> int:
        """How many batches of this account are not finished yet."""

    async def rename_contact(self, contact_id: int, email: str) -> str:
        """The address as it is stored now, which may be another spelling of the one given.

        Raises RefusedError 404 (no such contact) or 422 (the address is somebody else's).
        """

    async def write_contact(self, contact_id: int, row: BulkRow) -> None:
        """Names and fields by id, whatever the address; the row's e-mail and lists do not count."""

    async def set_list_status(self, contact_id: int, list_id: int, status: ListStatus) -> ListRow:
        """Sent once (`list_changes`). Raises LostAnswerError when nobody knows whether it was done,
        RetriableError and RefusedError where the service says that it was not.
        """

    async def exclusions(self) -> Sequence[Exclusion]: ...

    @property
    def activity(self) -> CampaignActivity: ...


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


class ExportMemory(Protocol):
    """The part of the ledger that is about exports; every method is one transaction."""

    # batches
    def journal_batch(
        self,
        run: str,
        goal: str,
        profiles: Sequence[str],
        payload: str,
        sent_at: float,
        *,
        config: str = "",
    ) -> int: ...
    def batch_queued(self, run: str, goal: str, number: int, batch_id: str) -> None: ...
    def drop_batch(self, run: str, goal: str, number: int) -> None: ...
    def open_batches(self, run: str, goal: str) -> Sequence[Batch]:
        """Of all runs: what an abandoned one has queued is still on its way."""

    # the contact index
    def index_contacts(self, contacts: Iterable[Indexed]) -> None: ...
    def indexed(self, emails: Iterable[str]) -> Mapping[str, Sequence[Indexed]]:
        """Contacts by the canonical form of their e-mail address."""

    def indexed_ids(self, ids: Iterable[int]) -> Mapping[int, Indexed]: ...
    def indexed_values(self, field: str, values: Iterable[str]) -> Mapping[str, Sequence[int]]: ...
    def index_size(self) -> int: ...
    def index_fact(self, name: str) -> str | None: ...
    def set_index_fact(self, name: str, value: str | None) -> None: ...
    def clear_index(self) -> None: ...

    # who is who
    def links(self, profiles: Iterable[str]) -> Mapping[str, int]: ...
    def profiles_of(self, contact_id: int) -> Sequence[str]: ...
    def profiles_of_all(self, contacts: Iterable[int]) -> Mapping[int, Sequence[str]]: ...
    def newcomers(self, goal: str) -> Sequence[Newcomer]: ...

    # lists
    def roster(self) -> SegmentRoster: ...
    def members(self, goal: str, lists: Sequence[int]) -> Iterator[Sequence[Membership]]:
        """Contacts on the lists through this goal, some hundreds at a time."""

    def member_count(self, goal: str, lists: Sequence[int], *, with_shown: bool = False) -> int: ...
    def membership(self, goal: str, contact_id: int, list_id: int) -> Membership | None: ...
    def refused_leaving(self, goal: str) -> Sequence[RefusedLeaving]: ...
    def resubscription(self, contact_id: int, list_id: int) -> Resubscription | None: ...
    def intend_resubscribing(self, contact_id: int, list_id: int, mark: str) -> None: ...
    def open_list_change(self, goal: str, change: ListChange) -> None: ...
    def end_list_change(self, goal: str, contact_id: int, list_id: int) -> None: ...
    def open_list_changes(self, goal: str) -> Sequence[ListChange]: ...
    def claim(self, goal: str, contacts: Iterable[int]) -> None: ...
    def claims(self, goal: str) -> Iterator[Sequence[int]]: ...
    def release(self, goal: str, contacts: Iterable[int]) -> None: ...
    def remember_shown(self, goal: str, segment: str, contacts: Iterable[int]) -> None: ...
    def shown(self, goal: str, segment: str) -> Iterator[Sequence[int]]:
        """Contacts that complete listings of the segment have shown, some hundreds at a time."""

    def drop_shown(self, goal: str, contacts: Iterable[int]) -> None: ...
    def keep_shown_of(self, goals: Iterable[str]) -> None: ...

    # the lifecycle threshold
    def campaigns(self) -> Mapping[int, tuple[str, frozenset[int]]]: ...
    def save_campaign(self, campaign_id: int, counters: str, lists: Iterable[int]) -> None: ...
    def hits(self, rows: Iterable[int]) -> Mapping[int, tuple[int, float]]: ...
    def count_touches(
        self, hits: Sequence[LinkHit], touches: Sequence[Touch], now: float
    ) -> None: ...
    def touches(
        self, contacts: Iterable[int], counted: Mapping[int, frozenset[str]], since: float
    ) -> Mapping[int, int]: ...
    def forget_touches(self, before: float) -> None: ...
