"""What the engine keeps in a connection's ledger, by shape: one protocol for each part of it.

Goals and runs are named by their ids, people by their keys: a contact id in import goals, a profile
id in export goals. Every method is one transaction, and what it has written is durable when it
returns. Each may raise DamagedError where the ledger cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from actui.model.journal import (
    Accepted,
    BatchCommit,
    Block,
    GoalState,
    RecheckMark,
    Refusal,
    SumKey,
    SumSend,
)
from actui.model.omitted import Omitted
from actui.model.run import GoalSummary, Reason, RunSnapshot, UniqueCounts
from actui.sync.export_ledger_ports import (
    BatchJournal,
    ClaimedContacts,
    ContactIndex,
    GoalMemberships,
    ListChangeJournal,
    ProfileLinks,
    ResubscriptionJournal,
    SegmentRosters,
    ShownContacts,
    TouchCounts,
)


class RunJournal(Protocol):
    """The live run: how it began, what it keeps about itself, how far its goals are."""

    def begin(self, run: str, trigger: str, started: str, pid: int) -> None:
        """A run starts, or one that was left goes on under its old id."""

    def knows(self, run: str) -> bool:
        """Whether there has been a run of this id."""

    def open_run(self) -> str | None:
        """The id of the last run if it was stopped or cut off, None when there is none."""

    def fact(self, run: str, name: str) -> str | None:
        """Something a run keeps about itself; None where it has kept nothing by this name."""

    def set_fact(self, run: str, name: str, value: str) -> None:
        """Keep something about a run."""

    def end(self, run: str, resumable: bool) -> None:
        """A run ends; unless it is resumable, it cannot be continued."""

    def write_progress(self, snapshot: RunSnapshot) -> None:
        """Replace the live picture, which followers in other processes read."""

    def stop_level(self, run: str) -> int:
        """0 go on; 1 finish the batch in flight and stop; 2 stop now."""

    def goal_summary(self, run: str, goal: str) -> GoalSummary | None:
        """The counts a resumed goal starts from; None before its first commit in this run."""

    def save_goal_summary(self, run: str, goal: str, summary: GoalSummary, done: bool) -> None:
        """Keep a goal's counts, and whether it is through."""

    def goal_is_done(self, run: str, goal: str) -> bool:
        """Whether a goal has succeeded in this run already."""

    def restart_goal(self, run: str, goal: str) -> None:
        """Forget how far a goal is in a run; batches on their way stay in the journal."""


class GoalStates(Protocol):
    """What goals remember from run to run."""

    def state(self, goal: str) -> GoalState:
        """The digest, the watermark and the last complete reading; all empty before the first."""

    def save_state(self, goal: str, state: GoalState) -> None:
        """Keep them."""

    def listed_segment(self, goal: str) -> str | None:
        """The id of the segment whose leavers the goal has dealt with last."""

    def set_listed_segment(self, goal: str, segment: str) -> None:
        """Keep the id of the segment whose leavers the goal has dealt with."""

    def all_confirmed(self, goal: str) -> bool:
        """Whether somebody has confirmed a run with `unsubscribe: all` since it was set."""

    def set_all_confirmed(self, goal: str, confirmed: bool) -> None:
        """Keep whether somebody has."""


class BlockPlan(Protocol):
    """How an import goal reads its contacts in a run."""

    def plan(self, run: str, goal: str, blocks: Sequence[Block]) -> None:
        """Write down how a goal reads its contacts in this run."""

    def unfinished(self, run: str, goal: str) -> Sequence[Block] | None:
        """Unfinished blocks in order; None when the goal has not been planned in this run."""


class LastOmissions(Protocol):
    """What was left out for people at their last outcome."""

    def omitted(self, goal: str, keys: Iterable[str]) -> Mapping[str, Omitted]:
        """What was left out, by key; those without any are missing."""


class SumMemory(Protocol):
    """What Sums have added, and the journal that makes each exactly once (sync/README.md §4)."""

    def added(self, keys: Iterable[SumKey]) -> Mapping[SumKey, str]:
        """The values last added; a renamed or copied goal finds them too."""

    def journal(self, sends: Sequence[SumSend], *, last_stamp: int = 0) -> None:
        """Write entries down before they are sent.

        `last_stamp` is the highest stamp of their receipts; the highest ever is kept.
        """

    def last_stamp(self) -> int:
        """The highest `last_stamp` that came with a journal of entries, 0 before the first."""

    def receipt_writer(self) -> str:
        """What this ledger's receipts have in common, and no other ledger's."""

    def pending(self) -> Sequence[SumSend]:
        """Entries that were sent, perhaps, and whose fate nobody knows yet, by contact id."""

    def drop(self, contact_ids: Iterable[int]) -> None:
        """Forget entries, by their contacts, that were surely not applied."""

    def leaves_receipts(self) -> bool:
        """Whether this ledger has begun to add Sums to its BlueConic tenant."""

    def begin_receipts(self) -> None:
        """From now on receipts in the tenant may be this ledger's."""


class Commits(Protocol):
    """The one way in which an acknowledged batch becomes durable."""

    def write(self, run: str, goal: str, done: BatchCommit, summary: GoalSummary) -> None:
        """Make everything that the batch changes durable, or nothing where this raises.

        `summary` holds the goal's counts with the batch. Raises sqlite3.Error as well, for
        instance on a full disk.
        """


class KnownPeople(Protocol):
    """What was last sent for people of a goal, and what became of it."""

    def fingerprints(self, goal: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        """The digests of what was last accepted, by key; those without any are missing."""

    def accepted(self, goal: str, keys: Iterable[str]) -> Mapping[str, Accepted]:
        """The same, each with the digest of the goal with which it was accepted."""

    def seen_in_run(self, goal: str, keys: Iterable[str]) -> set[str]:
        """Which of the keys already have their outcome in the open run."""

    def without_match(self, goal: str, after: int, until: int, most: int) -> Sequence[int]:
        """At most `most` contact ids, in rising order, whose last outcome was no-match.

        They are greater than `after` and at most `until`.
        """

    def last_reasons(self, goal: str, keys: Iterable[str]) -> Mapping[str, Reason | None]:
        """The reasons of the last outcomes of people; those without any outcome are missing."""

    def exchanged_counts(self) -> UniqueCounts:
        """How many distinct profiles were exchanged, ever, in each direction."""


class LastRefusals(Protocol):
    """What people were refused with last, where that is not to be sent again."""

    def find(self, goal: str, keys: Iterable[str]) -> Mapping[str, Refusal]:
        """The refusals by key; those without one are missing."""


class RecheckMarks(Protocol):
    """How far the recheck of each goal is. The position outlives runs."""

    def plan(self, run: str, goal: str) -> None:
        """A goal has read what changed: it may recheck in this run, from where it was left."""

    def mark(self, run: str, goal: str) -> RecheckMark | None:
        """Where to go on; None where the goal does not recheck in this run."""


class Ledger(Protocol):
    """The connection's SQLite file, by its parts: all that grows with people, and the live run."""

    @property
    def runs(self) -> RunJournal: ...
    @property
    def goals(self) -> GoalStates: ...
    @property
    def blocks(self) -> BlockPlan: ...
    @property
    def commits(self) -> Commits: ...
    @property
    def people(self) -> KnownPeople: ...
    @property
    def refusals(self) -> LastRefusals: ...
    @property
    def outcomes(self) -> LastOmissions: ...
    @property
    def rechecks(self) -> RecheckMarks: ...
    @property
    def sums(self) -> SumMemory: ...
    @property
    def batches(self) -> BatchJournal: ...
    @property
    def contact_index(self) -> ContactIndex: ...
    @property
    def links(self) -> ProfileLinks: ...
    @property
    def memberships(self) -> GoalMemberships: ...
    @property
    def list_changes(self) -> ListChangeJournal: ...
    @property
    def resubscriptions(self) -> ResubscriptionJournal: ...
    @property
    def claims(self) -> ClaimedContacts: ...
    @property
    def shown_contacts(self) -> ShownContacts: ...
    @property
    def rosters(self) -> SegmentRosters: ...
    @property
    def touches(self) -> TouchCounts: ...
