"""The account: every row and the few ways in which rows change.

All writers (single calls, bulk import, changes from outside) go through here, so that `udate`
moves and the indexes follow whoever writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from actui.sandbox.activecampaign.campaigns import Campaigns
from actui.sandbox.activecampaign.contact_store import ContactStore
from actui.sandbox.activecampaign.feed import ListChanges
from actui.sandbox.activecampaign.membership_index import MembershipIndex
from actui.sandbox.activecampaign.rows import (
    ACTIVE,
    BOUNCED,
    UNSUBSCRIBED,
    Contact,
    FieldValue,
    Membership,
)
from actui.sandbox.activecampaign.seeded_fields import seeded_fields
from actui.sandbox.activecampaign.seeded_lists import seeded_exclusions, seeded_lists
from actui.sandbox.activecampaign.segments import SegmentRuns
from actui.sandbox.activecampaign.tags import Tagging, Tags
from actui.sandbox.clock import SandboxClock
from actui.sandbox.sorted_ids import SortedIds
from actui.sandbox.switches import Switches


class Account:
    """One ActiveCampaign account."""

    def __init__(self, seed: int, contacts: int, clock: SandboxClock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.url = "http://127.0.0.1"
        self.contacts = ContactStore(seed, contacts, switches)
        self.memberships = MembershipIndex(seed, contacts)
        self.lists = seeded_lists()
        self.fields = seeded_fields()
        self.exclusions = seeded_exclusions()
        # Without contacts there was nobody to send anything to.
        self.campaigns = Campaigns(seed, 6 if contacts else 0)
        self.tags = Tags()
        self.list_changes = ListChanges()
        self.segment_runs = SegmentRuns()
        self.in_automation = SortedIds()
        self.feeds_made: dict[int, float] = {}
        """When each contact was read singly, noted while its feed depends on that (§8.1)."""
        self._last = Counter(
            lists=max(self.lists),
            fields=max(self.fields),
            options=max(one.id for row in self.fields.values() for one in row.options),
            relations=max(self.fields),
        )

    def next_id(self, kind: str) -> int:
        """A number that no row of this kind ever had."""
        self._last[kind] += 1
        return self._last[kind]

    def now(self) -> int:
        """The present in whole seconds, the only resolution there is (§1.4)."""
        return int(self.clock.now())

    def create_contact(self, email: str) -> Contact:
        """A new contact."""
        kept = email.lower() if self.switches["contact-case"] == "lower" else email
        return self.contacts.create(kept, self.now())

    def rename_contact(self, row: Contact, email: str) -> None:
        """Another address for an existing contact."""
        kept = email.lower() if self.switches["contact-case"] == "lower" else email
        self.contacts.rename(row, kept)
        row.updated = self.now()

    def delete_contact(self, row: Contact) -> None:
        """Take a contact and its memberships away (§10)."""
        for list_id, membership in row.memberships.items():
            self.memberships.move(row.id, list_id, membership.status, None)
        self.tags.forget(row.id)
        self.in_automation.discard(row.id)
        self.contacts.delete(row)

    def delete_list(self, number: int) -> None:
        """Take a list away, and everybody off it."""
        for contact in list(self.memberships.members(number, None).between(None, None)):
            row = self.contacts.edit(contact)
            if row is not None:
                held = row.memberships.pop(number)
                self.memberships.move(contact, number, held.status, None)
        del self.lists[number]

    def erase_contact(self, row: Contact) -> None:
        """Blank a contact on the person's request: `anonymized` becomes "1" (§10)."""
        for list_id, membership in row.memberships.items():
            self.memberships.move(row.id, list_id, membership.status, None)
        row.memberships.clear()
        self.tags.forget(row.id)
        if self.switches["erased-contact"] == "blanked":
            row.values.clear()
            self.contacts.rename(row, "")
            row.first_name = row.last_name = row.phone = ""
        row.anonymized = True
        row.updated = self.now()

    def write_profile(self, row: Contact, texts: Mapping[str, str]) -> None:
        """Set `first_name`, `last_name`, `phone`; only keys given are written (§6)."""
        row.first_name = texts.get("first_name", row.first_name)
        row.last_name = texts.get("last_name", row.last_name)
        row.phone = texts.get("phone", row.phone)
        row.updated = self.now()

    def write_field(self, row: Contact, field_id: int, value: str | None) -> bool:
        """Set one custom field; False for an unknown field, which is dropped (§4.2)."""
        if field_id not in self.fields:
            return False
        now = self.now()
        known = row.values.get(field_id)
        if known is None:
            row.values[field_id] = FieldValue(value, now, now)
        else:
            known.value, known.updated = value, now
        row.updated = now
        return True

    def write_status(
        self,
        row: Contact,
        list_id: int,
        status: int,
        *,
        at: int | None = None,
        reason: str = "",
        campaign: str | None = None,
        outside: bool = False,
        automations: bool = True,
    ) -> bool:
        """Set a list status in place (§5.2); False if it was that already.

        `outside` marks an unsubscribe click or a bounce, which may leave `udate` alone (§3.3). A
        contact that joins a list enters the automation, once, unless `automations` is off.
        """
        now = self.now() if at is None else at
        known = row.memberships.get(list_id)
        if known is not None and known.status == status:
            return False
        self.memberships.move(row.id, list_id, known.status if known else None, status)
        if known is None:
            known = Membership(status, now, None, now, now)
            row.memberships[list_id] = known
        known.status, known.updated = status, now
        if status == UNSUBSCRIBED:
            known.left, known.reason, known.campaign = now, reason, campaign
        elif status == ACTIVE:
            known.joined, known.left, known.reason = now, None, ""
        if status == BOUNCED:
            row.bounced_hard += 1
            row.bounced_at = now
        if status == ACTIVE and automations and row.entered is None:
            row.entered = now
            self.in_automation.add(row.id)
        self.list_changes.add(now, row.id, list_id)
        if not outside or self.switches["list-writes-bump-udate"] == "yes":
            row.updated = self.now()
        return True

    def put_tag(self, row: Contact, tag: int) -> Tagging:
        """Add a tag to a contact, which moves `udate` (§3.3)."""
        row.updated = self.now()
        return self.tags.put(row.id, tag, row.updated)

    def put_named_tags(self, row: Contact, names: Iterable[str]) -> None:
        """Add tags by name; missing tags are created (§7.1)."""
        for name in filter(None, names):
            tag = self.tags.named(name) or self.tags.add(name, "", self.now())
            self.put_tag(row, tag.id)

    def shown_values(self, row: Contact) -> Iterator[tuple[int, FieldValue]]:
        """The field values of a contact, with those of fields deleted since (§11 no. 11)."""
        every = self.switches["values-of-deleted-fields"] == "left-behind"
        for field_id, held in row.values.items():
            if every or field_id in self.fields:
                yield field_id, held

    def is_excluded(self, email: str) -> bool:
        """Is the address on the exclusion list (§5.5)?"""
        return any(row.catches(email) for row in self.exclusions)
