"""One import goal: ActiveCampaign contacts into BlueConic profiles (sync/README.md §3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from actui.model.errors import GoalError, RefusedError
from actui.model.journal import BatchCommit, Block, PersonOutcome, Refusal, SumKey
from actui.model.limits import WRITE_ENTRIES
from actui.model.omitted import NOTHING
from actui.model.records import Contact
from actui.model.run import ACCEPTED, Outcome, Reason, Record
from actui.model.timezones import time_zone
from actui.sync.acceptance import Acceptance
from actui.sync.erasure import forgotten_contacts, skipped
from actui.sync.importing.blocks import (
    BEYOND,
    BlockReader,
    ContactStream,
    Selection,
    cut_into_blocks,
)
from actui.sync.importing.entries import Entry, EntryBuilder
from actui.sync.importing.linked_profiles import without_creating
from actui.sync.importing.profile_links import ProfileLinks
from actui.sync.importing.sender import ProfileSender, plain_record
from actui.sync.importing.sum_receipts import (
    RECEIPT_NAME,
    RECEIPT_PROPERTY,
    Judged,
    Receipts,
    Verdict,
)
from actui.sync.portions import is_about_a_record, says_too_large
from actui.sync.refusals import Refusals, holds
from actui.sync.resolved_goals import ResolvedImport
from actui.sync.run.goal_run import GoalRun

BLOCKS_AT_ONCE = 3
STOP_NOW = 2


class ImportRun:
    """Runs one import goal from its first block, or from where it was left, to its end."""

    def __init__(self, goal_run: GoalRun, goal: ResolvedImport) -> None:
        self._run = goal_run
        self._goal = goal.settings
        self._lists = goal.lists
        self._builder = EntryBuilder(
            goal, goal_run.accounts, time_zone(goal_run.connection.settings.timezone)
        )
        self._receipts = Receipts(goal_run)
        self._refusals = Refusals(goal_run)
        self._acceptance = Acceptance(goal_run)
        self._sender = ProfileSender(goal_run, self._receipts, self._refusals, goal.settings)
        self._links = ProfileLinks(goal_run, goal.settings)
        self._late: dict[int, list[Contact]] = {}
        self._taken = 0
        self._writing: set[asyncio.Task[None]] = set()
        self._everything, self._since = goal_run.plan()

    async def execute(self) -> None:
        """Read, write and acknowledge everything the goal asks for.

        Raises GoalError, ServiceError, CredentialsError, UnreachableError or StoppedError; what
        was acknowledged until then is kept and a continued run does not send it again.
        """
        run = self._run
        await self._prepare_sums()
        run.phase("reading contacts")
        highest = await run.activecampaign.highest_contact_id()
        highest_id = highest.contacts[0].id if highest.contacts else 0
        if highest.beyond:
            self._warn(BEYOND)
        blocks = self._blocks(highest_id, highest.total)
        run.phase("reading and writing", self._expected(highest.total))
        gate = asyncio.Semaphore(BLOCKS_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                for block in blocks:
                    group.create_task(self._block(block, gate))
        except BaseExceptionGroup as several:
            # the first is the cause; the others are its siblings being cancelled
            raise several.exceptions[0] from None
        finally:
            await self._settle()
        run.stop.check()
        await self._settle_late()
        run.stop.check()
        await self._complete(highest_id)
        self._tell_no_identifiers()
        run.finished(read_everything=self._everything)
        if self._wants_recheck:
            run.ledger.rechecks.plan(run.run, self._goal.id)

    @property
    def _wants_recheck(self) -> bool:
        """Whether there may be people whom this run had no reason to read."""
        partial = self._run.options.is_partial
        return bool(self._goal.recheck_requests) and not (self._everything or partial)

    async def _prepare_sums(self) -> None:
        """Take up what an earlier run left open; make the receipt property where it is missing.

        Receipts of somebody else in the tenant mean that these Sums may have been added before
        (sync/README.md §3): the user decides then, in the goal's own words.
        """
        run = self._run
        self._receipts.take_up()
        if not self._builder.sum_mappings:
            return
        if RECEIPT_PROPERTY not in run.accounts.properties:
            run.ledger.sums.begin_receipts()
            await run.blueconic.create_property(RECEIPT_PROPERTY, RECEIPT_NAME, "SELECT")
        elif not run.ledger.sums.leaves_receipts():
            undecided = [m for m in self._builder.sum_mappings if m.sum_start is None]
            if undecided:
                raise GoalError(
                    f"BlueConic's profiles already carry receipts of sums ({RECEIPT_PROPERTY}), "
                    f"but this connection remembers none: say sum_start: add or baseline for "
                    f"{undecided[0].field}.",
                    code="sum-start-needed",
                )
            run.ledger.sums.begin_receipts()

    def _tell_no_identifiers(self) -> None:
        """Warn where no contact has a value in the linked fields: likely a mistake."""
        summary = self._run.summary
        if summary.read and summary.reasons.get(Reason.NO_IDENTIFIER.value) == summary.read:
            fields = " and ".join(link.field for link in self._goal.identifiers)
            self._warn(f"No contact has a value in {fields}.")

    async def _settle(self) -> None:
        """Let writes in flight be answered and committed, unless the user wants to end now."""
        if self._writing and self._run.stop.level < STOP_NOW:
            await asyncio.wait(self._writing)
        for task in self._writing:
            task.cancel()

    def _blocks(self, highest_id: int, total: int | None) -> Sequence[Block]:
        run = self._run
        if run.options.only is not None:
            return [Block(0, 0, highest_id + 1)]
        planned = run.ledger.blocks.unfinished(run.run, self._goal.id)
        if planned is not None:
            return planned
        expected = None if self._goal.contacts == "all" else self._list_total()
        blocks = cut_into_blocks(highest_id, expected, total)
        run.ledger.blocks.plan(run.run, self._goal.id, blocks)
        return blocks

    def _list_total(self) -> int | None:
        known = [selected.list.active for selected in self._lists]
        sizes = [size for size in known if size is not None]
        return sum(sizes) if len(sizes) == len(known) else None

    def _expected(self, total: int | None) -> int | None:
        if self._run.options.only is not None:
            return len(self._run.options.only.of(self._goal.id))
        if not self._everything:
            return None
        return total if self._goal.contacts == "all" else self._list_total()

    def _selection(self) -> Selection:
        only = self._run.options.only
        if only is not None:
            return Selection(ids=frozenset(int(key) for key in only.of(self._goal.id)))
        since = None if self._everything else self._since
        if self._goal.contacts == "all":
            return Selection(updated_after=since)
        statuses = self._goal.read_statuses or frozenset()
        return Selection(
            streams=[
                ContactStream(selected.list.id, status)
                for selected in self._lists
                for status in sorted(statuses)
            ],
            updated_after=since,
        )

    async def _block(self, block: Block, gate: asyncio.Semaphore) -> None:
        async with gate:
            reader = BlockReader(self._run.activecampaign, self._selection(), self._warn)
            waiting: list[Entry] = []
            sending: asyncio.Task[None] | None = None
            async for page in reader.pages(block):
                if self._run.stop.level or self._limit_reached():
                    break
                mine = self._within_limit(self._mine(page))
                self._put_aside([c for c in mine if self._receipts.holds(c.id)], block.number)
                waiting += self._entries([c for c in mine if not self._receipts.holds(c.id)])
                if len(waiting) >= WRITE_ENTRIES:
                    batch, waiting = waiting[:WRITE_ENTRIES], waiting[WRITE_ENTRIES:]
                    if sending is not None:
                        await asyncio.shield(sending)
                    # reading goes on while BlueConic works
                    sending = self._start_sending(batch, block.number)
            if sending is not None:
                await asyncio.shield(sending)
            if self._run.stop.level:
                return
            if waiting:
                await asyncio.shield(self._start_sending(waiting, block.number))
            if block.number not in self._late:
                self._run.commit(BatchCommit(records=(), finished_block=block.number))

    def _start_sending(self, batch: Sequence[Entry], block: int) -> asyncio.Task[None]:
        task = asyncio.create_task(self._send(batch, block))
        self._writing.add(task)
        task.add_done_callback(self._written)
        return task

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing.discard(task)
        # Of several writers that fail at once only the first is waited for: the others' errors
        # count as seen.
        if not task.cancelled():
            task.exception()

    def _limit_reached(self) -> bool:
        limit = self._run.options.limit
        return limit is not None and self._taken >= limit

    def _warn(self, words: str) -> None:
        self._run.warn_once(words)

    def _mine(self, contacts: Sequence[Contact]) -> list[Contact]:
        """Those of the contacts that the goal reads and that have no outcome in this run."""
        mine = [contact for contact in contacts if self._builder.belongs(contact)]
        keys = [str(contact.id) for contact in mine]
        seen = self._run.ledger.people.seen_in_run(self._goal.id, keys)
        return [contact for contact in mine if str(contact.id) not in seen]

    def _entries(self, mine: Sequence[Contact]) -> list[Entry]:
        """The entries to send; contacts that need no write get their outcome at once."""
        run = self._run
        accepted = self._acceptance.of(str(contact.id) for contact in mine)
        refusals = self._refusals.of(str(contact.id) for contact in mine)
        remembered = run.ledger.sums.added(self._builder.sum_keys(mine))
        gone = forgotten_contacts(mine, run.forgotten)
        entries: list[Entry] = []
        settled: list[PersonOutcome] = []
        remarked: dict[str, bytes] = {}
        refused: dict[str, Refusal] = {}
        for contact in mine:
            key = str(contact.id)
            before = refusals.get(key)
            built = (
                skipped(contact_id=contact.id)
                if key in gone
                else self._builder.build(contact, remembered)
            )
            if isinstance(built, Record):
                settled.append(PersonOutcome(key, built, None))
            elif self._acceptance.stands(accepted.get(key), built.fingerprint):
                settled.append(PersonOutcome(key, plain_record(built, Outcome.UNCHANGED), None))
                if accepted[key].fingerprint != built.fingerprint.today:
                    remarked[key] = built.fingerprint.today
            elif before is None or not holds(before, built.fingerprint):
                run.expect(key, built.omitted)
                entries.append(built)
            elif self._everything and before.may_end_by_itself:
                run.expect(key, built.omitted)
                unmatched = before.reason or Reason.NO_MATCH
                entries.append(replace(without_creating(built), unmatched=unmatched))
            else:
                settled.append(PersonOutcome(key, _refused_again(built, before), None))
                refused[key] = before
        if settled:
            run.commit(BatchCommit(records=settled, remarked=remarked, refused=refused))
        return entries

    def _within_limit(self, contacts: list[Contact]) -> list[Contact]:
        limit = self._run.options.limit
        if limit is None:
            return contacts
        taken = contacts[: max(0, limit - self._taken)]
        self._taken += len(taken)
        return taken

    async def _send(self, batch: Sequence[Entry], block: int) -> None:
        checked = await self._links.check(batch)
        if checked.refused:
            self._run.commit(BatchCommit(records=checked.refused))
        lost = await self._sender.send(checked.matched)
        self._put_aside([entry.contact for entry in lost], block)

    def _put_aside(self, contacts: Sequence[Contact], block: int) -> None:
        """Keep contacts for the end, when the fate of their last entry is known."""
        if contacts:
            self._late.setdefault(block, []).extend(contacts)

    async def _settle_late(self) -> None:
        """Send what was not applied, and finish the blocks that waited for it.

        Ends because the sender gives up on answers that are lost time and again, and because
        refused requests become smaller each time.
        """
        while self._late or self._receipts.holds_any:
            self._judge(await self._receipts.settle())
            late, self._late = self._late, {}
            for block, contacts in late.items():
                for start in range(0, len(contacts), WRITE_ENTRIES):
                    self._run.stop.check()
                    entries = self._entries(self._mine(contacts[start : start + WRITE_ENTRIES]))
                    if entries:
                        await self._send(entries, block)
                if block not in self._late:
                    self._run.commit(BatchCommit(records=(), finished_block=block))

    def _judge(self, decided: Mapping[int, Judged]) -> None:
        """Commit the Sums that were applied, and what can never be known as unresolved.

        What was refused alone and is absent was refused indeed. Raises the refusal where BlueConic
        has taken nothing yet, so that the request itself may be at fault.
        """
        sums: dict[SumKey, str] = {}
        records: list[PersonOutcome] = []
        refused: dict[str, Refusal] = {}
        rejected: list[tuple[Entry, RefusedError]] = []
        known = {c.id: c for contacts in self._late.values() for c in contacts}
        for contact_id, judged in decided.items():
            contact = known.get(contact_id)
            if judged.verdict is Verdict.ABSENT:
                if isinstance(judged.error, RefusedError) and is_about_a_record(judged.error):
                    built = self._builder.build(contact, {}) if contact is not None else None
                    if judged.together == 1 and isinstance(built, Entry):
                        rejected.append((built, judged.error))
                    self._sender.refused_together(contact_id, judged.together)
                continue
            sums.update(judged.send.sums)
            if judged.verdict is Verdict.APPLIED:
                self._sender.changed_before.add(contact_id)
                continue
            built = self._builder.build(contact, {}) if contact is not None else None
            omitted = built.omitted if built is not None else NOTHING
            if isinstance(built, Entry):
                refused[str(contact_id)] = self._refusals.remember(built.fingerprint.today)
            detail = (
                "BlueConic's answer was lost and the profile does not tell whether it was added"
            )
            record = Record(
                Outcome.UNKNOWN,
                Reason.UNRESOLVED,
                detail,
                contact_id,
                email=contact.email if contact is not None else "",
                omitted=omitted,
            )
            records.append(PersonOutcome(str(contact_id), record, None))
        self._run.commit(
            BatchCommit(records=records, sums=sums, settled=list(decided), refused=refused)
        )
        for _, error in rejected:
            if not (self._sender.is_proven or says_too_large(error)):
                raise error
        self._sender.reject(rejected)

    async def _complete(self, highest_id: int) -> None:
        """Raise GoalError if a reading of everybody ended before the highest id, which exists."""
        run = self._run
        whole = self._everything and self._goal.contacts == "all"
        if (
            not whole
            or run.options.is_partial
            or not highest_id
            or self._goal.read_statuses is not None
        ):
            return
        key = str(highest_id)
        if key in run.ledger.people.seen_in_run(self._goal.id, [key]):
            return
        if await run.activecampaign.contact(highest_id) is not None:
            raise GoalError(
                "ActiveCampaign's list of contacts ended before its highest id; "
                "the next run reads it again.",
                code="incomplete-reading",
            )


def _refused_again(entry: Entry, before: Refusal) -> Record:
    """The outcome of what was refused before and is not sent again."""
    if before.outcome in ACCEPTED:
        return plain_record(entry, Outcome.UNCHANGED)
    return plain_record(entry, before.outcome or Outcome.REJECTED, before.reason, before.detail)
