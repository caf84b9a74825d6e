"""What exports need beyond imports from the floors below, by shape (sync/README.md §5, §8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from actui.model.goals import ListStatus
from actui.model.memberships import (
    Campaign,
    CampaignLink,
    Exclusion,
    LinkHit,
    ListRow,
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
