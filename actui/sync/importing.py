"""One import goal: ActiveCampaign contacts into BlueConic profiles (design §6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from actui.model.errors import GoalError, LostAnswerError
from actui.model.goals import ImportGoal
from actui.model.journal import Block, Done, SumKey
from actui.model.mapping import Rule
from actui.model.people import Contact, WriteResult
from actui.model.run import Outcome, Reason, Record
from actui.sync.entries import Entry, EntryBuilder
from actui.sync.goalrun import GoalRun
from actui.sync.reading import BlockReader, Selection, cut_into_blocks

MOST_ENTRIES = 1_000
BLOCKS_AT_ONCE = 3
STOP_NOW = 2
ATTEMPTS = 3
"""How often a write whose answer was lost is sent again, where that cannot double anything."""


class ImportRun:
    """Runs one import goal from its first block, or from where it was left, to its end."""

    def __init__(self, goal_run: GoalRun, goal: ImportGoal) -> None:
        self._run = goal_run
        self._goal = goal
        self._builder = EntryBuilder(
            goal, goal_run.accounts, ZoneInfo(goal_run.connection.timezone)
        )
        self._sum_mappings = [m for m in goal.mappings if m.rule is Rule.SUM]
        self._objectives = [o.id or o.name for o in goal_run.connection.objectives]
        self._warned: set[str] = set()
        self._taken = 0
        self._writing: set[asyncio.Task[None]] = set()
        self._full, self._everything, self._since = goal_run.plan()

    async def execute(self) -> None:
        """Read, write and acknowledge everything the goal asks for.

        Raises GoalError, ServiceError, CredentialsError, UnreachableError or StoppedError; what
        was acknowledged until then is kept and a continued run does not send it again.
        """
        run = self._run
        run.phase("reading contacts")
        highest = await run.activecampaign.highest_contact_id()
        highest_id = highest.contacts[0].id if highest.contacts else 0
        blocks = self._blocks(highest_id)
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
        await self._complete(highest_id)
        run.succeeded(read_everything=self._everything)

    async def _settle(self) -> None:
        """Let writes in flight be answered and committed, unless the user wants to end now."""
        if self._writing and self._run.stop.level < STOP_NOW:
            await asyncio.wait(self._writing)
        for task in self._writing:
            task.cancel()

    def _blocks(self, highest_id: int) -> Sequence[Block]:
        run = self._run
        planned = run.ledger.open_blocks(run.run, self._goal.id)
        if planned is not None:
            return planned
        expected = None if self._goal.contacts == "all" else self._list_total()
        blocks = cut_into_blocks(highest_id, expected)
        run.ledger.plan_blocks(run.run, self._goal.id, blocks)
        return blocks

    def _list_total(self) -> int | None:
        known = [self._run.accounts.lists[int(c.list.id or 0)].active for c in self._goal.lists]
        sizes = [size for size in known if size is not None]
        return sum(sizes) if len(sizes) == len(known) else None

    def _expected(self, total: int | None) -> int | None:
        if not self._everything:
            return None
        return total if self._goal.contacts == "all" else self._list_total()

    def _selection(self) -> Selection:
        since = None if self._everything else self._since
        if self._goal.contacts == "all":
            return Selection(updated_after=since)
        statuses = self._goal.read_statuses or frozenset()
        return Selection(
            streams=[
                (int(choice.list.id or 0), status)
                for choice in self._goal.lists
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
                waiting += self._entries(page)
                if len(waiting) >= MOST_ENTRIES:
                    batch, waiting = waiting[:MOST_ENTRIES], waiting[MOST_ENTRIES:]
                    if sending is not None:
                        await asyncio.shield(sending)
                    # reading goes on while BlueConic works
                    sending = self._start_sending(batch)
            if sending is not None:
                await asyncio.shield(sending)
            if self._run.stop.level:
                return
            if waiting:
                await asyncio.shield(self._start_sending(waiting))
            self._run.commit(Done(records=(), finished_block=block.number))

    def _start_sending(self, batch: Sequence[Entry]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._send(batch))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

    def _limit_reached(self) -> bool:
        limit = self._run.options.limit
        return limit is not None and self._taken >= limit

    def _warn(self, words: str) -> None:
        self._run.warn_once(self._warned, words)

    def _entries(self, contacts: Sequence[Contact]) -> list[Entry]:
        """What must be written for a page; everything else gets its outcome at once."""
        run = self._run
        mine = [contact for contact in contacts if self._builder.belongs(contact)]
        keys = [str(contact.id) for contact in mine]
        seen = run.ledger.seen_in_run(run.run, self._goal.id, keys)
        mine = self._within_limit([c for c in mine if str(c.id) not in seen])
        accepted = run.ledger.fingerprints(self._goal.id, keys)
        remembered = run.ledger.sums(self._sum_keys(mine))
        before = self._builder.warnings.total
        entries: list[Entry] = []
        settled: list[tuple[str, Record, bytes | None]] = []
        for contact in mine:
            built = self._builder.build(contact, remembered)
            key = str(contact.id)
            if isinstance(built, Record):
                settled.append((key, built, None))
            elif not self._full and accepted.get(key) == built.fingerprint:
                settled.append((key, _plain_record(built, Outcome.UNCHANGED), None))
            else:
                entries.append(built)
        warnings = self._builder.warnings.total - before
        if settled or warnings:
            run.commit(Done(records=settled), warnings)
        return entries

    def _within_limit(self, contacts: list[Contact]) -> list[Contact]:
        limit = self._run.options.limit
        if limit is None:
            return contacts
        taken = contacts[: max(0, limit - self._taken)]
        self._taken += len(taken)
        return taken

    def _sum_keys(self, contacts: Iterable[Contact]) -> list[SumKey]:
        return [
            SumKey(contact.id, mapping.field, mapping.property)
            for contact in contacts
            for mapping in self._sum_mappings
        ]

    async def _send(self, entries: Sequence[Entry]) -> None:
        """Write a batch and commit what BlueConic answered.

        A lost answer is no trouble for Set, Set if empty and Add, which can be sent again; an
        entry with a Sum is never sent a second time without knowing.
        """
        rest = list(entries)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                while rest:
                    results = await self._run.blueconic.write_profiles(
                        [entry.write for entry in rest], objectives=self._objectives
                    )
                    if not results:
                        raise GoalError("BlueConic took none of the profiles sent to it.")
                    self._acknowledge(rest[: len(results)], results)
                    rest = rest[len(results) :]
            except LostAnswerError as lost:
                self._give_up([entry for entry in rest if entry.has_increment], lost.message)
                rest = [entry for entry in rest if not entry.has_increment]
                if attempt == ATTEMPTS and rest:
                    raise GoalError(
                        f"BlueConic's answers were lost {ATTEMPTS} times running: {lost.message}"
                    ) from lost
            if not rest:
                return

    def _acknowledge(self, entries: Sequence[Entry], results: Sequence[WriteResult]) -> None:
        records: list[tuple[str, Record, bytes | None]] = []
        sums: dict[SumKey, str] = {}
        imported: list[str] = []
        for entry, result in zip(entries, results, strict=True):
            record = _outcome(entry, result)
            accepted = record.outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
            records.append((str(entry.contact.id), record, entry.fingerprint if accepted else None))
            if accepted:
                sums.update(entry.sums)
                if record.profile_id:
                    imported.append(record.profile_id)
        self._run.commit(Done(records=records, sums=sums, imported=imported))

    def _give_up(self, entries: Sequence[Entry], detail: str) -> None:
        """Nobody knows whether these Sums were added: say so, and do not add them again."""
        records: list[tuple[str, Record, bytes | None]] = []
        sums: dict[SumKey, str] = {}
        for entry in entries:
            record = _plain_record(entry, Outcome.UNKNOWN, Reason.UNRESOLVED, detail)
            records.append((str(entry.contact.id), record, None))
            sums.update(entry.sums)
        if records:
            self._run.commit(Done(records=records, sums=sums))

    async def _complete(self, highest_id: int) -> None:
        """A reading of everybody that never met the highest id, which still exists, fell short."""
        run = self._run
        whole = self._everything and self._goal.contacts == "all" and run.options.limit is None
        if not whole or not highest_id or self._goal.read_statuses is not None:
            return
        key = str(highest_id)
        if key in run.ledger.seen_in_run(run.run, self._goal.id, [key]):
            return
        if await run.activecampaign.contact(highest_id) is not None:
            raise GoalError(
                "ActiveCampaign's list of contacts ended before its highest id; "
                "the next run reads it again.",
                code="incomplete-reading",
            )


_STATES: dict[str, tuple[Outcome, Reason | None]] = {
    "CREATED": (Outcome.CREATED, None),
    "MODIFIED": (Outcome.UPDATED, None),
    "UNCHANGED": (Outcome.UNCHANGED, None),
    "NOTFOUND": (Outcome.SKIPPED, Reason.NO_MATCH),
    "CONSENT_MISMATCH": (Outcome.SKIPPED, Reason.NO_CONSENT),
    "UNAUTHORIZED": (Outcome.REJECTED, Reason.NOT_AUTHORIZED),
}


def _outcome(entry: Entry, result: WriteResult) -> Record:
    if result.complaints:
        said = "; ".join(result.complaints)
        return _plain_record(entry, Outcome.REJECTED, Reason.REJECTED_BY_BLUECONIC, said)
    outcome, reason = _STATES.get(result.state, (Outcome.REJECTED, Reason.REJECTED_BY_BLUECONIC))
    detail = result.state if outcome is Outcome.REJECTED else ""
    return _plain_record(entry, outcome, reason, detail, result.profile_id)


def _plain_record(
    entry: Entry,
    outcome: Outcome,
    reason: Reason | None = None,
    detail: str = "",
    profile_id: str | None = None,
) -> Record:
    contact = entry.contact
    return Record(outcome, reason, detail, contact.id, profile_id, contact.email)
