"""Bulk imports after they were queued: the states of a batch (activecampaign.md §7.2).

A batch answers `false` at first, then waiting, claimed, active and its result. Its rows are written
when it leaves `active`. Nothing runs in the background: each access to the account first brings all
batches up to date.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.bulk_rows import BulkRequest, BulkRow
from actui.sandbox.activecampaign.bulk_writer import write_bulk_row
from actui.sandbox.activecampaign.central_time import central

STEPS: dict[str, tuple[float, float, float, float]] = {
    "normal": (1.0, 1.4, 1.7, 2.2),
    "fast": (0.05, 0.1, 0.15, 0.3),
}
"""Seconds until waiting, claimed, active and the end."""

STATES: tuple[bool | str, ...] = (False, "waiting", "claimed", "active")
KEPT_SECONDS = 7 * 86400


@dataclass(slots=True)
class Batch:
    """One queued import."""

    id: str
    queued: float
    rows: list[BulkRow]
    contacts: int
    excluded: list[str]
    steps: tuple[float, ...] | None
    ended: str | None = None
    success: list[str] = field(default_factory=list)
    failure: list[str] = field(default_factory=list)

    def status(self, now: float) -> bool | str:
        """The status that `import/info` answers now."""
        if self.ended is not None:
            return self.ended
        age = now - self.queued
        if self.steps is None:
            return False if age < 1.0 else "waiting"
        return STATES[sum(1 for step in self.steps[:3] if age >= step)]

    def due(self) -> float | None:
        """When the batch ends; None while it is stuck."""
        return None if self.steps is None else self.queued + self.steps[3]


class Batches:
    """All batches of the account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._open: dict[str, Batch] = {}
        self._done: dict[str, Batch] = {}

    def queue(self, request: BulkRequest) -> Batch:
        """Accept an import; excluded addresses are skipped at once (§7.1)."""
        rows = request.rows
        excluded = [row.email for row in rows if self._account.is_excluded(row.email)]
        kept = [row for row in rows if not self._account.is_excluded(row.email)]
        batch = Batch(
            str(uuid.uuid4()),
            self._account.clock.now(),
            kept,
            len(kept),
            excluded,
            STEPS.get(self._account.switches["batch-speed"]),
            failure=list(request.failed),
        )
        self._open[batch.id] = batch
        return batch

    def find(self, batch_id: str) -> Batch | None:
        """A batch by its id."""
        return self._open.get(batch_id) or self._done.get(batch_id)

    def settle(self) -> None:
        """End every batch that is due, in the order of their times unless switched."""
        if not self._open:
            return
        now = self._account.clock.now()
        reverse = self._account.switches["batch-order"] == "reversed"
        ready = [batch for batch in self._open.values() if (batch.due() or now + 1) <= now]
        for batch in sorted(ready, key=lambda batch: batch.due() or 0.0, reverse=reverse):
            self._end(batch)

    def _end(self, batch: Batch) -> None:
        switches = self._account.switches
        batch.ended = switches["batch-end"]
        rows = batch.rows if batch.ended == "completed" else batch.rows[: len(batch.rows) // 2]
        wanted = switches["bulk-success-ids"].split("-and-")
        batch.failure.extend(batch.excluded)
        for row in rows:
            outcome, number = write_bulk_row(self._account, row)
            if outcome == "failed":
                batch.failure.append(row.email)
            elif outcome in wanted and str(number) not in batch.success:
                batch.success.append(str(number))
        # A million rows that were written would take as much memory as their contacts.
        batch.rows = []
        self._done[batch.id] = self._open.pop(batch.id)

    def by_day(self, *, outstanding: bool) -> list[dict[str, str]]:
        """`outstanding` and `recentlyCompleted`: batches and contacts a day, as strings."""
        oldest = self._account.clock.now() - KEPT_SECONDS
        batches, contacts = Counter[str](), Counter[str]()
        for batch in (self._open if outstanding else self._done).values():
            if batch.queued >= oldest:
                day = central(batch.queued).date().isoformat()
                batches[day] += 1
                contacts[day] += batch.contacts
        return [
            {"forDate": day, "batches": str(batches[day]), "contacts": str(contacts[day])}
            for day in sorted(batches)
        ]
