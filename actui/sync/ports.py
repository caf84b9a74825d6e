"""What the engine needs from the floors below it, by shape; `actui.context.context` joins them.

All calls may raise the errors of `actui.model.errors`; none of them retries for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from actui.model.goals import ListStatus
from actui.model.journal import (
    Traffic,
)
from actui.model.records import (
    Contact,
    ContactField,
    ContactList,
    ContactPage,
    Lifecycle,
    Objective,
    Profile,
    ProfilePage,
    ProfileWrite,
    Property,
    Segment,
    User,
    WriteResult,
)
from actui.sync.export_ports import ExportCalls


class ActiveCampaign(ExportCalls, Protocol):
    """The calls to ActiveCampaign (activecampaign.md §2 to §7)."""

    traffic: Traffic

    async def me(self) -> User: ...
    async def fields(self) -> Sequence[ContactField]: ...
    async def lists(self) -> Sequence[ContactList]: ...

    async def contacts_by_id(
        self,
        *,
        after_id: int = 0,
        before_id: int | None = None,
        list_id: int | None = None,
        status: ListStatus | None = None,
        updated_after: datetime | None = None,
        created_after: datetime | None = None,
        ids: Sequence[int] = (),
    ) -> ContactPage:
        """One page of at most 100 contacts in rising id order, with field values and lists.

        With `ids`, of these alone, unless the service ignores it: unknown filters are ignored.
        """

    async def highest_contact_id(self) -> ContactPage:
        """The page that holds only the contact with the highest id, and the claimed total."""

    async def contact(self, contact_id: int) -> Contact | None: ...
    async def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Those found by this very value, the likeliest first; ask for every spelling."""


class BlueConic(Protocol):
    """The calls to BlueConic (blueconic.md §11)."""

    traffic: Traffic

    async def properties(self) -> Sequence[Property]: ...
    async def create_property(self, property_id: str, name: str, type_: str) -> None: ...
    async def segments(self) -> Sequence[Segment]: ...
    async def objectives(self) -> Sequence[Objective]: ...
    async def lifecycles(self) -> Sequence[Lifecycle]: ...
    async def interactions(self) -> Mapping[str, str] | None:
        """The dialogue's name by the ids of dialogues and variants; None where unreadable."""

    async def segment_page(
        self,
        segment_id: str,
        *,
        cursor: str | None,
        count: int,
        properties: Sequence[str],
        expand: Sequence[str] = (),
    ) -> ProfilePage: ...

    async def profile(self, profile_id: str, *, properties: Sequence[str]) -> Profile | None:
        """One profile, read alone; None when it is gone."""

    async def find_profiles(self, pairs: Sequence[tuple[str, str]]) -> Sequence[str]:
        """The ids of the profiles that carry all these values in unique properties."""

    async def write_profiles(
        self,
        entries: Sequence[ProfileWrite],
        *,
        objectives: Sequence[str] = (),
        once: bool = False,
    ) -> Sequence[WriteResult]:
        """At most 1,000 entries; results in order, fewer than sent after a 413.

        Raises LostAnswerError when the answer did not come whole and, with `once`, for every other
        answer than BlueConic's own for each entry; nothing is sent again then.
        """


class Clock(Protocol):
    """Time, so that tests need not wait for it."""

    def now(self) -> datetime:
        """The present in UTC."""

    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
