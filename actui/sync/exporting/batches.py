"""Bulk imports from journal to completion (sync/README.md §5; activecampaign.md §7).

A batch is `sending` from before it leaves, `queued` once ActiveCampaign named it, `done` when its
result is known and its people's outcomes are committed. Nothing counts before that.

Long because every state of a batch, and the way out of it, stands side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from actui.model.addresses import canonical
from actui.model.errors import (
    AnswerTooLargeError,
    GoalError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    ServiceError,
)
from actui.model.journal import Batch, BatchCommit, PersonOutcome, Refusal
from actui.model.memberships import Membership, MembershipChanges, Newcomer
from actui.model.records import BatchInfo, BulkRefused
from actui.model.run import ListCounts, Reason
from actui.sync.acceptance import Acceptance
from actui.sync.exporting.batch_ages import Ages
from actui.sync.exporting.clearing import Clearing
from actui.sync.exporting.contact_directory import (
    NOBODY,
    AddressHolders,
    ContactDirectory,
    first_bounced,
)
from actui.sync.exporting.exclusions import Exclusions
from actui.sync.exporting.identity import not_joined, own_spelling
from actui.sync.exporting.outgoing_row import OutgoingRow, decode, encode
from actui.sync.fingerprints import accepted_but_filled
from actui.sync.portions import Portions, says_too_large
from actui.sync.refusals import Refusals
from actui.sync.run.goal_run import GoalRun

PATIENCE = 30 * 60.0
"""Seconds after which a batch that did not finish is unresolved."""
_MOST_TRUSTED = PATIENCE / 2
"""Seconds of age, at most, that a continued run believes of a batch: it asks for the rest."""
SETTLING = 10 * 60.0
"""Seconds after which a batch whose answer was lost is surely not on its way any more."""
ARRIVING = 10.0
"""Seconds, at most, for which a batch whose answer was lost may not even count as outstanding."""
FIRST_POLL = 2.0
SHORTEST_TYPICAL, LONGEST_TYPICAL = 0.2, 120.0
_MOST_UNREADABLE = 3
"""Answers about one batch, at most, that do not tell whom ActiveCampaign has refused."""
_FINAL = ("completed", "failed", "interrupted")


class RefusedRow(NamedTuple):
    """A row that ActiveCampaign refused, and why; `detail` is a sentence."""

    row: OutgoingRow
    reason: Reason
    detail: str


class Batches:
    """Sends rows, follows the batches they went in and commits what became of each row."""

    def __init__(
        self,
        goal_run: GoalRun,
        directory: ContactDirectory,
        exclusions: Exclusions,
        refusals: Refusals,
        acceptance: Acceptance,
        *,
        automations: bool,
    ) -> None:
        self._run = goal_run
        self._batch_journal = goal_run.ledger.batches
        self._directory = directory
        self._exclusions = exclusions
        self._refusals = refusals
        self._acceptance = acceptance
        self._automations = automations
        self._typical = FIRST_POLL
        self._ages = Ages(goal_run.clock, _MOST_TRUSTED)
        self._clearing = Clearing(goal_run)
        self.intended: dict[str, OutgoingRow] = {}
        """Rows of an earlier process that nobody knows to have left, by profile."""
        self._unreadable = Counter[int]()
        self._untold: dict[int, str] = {}
        """Batches whose last answer was of no use, with what is known about that."""
        self._unsure: list[int] = []
        self._is_proven = False

    async def send(self, rows: Sequence[OutgoingRow]) -> None:
        """Queue rows as one batch; rows that ActiveCampaign refuses are taken out and rejected.

        Where it refuses all of them without naming one, they are queued in several batches.
        """
        rest = list(rows)
        portions = Portions[OutgoingRow](len(rest), is_proven=self._is_proven)
        while rest:
            part, rest = rest[: portions.size], rest[portions.size :]
            number = self._journal(part)
            try:
                answer = await self._run.activecampaign.bulk_import(
                    [sent.row for sent in part], exclude_automations=not self._automations
                )
            except LostAnswerError:
                rest = await self._after_lost_answer(number, part) + rest
                continue
            except RefusedError as refused:
                self._batch_journal.drop(number)
                rest = portions.refused(part, refused) + rest
                continue
            except Exception:
                self._batch_journal.drop(number)
                raise
            if isinstance(answer, BulkRefused):
                self._batch_journal.drop(number)
                rest = self._take_out(part, answer) + rest
                continue
            self._batch_journal.mark_queued(number, answer.batch_id)
            portions.accepted()
            self._is_proven = True
        self._reject(
            [
                RefusedRow(
                    sent,
                    Reason.TOO_LARGE if says_too_large(why) else Reason.REJECTED_BY_ACTIVECAMPAIGN,
                    why.detail,
                )
                for sent, why in portions.at_fault()
            ]
        )

    def _journal(self, rows: Sequence[OutgoingRow]) -> int:
        number = self._batch_journal.journal(
            self._run.run,
            self._run.goal.id,
            [sent.profile_id for sent in rows],
            encode(rows),
            self._run.clock.now().timestamp(),
            config=self._run.config,
        )
        self._ages.start(number)
        return number

    def _take_out(self, rows: list[OutgoingRow], answer: BulkRefused) -> list[OutgoingRow]:
        """Reject the rows over which a batch was refused; return the others, to be sent again."""
        refused = {number: message for number, message in answer.rows if 0 <= number < len(rows)}
        if not refused:
            raise GoalError("ActiveCampaign refused a batch without naming a contact in it.")
        reason = Reason.REJECTED_BY_ACTIVECAMPAIGN
        self._reject(
            [RefusedRow(rows[number], reason, message) for number, message in refused.items()]
        )
        return [sent for number, sent in enumerate(rows) if number not in refused]

    def _reject(self, rows: Sequence[RefusedRow]) -> None:
        """Give rows that ActiveCampaign refused their outcome, in its own words."""
        if rows:
            self._run.commit(BatchCommit(records=_outcomes(rows), refused=self._marks(rows)))

    def _marks(self, rows: Sequence[RefusedRow]) -> dict[str, Refusal]:
        return {one.row.profile_id: self._refusals.remember(one.row.fingerprint) for one in rows}

    async def _after_lost_answer(self, number: int, rows: list[OutgoingRow]) -> list[OutgoingRow]:
        """Nobody knows whether the batch was taken: wait until nothing is on its way, look again.

        Sending it once more is harmless but for repeated automations (activecampaign.md §7.3).
        """
        batch = next(b for b in self._open() if b.number == number)
        await self._settle(batch)
        known = await self._directory.again([sent.row.email for sent in rows])
        self._batch_journal.drop(number)
        attempts = rows[0].attempt + 1 if rows else 0
        if attempts > 3:
            raise GoalError("ActiveCampaign's answers to bulk imports were lost three times.")
        return [replace(self._as_known(sent, known), attempt=sent.attempt + 1) for sent in rows]

    async def _settle(self, batch: Batch) -> None:
        """Wait until a batch that may have been taken is surely not on its way any more."""
        arriving = min(ARRIVING, self._run.settle_seconds)
        pause = 2.0
        while (age := self._ages.of(batch)) < SETTLING:
            outstanding = await self._run.activecampaign.outstanding_batches()
            if outstanding == 0 and age >= arriving:
                return
            self._run.stop.check()
            await self._run.stop.pause(max(pause, arriving - age))
            pause = min(pause * 1.5, 60.0)

    def _open(self) -> Sequence[Batch]:
        return self._batch_journal.unfinished(self._run.run, self._run.goal.id)

    async def resume(self) -> None:
        """Bring what an earlier process has queued to its end before anything new is sent.

        Rows that may never have left are decided anew: their people may have withdrawn consent or
        opted out meanwhile. `intended` keeps what they were about until `resolved`.
        """
        for batch in self._open():
            if batch.state == "sending":
                await self._settle(batch)
                self._unsure.append(batch.number)
                if batch.of_this_run:
                    self.intended.update({s.profile_id: s for s in decode(batch.payload)})
        await self.finish()

    def resolved(self) -> None:
        """Drop the batches of an earlier process whose people have been decided anew."""
        for number in self._unsure:
            self._batch_journal.drop(number)
        self._unsure = []

    async def poll_ripe(self) -> None:
        """Ask about batches old enough to be done; never waits."""
        for batch in self._queued():
            if batch.number in self._untold:
                continue  # `finish` has the time for it
            if self._ages.of(batch) < self._typical * 1.2 or not await self._poll(batch):
                return

    def _queued(self) -> list[Batch]:
        return [batch for batch in self._open() if batch.state == "queued"]

    async def finish(self) -> None:
        """Wait until every batch of this goal has ended, oldest first."""
        stop = self._run.stop
        while queued := self._queued():
            batch = queued[0]
            pause = max(0.5, self._typical / 4)
            await stop.pause(self._typical * 1.1 - self._ages.of(batch))
            while not await self._poll(batch):
                if self._ages.of(batch) > PATIENCE:
                    await self._give_up(batch)
                    break
                self._run.meter.tick()
                if stop.level:
                    return
                await stop.pause(pause)
                pause = min(pause * 1.6, 60.0)

    async def _poll(self, batch: Batch) -> bool:
        try:
            info = await self._run.activecampaign.batch(batch.batch_id)
        except ServiceError as error:
            if not _says_nothing(error):
                raise
            self._untold[batch.number] = error.message
            return False
        self._untold.pop(batch.number, None)
        age = min(self._ages.of(batch), LONGEST_TYPICAL)
        # One that has ended may have done so long before it was asked about.
        if info.state == "completed" and info.failed_emails is None:
            return self._unread(batch)
        if info.state not in _FINAL:
            self._typical = max(self._typical, age)
            return False
        self._typical = min(self._typical, max(SHORTEST_TYPICAL, age))
        rows = decode(batch.payload)
        if info.state == "completed":
            await self._completed(batch, rows, info)
        else:
            await self._broken(batch, rows, info.state)
        return True

    async def _completed(self, batch: Batch, rows: Sequence[OutgoingRow], info: BatchInfo) -> None:
        failed = {canonical(email) for email in info.failed_emails or ()}
        done = [sent for sent in rows if canonical(sent.row.email) not in failed]
        undone = [sent for sent in rows if canonical(sent.row.email) in failed]
        known = await self._directory.look_up([sent.row.email for sent in undone])
        refused: list[RefusedRow] = []
        again: list[OutgoingRow] = []
        for sent in undone:
            retry = self._as_known(sent, known)
            if retry.row.subscribe != sent.row.subscribe and sent.attempt < 3 and batch.of_this_run:
                # they left, or bounced, after actui had looked: their fields still go
                again.append(replace(retry, attempt=sent.attempt + 1))
            else:
                refused.append(RefusedRow(sent, *await self._why(sent, known)))
        unclear = await self._clearing.after(done)
        done = [self._uncleared(sent) if sent.profile_id in unclear else sent for sent in done]
        self._accept(batch, done, refused, self._marks(refused))
        if again:
            await self.send(again)

    def _uncleared(self, sent: OutgoingRow) -> OutgoingRow:
        """The row as it is accepted while a field is not empty that it clears: sent again."""
        before = self._acceptance.of([sent.profile_id]).get(sent.profile_id)
        fingerprint = accepted_but_filled(sent.fingerprint, before.fingerprint if before else None)
        return replace(sent, fingerprint=fingerprint)

    async def _why(
        self, sent: OutgoingRow, known: Mapping[str, AddressHolders]
    ) -> tuple[Reason, str]:
        """Why ActiveCampaign refused an address, found by reading alone."""
        email = sent.row.email
        if excluded := await self._exclusions.about(email):
            return Reason.EXCLUDED, excluded
        holders = known.get(canonical(email), NOBODY).contacts
        bounces = max((one.bounces for one in holders), default=0)
        if bounces:
            detail = f"ActiveCampaign refused the address, which has bounced {bounces}x."
        else:
            detail = "ActiveCampaign's import refused the address and gives no reason."
        return Reason.REJECTED_BY_ACTIVECAMPAIGN, detail

    def _accept(
        self,
        batch: Batch,
        rows: Sequence[OutgoingRow],
        refused: Sequence[RefusedRow],
        marks: Mapping[str, Refusal],
    ) -> None:
        """Commit what became of a batch; `marks` are of those not to be sent the same again."""
        at = self._run.started_at.timestamp()
        with_id = [(sent, sent.contact_id) for sent in rows if sent.contact_id is not None]
        export = MembershipChanges(
            joined=[
                Membership(contact_id, list_id, at)
                for sent, contact_id in with_id
                for list_id in sent.row.subscribe
            ],
            newcomers=[
                Newcomer(sent.profile_id, sent.row.email, sent.row.subscribe, at)
                for sent in rows
                if sent.contact_id is None
            ],
        )
        done: list[PersonOutcome] = [
            PersonOutcome(sent.profile_id, sent.record(), sent.fingerprint) for sent in rows
        ]
        records: list[PersonOutcome] = []
        accepted: Sequence[PersonOutcome] = ()
        lists = ListCounts()
        if batch.of_this_run:
            lists = ListCounts(
                subscribed=sum(len(sent.row.subscribe) for sent in rows),
                left=sum(sent.not_joined for sent in rows),
            )
            records = [*done, *_outcomes(refused)]
        elif batch.config and self._acceptance.is_current(batch.config):
            accepted = done
        self._run.commit(
            BatchCommit(
                records=records,
                accepted=accepted,
                exported=[sent.profile_id for sent in rows],
                links={sent.profile_id: contact_id for sent, contact_id in with_id},
                export=export,
                lists=lists,
                finished_batch=batch.number,
                refused=marks,
            )
        )

    async def _broken(self, batch: Batch, rows: Sequence[OutgoingRow], state: str) -> None:
        """A failed or interrupted batch may be partly applied: look, then send once more."""
        if await self._is_sent_once_more(batch, rows):
            return
        detail = f"ActiveCampaign's import was {state} twice."
        reason = Reason.REJECTED_BY_ACTIVECAMPAIGN
        # nobody among them was refused: the next run sends them again
        self._accept(batch, [], [RefusedRow(sent, reason, detail) for sent in rows], {})

    async def _is_sent_once_more(self, batch: Batch, rows: Sequence[OutgoingRow]) -> bool:
        """Send the rows of a batch of this run again after a look, unless that was done before."""
        if not batch.of_this_run or any(sent.attempt > 1 for sent in rows):
            return False
        known = await self._directory.again([sent.row.email for sent in rows])
        self._batch_journal.drop(batch.number)
        await self.send([replace(self._as_known(s, known), attempt=2) for s in rows])
        return True

    async def _give_up(self, batch: Batch) -> None:
        """End a batch that did not finish in time.

        Where ActiveCampaign does not even know it, or says nothing about it that can be read, its
        id may have been spoiled on the way: its people are looked at and sent once more. Those of
        an earlier run are decided anew, as is everybody else.
        """
        ignore_outcomes = self._untold.pop(batch.number, "")
        if not ignore_outcomes:
            self._unresolved(batch)
        elif not batch.of_this_run:
            self._batch_journal.drop(batch.number)
        elif not await self._is_sent_once_more(batch, decode(batch.payload)):
            self._unresolved(
                batch, f"ActiveCampaign says nothing of batch {batch.batch_id}: {ignore_outcomes}"
            )

    def _unread(self, batch: Batch) -> bool:
        """Whether a batch is given up that does not tell whom ActiveCampaign has refused."""
        self._unreadable[batch.number] += 1
        if self._unreadable[batch.number] < _MOST_UNREADABLE:
            return False
        self._unresolved(
            batch, f"ActiveCampaign's answer about batch {batch.batch_id} cannot be read."
        )
        return True

    def _unresolved(self, batch: Batch, detail: str = "") -> None:
        detail = detail or f"Batch {batch.batch_id} did not finish within 30 minutes."
        rows = [RefusedRow(sent, Reason.UNRESOLVED, detail) for sent in decode(batch.payload)]
        self._accept(batch, [], rows, self._marks(rows))

    def _as_known(self, sent: OutgoingRow, known: Mapping[str, AddressHolders]) -> OutgoingRow:
        """The row as it is sent once more: to the contact's own spelling, by a fresh reading.

        It leaves out the lists that the person has left, and all of them for who has bounced.
        """
        holders = known.get(canonical(sent.row.email), NOBODY)
        return self._without_left_lists(_to_own_spelling(sent, holders), holders)

    def _without_left_lists(self, sent: OutgoingRow, holders: AddressHolders) -> OutgoingRow:
        bounced = first_bounced(holders.contacts)
        inactive = {id_: bounced for id_ in sent.row.subscribe if bounced is not None}
        inactive |= {
            id_: one for id_, one in holders.inactive_lists.items() if id_ in sent.row.subscribe
        }
        if not inactive:
            return sent
        own = sent.contact_id or next((one.contact_id for one in holders.contacts), None)
        names = self._run.accounts.lists
        omitted = [
            not_joined(
                one,
                id_,
                names[id_].name if id_ in names else str(id_),
                is_another=one.contact_id != own,
            )
            for id_, one in inactive.items()
        ]
        lists = tuple(id_ for id_ in sent.row.subscribe if id_ not in inactive)
        return replace(
            sent,
            row=replace(sent.row, subscribe=lists),
            not_joined=sent.not_joined + len(inactive),
            omitted=replace(sent.omitted, lists=(*sent.omitted.lists, *omitted)),
        )


def _says_nothing(error: ServiceError) -> bool:
    """Whether an answer about a batch is of no use, though the service is there and lets us in."""
    if isinstance(error, RefusedError):
        return error.status not in (401, 403)
    is_answered = error.status is not None and 200 <= error.status < 300
    return is_answered and isinstance(error, RetriableError | AnswerTooLargeError)


def _outcomes(refused: Sequence[RefusedRow]) -> list[PersonOutcome]:
    return [
        PersonOutcome(one.row.profile_id, one.row.record(one.reason, one.detail)) for one in refused
    ]


def _to_own_spelling(sent: OutgoingRow, holders: AddressHolders) -> OutgoingRow:
    """The row to the contact that an earlier sending may have made, under the stored address.

    Where case counts, any other spelling would make a second one (activecampaign.md §6).
    """
    living = holders.living
    owner = holders.exact(sent.row.email) or (living[0] if len(living) == 1 else None)
    email = own_spelling(owner.email) if owner is not None else ""
    return replace(sent, row=replace(sent.row, email=email)) if email else sent
