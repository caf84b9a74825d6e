"""Unsubscribe people who left the segment (sync/README.md §7); in doubt, nobody has.

Somebody leaves a list when this goal had put them there, nobody in the complete segment is them,
they are active now, and no other goal wants them there. With `unsubscribe: all` it does not matter
who put them there, if an earlier complete listing of this goal's segment has shown them.

Long because every reason to leave somebody subscribed stands beside the one to act.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from actui.model.errors import GoalError, RefusedError
from actui.model.goals import ANY_LIST, ExportGoal, ListStatus
from actui.model.journal import BatchCommit
from actui.model.keys import contact_key
from actui.model.memberships import ListRow, Membership, MembershipChanges
from actui.model.records import Contact
from actui.model.run import ListCounts
from actui.sync.export_ledger_ports import SegmentRoster
from actui.sync.exporting.contact_looks import look, row_on
from actui.sync.exporting.list_changes import change_row
from actui.sync.exporting.refused_leavers import RefusedLeavers
from actui.sync.exporting.segment_listing import list_people
from actui.sync.exporting.write_check import is_about_the_contact
from actui.sync.fingerprints import accepted_but_left
from actui.sync.match_keys import (
    UNREADABLE_VALUE,
    contact_keys,
    contact_value,
    key_fields,
)
from actui.sync.resolved_goals import ResolvedExport
from actui.sync.run.goal_run import GoalRun

NEEDS_CONFIRMATION = "leavers-need-confirmation"
FEW = 10
"""As many may always leave at once."""
MAX_LEAVER_SHARE = 1 / 5
"""The share of the goal's members who may leave in one run without confirmation."""
PAGE = 100
"""Contacts that one request reads at most (activecampaign.md §3.1)."""
_CLOCK = 5.0
"""Seconds by which a stamp of the same event may differ."""
_ANY_TIME = 0.0
"""The time of joining where it does not matter who subscribed somebody: no row is older."""

Claims = Callable[[int, Iterable[int]], set[int] | None]
"""Which contacts goals of other connections claim for a list; None where that is not known."""


class Shown(Protocol):
    """What a run has seen of the segment: `is_complete` as sync/README.md §7 defines it."""

    @property
    def listing(self) -> SegmentRoster: ...
    @property
    def is_complete(self) -> bool: ...


LOST = (
    "ActiveCampaign's answers to unsubscribing were lost twice; these people may still be on their "
    "lists, and the next run tries again."
)
UNREADABLE_LEAVERS = (
    "ActiveCampaign's answers hold list rows that cannot be read; nobody was unsubscribed there."
)
UNREADABLE_LINKS = (
    "ActiveCampaign's answers hold linked fields that cannot be read; these people were not "
    "unsubscribed."
)


@dataclass(frozen=True, slots=True)
class _OtherListing:
    """Another goal of this connection, and who is in its segment now."""

    goal: ResolvedExport
    roster: SegmentRoster


class _UnsureError(Exception):
    """It cannot be known who left; the text says why."""


class Leavers:
    """Decides and unsubscribes for one goal, after everybody else has been dealt with."""

    def __init__(self, goal_run: GoalRun, goal: ResolvedExport, claims: Claims) -> None:
        self._run = goal_run
        self._goal = goal.settings
        self._segment = goal.segment
        self._claims = claims
        self._lists = goal.list_ids
        self._covers_all = self._goal.unsubscribe == "all"
        self._unseen: set[int] = set()
        """Members who turned out not to be active on a list."""
        self._outside: set[int] = set()
        """Contacts whom earlier listings have shown and this one does not."""
        self._own: set[int] = set()
        """Candidates whom this goal had put on a list."""
        self._kept: set[int] = set()
        """Candidates whom a segment, another goal or ActiveCampaign keeps on a list."""
        self._refused = RefusedLeavers(goal_run)

    async def unsubscribe(self, shown: Shown) -> None:
        """Unsubscribe whoever left, as far as the goal's setting reaches.

        Raises GoalError when there are too many to be believed, and before anybody is unsubscribed
        by `all` for the first time since it was set, unless that is confirmed.
        """
        run, segment = self._run, self._segment.id
        if not self._covers_all:
            run.ledger.goals.set_all_confirmed(self._goal.id, False)
        if not self._lists or self._goal.unsubscribe == "never":
            return
        before = run.ledger.goals.listed_segment(self._goal.id)
        if not shown.is_complete:
            run.warn_once("The segment's listing was not complete, so nobody was unsubscribed.")
            return
        run.phase("looking for people who left")
        try:
            leavers = await self._find(shown.listing)
        except _UnsureError as unsure:
            run.warn_once(str(unsure))
            return
        people = {one.contact_id for one in leavers}
        is_confirmed = self._is_confirmed(len(people))
        if people and self._covers_all and not is_confirmed:
            self._refuse_the_first(people)
        if people and not is_confirmed:
            # who is not active any more would only make the share look smaller
            members = run.ledger.memberships.count(
                self._goal.id, self._lists, with_shown=self._covers_all
            )
            members -= len(self._unseen - people)
            too_many = len(people) > FEW and len(people) > members * MAX_LEAVER_SHARE
            changed = before is not None and before != segment
            if too_many or changed or shown.listing.count() == 0:
                run.summary.leavers = len(people)
                raise GoalError(
                    f"{len(people)} of {members} members seem to have left the segment; nobody was "
                    f"unsubscribed. Look at the segment, then run with --confirm-leavers "
                    f"{len(people)}.",
                    code=NEEDS_CONFIRMATION,
                )
        last = {one.contact_id: one for one in leavers}
        for index, one in enumerate(leavers):
            run.stop.check()
            run.phase(f"unsubscribing {index + 1:,} of {len(leavers):,} who left")
            is_through = last[one.contact_id] is one and one.contact_id not in self._kept
            await self._leave(one, is_through=is_through)
        self._settle(is_confirmed)
        self._refused.warn()
        run.ledger.goals.set_listed_segment(self._goal.id, segment)

    def _refuse_the_first(self, people: set[int]) -> None:
        """Raise GoalError unless `all` was confirmed before: it reaches people of others."""
        if self._run.ledger.goals.all_confirmed(self._goal.id):
            return
        self._run.summary.leavers = len(people)
        many = "1 person" if len(people) == 1 else f"{len(people):,} people"
        others = len(people - self._own)
        raise GoalError(
            f"Nobody was unsubscribed: the first time, 'unsubscribe: all' needs confirmation. "
            f"{many} left the segment; somebody else put {others:,} of them on the list. "
            f"Check the segment, then run with --confirm-leavers {len(people)}.",
            code=NEEDS_CONFIRMATION,
        )

    def _settle(self, is_confirmed: bool) -> None:
        """Forget the shown contacts whose leaving was dealt with; those who were kept stay."""
        if not self._covers_all:
            return
        ledger, goal = self._run.ledger, self._goal.id
        if is_confirmed:
            ledger.goals.set_all_confirmed(goal, True)
        ledger.shown_contacts.drop(goal, self._outside - self._kept)

    def _is_confirmed(self, people: int) -> bool:
        most = self._run.options.confirm_leavers
        return most is not None and people <= most

    async def _find(self, listing: SegmentRoster) -> list[Membership]:
        """Members who are active now, not in the segment, and claimed by nobody else."""
        candidates = self._candidates(listing)
        if not candidates:
            return []
        others: list[_OtherListing] = []
        try:
            async for other in self._other_listings({one.list_id for one in candidates}):
                others.append(other)
            return await self._confirmed(candidates, listing, others)
        finally:
            for other in others:
                other.roster.close()

    def _candidates(self, listing: SegmentRoster) -> list[Membership]:
        """Members, and with `all` contacts shown before, who are not in the listing."""
        found: dict[tuple[int, int], Membership] = {}
        for some in self._run.ledger.memberships.members(self._goal.id, self._lists):
            absent = self._absent(listing, [one.contact_id for one in some])
            self._own |= absent
            found |= {
                (one.contact_id, one.list_id): one for one in some if one.contact_id in absent
            }
        if self._covers_all:
            for contacts in self._run.ledger.shown_contacts.of_goal(
                self._goal.id, self._segment.id
            ):
                self._outside |= self._absent(listing, contacts)
            for contact in self._outside:
                for list_id in self._lists:
                    found[contact, list_id] = Membership(contact, list_id, _ANY_TIME)
        return list(found.values())

    @staticmethod
    def _absent(listing: SegmentRoster, contacts: Sequence[int]) -> set[int]:
        keys = {contact_key(contact): contact for contact in contacts}
        return {keys[key] for key in keys.keys() - listing.contains(keys)}

    async def _other_listings(self, lists: set[int]) -> AsyncIterator[_OtherListing]:
        """Who is in the segments of this connection's other goals on these lists, as of now."""
        for other in self._run.connection.exports:
            settings = other.settings
            if settings.id == self._goal.id or lists.isdisjoint(other.list_ids):
                continue
            shown = await list_people(self._run, other)
            if not shown.is_complete:
                shown.listing.close()
                raise _UnsureError(
                    f"The listing of '{other.segment.name}' was not complete, and {settings.name} "
                    "has a list in common with this goal, so nobody was unsubscribed."
                )
            yield _OtherListing(other, shown.listing)

    async def _confirmed(
        self,
        candidates: Sequence[Membership],
        listing: SegmentRoster,
        others: Sequence[_OtherListing],
    ) -> list[Membership]:
        elsewhere = self._claimed_elsewhere(candidates)
        leavers: list[Membership] = []
        gone: list[tuple[int, int]] = []
        contact: Contact | None = None
        wanted = [one for one in candidates if (one.contact_id, one.list_id) not in elsewhere]
        swept = await self._swept(wanted)
        for index, one in enumerate(sorted(wanted, key=lambda candidate: candidate.contact_id)):
            self._run.stop.check()
            self._run.phase(f"looking at {index + 1:,} of {len(wanted):,} who may have left")
            if one.list_id in swept and not self._refused.knows(one):
                # whose subscription it is, the look before unsubscribing tells
                seen = swept[one.list_id].get(one.contact_id)
                if seen is None:
                    self._unseen.add(one.contact_id)
                elif not self._is_in(seen, one, listing, others):
                    leavers.append(one)
                continue
            if contact is None or contact.id != one.contact_id or _is_gone(contact, one):
                contact = await self._look(one)
            row = row_on(contact, one.list_id)
            if contact is not None and _is_unreadable(contact, one):
                self._unseen.add(one.contact_id)
                self._keep(one, UNREADABLE_LEAVERS)
            elif contact is None or row is None or _is_gone(contact, one):
                gone.append((one.contact_id, one.list_id))
            elif row.status is not ListStatus.ACTIVE:
                self._unseen.add(one.contact_id)
            elif self._is_in(contact, one, listing, others):
                continue
            elif self._refused.holds(one, row):
                self._kept.add(one.contact_id)
            else:
                leavers.append(one)
        if gone:
            self._run.commit(BatchCommit(records=(), export=MembershipChanges(gone=gone)))
        return leavers

    async def _swept(self, wanted: Sequence[Membership]) -> dict[int, dict[int, Contact]]:
        """The wanted contacts of each list that takes fewer requests to read as a whole."""
        found: dict[int, dict[int, Contact]] = {}
        for list_id in {one.list_id for one in wanted}:
            contacts = {one.contact_id for one in wanted if one.list_id == list_id}
            known = self._run.accounts.lists.get(list_id)
            if known is None or known.active is None or known.active // PAGE + 2 > len(contacts):
                continue
            found[list_id] = {}
            after = min(contacts) - 1
            while after < max(contacts):
                self._run.stop.check()
                self._run.phase(f"reading the list '{known.name}' for people who left")
                page = await self._run.activecampaign.contacts_by_id(
                    after_id=after, list_id=list_id, status=ListStatus.ACTIVE
                )
                if not page.contacts:
                    break
                ids = [one.id for one in page.contacts]
                if ids[0] <= after or ids != sorted(ids):
                    raise GoalError("ActiveCampaign's contacts did not come in rising order of id.")
                after = ids[-1]
                for one in page.contacts:
                    if one.id in contacts:
                        whole = one
                        if one.id in page.missing:
                            whole = await self._run.activecampaign.contact(one.id) or one
                        if whole.lists.get(list_id) is ListStatus.ACTIVE:
                            found[list_id][one.id] = whole
        return found

    async def _look(self, one: Membership) -> Contact | None:
        """The contact; an answer over which the goal would forget its member is read twice."""
        return await look(self._run, one.contact_id, lambda contact: _is_gone(contact, one))

    def _is_in(
        self,
        contact: Contact,
        one: Membership,
        listing: SegmentRoster,
        others: Sequence[_OtherListing],
    ) -> bool:
        """Whether the contact is in this segment or in that of another goal for this list."""
        is_in = self._is_listed(self._goal, contact, listing) or any(
            self._is_listed(other.goal.settings, contact, other.roster)
            for other in others
            if one.list_id in other.goal.list_ids
        )
        if is_in:
            self._kept.add(one.contact_id)
        return is_in

    def _is_listed(self, goal: ExportGoal, contact: Contact, listing: SegmentRoster) -> bool:
        """Whether the contact is listed, or may be because a linked field cannot be read."""
        if listing.contains(contact_keys(goal, contact)):
            return True
        if UNREADABLE_VALUE not in (contact_value(contact, key) for key in key_fields(goal)):
            return False
        self._run.warn_once(UNREADABLE_LINKS)
        return True

    def _claimed_elsewhere(self, candidates: Sequence[Membership]) -> set[tuple[int, int]]:
        """What goals of other connections on the same account want to stay."""
        claimed: set[tuple[int, int]] = set()
        for list_id in {one.list_id for one in candidates}:
            contacts = [one.contact_id for one in candidates if one.list_id == list_id]
            theirs = self._claims(list_id, contacts)
            if theirs is None:
                self._run.warn_once(
                    "Another connection's goal on one of the lists has not run yet; until it has, "
                    "nobody is unsubscribed from that list.",
                )
                theirs = set(contacts)
            claimed |= {(contact, list_id) for contact in theirs}
            self._kept |= theirs
        return claimed

    async def _leave(self, one: Membership, *, is_through: bool) -> None:
        """Unsubscribe one contact from one list, after one more look.

        `is_through` tells that nothing remains to be done for their leaving after that.
        """
        pair = (one.contact_id, one.list_id)
        contact = await self._look(one)
        row = row_on(contact, one.list_id)
        if contact is not None and _is_unreadable(contact, one):
            self._keep(one, UNREADABLE_LEAVERS)
            return
        if row is None or _is_gone(contact, one):
            self._run.commit(BatchCommit(records=(), export=MembershipChanges(gone=[pair])))
            return
        if row.status is not ListStatus.ACTIVE:
            return
        try:
            mark = await self._set_unsubscribed(one, row)
        except RefusedError as refused:
            if not is_about_the_contact(refused):
                raise
            self._kept.add(one.contact_id)
            self._refused.remember(one, row, refused)
            return
        if mark is None:
            self._keep(one, LOST)
            return
        outside = [one.contact_id] if is_through else []
        self._run.commit(unsubscribed(self._run, pair, mark, outside))

    async def _set_unsubscribed(self, one: Membership, seen: ListRow) -> str | None:
        """The row's mark, empty where nobody knows who did it; None where nobody knows at all."""
        changed = await change_row(
            self._run,
            (one.contact_id, one.list_id),
            ListStatus.UNSUBSCRIBED,
            seen,
            lambda contact: not _is_unreadable(contact, one),
        )
        now = changed.row
        if now is None or now.status is not ListStatus.UNSUBSCRIBED:
            if now != seen and (now is None or now.status is not ListStatus.UNREADABLE):
                self._run.ledger.list_changes.end(self._goal.id, one.contact_id, one.list_id)
            return None
        # whether this goal did it, or the person, nobody knows: it was the person
        return now.mark if changed.is_answered else ""

    def _keep(self, one: Membership, why: str) -> None:
        """Keep a contact that may still be on the list; the next run looks at it again."""
        self._kept.add(one.contact_id)
        self._run.warn_once(why)


def unsubscribed(
    run: GoalRun, pair: tuple[int, int], mark: str, outside: Sequence[int] = ()
) -> BatchCommit:
    """What to commit for a (contact, list) that the goal has unsubscribed.

    The mark is empty where that may have been the person. Whoever comes back into the segment is
    sent again, though nothing else changed.
    """
    accepted = run.ledger.people.fingerprints(run.goal.id, run.ledger.links.profiles_of(pair[0]))
    return BatchCommit(
        records=(),
        remarked={profile: accepted_but_left(before) for profile, before in accepted.items()},
        export=MembershipChanges(left={pair: mark}, outside=outside, ended=[pair]),
        lists=ListCounts(unsubscribed=1),
    )


def _is_unreadable(contact: Contact, one: Membership) -> bool:
    """Whether a row that cannot be read is, or may be, the contact's on this list.

    Where only the goal's own subscriptions end, its date must be one that can be read.
    """
    row = contact.list_rows.get(one.list_id)
    if row is not None and row.is_undated and one.at > _ANY_TIME:
        return True
    return ListStatus.UNREADABLE in (contact.lists.get(one.list_id), contact.lists.get(ANY_LIST))


def _is_gone(contact: Contact | None, one: Membership) -> bool:
    """Whether a contact is not on the list any more, or not by the goal's own subscription."""
    if contact is not None and not contact.erased and _is_unreadable(contact, one):
        return False
    row = row_on(contact, one.list_id)
    return row is None or not _is_its_own(row, one)


def _is_its_own(row: ListRow, one: Membership) -> bool:
    """Whether the row's subscription can be the one this goal made: no older than that."""
    return row.joined is None or row.joined.timestamp() >= one.at - _CLOCK
