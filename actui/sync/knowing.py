"""Knowing before writing: who is a contact already, and how they stand on each list (design §7).

Two ways to learn it, the cheaper one taken: one look-up for each address, or an id-ordered sweep
of all contacts into the ledger's index, a hundred to a request, later refreshed by what changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
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
_ROWS_AT_ONCE = 1_000


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
            alive = [contact for contact in contacts if not contact.erased]
            if not alive:
                continue
            # the same address twice in different cases: the older contact is the one imports reach
            first = min(alive, key=lambda contact: contact.contact_id)
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

    async def newly_made(self, emails: Sequence[str]) -> dict[str, Known]:
        """Contacts that came to be during this run, by whatever costs fewer requests."""
        if self._ready or len(emails) <= PAGE:
            return await self.again(emails)
        wanted = {email.lower() for email in emails}
        found: dict[str, Known] = {}
        since = self._run.started_at - OVERLAP
        async for contact in self._everybody(Selection(updated_after=since)):
            if contact.email.lower() in wanted:
                found[contact.email.lower()] = Known(contact.id, contact.lists)
        return found

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
        began = self._run.started_at
        self._run.ledger.clear_index()
        await self._index(Selection())
        self._run.ledger.set_index_fact(_SWEPT, stamp(began))
        self._run.ledger.set_index_fact(_REFRESHED, stamp(began))

    async def _refresh(self) -> None:
        """Read again what changed since the last reading, an hour of overlap included."""
        last = self._run.ledger.index_fact(_REFRESHED)
        if last is None:
            await self._sweep()
            return
        await self._index(Selection(updated_after=datetime.fromisoformat(last) - OVERLAP))
        self._run.ledger.set_index_fact(_REFRESHED, stamp(self._run.started_at))

    async def _index(self, selection: Selection) -> None:
        read: list[Indexed] = []
        async for contact in self._everybody(selection):
            email = contact.email.lower()
            read.append(Indexed(contact.id, email, contact.lists, contact.erased))
            if len(read) >= _ROWS_AT_ONCE:
                self._run.ledger.index_contacts(read)
                read = []
        self._run.ledger.index_contacts(read)

    async def _everybody(self, selection: Selection) -> AsyncIterator[Contact]:
        """All contacts of a selection in one rising stream."""
        page = await self._run.activecampaign.highest_contact_id()
        highest = page.contacts[0].id if page.contacts else 0
        reader = BlockReader(self._run.activecampaign, selection, self._warn)
        for block in cut_into_blocks(highest, expected=0):
            async for contacts in reader.pages(block):
                self._run.stop.check()
                for contact in contacts:
                    yield contact

    def _warn(self, words: str) -> None:
        self._run.warn_once(self._warned, words)
