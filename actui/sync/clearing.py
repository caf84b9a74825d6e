"""Fields that are to become empty (design §7; activecampaign.md §7.3).

Nobody knows whether a bulk import's empty text clears a value. It is sent, and as long as no row
has shown what the account makes of it, every such contact is looked at; where the old value is
still there, the field is cleared by the contact's id.
"""

from __future__ import annotations

from collections.abc import Sequence

from actui.model.errors import RefusedError
from actui.model.people import Contact, ImportRow
from actui.sync.goalrun import GoalRun
from actui.sync.portions import ABOUT_THE_RECORD
from actui.sync.sent import Sent

_FACT = "empty-text"
_CLEARS = "clears"
_IGNORED = "ignored"


class Clearing:
    """Makes sure that empty texts have cleared what they should."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run

    async def after(self, rows: Sequence[Sent]) -> None:
        """Look after the rows of a batch that has been applied."""
        for sent in rows:
            told = self._run.ledger.index_fact(_FACT)
            if told == _CLEARS:
                return
            row = _emptied(sent.row)
            if row is None or sent.contact_id is None:
                continue
            self._run.stop.check()
            if told is None:
                contact = await self._run.activecampaign.contact(sent.contact_id)
                if contact is None:
                    continue
                if not self._is_filled(contact, row):
                    if sent.became_empty:
                        # it was filled, this goal had filled it, and now it is not
                        self._run.ledger.set_index_fact(_FACT, _CLEARS)
                    continue
                self._run.ledger.set_index_fact(_FACT, _IGNORED)
            try:
                await self._run.activecampaign.write_contact(sent.contact_id, row)
            except RefusedError as refused:
                if refused.status not in (404, *ABOUT_THE_RECORD):
                    raise
                if refused.status != 404:
                    self._run.warn_once(f"Clearing a field was refused: {refused.detail}")

    def _is_filled(self, contact: Contact, row: ImportRow) -> bool:
        tags = {field.id: field.tag for field in self._run.accounts.fields.values()}
        if any(contact.fields.get(tags.get(id_, "")) for id_ in row.fields):
            return True
        names = (
            (row.first_name, contact.first_name),
            (row.last_name, contact.last_name),
            (row.phone, contact.phone),
        )
        return any(wanted == "" and held for wanted, held in names)


def _emptied(row: ImportRow) -> ImportRow | None:
    """Only what the row clears, None where it clears nothing."""
    fields = {id_: value for id_, value in row.fields.items() if not value}
    names = [None if name else name for name in (row.first_name, row.last_name, row.phone)]
    if not fields and all(name is None for name in names):
        return None
    return ImportRow(row.email, names[0], names[1], names[2], fields)
