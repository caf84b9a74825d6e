"""Recheck the people of an import goal whom a changed run misses (sync/README.md §3).

A profile may appear after its contact was skipped `no-match`, and nothing of the contact changes.
Somebody may be put on a selected list, and ActiveCampaign may not move the contact's stamp
(activecampaign.md §3.3, unsure). So every run, after all that changed, looks at some of them anew,
in the order of their ids from where the last one stopped, within a budget of requests to both
services. Contacts are read again: what is sent is as fresh as anything else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from actui.model.journal import BatchCommit, Block, PersonOutcome, RecheckMark, Refusal
from actui.model.limits import WRITE_ENTRIES
from actui.model.omitted import NOTHING
from actui.model.records import Contact
from actui.model.run import Outcome, Reason, Record
from actui.model.timezones import time_zone
from actui.sync.erasure import forgotten_contacts, skipped
from actui.sync.importing.blocks import EVERYBODY, PAGE, BlockReader, ContactStream, Selection
from actui.sync.importing.entries import Entry, EntryBuilder
from actui.sync.importing.profile_links import ProfileLinks
from actui.sync.importing.sender import ProfileSender
from actui.sync.importing.sum_receipts import Receipts
from actui.sync.refusals import Refusals, holds
from actui.sync.resolved_goals import ResolvedImport
from actui.sync.run.goal_run import GoalRun


@dataclass(frozen=True, slots=True)
class _Leg:
    """A stretch of one stream, from after one contact id up to another."""

    stream: int
    after: int
    until: int


@dataclass(slots=True)
class _Found:
    """What pages have brought: `waiting` had no match, `others` are as good as changed.

    `counted` are the keys of those waiting whom this run has counted as skipped already: they were
    read, and nothing of them had changed since BlueConic knew nobody.
    """

    waiting: list[Entry] = field(default_factory=list)
    others: list[Entry] = field(default_factory=list)
    records: list[PersonOutcome] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)


class Recheck:
    """Rechecks one goal in one run, if `plan_recheck` was called for it."""

    def __init__(self, goal_run: GoalRun, goal: ResolvedImport) -> None:
        self._run = goal_run
        self._goal = goal.settings
        zone = time_zone(goal_run.connection.settings.timezone)
        self._builder = EntryBuilder(goal, goal_run.accounts, zone)
        self._receipts = Receipts(goal_run)
        self._refusals = Refusals(goal_run)
        self._sender = ProfileSender(goal_run, self._receipts, self._refusals, goal.settings)
        self._links = ProfileLinks(goal_run, goal.settings)
        self._reader = BlockReader(goal_run.activecampaign, Selection(), goal_run.warn_once)
        self._streams = _streams(goal)
        self._began = self._traffic()
        self._mark = self._at = RecheckMark()
        self._found = _Found()

    async def execute(self) -> None:
        """Recheck until everybody had a turn or the budget is spent; the next run goes on there.

        Raises StoppedError, between two pages, and what the clients raise. What was acknowledged
        until then counts, and no watermark depends on it.
        """
        run = self._run
        mark = run.ledger.rechecks.mark(run.run, self._goal.id)
        if mark is None or mark.is_done or not self._left(mark) or not self._has_anybody():
            return
        self._mark = self._at = _within(mark, len(self._streams))
        run.phase("rechecking people without a match")
        self._receipts.take_up()
        try:
            highest = await run.activecampaign.highest_contact_id()
            if highest.contacts:
                await self._rotate(highest.contacts[0].id)
        finally:
            # a run that is continued has no more than is left of its budget
            self._note(replace(self._at, requests=self._spent()))

    def _has_anybody(self) -> bool:
        """Whether there may be anybody to recheck; on selected lists there always may."""
        if self._goal.contacts == "lists":
            return bool(self._streams)
        return bool(self._run.ledger.people.without_match(self._goal.id, 0, _HIGHEST, 1))

    async def _rotate(self, highest: int) -> None:
        for leg in _rotation(len(self._streams), self._mark, highest):
            ids = self._ids(leg)
            wanted = None if ids is None else frozenset(ids)
            cursor = leg.after
            while cursor < leg.until:
                start = cursor if ids is None else _before_next(ids, cursor)
                if start is None:
                    break
                if not self._affords(1):
                    await self._flush(leg.stream, cursor)
                    if not self._affords(1):
                        return
                self._run.stop.check()
                list_id, status = self._streams[leg.stream]
                block = Block(0, start, leg.until + 1)
                contacts, last = await self._reader.page(block, list_id, status)
                cursor = leg.until if last is None else min(last, leg.until)
                self._run.meter.tick()
                done = self._take(contacts, leg.stream, wanted)
                if done is not None:
                    await self._flush(leg.stream, done)
                    return
                if len(self._found.waiting) + PAGE > WRITE_ENTRIES:
                    await self._flush(leg.stream, cursor)
        await self._flush(*self._began_at, is_done=True)

    def _ids(self, leg: _Leg) -> Sequence[int] | None:
        """Whom to look for where most contacts need not be read; None where each may be new."""
        if self._goal.contacts == "lists":
            return None
        most = self._goal.recheck_requests * PAGE
        return self._run.ledger.people.without_match(self._goal.id, leg.after, leg.until, most)

    # what may be spent

    def _traffic(self) -> int:
        run = self._run
        return run.activecampaign.traffic.requests + run.blueconic.traffic.requests

    def _spent(self) -> int:
        return self._mark.requests + self._traffic() - self._began

    def _left(self, mark: RecheckMark) -> int:
        return self._goal.recheck_requests - mark.requests

    def _affords(self, pages: int, more: int = 1) -> bool:
        """Whether so many pages and `more` people fit, with all that is waiting to be sent."""
        return self._spent() + pages + self._cost(more) <= self._goal.recheck_requests

    def _cost(self, more: int) -> int:
        """Requests to send what was found and `more` people."""
        found = self._found
        people = len(found.waiting) + more
        reads = people + len(found.others) if self._links.reads_profiles else 0
        return reads + -(-people // WRITE_ENTRIES) + bool(found.others)

    # who needs it

    def _take(
        self, contacts: Sequence[Contact], stream: int, wanted: frozenset[int] | None
    ) -> int | None:
        """Sort the contacts of a page; the id of the last one taken where the budget ends there."""
        run, found = self._run, self._found
        mine = [one for one in contacts if self._is_of(one, stream)]
        if wanted is not None:
            mine = [one for one in mine if one.id in wanted]
        keys = [str(contact.id) for contact in mine]
        seen = run.ledger.people.seen_in_run(self._goal.id, keys)
        known = run.ledger.people.last_reasons(self._goal.id, keys)
        accepted = run.ledger.people.fingerprints(self._goal.id, keys)
        refusals = self._refusals.of(keys)
        remembered = run.ledger.sums.added(self._builder.sum_keys(mine))
        forgotten = forgotten_contacts(mine, run.forgotten)
        last = 0
        for contact, key in zip(mine, keys, strict=True):
            if not self._affords(0):
                return last or contact.id - 1
            last = contact.id
            is_new, waits = key not in known, known.get(key) is Reason.NO_MATCH
            if (key in seen and not waits) or self._receipts.holds(contact.id):
                continue
            if not (is_new or waits or key in accepted):
                continue  # skipped or rejected for what is on the contact itself
            if key in forgotten and not waits:
                continue  # nothing is kept of them, so they would look new
            built = (
                skipped(contact_id=contact.id)
                if key in forgotten
                else self._builder.build(contact, remembered)
            )
            if key in seen and (isinstance(built, Record) or built.write.create):
                continue
            if isinstance(built, Record):
                if is_new or (waits and built.reason is not Reason.NO_MATCH):
                    found.records.append(PersonOutcome(key, built, None))
            elif waits and not built.write.create:
                found.waiting.append(built)
                if key in seen:
                    found.counted.append(key)
            elif is_new or waits or self._is_changed(built, accepted[key], refusals.get(key)):
                run.expect(key, built.omitted)
                found.others.append(built)
        return None

    def _is_changed(self, entry: Entry, accepted: bytes, refusal: Refusal | None) -> bool:
        """Whether this is neither what was accepted last nor what was refused since."""
        return not (entry.fingerprint.fits(accepted) or holds(refusal, entry.fingerprint))

    def _is_of(self, contact: Contact, stream: int) -> bool:
        """Whether the goal reads the contact, and no stream before this one does."""
        if not self._builder.belongs(contact):
            return False
        fits = [
            number
            for number, (list_id, status) in enumerate(self._streams)
            if list_id is None or contact.lists.get(list_id) is status
        ]
        return bool(fits) and fits[0] == stream

    # writing

    @property
    def _began_at(self) -> tuple[int, int]:
        return self._mark.began or (self._mark.stream, self._mark.contact_id)

    async def _flush(self, stream: int, contact_id: int, *, is_done: bool = False) -> None:
        """Send what was found, and note that everybody up to this contact had a turn."""
        found, self._found = self._found, _Found()
        waiting = await self._links.check(found.waiting)
        unmatched = await self._send_waiting(waiting.matched, self._counted(found))
        others = await self._links.check(found.others)
        if others.matched:
            await self._sender.send(others.matched)
        mark = RecheckMark(stream, contact_id, self._spent(), self._began_at, is_done)
        self._note(mark, [*found.records, *others.refused], unmatched)

    def _counted(self, found: _Found) -> dict[str, Record | None]:
        """Those waiting, by key, with the outcome that this run has counted them with."""
        omitted = self._run.ledger.outcomes.omitted(self._goal.id, found.counted)
        people: dict[str, Record | None] = {str(one.contact.id): None for one in found.waiting}
        for key in found.counted:
            before = Record(Outcome.SKIPPED, Reason.NO_MATCH, omitted=omitted.get(key, NOTHING))
            people[key] = before
        return people

    async def _send_waiting(
        self, matched: Sequence[Entry], people: dict[str, Record | None]
    ) -> int:
        """Send those waiting; how many of the `people` have no new outcome."""
        self._run.rechecking = people
        try:
            if matched:
                await self._sender.recheck(matched)
            return len(people)
        finally:
            self._run.rechecking = {}

    def _note(
        self, mark: RecheckMark, records: Sequence[PersonOutcome] = (), unmatched: int = 0
    ) -> None:
        self._at = mark
        self._run.commit(BatchCommit(records=records, recheck=mark, rechecked=unmatched))


_HIGHEST = 2**63 - 1


def _streams(goal: ResolvedImport) -> Sequence[ContactStream]:
    if goal.settings.contacts == "all":
        return [EVERYBODY]
    statuses = sorted(goal.settings.read_statuses or ())
    return [ContactStream(one.list.id, status) for one in goal.lists for status in statuses]


def _within(mark: RecheckMark, streams: int) -> RecheckMark:
    """The mark, or one at the beginning where the goal no longer has its stream."""
    if max(mark.stream, mark.began[0] if mark.began else 0) < streams:
        return mark
    return RecheckMark(requests=mark.requests)


def _rotation(streams: int, mark: RecheckMark, highest: int) -> Iterator[_Leg]:
    """The legs from a mark through every stream once, back to where the run began."""
    stream, first = mark.stream, min(mark.contact_id, highest)
    last_stream, last = mark.began or (stream, first)
    last = min(last, highest)
    if stream == last_stream and first < last:
        yield _Leg(stream, first, last)
        return
    yield _Leg(stream, first, highest)
    between = (last_stream - stream - 1) % streams
    for step in range(1, between + 1):
        yield _Leg((stream + step) % streams, 0, highest)
    yield _Leg(last_stream, 0, last)


def _before_next(ids: Sequence[int], cursor: int) -> int | None:
    """The id right before the next one wanted; None where there is no more."""
    place = bisect_right(ids, cursor)
    return ids[place] - 1 if place < len(ids) else None
