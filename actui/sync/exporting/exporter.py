"""One export goal: a BlueConic segment into ActiveCampaign (sync/README.md §5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from actui.model.goals import ListStatus
from actui.model.journal import Accepted, BatchCommit, PersonOutcome, Refusal
from actui.model.keys import contact_key, email_key, first_key
from actui.model.records import ImportRow, Profile
from actui.model.run import Outcome, Reason, Record
from actui.model.timezones import time_zone
from actui.sync.acceptance import Acceptance
from actui.sync.erasure import forgotten_profiles, skipped
from actui.sync.exporting.batches import Batches
from actui.sync.exporting.contact_directory import ContactDirectory, lookups
from actui.sync.exporting.created_contacts import learn_newcomers
from actui.sync.exporting.exclusions import Exclusions
from actui.sync.exporting.identity import Identities, Person
from actui.sync.exporting.leavers import Claims, Leavers
from actui.sync.exporting.list_change_recovery import settle_list_changes
from actui.sync.exporting.list_joining import Joining
from actui.sync.exporting.outgoing_row import OutgoingRow
from actui.sync.exporting.payload import Payload, PayloadBuilder
from actui.sync.exporting.resubscribing import Resubscribed
from actui.sync.exporting.row_buffer import RowBuffer
from actui.sync.exporting.segment_listing import SegmentReading
from actui.sync.exporting.selected_profiles import SelectedProfiles
from actui.sync.exporting.shown_contacts import ShownContacts
from actui.sync.exporting.single_writes import SingleWrites
from actui.sync.exporting.stages import Stages
from actui.sync.exporting.threshold import Threshold
from actui.sync.fingerprints import accepted_but_left
from actui.sync.refusals import Refusals, holds
from actui.sync.resolved_goals import ResolvedExport
from actui.sync.run.goal_run import GoalRun

WINDOW = 5_000
"""Profiles decided together: enough to choose the cheaper way of knowing, few enough to hold."""
_INTERACTIONS_HIDDEN = (
    "BlueConic does not let the names of dialogues be read (right read:dialogues), so fields of "
    "viewed interactions are left as they are."
)


class ExportRun:
    """Runs one export goal: list, decide, know, send, and wait for ActiveCampaign to finish."""

    def __init__(
        self,
        goal_run: GoalRun,
        goal: ResolvedExport,
        row_size: Callable[[ImportRow], int],
        claims: Claims,
    ) -> None:
        self._run = goal_run
        self._goal = goal.settings
        self._segment = goal.segment
        self._builder = _builder(goal_run, goal, row_size)
        # its warnings are about people who are not this run's concern, and nobody asks in which
        # stage those are: who may be in the goal's stage stays the first with an address
        settings = self._goal.model_copy(update={"unknown_stage": "export"})
        bystanders = replace(goal, settings=settings)
        self._bystanders = _builder(goal_run, bystanders, row_size)
        self._stages = Stages(goal_run, goal, self._builder.properties())
        self._chosen = SelectedProfiles(self._goal, goal_run.options.only)
        self._directory = ContactDirectory(goal_run, goal.list_ids)
        self._identities = Identities(goal_run, self._goal, self._directory)
        self._exclusions = Exclusions(goal_run)
        self._refusals = Refusals(goal_run)
        self._acceptance = Acceptance(goal_run)
        self._batches = Batches(
            goal_run,
            self._directory,
            self._exclusions,
            self._refusals,
            self._acceptance,
            automations=self._goal.automations,
        )
        self._outgoing = RowBuffer(goal_run, self._batches, row_size)
        self._threshold = Threshold(goal_run, goal)
        self._joining = Joining(goal_run, goal)
        self._single_writes = SingleWrites(goal_run)
        self._leavers = Leavers(goal_run, goal, claims)
        self._reading = SegmentReading(
            goal_run,
            goal,
            goal_run.ledger.rosters.new(),
            self._builder.properties(),
            self._builder.expansions(),
        )
        self._listing = self._reading.listing
        self._shown = ShownContacts(goal_run, goal, self._reading)
        self._waiting: list[Payload] = []
        self._looked_at_again: set[str] = set()
        """Unchanged people whose list rows could not be read when they were sent."""
        self._listed = 0
        self._everything = goal_run.plan().everything

    async def execute(self) -> None:
        """Send everyone whose data differs from what ActiveCampaign last accepted.

        Raises GoalError, ServiceError, CredentialsError, UnreachableError or StoppedError.
        """
        try:
            await self._execute()
        finally:
            self._listing.close()

    async def _execute(self) -> None:
        run = self._run
        run.phase("finishing earlier batches")
        await self._batches.resume()
        await settle_list_changes(run)
        await self._threshold.read()
        if self._builder.lacks_interactions:
            run.warn_once(_INTERACTIONS_HIDDEN)
        if self._builder.needs_stages:
            await self._stages.learn()
        run.phase("listing profiles")
        run.summary.available = self._segment.size
        await self._list()
        await self._decide()
        await self._outgoing.flush()
        self._batches.resolved()
        run.phase("waiting for ActiveCampaign")
        await self._batches.finish()
        run.stop.check()
        await learn_newcomers(run, self._directory, self._listing)
        if not run.options.is_partial:
            self._shown.remember()
            await self._unsubscribe_leavers()
            self._shown.release_others()
        elif run.options.counts_leavers:
            await self._unsubscribe_leavers()
        run.finished(read_everything=self._everything)

    async def _unsubscribe_leavers(self) -> None:
        if not self._run.is_refused:
            await self._leavers.unsubscribe(self._reading)

    async def _list(self) -> None:
        async for page in self._reading.pages():
            if self._reading.stated is not None:
                self._run.summary.available = self._reading.stated
            profiles = self._within_limit(page)
            wanted = self._chosen.among(profiles)
            if self._builder.needs_stages:
                profiles = await self._stages.of(profiles, wanted)
            self._listed += len(profiles)
            self._run.phase("listing profiles", self._reading.total)
            await self._settle(profiles, wanted)
            if len(self._waiting) >= WINDOW:
                await self._decide()
            if self._limit_reached() and not self._lists_everybody:
                return

    @property
    def _lists_everybody(self) -> bool:
        """Whether the listing must come to its end whoever the run is about: to know who left."""
        return self._goal.unsubscribe != "never" and self._run.options.counts_leavers

    def _within_limit(self, profiles: Sequence[Profile]) -> Sequence[Profile]:
        limit = self._run.options.limit
        return profiles if limit is None else profiles[: max(0, limit - self._listed)]

    def _limit_reached(self) -> bool:
        limit = self._run.options.limit
        return self._chosen.all_found or (limit is not None and self._listed >= limit)

    async def _settle(self, profiles: Sequence[Profile], wanted: set[str]) -> None:
        """Give everyone wanted who needs no write an outcome; the others wait for a decision.

        Who is not wanted is looked at all the same: the first of two with one address stays it.
        """
        run = self._run
        keys = [profile.id for profile in profiles]
        seen = run.ledger.people.seen_in_run(self._goal.id, keys)
        accepted = self._acceptance.of(keys)
        links = run.ledger.links.contacts_of(keys)
        over = self._threshold.over(links.values())
        # nobody looks at the lists of people who are unchanged: what the last look showed stands
        kept_out = run.ledger.outcomes.omitted(self._goal.id, keys) if self._goal.lists else {}
        gone = forgotten_profiles(self._goal, profiles, run.forgotten)
        refusals = self._refusals.of(keys)
        refused: dict[str, Refusal] = {}
        settled: list[PersonOutcome] = []
        remarked: dict[str, bytes] = {}
        for profile in profiles:
            mine = profile.id in wanted and profile.id not in seen
            builder = self._builder if mine else self._bystanders
            payload = (
                skipped(profile_id=profile.id)
                if profile.id in gone
                else builder.build(profile, _fingerprint(accepted.get(profile.id)))
            )
            built = self._settled(payload, accepted, links, over)
            if (
                isinstance(payload, Payload)
                and isinstance(built, Record)
                and built.outcome is Outcome.UNCHANGED
                and profile.id in kept_out
                and any(one.why == ListStatus.UNREADABLE for one in kept_out[profile.id].lists)
            ):
                # nobody knows whether they belong there: they are looked at, and seldom sent
                self._looked_at_again.add(profile.id)
                built = payload
            if not mine:
                continue
            before = refusals.get(profile.id)
            if isinstance(built, Payload) and before and holds(before, built.fingerprint):
                again = await self._refused_again(built, before)
                if again is not None:
                    built, refused[profile.id] = again, before
            if isinstance(built, Record):
                stands = built.outcome is Outcome.UNCHANGED or profile.id in refused
                if stands and profile.id in kept_out:
                    omitted = replace(built.omitted, lists=kept_out[profile.id].lists)
                    built = replace(built, omitted=omitted)
                settled.append(PersonOutcome(profile.id, built, None))
                if built.outcome is Outcome.UNCHANGED and isinstance(payload, Payload):
                    today = payload.fingerprint.today
                    if accepted[profile.id].fingerprint != today:
                        remarked[profile.id] = today
            else:
                run.expect(profile.id, built.omitted)
                self._waiting.append(built)
        if settled:
            run.commit(BatchCommit(records=settled, remarked=remarked, refused=refused))

    async def _refused_again(self, payload: Payload, before: Refusal) -> Record | None:
        """The outcome of what was refused before and is not sent again; None where it may fit now.

        Who is kept out by the account's exclusion list is not any more once that list says so.
        """
        detail = before.detail
        if before.reason is Reason.EXCLUDED:
            detail = await self._exclusions.about(before.email)
            if not detail:
                return None
        if before.contact_id is not None:
            self._listing.add_keys([contact_key(before.contact_id)])
        outcome = before.outcome or Outcome.REJECTED
        record = payload.record(outcome, before.reason, before.contact_id)
        return replace(record, detail=detail, email=before.email)

    def _settled(
        self,
        built: Payload | Record,
        accepted: Mapping[str, Accepted],
        links: Mapping[str, int],
        over: set[int],
    ) -> Payload | Record:
        if isinstance(built, Record):
            return built
        profile, contact_id = built.profile_id, links.get(built.profile_id)
        keys = json.dumps([values[0] for _, values in built.links])
        first = keys if built.links else built.emails[0]
        if not self._listing.claim(first_key(first), profile):
            return built.record(Outcome.SKIPPED, Reason.DUPLICATE_IDENTIFIER)
        if contact_id in over:
            return built.record(Outcome.SKIPPED, Reason.OVER_THRESHOLD, contact_id)
        if self._acceptance.stands(accepted.get(profile), built.fingerprint):
            if contact_id is not None:
                self._listing.claim(contact_key(contact_id), profile)
            return built.record(Outcome.UNCHANGED, None, contact_id)
        return built

    async def _decide(self) -> None:
        """Read the contacts of the waiting people, then send what each needs."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        run = self._run
        run.phase("reading contacts")
        to_come = max(0, self._reading.total - self._listed) * len(waiting)
        if run.options.is_partial:
            to_come = 0
        addresses = sum(len(lookups(payload.first_spellings)) for payload in waiting)
        await self._directory.prepare(
            addresses + to_come // max(1, self._listed), needs_index=self._identities.needs_index
        )
        people = await self._identities.of(waiting)
        people = await self._identities.read_again(waiting, people, self._joining.may_join)
        ids = [p.contact.contact_id for p in people if isinstance(p, Person) and p.contact]
        over = self._threshold.over(ids)
        run.phase("sending")
        for payload, person in zip(waiting, people, strict=True):
            if not isinstance(person, Person):
                self._tell(payload, person)
            elif refusal := await self._put_on_its_way(person, over):
                self._tell(payload, refusal)
        await self._batches.poll_ripe()

    def _tell(self, payload: Payload, record: Record) -> None:
        refused = {}
        if record.reason is Reason.REJECTED_BY_ACTIVECAMPAIGN:
            refused[payload.profile_id] = self._refusals.remember(payload.fingerprint.today)
        outcome = PersonOutcome(payload.profile_id, record)
        self._run.commit(BatchCommit(records=[outcome], refused=refused))

    async def _put_on_its_way(self, person: Person, over: set[int]) -> Record | None:  # noqa: PLR0911  one for each reason
        """Send one person; return the outcome where nothing is sent."""
        payload, contact = person.payload, person.contact
        if contact is not None:
            self._listing.add_keys([contact_key(contact.contact_id)])
        if over & person.contact_ids or (
            person.others and self._threshold.is_over(person.contact_ids)
        ):
            known_as = contact.contact_id if contact is not None else None
            return payload.record(Outcome.SKIPPED, Reason.OVER_THRESHOLD, known_as)
        if not self._is_first(person):
            return payload.record(Outcome.SKIPPED, Reason.DUPLICATE_IDENTIFIER)
        if refusal := await self._excluded(person):
            return refusal
        if contact is not None and self._goal.lists:
            self._run.ledger.claims.add(self._goal.id, [contact.contact_id])
        if contact is not None and person.rename:
            renamed = await self._single_writes.rename(person, contact.contact_id)
            if isinstance(renamed, Record):
                return renamed
            person = renamed
        again = await self._joining.resubscribe(person)
        if contact is not None and not person.row.email:
            kept_off = self._joining.kept_off(person, again, by_import=False)
            fingerprint = _accepted_with(payload, again)
            return await self._single_writes.write(
                person, contact.contact_id, kept_off, fingerprint
            )
        sent = self._sent(person, again)
        if payload.profile_id in self._looked_at_again and not (
            sent.row.subscribe or again.active or again.lost
        ):
            known_as = contact.contact_id if contact is not None else None
            record = payload.record(Outcome.UNCHANGED, None, known_as)
            return replace(record, omitted=sent.omitted)
        await self._outgoing.add(sent)
        return None

    async def _excluded(self, person: Person) -> Record | None:
        """An address on the exclusion list is neither imported nor given to a contact."""
        contact = person.contact
        email = person.row.email or (contact.email if contact is not None else "")
        detail = await self._exclusions.about(email) if email else ""
        if not detail:
            return None
        contact_id = contact.contact_id if contact is not None else None
        record = person.payload.record(Outcome.REJECTED, Reason.EXCLUDED, contact_id)
        return replace(record, detail=detail)

    def _is_first(self, person: Person) -> bool:
        """Whether no other profile of this run writes the contact or the address."""
        profile = person.payload.profile_id
        keys = [email_key(person.row.email)] if person.row.email else []
        if person.contact is not None:
            keys.append(contact_key(person.contact.contact_id))
        return all([self._listing.claim(key, profile) for key in keys])

    def _sent(self, person: Person, again: Resubscribed) -> OutgoingRow:
        """The row with the lists it joins, and what is known of the person when it is sent.

        Where an earlier process may have sent the same row, what it set out to do still counts.
        """
        payload, contact = person.payload, person.contact
        earlier = self._batches.intended.get(payload.profile_id)
        begun = earlier.row.subscribe if earlier is not None else ()
        joined = self._joining.joined(person, again, begun)
        kept_off = self._joining.kept_off(person, again)
        return OutgoingRow(
            profile_id=payload.profile_id,
            row=replace(person.row, subscribe=joined),
            fingerprint=_accepted_with(payload, again),
            contact_id=contact.contact_id if contact is not None else None,
            is_new=contact is None or (earlier is not None and earlier.is_new),
            not_joined=len(kept_off),
            became_empty=payload.became_empty,
            omitted=replace(payload.omitted, lists=kept_off),
        )


def _builder(
    run: GoalRun, goal: ResolvedExport, row_size: Callable[[ImportRow], int]
) -> PayloadBuilder:
    zone = time_zone(run.connection.settings.timezone)
    return PayloadBuilder(run.connection, goal, run.accounts, zone, row_size=row_size)


def _accepted_with(payload: Payload, again: Resubscribed) -> bytes:
    """The fingerprint to keep; one that fits nothing where a resubscription was lost."""
    today = payload.fingerprint.today
    return accepted_but_left(today) if again.lost else today


def _fingerprint(accepted: Accepted | None) -> bytes | None:
    return None if accepted is None else accepted.fingerprint
