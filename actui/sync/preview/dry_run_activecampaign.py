"""ActiveCampaign as a preview shows it to the engine: real to read, and nothing is written.

What may be called is listed here by name, so a call that is new elsewhere cannot write either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from actui.model.errors import RefusedError, ServiceError
from actui.model.goals import ListStatus
from actui.model.memberships import Exclusion, ListRow
from actui.model.preview import Change
from actui.model.records import (
    BatchInfo,
    BulkQueued,
    BulkRefused,
    Contact,
    ContactField,
    ContactList,
    ImportRow,
)
from actui.sync.ports import ActiveCampaign


@dataclass(slots=True)
class RecordedChanges:
    """What would be written about one contact."""

    values: list[Change] = field(default_factory=list)
    lists: list[Change] = field(default_factory=list)


class DryRunActiveCampaign:
    """Reads through `service`; keeps writes until `take` asks for them."""

    def __init__(self, service: ActiveCampaign) -> None:
        self._service = service
        self.traffic = service.traffic
        self.me = service.me
        self.contacts_by_id = service.contacts_by_id
        self.highest_contact_id = service.highest_contact_id
        self.contact = service.contact
        self.outstanding_batches = service.outstanding_batches
        self.activity = service.activity
        self._fields: Sequence[ContactField] = ()
        self._lists: Sequence[ContactList] = ()
        self._exclusions: Sequence[Exclusion] | None = None
        self._by_email: dict[str, Sequence[Contact]] = {}
        self._renamed: dict[str, int] = {}
        self._batches: list[Sequence[ImportRow]] = []
        self._kept: dict[str, RecordedChanges] = {}

    # reading

    async def fields(self) -> Sequence[ContactField]:
        """The account's custom fields."""
        self._fields = await self._service.fields()
        return self._fields

    async def lists(self) -> Sequence[ContactList]:
        """The account's lists."""
        self._lists = await self._service.lists()
        return self._lists

    async def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """The same answer each time: nothing that a preview does changes it."""
        if email not in self._by_email:
            self._by_email[email] = await self._service.contacts_by_email(email)
        return self._by_email[email]

    async def _owner(self, email: str) -> Contact | None:
        """The contact that a write to this address would change."""
        return next(iter(await self.contacts_by_email(email)), None)

    async def exclusions(self) -> Sequence[Exclusion]:
        """Addresses that imports refuse; none where they may not be read."""
        if self._exclusions is None:
            try:
                self._exclusions = await self._service.exclusions()
            except ServiceError:
                self._exclusions = ()
        return self._exclusions

    # what would be written

    async def bulk_import(
        self, rows: Sequence[ImportRow], *, exclude_automations: bool
    ) -> BulkQueued | BulkRefused:
        """Keep what each row would change; the batch is done at once."""
        for row in rows:
            renamed = self._renamed.get(row.email.lower())
            if renamed is not None:
                contact = await self.contact(renamed)
            else:
                contact = await self._owner(row.email)
            kept = self._kept.setdefault(_key(row.email), RecordedChanges())
            kept.values += self._values(contact, row)
            kept.lists += [
                Change(self._list(id_), (), (ListStatus.ACTIVE.value,))
                for id_ in row.subscribe
                if contact is None or contact.lists.get(id_) is not ListStatus.ACTIVE
            ]
        self._batches.append(rows)
        return BulkQueued(str(len(self._batches) - 1))

    async def batch(self, batch_id: str) -> BatchInfo:
        """Completed, but for the addresses that the account excludes (activecampaign.md §7.1)."""
        excluded = await self.exclusions()
        rows = self._batches[int(batch_id)]
        refused = tuple(r.email for r in rows if any(one.catches(r.email) for one in excluded))
        return BatchInfo("completed", failed_emails=refused)

    async def rename_contact(self, contact_id: int, email: str) -> str:
        """Keep the new address and return it.

        Raises RefusedError as the service would (activecampaign.md §6).
        """
        owner = await self._owner(email)
        if owner is not None and owner.id != contact_id:
            raise RefusedError("The address is another contact's.", status=422)
        contact = await self._existing(contact_id)
        self._renamed[email.lower()] = contact_id
        kept = self._kept.setdefault(_key(contact_id), RecordedChanges())
        kept.values.append(Change("email", _one(contact.email), (email,)))
        return email

    async def write_contact(self, contact_id: int, row: ImportRow) -> None:
        """Keep names and fields. Raises RefusedError 404 without such a contact."""
        contact = await self._existing(contact_id)
        self._kept.setdefault(_key(contact_id), RecordedChanges()).values += self._values(
            contact, row
        )

    async def set_list_status(self, contact_id: int, list_id: int, status: ListStatus) -> ListRow:
        """Keep the new status on the list."""
        contact = await self._existing(contact_id)
        before = contact.lists.get(list_id)
        change = Change(self._list(list_id), _one(before.value if before else ""), (status.value,))
        self._kept.setdefault(_key(contact_id), RecordedChanges()).lists.append(change)
        return replace(contact.list_rows.get(list_id) or ListRow(status), status=status)

    async def _existing(self, contact_id: int) -> Contact:
        contact = await self.contact(contact_id)
        if contact is None:
            raise RefusedError("There is no such contact.", status=404)
        return contact

    def take(self, email: str, contact_id: int | None) -> RecordedChanges:
        """What was kept about a person since this was last asked."""
        found = [self._kept.pop(_key(who), RecordedChanges()) for who in (contact_id, email) if who]
        return RecordedChanges(
            [change for kept in found for change in kept.values],
            [change for kept in found for change in kept.lists],
        )

    def _values(self, contact: Contact | None, row: ImportRow) -> list[Change]:
        """The fields of a row that would not stay as they are."""
        tags = {one.id: one.tag for one in self._fields}
        changes = []
        if contact is None:
            changes.append(Change("email", (), (row.email,)))
        for name, value, held in (
            ("firstName", row.first_name, contact.first_name if contact else ""),
            ("lastName", row.last_name, contact.last_name if contact else ""),
            ("phone", row.phone, contact.phone if contact else ""),
        ):
            if value is not None and value != held:
                changes.append(Change(name, _one(held), _one(value)))
        for id_, value in row.fields.items():
            tag = tags.get(id_, str(id_))
            held = contact.fields.get(tag, "") if contact else ""
            if value != held:
                changes.append(Change(f"%{tag}%", _one(held), _one(value)))
        return changes

    def _list(self, list_id: int) -> str:
        return next((one.name for one in self._lists if one.id == list_id), str(list_id))


def _key(who: int | str) -> str:
    return f"contact {who}" if isinstance(who, int) else who.lower()


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()
