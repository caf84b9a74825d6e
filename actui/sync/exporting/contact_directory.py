"""Who is a contact already, and with which status on each list (sync/README.md §5).

Two ways to learn it, the cheaper one taken: a look-up for each spelling of each address, or an
id-ordered sweep of all contacts into the ledger's index, a hundred to a request, later refreshed
by what changed. The sweep finds every spelling, a look-up those that can be thought of.
Links other than the e-mail address can be looked up in the index alone.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from actui.model.addresses import canonical, spellings
from actui.model.goals import ANY_LIST, ListStatus
from actui.model.journal import Block, Indexed
from actui.model.records import Contact, ContactPage
from actui.sync.erasure import without_forgotten
from actui.sync.importing.blocks import BEYOND, PAGE, BlockReader, Selection, cut_into_blocks
from actui.sync.limits import LONGEST_LOOKUP, lookup_size
from actui.sync.match_keys import UNREADABLE_VALUE, contact_value, key_fields
from actui.sync.run.goal_run import OVERLAP, GoalRun
from actui.sync.run.meter import stamp

_SWEPT = "swept"
_REFRESHED = "refreshed"
_FIELDS = "fields"
_UNCOUNTED = "uncounted"
_SPELLED = "spelled"
_BOUNCED = "bounced"
_UNREADABLE = "unreadable"
_ROWS_AT_ONCE = 1_000
UNREADABLE_ROWS = (
    "ActiveCampaign's answers hold list rows that cannot be read; whom they are about was not put "
    "on those lists: look at these people's lists in ActiveCampaign."
)


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact as it stood at the last reading; `values` are those of linked fields.

    `left` is when it unsubscribed from a list, where that is known.
    """

    contact_id: int
    email: str
    lists: Mapping[int, ListStatus]
    erased: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    bounces: int = 0
    left: Mapping[int, datetime] = field(default_factory=dict)
    hard_bounces: int = 0

    @property
    def has_bounced(self) -> bool:
        """Whether mail to it bounced for good, on whatever list of the account."""
        return self.hard_bounces > 0 or ListStatus.BOUNCED in self.lists.values()


@dataclass(frozen=True, slots=True)
class AddressHolders:
    """All contacts that have one address in any spelling: the living first, then the oldest."""

    contacts: tuple[KnownContact, ...] = ()

    def exact(self, email: str) -> KnownContact | None:
        """The contact with this very spelling, whatever its case; none that was erased.

        Where case counts several can have it (activecampaign.md §6): then the one in this case.
        """
        lower = email.lower()
        same = [one for one in self.living if one.email.lower() == lower]
        return next((one for one in same if one.email == email), same[0] if same else None)

    @property
    def living(self) -> list[KnownContact]:
        return [one for one in self.contacts if not one.erased]

    @property
    def inactive_lists(self) -> dict[int, KnownContact]:
        """The lists on which any of them has a row that is not active, with who has it."""
        return inactive_lists(self.contacts)


NOBODY = AddressHolders()


def first_bounced(contacts: Iterable[KnownContact]) -> KnownContact | None:
    """The first of the contacts to whom mail has bounced for good."""
    return next((contact for contact in contacts if contact.has_bounced), None)


def inactive_lists(contacts: Iterable[KnownContact]) -> dict[int, KnownContact]:
    """The lists on which one of the contacts has a row that is not active, and which has it."""
    return {
        list_id: contact
        for contact in contacts
        for list_id, status in contact.lists.items()
        if status is not ListStatus.ACTIVE
    }


def lookups(emails: Iterable[str]) -> list[str]:
    """What to ask ActiveCampaign for to find an address that is stored in these spellings.

    Nothing that no URL could hold.
    """
    forms = dict.fromkeys(form for email in emails for form in spellings(email))
    return [form for form in forms if lookup_size([form]) <= LONGEST_LOOKUP]


class ContactDirectory:
    """Looks up contacts for one goal in one run."""

    def __init__(self, goal_run: GoalRun, lists: Collection[int]) -> None:
        """`lists` are the ids of the goal's lists."""
        self._run = goal_run
        self._index = goal_run.ledger.contact_index
        self._lists = lists
        self._ready = False
        self.unreadable_fields: set[str] = set()
        """Linked fields of which the index holds a value that cannot be read."""
        self._total: int | None = None
        self._is_new = False
        """Whether this run has read every contact of the index."""
        self._read_again = 0
        """Requests that reading contacts again has cost since the index was read as a whole."""
        # one index serves all goals of the connection
        exports = goal_run.connection.exports
        self._fields = sorted({key for one in exports for key in key_fields(one.settings)} - {"id"})

    async def prepare(self, addresses: int, *, needs_index: bool) -> None:
        """Choose between look-ups and the index; `addresses` is how many look-ups may come."""
        if not self._ready and (needs_index or await self._sweep_is_cheaper(addresses)):
            await self._make_ready()

    async def by_email(self, emails: Iterable[str]) -> dict[str, AddressHolders]:
        """Who has each address, by its canonical form; `emails` may spell one in several ways."""
        if not self._ready:
            return await self.look_up(emails)
        rows = self._index.by_email({canonical(email) for email in emails})
        return {
            form: _holders([known for one in found if (known := await self._fresh(one))])
            for form, found in rows.items()
        }

    async def by_id(self, ids: Iterable[int]) -> dict[int, KnownContact]:
        """Contacts that exist; one that the index lacks is asked for, so absent means gone."""
        wanted = set(ids)
        found: dict[int, KnownContact] = {}
        if self._ready:
            indexed = self._index.by_id(wanted)
            fresh = [(id_, await self._fresh(one)) for id_, one in indexed.items()]
            found = {id_: known for id_, known in fresh if known is not None}
        for contact_id in sorted(wanted - found.keys()):
            self._run.stop.check()
            contact = await self._run.activecampaign.contact(contact_id)
            if contact is not None:
                found[contact_id] = self._seen(contact)
        return found

    async def by_value(self, name: str, values: Sequence[str]) -> set[int]:
        """The contacts whose linked field holds one of these values; needs the index."""
        if name == "id":
            return set((await self.by_id(int(value) for value in values)).keys())
        found = self._index.by_value(name, values)
        return {contact for contacts in found.values() for contact in contacts}

    async def look_up(self, emails: Iterable[str]) -> dict[str, AddressHolders]:
        """Ask ActiveCampaign about each address now, in every spelling of it."""
        found: dict[str, dict[int, KnownContact]] = {}
        for email in lookups(emails):
            self._run.stop.check()
            for contact in await self._run.activecampaign.contacts_by_email(email):
                found.setdefault(canonical(email), {})[contact.id] = self._seen(contact)
        return {form: _holders(contacts.values()) for form, contacts in found.items()}

    async def again(self, emails: Sequence[str]) -> dict[str, AddressHolders]:
        """The same, read again, as contacts may have changed since."""
        if self._ready and len(emails) > 2:
            await self._refresh()
            found = await self.by_email(emails)
            await self._read({one.contact_id for held in found.values() for one in held.contacts})
            return await self.by_email(emails)
        return await self.look_up(emails)

    async def read_again(self, ids: set[int]) -> bool:
        """Read contacts of the index again, unless this run has read them all; whether it did.

        A bounce may not move the stamp by which the index is refreshed (activecampaign.md §3.3,
        unsure). Where that comes to cost as many requests as the whole index, that is read anew
        instead: all of this never costs more than reading the account twice.
        """
        if not (self._ready and ids) or self._is_new:
            return False
        await self._read(ids)
        return True

    async def _read(self, ids: set[int]) -> None:
        """Read these contacts into the index, or all of it once that costs no more."""
        if not ids:
            return
        most = -(-self._index.size() // PAGE)
        reader = BlockReader(self._run.activecampaign, Selection(ids=frozenset(ids)), self._warn)
        async for contacts in reader.pages(Block(0, min(ids) - 1, max(ids) + 1)):
            self._run.stop.check()
            self._keep([self._indexed(contact) for contact in contacts])
            self._read_again += 1
            if self._read_again > most:
                self._read_again = 0
                await self._sweep()
                await self._look_at_unreadable()
                return

    async def newly_made(self, emails: Sequence[str], since: datetime) -> dict[str, AddressHolders]:
        """Contacts that were created since then, by whatever costs fewer requests."""
        wanted = {canonical(email): email for email in emails}
        met: dict[str, list[KnownContact]] = {}
        if len(wanted) > 2:
            async for contact in self._everybody(Selection(created_after=since - OVERLAP)):
                form = canonical(contact.email)
                if form in wanted:
                    met.setdefault(form, []).append(self._seen(contact))
        found = {form: _holders(contacts) for form, contacts in met.items()}
        # an address that was somebody's already, or that is stored in another form
        rest = [email for form, email in wanted.items() if form not in found]
        return found | await self.look_up(rest)

    async def _fresh(self, one: Indexed) -> KnownContact | None:
        """A contact of the index; one with a row that could not be read is read again now."""
        if ListStatus.UNREADABLE not in one.lists.values():
            return _known(one)
        self._run.stop.check()
        contact = await self._run.activecampaign.contact(one.contact_id)
        return None if contact is None else self._seen(contact)

    def _by_list(self, lists: Mapping[int, ListStatus]) -> Mapping[int, ListStatus]:
        """The statuses on lists; a row without a list may be about any of the goal's."""
        if ListStatus.UNREADABLE not in lists.values():
            return lists
        found = dict(lists)
        if found.pop(ANY_LIST, None) is not None:
            found = {**dict.fromkeys(self._lists, ListStatus.UNREADABLE), **found}
        if any(found.get(id_) is ListStatus.UNREADABLE for id_ in self._lists):
            self._warn(UNREADABLE_ROWS)
        return found

    def _seen(self, contact: Contact) -> KnownContact:
        return KnownContact(
            contact.id,
            contact.email,
            self._by_list(contact.lists),
            contact.erased,
            {name: contact_value(contact, name) for name in self._fields},
            contact.bounced_hard + contact.bounced_soft,
            contact.left,
            contact.bounced_hard,
        )

    async def _sweep_is_cheaper(self, addresses: int) -> bool:
        if self._is_swept():
            # a refresh reads what changed lately: a page or a few
            return addresses > 2
        if self._total is None:
            page = await self._run.activecampaign.highest_contact_id()
            self._total = page.total if page.total is not None else 0
        return addresses > -(-self._total // PAGE) + 2

    def _is_swept(self) -> bool:
        swept, fields = self._index.fact(_SWEPT), self._index.fact(_FIELDS)
        if swept is None or fields != json.dumps(self._fields):
            return False
        if self._index.fact(_SPELLED) is None:
            return False  # an index of an older form lacks the contacts' own spellings
        if self._index.fact(_BOUNCED) is None:
            return False  # or how often mail to them has bounced
        if self._index.fact(_UNREADABLE) is None:
            return False  # or list rows that cannot be read
        return self._run.is_recent(swept)

    async def _make_ready(self) -> None:
        if self._is_swept():
            await self._refresh()
        else:
            await self._sweep()
        await self._look_at_unreadable()
        self._ready = True

    async def _look_at_unreadable(self) -> None:
        """Read contacts again whose linked fields could not be read: any profile may be theirs."""
        found = [self._index.by_value(name, [UNREADABLE_VALUE]) for name in self._fields]
        ids = {id_ for by_value in found for contacts in by_value.values() for id_ in contacts}
        for contact_id in sorted(ids):
            self._run.stop.check()
            contact = await self._run.activecampaign.contact(contact_id)
            if contact is not None:
                one = self._indexed(contact)
                self._keep([one])
                self.unreadable_fields |= {
                    name for name, value in one.values.items() if value == UNREADABLE_VALUE
                }

    async def _sweep(self) -> None:
        index, began = self._index, self._run.started_at
        index.clear()
        total = await self._read_selection(Selection())
        self._is_new = True
        index.set_fact(_UNCOUNTED, str(total - index.size()))
        index.set_fact(_FIELDS, json.dumps(self._fields))
        index.set_fact(_SPELLED, "own")
        index.set_fact(_BOUNCED, "counted")
        index.set_fact(_UNREADABLE, "kept")
        if self._run.is_dated:
            index.set_fact(_REFRESHED, stamp(began))
            index.set_fact(_SWEPT, stamp(began))

    async def _refresh(self) -> None:
        """Read again what changed since the last reading, an hour of overlap included.

        Nobody tells of contacts that were deleted (activecampaign.md §10), but their number does:
        when it does not fit any more, everything is read again.
        """
        last = self._index.fact(_REFRESHED)
        if last is None or datetime.fromisoformat(last) > self._run.started_at:
            await self._sweep()
            return
        since = datetime.fromisoformat(last) - OVERLAP
        total = await self._read_selection(Selection(updated_after=since))
        if total - self._index.size() != int(self._index.fact(_UNCOUNTED) or 0):
            await self._sweep()
            return
        if self._run.is_dated:
            self._index.set_fact(_REFRESHED, stamp(self._run.started_at))

    async def _read_selection(self, selection: Selection) -> int:
        """Read a selection into the index; how many contacts the account claims to have."""
        page = await self._run.activecampaign.highest_contact_id()
        read: list[Indexed] = []
        async for contact in self._everybody(selection, page):
            read.append(self._indexed(contact))
            if len(read) >= _ROWS_AT_ONCE:
                self._keep(read)
                read = []
        self._keep(read)
        return page.total or 0

    def _indexed(self, contact: Contact) -> Indexed:
        return Indexed(
            contact.id,
            contact.email,
            contact.lists,
            contact.erased,
            {name: contact_value(contact, name) for name in self._fields},
            contact.left,
            contact.bounced_hard,
        )

    def _keep(self, read: list[Indexed]) -> None:
        self._index.save(without_forgotten(read, self._run.forgotten))

    async def _everybody(
        self, selection: Selection, last: ContactPage | None = None
    ) -> AsyncIterator[Contact]:
        """All contacts of a selection in one rising stream."""
        if last is None:
            last = await self._run.activecampaign.highest_contact_id()
        if last.beyond:
            self._warn(BEYOND)
        highest = last.contacts[0].id if last.contacts else 0
        reader = BlockReader(self._run.activecampaign, selection, self._warn)
        for block in cut_into_blocks(highest, expected=0):
            async for contacts in reader.pages(block):
                self._run.stop.check()
                for contact in contacts:
                    yield contact

    def _warn(self, words: str) -> None:
        self._run.warn_once(words)


def _holders(contacts: Iterable[KnownContact]) -> AddressHolders:
    return AddressHolders(tuple(sorted(contacts, key=lambda one: (one.erased, one.contact_id))))


def _known(one: Indexed) -> KnownContact:
    return KnownContact(
        one.contact_id,
        one.email,
        one.lists,
        one.erased,
        one.values,
        left=one.left,
        hard_bounces=one.hard_bounces,
    )
