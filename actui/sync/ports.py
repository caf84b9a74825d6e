"""What the engine needs from the floors below it, by shape; `actui.context.context` joins them.

All calls may raise the errors of `actui.model.errors`; none of them retries for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from actui.model.goals import ListStatus
from actui.model.journal import (
    Accepted,
    BatchCommit,
    Block,
    GoalState,
    RecheckMark,
    Refusal,
    SumKey,
    SumSend,
    Traffic,
)
from actui.model.omitted import Omitted
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
from actui.model.run import GoalSummary, Reason, RunSnapshot, UniqueCounts
from actui.sync.export_ports import ExportCalls, ExportMemory


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


class Ledger(ExportMemory, Protocol):
    """The connection's SQLite file: all that grows with people, and the live run.

    Every method is one transaction; those that return have been made durable.
    """

    # the run
    def begin_run(self, run: str, trigger: str, started: str, pid: int) -> None: ...
    def knows_run(self, run: str) -> bool: ...
    def open_run(self) -> str | None:
        """The id of the last run if it was stopped or cut off, None when there is none."""

    def run_fact(self, run: str, name: str) -> str | None: ...
    def set_run_fact(self, run: str, name: str, value: str) -> None: ...
    def end_run(self, run: str, resumable: bool) -> None: ...
    def write_progress(self, snapshot: RunSnapshot) -> None: ...
    def read_progress(self) -> RunSnapshot | None: ...
    def stop_level(self, run: str) -> int:
        """0 go on; 1 finish the batch in flight and stop; 2 stop now."""

    def request_stop(self, run: str) -> int: ...
    def goal_summary(self, run: str, goal: str) -> GoalSummary | None:
        """The counts a resumed goal starts from."""

    def save_goal_summary(self, run: str, goal: str, summary: GoalSummary, done: bool) -> None: ...
    def goal_is_done(self, run: str, goal: str) -> bool: ...
    def restart_goal(self, run: str, goal: str) -> None: ...

    # goals
    def goal_state(self, goal: str) -> GoalState: ...
    def save_goal_state(self, goal: str, state: GoalState) -> None: ...
    def fingerprints(self, goal: str, keys: Iterable[str]) -> Mapping[str, bytes]: ...
    def accepted(self, goal: str, keys: Iterable[str]) -> Mapping[str, Accepted]: ...
    def refusals(self, goal: str, keys: Iterable[str]) -> Mapping[str, Refusal]:
        """What people of a goal were refused with last, where that is not to be sent again."""

    def commit(self, run: str, goal: str, done: BatchCommit, summary: GoalSummary) -> None: ...
    def seen_in_run(self, run: str, goal: str, keys: Iterable[str]) -> set[str]:
        """Which of the keys already have their outcome in this run."""

    def omitted(self, goal: str, keys: Iterable[str]) -> Mapping[str, Omitted]:
        """What was left out for people at their last outcome; those without any are missing."""

    # recheck
    def plan_recheck(self, run: str, goal: str) -> None:
        """A goal has read what changed: it may recheck in this run, from where it was left."""

    def recheck_mark(self, run: str, goal: str) -> RecheckMark | None:
        """Where to go on; None where the goal does not recheck in this run."""

    def without_match(self, goal: str, after: int, until: int, most: int) -> Sequence[int]:
        """Contacts whose last outcome was no-match: ids in rising order."""

    def last_reasons(self, goal: str, keys: Iterable[str]) -> Mapping[str, Reason | None]:
        """The reasons of the last outcomes of people; those without any outcome are missing."""

    # import
    def plan_blocks(self, run: str, goal: str, blocks: Sequence[Block]) -> None: ...
    def open_blocks(self, run: str, goal: str) -> Sequence[Block] | None:
        """Unfinished blocks in order; None when the goal has not been planned in this run."""

    def sums(self, keys: Iterable[SumKey]) -> Mapping[SumKey, str]: ...
    def journal_sums(self, sends: Sequence[SumSend], *, last_stamp: int = 0) -> None: ...
    def last_stamp(self) -> int:
        """The highest `last_stamp` that came with a journal of entries, 0 before the first."""

    def receipt_writer(self) -> str:
        """What this ledger's receipts have in common, and no other ledger's."""

    def pending_sums(self) -> Sequence[SumSend]:
        """Entries that were sent, perhaps, and whose fate nobody knows yet."""

    def drop_sums(self, contact_ids: Iterable[int]) -> None:
        """Forget entries that were surely not applied."""

    def leaves_receipts(self) -> bool: ...
    def begin_receipts(self) -> None: ...

    def unique(self) -> UniqueCounts: ...


class Clock(Protocol):
    """Time, so that tests need not wait for it."""

    def now(self) -> datetime:
        """The present in UTC."""

    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
