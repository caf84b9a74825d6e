"""The engine's ports in memory, as far as list memberships need them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from actui.model.goals import ListStatus
from actui.model.journal import BatchCommit
from actui.model.keys import MatchKey
from actui.model.memberships import (
    ListChange,
    ListRow,
    Membership,
    RefusedLeaving,
    Resubscription,
)
from actui.model.records import Contact, Profile, ProfilePage
from actui.model.run import GoalProgress, GoalSummary
from actui.sync.resolved_goals import ResolvedConnection, ResolvedGoal
from actui.sync.run.goal_run import GoalRun, Options
from tests.unit.sync.accounts import ACCOUNTS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class MemoryRoster:
    """Who a listing of a segment has shown."""

    def __init__(self, profiles: Iterable[str] = (), keys: Iterable[MatchKey] = ()) -> None:
        self._profiles = set(profiles)
        self._keys = set(keys)
        self._claimed: dict[MatchKey, str] = {}
        self.is_closed = False

    def add(self, profiles: Iterable[str]) -> None:
        self._profiles.update(profiles)

    def count(self) -> int:
        return len(self._profiles)

    def add_keys(self, keys: Iterable[MatchKey]) -> None:
        self._keys.update(keys)

    def contains(self, keys: Iterable[MatchKey]) -> set[MatchKey]:
        return self._keys & set(keys)

    def claim(self, key: MatchKey, profile: str) -> bool:
        return self._claimed.setdefault(key, profile) == profile

    def close(self) -> None:
        self.is_closed = True


class MemoryGoalStates:
    """What the goal remembers: the segment whose leavers it dealt with, and a confirmation."""

    def __init__(self, segment: str | None = None, *, confirmed: bool = False) -> None:
        self.segment = segment
        self.confirmed = confirmed

    def listed_segment(self, goal: str) -> str | None:
        return self.segment

    def set_listed_segment(self, goal: str, segment: str) -> None:
        self.segment = segment

    def all_confirmed(self, goal: str) -> bool:
        return self.confirmed

    def set_all_confirmed(self, goal: str, confirmed: bool) -> None:
        self.confirmed = confirmed


class MemoryLinks:
    """No profile is linked to a contact."""

    def contacts_of(self, profiles: Iterable[str]) -> Mapping[str, int]:
        return {}

    def profiles_of(self, contact_id: int) -> Sequence[str]:
        return ()


class MemoryShownContacts:
    """The contacts that complete listings of each segment have shown."""

    def __init__(self, shown: Mapping[str, Iterable[int]]) -> None:
        self.of_segment = {segment: set(contacts) for segment, contacts in shown.items()}

    def of_goal(self, goal: str, segment: str) -> Iterator[Sequence[int]]:
        yield sorted(self.of_segment.get(segment, ()))

    def drop(self, goal: str, contacts: Iterable[int]) -> None:
        dropped = set(contacts)
        for shown in self.of_segment.values():
            shown.difference_update(dropped)


class MemoryMemberships:
    """The memberships of one goal: those that last, and how others have ended."""

    def __init__(
        self,
        members: Iterable[Membership],
        refused: Iterable[RefusedLeaving],
        shown: MemoryShownContacts,
    ) -> None:
        self._shown = shown
        self.joined = {(one.contact_id, one.list_id): one for one in members}
        self.unsubscribed: dict[tuple[int, int], str] = {}
        self.gone: set[tuple[int, int]] = set()
        self.refused = list(refused)

    def members(self, goal: str, lists: Sequence[int]) -> Iterator[Sequence[Membership]]:
        yield [one for one in self.joined.values() if one.list_id in lists]

    def count(self, goal: str, lists: Sequence[int], *, with_shown: bool = False) -> int:
        people = {contact for contact, list_id in self.joined if list_id in lists}
        return len(people.union(*self._shown.of_segment.values()) if with_shown else people)

    def find(self, goal: str, contact_id: int, list_id: int) -> Membership | None:
        return self.joined.get((contact_id, list_id))

    def refused_leaving(self, goal: str) -> Sequence[RefusedLeaving]:
        return self.refused


class MemoryListChanges:
    """The changes of list rows whose fate is open."""

    def __init__(self) -> None:
        self.open: dict[tuple[int, int], ListChange] = {}

    def begin(self, goal: str, change: ListChange) -> None:
        self.open[change.contact_id, change.list_id] = change

    def end(self, goal: str, contact_id: int, list_id: int) -> None:
        self.open.pop((contact_id, list_id), None)


class MemoryResubscriptions:
    """Rows that this connection has set back to active, or meant to."""

    def __init__(self, known: Mapping[tuple[int, int], Resubscription]) -> None:
        self.known = dict(known)

    def find(self, contact_id: int, list_id: int) -> Resubscription | None:
        return self.known.get((contact_id, list_id))

    def begin(self, contact_id: int, list_id: int, mark: str) -> None:
        self.known[contact_id, list_id] = Resubscription(mark, done=False)


class MemoryRosters:
    """Empty rosters."""

    def new(self) -> MemoryRoster:
        return MemoryRoster()


class MemoryPeople:
    """Nobody was accepted before."""

    def fingerprints(self, goal: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        return {}


class MemoryClaims:
    """Claims of the goal, at which nobody looks."""

    def add(self, goal: str, contacts: Iterable[int]) -> None:
        """Nothing comes of it."""


class MemoryCommits:
    """Applies what an export commits about lists."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def write(self, run: str, goal: str, done: BatchCommit, summary: GoalSummary) -> None:
        memberships, changes = self._ledger.memberships, done.export
        memberships.unsubscribed |= changes.left
        memberships.gone |= set(changes.gone)
        memberships.refused += changes.refused
        memberships.joined |= {(one.contact_id, one.list_id): one for one in changes.joined}
        for pair in (*changes.left, *changes.gone):
            memberships.joined.pop(pair, None)
        for pair in changes.resubscribed:
            before = self._ledger.resubscriptions.known[pair]
            self._ledger.resubscriptions.known[pair] = Resubscription(before.mark, done=True)
        for pair in changes.ended:
            self._ledger.list_changes.open.pop(pair, None)


class MemoryLedger:
    """What a ledger keeps of one goal's lists."""

    def __init__(
        self,
        *,
        goals: MemoryGoalStates | None = None,
        members: Iterable[Membership] = (),
        shown: Mapping[str, Iterable[int]] | None = None,
        refused: Iterable[RefusedLeaving] = (),
        resubscriptions: Mapping[tuple[int, int], Resubscription] | None = None,
    ) -> None:
        self.goals = goals or MemoryGoalStates()
        self.shown_contacts = MemoryShownContacts(shown or {})
        self.memberships = MemoryMemberships(members, refused, self.shown_contacts)
        self.list_changes = MemoryListChanges()
        self.resubscriptions = MemoryResubscriptions(resubscriptions or {})
        self.links = MemoryLinks()
        self.people = MemoryPeople()
        self.claims = MemoryClaims()
        self.rosters = MemoryRosters()
        self.commits = MemoryCommits(self)


class MemoryActiveCampaign:
    """Contacts by id; `refuses` raises instead of changing a contact's row."""

    def __init__(
        self, contacts: Iterable[Contact], refuses: Mapping[int, Exception] | None = None
    ) -> None:
        self.contacts = {one.id: one for one in contacts}
        self.refuses = refuses or {}
        self.changes: list[tuple[int, int, ListStatus]] = []
        self.looks: list[int] = []
        self.before_look: Callable[[MemoryActiveCampaign, int], None] = lambda service, look: None

    async def contact(self, contact_id: int) -> Contact | None:
        self.looks.append(contact_id)
        self.before_look(self, len(self.looks))
        return self.contacts.get(contact_id)

    async def set_list_status(self, contact_id: int, list_id: int, status: ListStatus) -> ListRow:
        self.changes.append((contact_id, list_id, status))
        if contact_id in self.refuses:
            raise self.refuses[contact_id]
        row = ListRow(status, mark="changed")
        contact = self.contacts[contact_id]
        self.contacts[contact_id] = replace(
            contact,
            lists={**contact.lists, list_id: status},
            list_rows={**contact.list_rows, list_id: row},
        )
        return row


class MemoryBlueConic:
    """Segments of profiles, a page each; `is_whole` is whether the total is as stated."""

    def __init__(self, segments: Mapping[str, Sequence[Profile]], *, is_whole: bool = True) -> None:
        self._segments = segments
        self._is_whole = is_whole

    async def segment_page(self, segment_id: str, **_: Any) -> ProfilePage:
        profiles = self._segments.get(segment_id, ())
        total = len(profiles) if self._is_whole else len(profiles) * 2 + 1
        return ProfilePage(profiles, total, None, is_last=True)


class NoStop:
    """Nobody asks to stop, and no pause takes time."""

    level = 0

    def check(self) -> None:
        """Go on."""

    async def pause(self, seconds: float) -> None:
        """No time passes."""


class NoMeter:
    """Nobody follows the run."""

    def tick(self) -> None:
        """Nothing is shown."""

    def troubles(self, goal: str, records: Iterable[object]) -> None:
        """Nothing is shown."""


def goal_run(
    connection: ResolvedConnection,
    goal: ResolvedGoal,
    *,
    ledger: Any,
    activecampaign: Any,
    blueconic: Any = None,
    **options: Any,
) -> GoalRun:
    """One goal in a run that nobody stops or follows."""
    meter: Any = NoMeter()
    stop: Any = NoStop()
    clock: Any = None
    settings = goal.settings
    summary = GoalSummary(goal=settings.name, goal_id=settings.id, kind=settings.kind)
    return GoalRun(
        run="r1",
        connection=connection,
        goal=settings,
        activecampaign=activecampaign,
        blueconic=blueconic,
        ledger=ledger,
        clock=clock,
        accounts=ACCOUNTS,
        options=Options(**options),
        stop=stop,
        meter=meter,
        progress=GoalProgress(summary=summary),
        summary=summary,
        started_at=NOW,
        is_dated=True,
        service_now=lambda: NOW,
        settle_seconds=0.0,
    )
