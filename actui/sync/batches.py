"""Bulk imports from journal to completion (design §7; activecampaign.md §7).

A batch is `sending` from before it leaves, `queued` once ActiveCampaign named it, `done` when its
result is known and its people's outcomes are committed. Nothing counts before that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actui.model.errors import GoalError, LostAnswerError
from actui.model.goals import ListStatus
from actui.model.journal import Batch, Done
from actui.model.people import BatchInfo, BulkRefused, ImportRow
from actui.model.run import Outcome, Reason, Record
from actui.model.standing import Exported, Membership
from actui.sync.goalrun import GoalRun
from actui.sync.knowing import Knowledge, Known

MOST_ROWS = 250
MOST_BYTES = 399_999
PATIENCE = 30 * 60.0
"""Seconds after which a batch that did not finish is unresolved."""
SETTLING = 10 * 60.0
"""Seconds after which a batch whose answer was lost is surely not on its way any more."""
FIRST_POLL = 2.0
_FINAL = ("completed", "failed", "interrupted")


@dataclass(frozen=True, slots=True)
class Sent:
    """One row on its way: whom it is for and what was known when it left."""

    profile_id: str
    row: ImportRow
    fingerprint: bytes
    contact_id: int | None
    attempt: int = 1

    def record(self, reason: Reason | None = None, detail: str = "") -> Record:
        """The outcome this row ends in: accepted without a reason, else refused with it."""
        if reason is Reason.UNRESOLVED:
            outcome = Outcome.UNKNOWN
        elif reason is not None:
            outcome = Outcome.REJECTED
        else:
            outcome = Outcome.CREATED if self.contact_id is None else Outcome.UPDATED
        return Record(outcome, reason, detail, self.contact_id, self.profile_id, self.row.email)


def encode(rows: Sequence[Sent]) -> str:
    """The journal's text for a batch."""
    return json.dumps(
        [
            {
                "p": sent.profile_id,
                "c": sent.contact_id,
                "f": sent.fingerprint.hex(),
                "a": sent.attempt,
                "e": sent.row.email,
                "n": [sent.row.first_name, sent.row.last_name, sent.row.phone],
                "v": {str(id_): value for id_, value in sent.row.fields.items()},
                "s": list(sent.row.subscribe),
            }
            for sent in rows
        ],
        separators=(",", ":"),
    )


def decode(payload: str) -> list[Sent]:
    """The rows of a journalled batch."""
    rows = []
    for item in json.loads(payload):
        first, last, phone = item["n"]
        fields = {int(id_): value for id_, value in item["v"].items()}
        row = ImportRow(item["e"], first, last, phone, fields, tuple(item["s"]))
        rows.append(Sent(item["p"], row, bytes.fromhex(item["f"]), item["c"], item["a"]))
    return rows


class Batches:
    """Sends rows, follows the batches they went in and commits what became of each row."""

    def __init__(self, goal_run: GoalRun, knowledge: Knowledge, automations: bool) -> None:
        self._run = goal_run
        self._knowledge = knowledge
        self._automations = automations
        self._typical = FIRST_POLL
        self.created: dict[str, tuple[str, tuple[int, ...]]] = {}
        """Addresses of people created in this process → profile id and lists joined."""

    async def send(self, rows: Sequence[Sent]) -> None:
        """Queue rows as one batch; rows that ActiveCampaign refuses are taken out and told."""
        rest = list(rows)
        while rest:
            number = self._journal(rest)
            try:
                answer = await self._run.activecampaign.bulk_import(
                    [sent.row for sent in rest], exclude_automations=not self._automations
                )
            except LostAnswerError:
                rest = await self._after_lost_answer(number, rest)
                continue
            except Exception:
                self._run.ledger.drop_batch(self._run.run, self._run.goal.id, number)
                raise
            if not isinstance(answer, BulkRefused):
                self._run.ledger.batch_queued(
                    self._run.run, self._run.goal.id, number, answer.batch_id
                )
                return
            self._run.ledger.drop_batch(self._run.run, self._run.goal.id, number)
            rest = self._take_out(rest, answer)

    def _journal(self, rows: Sequence[Sent]) -> int:
        return self._run.ledger.journal_batch(
            self._run.run,
            self._run.goal.id,
            [sent.profile_id for sent in rows],
            encode(rows),
            self._run.clock.now().timestamp(),
        )

    def _take_out(self, rows: list[Sent], answer: BulkRefused) -> list[Sent]:
        """One bad row refuses the whole batch: it goes with its reason, the rest goes again."""
        refused = {number: said for number, said in answer.rows if 0 <= number < len(rows)}
        if not refused:
            raise GoalError("ActiveCampaign refused a batch without naming a contact in it.")
        self._run.commit(
            Done(
                records=[
                    (
                        rows[number].profile_id,
                        rows[number].record(Reason.REJECTED_BY_ACTIVECAMPAIGN, said),
                        None,
                    )
                    for number, said in refused.items()
                ]
            )
        )
        return [sent for number, sent in enumerate(rows) if number not in refused]

    async def _after_lost_answer(self, number: int, rows: list[Sent]) -> list[Sent]:
        """Nobody knows whether the batch was taken: wait until nothing is on its way, look again.

        Sending it once more is harmless but for repeated automations (activecampaign.md §7.3).
        """
        batch = next(b for b in self._open() if b.number == number)
        await self._settle(batch)
        known = await self._knowledge.again([sent.row.email for sent in rows])
        self._run.ledger.drop_batch(self._run.run, self._run.goal.id, number)
        attempts = rows[0].attempt + 1 if rows else 0
        if attempts > 3:
            raise GoalError("ActiveCampaign's answers to bulk imports were lost three times.")
        return [replace(without_left_lists(sent, known), attempt=sent.attempt + 1) for sent in rows]

    async def _settle(self, batch: Batch) -> None:
        clock = self._run.clock
        pause = 2.0
        while clock.now().timestamp() - batch.sent_at < SETTLING:
            if await self._run.activecampaign.outstanding_batches() == 0:
                return
            self._run.stop.check()
            await clock.sleep(pause)
            pause = min(pause * 1.5, 60.0)

    def _open(self) -> Sequence[Batch]:
        return self._run.ledger.open_batches(self._run.run, self._run.goal.id)

    async def resume(self) -> None:
        """Bring batches of an earlier process to their end before anything new is sent."""
        for batch in self._open():
            if batch.state == "sending":
                rows = await self._after_lost_answer(batch.number, decode(batch.payload))
                await self.send(rows)
        await self.finish()

    async def poll_ripe(self) -> None:
        """Ask about batches old enough to be done; never waits."""
        now = self._run.clock.now().timestamp()
        for batch in self._open():
            if batch.state != "queued" or now - batch.sent_at < self._typical * 1.2:
                return
            if not await self._poll(batch):
                return

    async def finish(self) -> None:
        """Wait until every batch of this goal has ended, oldest first."""
        clock = self._run.clock
        while queued := [batch for batch in self._open() if batch.state == "queued"]:
            batch = queued[0]
            pause = max(0.2, self._typical)
            due = batch.sent_at + self._typical * 1.1
            await clock.sleep(max(0.0, due - clock.now().timestamp()))
            while not await self._poll(batch):
                if clock.now().timestamp() - batch.sent_at > PATIENCE:
                    self._unresolved(batch)
                    break
                self._run.meter.tick()
                if self._run.stop.level:
                    return
                await clock.sleep(pause)
                pause = min(pause * 1.6, 60.0)

    async def _poll(self, batch: Batch) -> bool:
        info = await self._run.activecampaign.batch(batch.batch_id)
        if info.state not in _FINAL:
            return False
        took = self._run.clock.now().timestamp() - batch.sent_at
        self._typical = max(0.2, 0.5 * self._typical + 0.5 * min(took, 120.0))
        rows = decode(batch.payload)
        if info.state == "completed":
            await self._completed(batch, rows, info)
        else:
            await self._broken(batch, rows, info.state)
        return True

    async def _completed(self, batch: Batch, rows: Sequence[Sent], info: BatchInfo) -> None:
        failed = {email.lower() for email in info.failed_emails}
        done = [sent for sent in rows if sent.row.email.lower() not in failed]
        undone = [sent for sent in rows if sent.row.email.lower() in failed]
        known = await self._knowledge.look_up([sent.row.email for sent in undone])
        refused: list[tuple[str, Record, bytes | None]] = []
        again: list[Sent] = []
        for sent in undone:
            retry = without_left_lists(sent, known)
            if retry.row.subscribe != sent.row.subscribe and sent.attempt < 3:
                # they left, or bounced, after actui had looked: their fields still go
                again.append(replace(retry, attempt=sent.attempt + 1))
            else:
                detail = _why(known.get(sent.row.email.lower()))
                record = sent.record(Reason.REJECTED_BY_ACTIVECAMPAIGN, detail)
                refused.append((sent.profile_id, record, None))
        self._accept(batch, done, refused)
        if again:
            self._run.summary.lists.left += sum(len(sent.row.subscribe) for sent in undone) - sum(
                len(sent.row.subscribe) for sent in again
            )
            await self.send(again)

    def _accept(
        self,
        batch: Batch,
        rows: Sequence[Sent],
        refused: Sequence[tuple[str, Record, bytes | None]],
    ) -> None:
        self._run.summary.lists.subscribed += sum(len(sent.row.subscribe) for sent in rows)
        for sent in rows:
            if sent.contact_id is None:
                self.created[sent.row.email.lower()] = (sent.profile_id, sent.row.subscribe)
        with_id = [(sent, sent.contact_id) for sent in rows if sent.contact_id is not None]
        self._run.commit(
            Done(
                records=[
                    *((sent.profile_id, sent.record(), sent.fingerprint) for sent in rows),
                    *refused,
                ],
                exported=[sent.profile_id for sent in rows],
                links={sent.profile_id: contact_id for sent, contact_id in with_id},
                export=Exported(
                    joined=[
                        Membership(contact_id, list_id, self._run.started_at.timestamp())
                        for sent, contact_id in with_id
                        for list_id in sent.row.subscribe
                    ]
                ),
                finished_batch=batch.number,
            )
        )

    async def _broken(self, batch: Batch, rows: Sequence[Sent], state: str) -> None:
        """A failed or interrupted batch may be partly applied: look, then send once more."""
        if all(sent.attempt == 1 for sent in rows):
            known = await self._knowledge.again([sent.row.email for sent in rows])
            self._run.ledger.drop_batch(self._run.run, self._run.goal.id, batch.number)
            await self.send([replace(without_left_lists(s, known), attempt=2) for s in rows])
            return
        detail = f"ActiveCampaign's import was {state} twice."
        reason = Reason.REJECTED_BY_ACTIVECAMPAIGN
        self._accept(batch, [], [(s.profile_id, s.record(reason, detail), None) for s in rows])

    def _unresolved(self, batch: Batch) -> None:
        detail = f"Batch {batch.batch_id} did not finish within 30 minutes."
        rows = decode(batch.payload)
        self._accept(
            batch, [], [(s.profile_id, s.record(Reason.UNRESOLVED, detail), None) for s in rows]
        )


def without_left_lists(sent: Sent, known: dict[str, Known]) -> Sent:
    """The row without the lists on which its contact already has a row, whatever its status."""
    contact = known.get(sent.row.email.lower())
    if contact is None:
        return sent
    lists = tuple(id_ for id_ in sent.row.subscribe if id_ not in contact.lists)
    return replace(sent, row=replace(sent.row, subscribe=lists))


def inactive_lists(known: Known | None, lists: Sequence[int]) -> list[int]:
    """The lists among `lists` that this contact left, bounced from or never confirmed."""
    if known is None:
        return []
    return [
        id_ for id_ in lists if id_ in known.lists and known.lists[id_] is not ListStatus.ACTIVE
    ]


def _why(known: Known | None) -> str:
    if known is not None and known.bounces:
        return f"ActiveCampaign refused the address, which has bounced {known.bounces} times."
    return "ActiveCampaign's import refused the address and gives no reason."
