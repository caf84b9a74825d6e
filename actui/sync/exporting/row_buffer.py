"""Rows that wait until they fill a bulk import (activecampaign.md §7.1)."""

from __future__ import annotations

from collections.abc import Callable

from actui.model.limits import BULK_BYTES, BULK_ROWS
from actui.model.records import ImportRow
from actui.sync.exporting.batches import Batches
from actui.sync.exporting.outgoing_row import OutgoingRow
from actui.sync.limits import BULK_ENVELOPE
from actui.sync.run.goal_run import GoalRun


class RowBuffer:
    """Gathers rows and sends as many at once as an import takes, by number and by bytes.

    `row_size` gives the bytes of a row in the request.
    """

    def __init__(
        self, goal_run: GoalRun, batches: Batches, row_size: Callable[[ImportRow], int]
    ) -> None:
        self._run = goal_run
        self._batches = batches
        self._row_size = row_size
        self._rows: list[OutgoingRow] = []
        self._bytes = BULK_ENVELOPE

    async def add(self, sent: OutgoingRow) -> None:
        """Add a row; those that wait are sent first where it does not fit beside them."""
        size = self._row_size(sent.row) + 1
        if len(self._rows) == BULK_ROWS or self._bytes + size > BULK_BYTES:
            await self.flush()
        self._rows.append(sent)
        self._bytes += size

    async def flush(self) -> None:
        """Send the rows that wait, if any."""
        rows, self._rows, self._bytes = self._rows, [], BULK_ENVELOPE
        if rows:
            self._run.stop.check()
            await self._batches.send(rows)
            self._run.meter.tick()
