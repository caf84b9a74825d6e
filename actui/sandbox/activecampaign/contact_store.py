"""The contacts, lazily generated: only rows that changed are kept."""

from __future__ import annotations

from collections.abc import Callable

from actui.sandbox.activecampaign.rows import Contact
from actui.sandbox.activecampaign.seeded_contacts import (
    contact_created,
    contact_email,
    contact_id,
    contact_index,
    contact_updated,
    seeded_contact,
)
from actui.sandbox.compact_rows import CompactRows
from actui.sandbox.people import person_number
from actui.sandbox.sorted_ids import SortedIds
from actui.sandbox.switches import Switches


class ContactStore:
    """Contacts by id, by address and in the order of their addresses.

    `get` is for reading; whoever changes a row takes it with `edit`, which keeps it.
    """

    def __init__(self, seed: int, count: int, switches: Switches) -> None:
        self._seed = seed
        self._count = count
        self._switches = switches
        self._kept = CompactRows(Contact)
        self._addresses: dict[str, int] = {}
        self._by_address: list[int] | None = None
        self.ids = SortedIds(contact_id(index) for index in range(count))
        self._next_id = contact_id(count) if count else 1
        self._totals: dict[str, int] = {}

    def _seeded_index(self, number: int) -> int | None:
        index = contact_index(number)
        return index if index is not None and index < self._count else None

    def get(self, number: int) -> Contact | None:
        """A row to read, None where there is none."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept
        index = self._seeded_index(number)
        if index is None or number not in self.ids:
            return None
        return seeded_contact(self._seed, index)

    def edit(self, number: int) -> Contact | None:
        """A row to change."""
        self.forget_totals()
        row = self.get(number)
        if row is not None:
            self._kept.keep(number, row)
        return row

    def create(self, email: str, now: int) -> Contact:
        """A new contact with the next id; ids of deleted ones never come back (§10)."""
        self.forget_totals()
        row = Contact(self._next_id, email, now, now)
        self._next_id += 1
        self._kept.keep(row.id, row)
        self._note_address(row)
        self.ids.append(row.id)
        self._by_address = None
        return row

    def delete(self, row: Contact) -> None:
        """Take a contact away for good."""
        self.forget_totals()
        self._kept.drop(row.id)
        self._forget_address(row)
        self.ids.discard(row.id)
        self._by_address = None

    def rename(self, row: Contact, email: str) -> None:
        """Give a kept row another address."""
        self._forget_address(row)
        row.email = email
        self._note_address(row)
        self._by_address = None

    def _note_address(self, row: Contact) -> None:
        """As it is, and in small letters unless somebody else has that very form."""
        if row.email:
            self._addresses[row.email] = row.id
            self._addresses.setdefault(row.email.lower(), row.id)

    def _forget_address(self, row: Contact) -> None:
        for key in (row.email, row.email.lower()):
            if self._addresses.get(key) == row.id:
                del self._addresses[key]

    def find_email(self, email: str) -> int | None:
        """The id of the contact with this address, whatever its letter case unless switched."""
        exact = self._switches["email-matching"] == "exact"
        found = self._find(email.lower(), email if exact else email.lower())
        return None if exact and found is not None and self.email_of(found) != email else found

    def _find(self, lowered: str, key: str) -> int | None:
        if not lowered:
            return None
        known = self._addresses.get(key)
        if known is not None:
            return known
        number = person_number(lowered)
        if number is None or not 1 <= number <= self._count:
            return None
        found = contact_id(number - 1)
        if found not in self.ids:
            return None
        return found if self.email_of(found).lower() == lowered else None

    def forget_totals(self) -> None:
        """What was counted may have changed."""
        self._totals.clear()

    def total(self, question: str, count: Callable[[], int]) -> int:
        """The answer to a counting question, kept until any row is taken to be changed.

        Every page of a filtered listing asks the same one, and counting looks at every row.
        """
        if question not in self._totals:
            self._totals[question] = count()
        return self._totals[question]

    def email_of(self, number: int) -> str:
        """The address alone, without generating the row."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept.email
        index = self._seeded_index(number)
        return "" if index is None else contact_email(self._seed, index)

    def updated_of(self, number: int) -> int:
        """The change stamp alone."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept.updated
        index = self._seeded_index(number)
        return 0 if index is None else contact_updated(self._seed, index)

    def created_of(self, number: int) -> int:
        """The creation stamp alone."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept.created
        index = self._seeded_index(number)
        return 0 if index is None else contact_created(self._seed, index)

    def by_address(self) -> list[int]:
        """All ids in the order of the addresses, the order of an unordered listing (§3.1)."""
        if self._by_address is None:
            every = self.ids.between(None, None)
            self._by_address = sorted(every, key=lambda number: self.email_of(number).lower())
        return self._by_address
