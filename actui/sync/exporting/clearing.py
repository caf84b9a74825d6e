"""Fields that are to become empty (sync/README.md §5; activecampaign.md §7.3).

Nobody knows whether a bulk import's empty text clears a value. It is sent, and as long as no row
has shown what the account makes of it, every such contact is looked at; where the old value is
still there, the field is cleared by the contact's id.
"""

from __future__ import annotations

from collections.abc import Sequence

from actui.model.errors import RefusedError
from actui.model.records import ImportRow
from actui.sync.exporting.outgoing_row import OutgoingRow
from actui.sync.exporting.write_check import holds
from actui.sync.portions import ABOUT_THE_RECORD
from actui.sync.run.goal_run import GoalRun

NOT_CLEARED = "Clearing a field was refused, and the next run tries again"
_FACT = "empty-text"
_CLEARS = "clears"
_IGNORED = "ignored"


class Clearing:
    """Makes sure that empty texts have cleared what they should."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        self._index = goal_run.ledger.contact_index

    async def after(self, rows: Sequence[OutgoingRow]) -> set[str]:
        """Look after the rows of a batch that has been applied.

        Returns the profiles of which it is not known that all is empty that should be: they must
        be sent again.
        """
        unclear: set[str] = set()
        for sent in rows:
            known = self._index.fact(_FACT)
            if known == _CLEARS:
                break
            row = _emptied(sent.row)
            if row is None or sent.contact_id is None:
                continue
            self._run.stop.check()
            if known is None:
                contact = await self._run.activecampaign.contact(sent.contact_id)
                is_empty = contact is not None and holds(contact, row, self._run.accounts.tags)
                if is_empty:
                    if sent.became_empty:
                        # it was filled, this goal had filled it, and now it is not
                        self._index.set_fact(_FACT, _CLEARS)
                    continue
                if is_empty is False and contact is not None:
                    self._index.set_fact(_FACT, _IGNORED)
            if not await self._clear(sent.contact_id, row):
                unclear.add(sent.profile_id)
        return unclear

    async def _clear(self, contact_id: int, row: ImportRow) -> bool:
        """Whether the contact's fields are surely empty now; raises what ends the goal."""
        service = self._run.activecampaign
        try:
            await service.write_contact(contact_id, row)
        except RefusedError as refused:
            # a status does not prove that nothing was written
            contact = await service.contact(contact_id)
            if contact is not None and holds(contact, row, self._run.accounts.tags):
                return True
            if refused.status not in (404, *ABOUT_THE_RECORD):
                raise
            message = f": {refused.detail}" if refused.detail else ""
            self._run.warn_once(f"{NOT_CLEARED}{message}")
            return False
        return True


def _emptied(row: ImportRow) -> ImportRow | None:
    """Only what the row clears, None where it clears nothing."""
    fields = {id_: value for id_, value in row.fields.items() if not value}
    names = [None if name else name for name in (row.first_name, row.last_name, row.phone)]
    if not fields and all(name is None for name in names):
        return None
    return ImportRow(row.email, names[0], names[1], names[2], fields)
