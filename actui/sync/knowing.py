"""Knowing before writing: who is a contact already, and how they stand on each list (design §7).

Two ways to learn it, the cheaper one taken: one look-up for each address, or an id-ordered sweep
of all contacts into the ledger's index, a hundred to a request, later refreshed by what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from actui.model.goals import ListStatus
from actui.model.journal import Indexed
from actui.model.people import Contact
from actui.sync.goalrun import OVERLAP, GoalRun
from actui.sync.meter import stamp
from actui.sync.reading import PAGE, BlockReader, Selection, cut_into_blocks

_SWEPT = "swept"
_REFRESHED = "refreshed"


@dataclass(frozen=True, slots=True)
class Known:
    """A contact as it stood at the last reading."""

    contact_id: int
    lists: Mapping[int, ListStatus]
    bounces: int = 0


class Knowledge:
    """Answers who is known, for one goal in one run."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        self._ready = False
        self._total: int | None = None
        self._warned: set[str] = set()

    async def of(self, emails: Sequence[str], still_to_come: int) -> dict[str, Known]:
        """What is known of each address, keyed by its lower-case form.

        `still_to_come` is how many more addresses this run may ask about; it decides the way.
        """
        if not emails:
            return {}
        if not self._ready and await self._sweep_is_cheaper(len(emails) + still_to_come):
            await self._make_ready()
        if not self._ready:
            return await self.look_up(emails)
        found: dict[str, Known] = {}
        rows = self._run.ledger.indexed([email.lower() for email in emails])
        for email, contacts in rows.items():
            # the same address twice in different cases: the older contact is the one imports reach
            first = min(contacts, key=lambda contact: contact.contact_id)
            found[email] = Known(first.contact_id, first.lists)
        return found

    async def look_up(self, emails: Iterable[str]) -> dict[str, Known]:
        """Ask ActiveCampaign about each address now."""
        found: dict[str, Known] = {}
        for email in emails:
            self._run.stop.check()
            contact = await self._run.activecampaign.contact_by_email(email)
            if contact is not None and not contact.erased:
                bounces = contact.bounced_hard + contact.bounced_soft
                found[email.lower()] = Known(contact.id, contact.lists, bounces)
        return found

    async def again(self, emails: Sequence[str]) -> dict[str, Known]:
        """The same, read afresh: what was known before may have changed meanwhile."""
        if self._ready:
            await self._refresh()
            return await self.of(emails, 0)
        return await self.look_up(emails)

    async def _sweep_is_cheaper(self, addresses: int) -> bool:
        if self._is_swept():
            # a refresh reads what changed lately: a page or a few
            return addresses > 2
        if self._total is None:
            page = await self._run.activecampaign.highest_contact_id()
            self._total = page.total if page.total is not None else 0
        return addresses > -(-self._total // PAGE) + 2

    def _is_swept(self) -> bool:
        swept = self._run.ledger.index_fact(_SWEPT)
        days = timedelta(days=self._run.goal.reconcile_days)
        return swept is not None and datetime.fromisoformat(swept) > self._run.started_at - days

    async def _make_ready(self) -> None:
        if self._is_swept():
            await self._refresh()
        else:
            await self._sweep()
        self._ready = True

    async def _sweep(self) -> None:
        run = self._run
        page = await run.activecampaign.highest_contact_id()
        began = stamp(page.served_at or run.started_at)
        run.ledger.clear_index()
        highest = page.contacts[0].id if page.contacts else 0
        await self._read(Selection(), highest)
        run.ledger.set_index_fact(_SWEPT, began)
        run.ledger.set_index_fact(_REFRESHED, began)

    async def _refresh(self) -> None:
        """Read again what changed since the last reading, an hour of overlap included."""
        run = self._run
        last = run.ledger.index_fact(_REFRESHED)
        if last is None:
            await self._sweep()
            return
        page = await run.activecampaign.highest_contact_id()
        highest = page.contacts[0].id if page.contacts else 0
        since = datetime.fromisoformat(last) - OVERLAP
        await self._read(Selection(updated_after=since), highest)
        run.ledger.set_index_fact(_REFRESHED, stamp(page.served_at or run.started_at))

    async def _read(self, selection: Selection, highest: int) -> None:
        run = self._run
        reader = BlockReader(run.activecampaign, selection, self._warn)
        # one block: the whole id space in one rising stream
        for block in cut_into_blocks(highest, expected=0):
            async for page in reader.pages(block):
                run.stop.check()
                run.ledger.index_contacts(
                    [_indexed(contact) for contact in page if not contact.erased],
                    erased=[contact.id for contact in page if contact.erased],
                )

    def _warn(self, words: str) -> None:
        self._run.warn_once(self._warned, words)


def _indexed(contact: Contact) -> Indexed:
    return Indexed(contact.id, contact.email.lower(), contact.lists)
