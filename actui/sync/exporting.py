"""One export goal: a BlueConic segment into ActiveCampaign (design §7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from actui.model.goals import ExportGoal
from actui.model.journal import Done
from actui.model.people import ImportRow, Profile
from actui.model.run import Outcome, Reason, Record
from actui.model.standing import Exported, Membership
from actui.sync.batches import MOST_BYTES, MOST_ROWS, Batches, Sent, inactive_lists
from actui.sync.goalrun import GoalRun
from actui.sync.knowing import Knowledge
from actui.sync.payload import Payload, PayloadBuilder

LISTED_AT_ONCE = 1_000
WINDOW = 5_000
"""Profiles decided together: enough to choose the cheaper way of knowing, few enough to hold."""
_ENVELOPE = 200
"""Bytes of a bulk import's body beside its rows."""


class ExportRun:
    """Runs one export goal: list, decide, know, send, and wait for ActiveCampaign to finish."""

    def __init__(
        self, goal_run: GoalRun, goal: ExportGoal, row_size: Callable[[ImportRow], int]
    ) -> None:
        self._run = goal_run
        self._goal = goal
        self._row_size = row_size
        self._builder = PayloadBuilder(
            goal_run.connection, goal, goal_run.accounts, ZoneInfo(goal_run.connection.timezone)
        )
        self._lists = [int(named.id or 0) for named in goal.lists]
        self._knowledge = Knowledge(goal_run)
        self._batches = Batches(goal_run, self._knowledge, goal.automations)
        self._claimed: set[str] = set()
        self._waiting: list[Payload] = []
        self._outgoing: list[Sent] = []
        self._outgoing_bytes = _ENVELOPE
        self._listed = 0
        self._total = 0
        self._full, self._everything, _ = goal_run.plan()

    async def execute(self) -> None:
        """Send everyone whose data differs from what ActiveCampaign last accepted.

        Raises GoalError, ServiceError, CredentialsError, UnreachableError or StoppedError.
        """
        run = self._run
        run.phase("finishing earlier batches")
        await self._batches.resume()
        run.phase("listing profiles")
        await self._list()
        await self._decide()
        await self._flush()
        run.phase("waiting for ActiveCampaign")
        await self._batches.finish()
        run.stop.check()
        await self._learn_new_contacts()
        for note in sorted(self._builder.notes):
            run.warn_once(set(), note)
        run.finished(read_everything=self._everything)

    async def _list(self) -> None:
        """Page through the segment; a cursor is never kept, a continued run lists again."""
        cursor: str | None = None
        while True:
            self._run.stop.check()
            page = await self._run.blueconic.segment_page(
                self._goal.segment.id or "",
                cursor=cursor,
                count=LISTED_AT_ONCE,
                properties=self._builder.properties(),
                expand=self._builder.expansions(),
            )
            profiles = self._within_limit(page.profiles)
            self._total = page.total or self._total
            self._listed += len(profiles)
            self._run.phase("listing profiles", self._total)
            self._settle(profiles)
            if len(self._waiting) >= WINDOW:
                await self._decide()
            if page.cursor is None or page.cursor == cursor or self._limit_reached():
                return
            cursor = page.cursor

    def _within_limit(self, profiles: Sequence[Profile]) -> Sequence[Profile]:
        limit = self._run.options.limit
        return profiles if limit is None else profiles[: max(0, limit - self._listed)]

    def _limit_reached(self) -> bool:
        limit = self._run.options.limit
        return limit is not None and self._listed >= limit

    def _settle(self, profiles: Sequence[Profile]) -> None:
        """Give everyone who needs no write an outcome; the others wait for a decision."""
        run = self._run
        keys = [profile.id for profile in profiles]
        seen = run.ledger.seen_in_run(run.run, self._goal.id, keys)
        accepted = run.ledger.fingerprints(self._goal.id, keys)
        settled: list[tuple[str, Record, bytes | None]] = []
        before = self._builder.warnings.total
        for profile in profiles:
            old = accepted.get(profile.id)
            built = self._builder.build(profile, old)
            if isinstance(built, Payload):
                email = built.row.email.lower()
                if email in self._claimed:
                    built = _skipped(profile, Reason.DUPLICATE_IDENTIFIER, built.row.email)
                else:
                    self._claimed.add(email)
            if profile.id in seen:
                continue
            if isinstance(built, Record):
                settled.append((profile.id, built, None))
            elif not self._full and old == built.fingerprint:
                email = built.row.email
                record = Record(Outcome.UNCHANGED, profile_id=profile.id, email=email)
                settled.append((profile.id, record, None))
            else:
                self._waiting.append(built)
        warnings = self._builder.warnings.total - before
        if settled or warnings:
            run.commit(Done(records=settled), warnings)

    async def _decide(self) -> None:
        """Learn how the waiting people stand in ActiveCampaign, then put them on their way."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        run = self._run
        run.phase("reading contacts")
        to_come = max(0, self._total - self._listed) * len(waiting) // max(1, self._listed)
        known = await self._knowledge.of([payload.row.email for payload in waiting], to_come)
        run.phase("sending")
        for payload in waiting:
            contact = known.get(payload.row.email.lower())
            left = inactive_lists(contact, self._lists)
            self._run.summary.lists.left += len(left)
            joined = contact.lists if contact else {}
            subscribe = tuple(id_ for id_ in self._lists if id_ not in joined)
            row = replace(payload.row, subscribe=subscribe)
            contact_id = contact.contact_id if contact else None
            await self._add(Sent(payload.profile_id, row, payload.fingerprint, contact_id))
        await self._batches.poll_ripe()

    async def _add(self, sent: Sent) -> None:
        size = self._row_size(sent.row) + 1
        if len(self._outgoing) == MOST_ROWS or self._outgoing_bytes + size > MOST_BYTES:
            await self._flush()
        self._outgoing.append(sent)
        self._outgoing_bytes += size

    async def _flush(self) -> None:
        rows, self._outgoing, self._outgoing_bytes = self._outgoing, [], _ENVELOPE
        if rows:
            self._run.stop.check()
            await self._batches.send(rows)
            self._run.meter.tick()

    async def _learn_new_contacts(self) -> None:
        """Contacts that this run created have ids now: remember whose they are."""
        created = self._batches.created
        if not created:
            return
        run = self._run
        run.phase("reading new contacts")
        known = await self._knowledge.newly_made(list(created))
        links: dict[str, int] = {}
        joined: list[Membership] = []
        at = run.started_at.timestamp()
        for email, (profile_id, lists) in created.items():
            contact = known.get(email)
            if contact is not None:
                links[profile_id] = contact.contact_id
                joined += [Membership(contact.contact_id, one, at) for one in lists]
        run.commit(Done(records=(), links=links, export=Exported(joined=joined)))


def _skipped(profile: Profile, reason: Reason, email: str) -> Record:
    return Record(Outcome.SKIPPED, reason, profile_id=profile.id, email=email)
