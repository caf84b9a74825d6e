"""One contact becomes one entry of `PUT /profiles`, or a reason why not (sync/README.md §3).

Long because links, mappings and rules of one contact decide together about its entry.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from decimal import Decimal
from itertools import product

from actui.model.addresses import clean, spellings
from actui.model.consent import LEGISLATION_PROPERTY, LEGISLATIONS, OBJECTIVE_PROPERTIES
from actui.model.goals import LIST_STATUSES, ListStatus
from actui.model.journal import SumKey
from actui.model.mapping import (
    ImportMapping,
    Rule,
    WhenEmpty,
    is_custom,
    perstag,
)
from actui.model.omitted import CLEANED, NOTHING, Omitted
from actui.model.records import Contact, ProfileWrite, PropertyWrite
from actui.model.run import Outcome, Reason, Record
from actui.sync.fingerprints import Fingerprint, first_of_entry, of_entry
from actui.sync.importing.values import Converted, convert, fit, number, plain
from actui.sync.limits import ENTRY_BYTES, LONGEST_LOOKUP, entry_size, longest_json, lookup_size
from actui.sync.resolve import Accounts
from actui.sync.resolved_goals import ResolvedImport
from actui.sync.run.warnings import Warnings

NEW_PROFILES_ONLY = "NEW_PROFILES_ONLY"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one contact asks BlueConic to do; `sums` are remembered once it has been done.

    `barred` names the goal's lists it is on, where none of them may create its profile.
    `omitted` is what is not sent because it does not fit. `required` are the (property, value) that
    the profile must carry where it is named by its id: the goal's other links. `unmatched` is the
    reason where no profile is found.
    """

    contact: Contact
    write: ProfileWrite
    fingerprint: Fingerprint
    sums: Mapping[SumKey, str] = field(default_factory=dict)
    has_increment: bool = False
    barred: str = ""
    omitted: Omitted = NOTHING
    required: tuple[tuple[str, str], ...] = ()
    unmatched: Reason = Reason.NO_MATCH


@dataclass(frozen=True, slots=True)
class _Link:
    """A linked property: the value to send, and all spellings in which a profile may hold it.

    `uncleaned` is an address as ActiveCampaign stores it, without blanks around it.
    """

    name: str
    value: str
    spellings: tuple[str, ...]
    uncleaned: str

    @property
    def uncleaned_alone(self) -> _Link:
        """The link by its address as it is stored, and no other spelling but in lower case."""
        if len(self.spellings) == 1:
            return self
        forms = tuple(dict.fromkeys((self.uncleaned, self.uncleaned.lower())))
        return _Link(self.name, self.uncleaned, forms, self.uncleaned)

    @property
    def is_odd(self) -> bool:
        """Whether there are other spellings than those of letter case."""
        return not {self.value, self.value.lower()}.issuperset(self.spellings)


_LISTS_TOLD = 3
_UNREADABLE = "which cannot be read in ActiveCampaign's answer"
_UNFIT = "which the BlueConic property cannot hold"
_LEFT_OUT = f"as one person may take at most {ENTRY_BYTES:,} bytes of a request to BlueConic"
_UNREAD = "ActiveCampaign's answer for this contact alone is larger than actui reads"
_LONG_IDENTIFIERS = f"the values of its links take more than {LONGEST_LOOKUP:,} bytes"


@dataclass(frozen=True, slots=True)
class _Step:
    remember: str
    add: Decimal


class EntryBuilder:
    """Turns contacts into entries for one goal; pure."""

    def __init__(self, goal: ResolvedImport, accounts: Accounts, zone: tzinfo) -> None:
        self._goal = goal.settings
        self._accounts = accounts
        self._zone = zone
        self._selected = {selected.list.id: selected for selected in goal.lists}
        self._statuses = self._goal.read_statuses
        self._sources: dict[str, list[str]] = {}
        for mapping in self._goal.mappings:
            self._sources.setdefault(mapping.property, []).append(mapping.field)
        self._reads_email = "email" in {
            *(link.field for link in self._goal.identifiers),
            *(mapping.field for mapping in self._goal.mappings),
        }
        self.sum_mappings = [one for one in self._goal.mappings if one.rule is Rule.SUM]
        self._warnings = Warnings()

    def sum_keys(self, contacts: Iterable[Contact]) -> list[SumKey]:
        """What is remembered of contacts for the goal's Sums."""
        return [_sum_key(contact, mapping) for contact in contacts for mapping in self.sum_mappings]

    def belongs(self, contact: Contact) -> bool:
        """Whether the goal reads this contact at all: list and status by its own rows.

        One whose rows are too large to be read is taken for what it was listed as.
        """
        if contact.too_large:
            return True
        if self._goal.contacts == "lists":
            return bool(self._on(contact))
        if self._statuses is None:
            return True
        return any(status in self._statuses for status in contact.lists.values())

    def _on(self, contact: Contact) -> list[int]:
        statuses = self._statuses or frozenset(LIST_STATUSES)
        return [i for i in self._selected if contact.lists.get(i) in statuses]

    def _may_create(self, contact: Contact) -> bool:
        if self._goal.contacts == "all":
            return self._goal.create_profiles
        return any(self._selected[i].create_profiles for i in self._on(contact))

    def build(  # noqa: PLR0911  one for each reason
        self, contact: Contact, remembered: Mapping[SumKey, str]
    ) -> Entry | Record:
        """The entry, or the outcome of a contact that needs no write."""
        if contact.erased:
            return _record(contact, Outcome.SKIPPED, Reason.ERASED)
        if contact.too_large:
            return _record(contact, Outcome.REJECTED, Reason.TOO_LARGE, _UNREAD)
        links: list[_Link] = []
        profile_id: str | None = None
        for link in self._goal.identifiers:
            stored = contact.value(link.field)
            raw = clean(stored) if link.field == "email" else stored.strip()
            if not raw:
                return _record(contact, Outcome.SKIPPED, Reason.NO_IDENTIFIER, link.field)
            if link.property is None:
                if profile_id not in (None, raw):
                    return _record(contact, Outcome.SKIPPED, Reason.NO_MATCH)
                profile_id = raw
                continue
            value = self._identifier(link.property, raw)
            if value is None:
                return _record(contact, Outcome.REJECTED, Reason.INVALID_IDENTIFIER, link.field)
            if link.field == "email":
                uncleaned = self._identifier(link.property, stored.strip()) or value
                links.append(_Link(link.property, value, _spellings(stored, value), uncleaned))
            else:
                links.append(_Link(link.property, value, (value,), value))
        if lookup_size([profile_id or "", *(link.value for link in links)]) > LONGEST_LOOKUP:
            return _record(contact, Outcome.REJECTED, Reason.TOO_LARGE, _LONG_IDENTIFIERS)
        writes, sums = self._writes(contact, remembered)
        create = profile_id is None and self._may_create(contact)
        cleaned = self._cleaned(contact, writes)
        write = self._within_limit(self._write(contact, cleaned, links, profile_id, create))
        if write is None:
            self._warnings.take()  # of a person who is not sent nothing is left out
            return _record(contact, Outcome.REJECTED, Reason.TOO_LARGE, _LONG_IDENTIFIERS)
        digested = write
        if any(link.is_odd for link in links) or contact.email != clean(contact.email):
            # digests are made of the address as it is stored, whatever else is looked for: cleaning
            # and further spellings send nobody again
            before = [link.uncleaned_alone for link in links]
            kept = {one.property for one in write.writes}
            as_stored = [one for one in writes if one.property in kept]
            digested = self._write(contact, as_stored, before, profile_id, create)
        increments = any(w.strategy == Rule.SUM.strategy for w in writes)
        barred = "" if create or profile_id else self._barred(contact)
        fingerprint, omitted = self._fingerprint(contact, digested), self._warnings.take()
        required = tuple((link.name, link.value) for link in links) if profile_id else ()
        return Entry(contact, write, fingerprint, sums, increments, barred, omitted, required)

    def _write(
        self,
        contact: Contact,
        writes: Sequence[PropertyWrite],
        links: Sequence[_Link],
        profile_id: str | None,
        create: bool,
    ) -> ProfileWrite:
        if create:
            written = {write.property for write in writes}
            writes = [
                *writes,
                *(
                    PropertyWrite(link.name, (link.value,), "SET", NEW_PROFILES_ONLY)
                    for link in links
                    if link.name not in written
                ),
            ]
        new = self._goal.new_profiles
        return ProfileWrite(
            identifier=str(contact.id),
            writes=tuple(writes),
            matching=() if profile_id else _groups(links),
            profile_id=profile_id,
            create=create,
            legislation=new.privacy_legislation if create else None,
            permission_level=new.permission_level if create else None,
            domain_group=new.domain_group if create else None,
        )

    def _cleaned(
        self, contact: Contact, writes: Sequence[PropertyWrite]
    ) -> Sequence[PropertyWrite]:
        """The writes with the contact's address as it may be sent; cleaning it adds a warning."""
        if contact.email == clean(contact.email):
            return writes
        if self._reads_email:
            self._warnings.add("email", (contact.email,), CLEANED)
        addresses = {m.property for m in self._goal.mappings if m.field == "email"}
        return [
            replace(write, values=tuple(clean(value) for value in write.values))
            if write.property in addresses
            else write
            for write in writes
        ]

    def _within_limit(self, write: ProfileWrite) -> ProfileWrite | None:
        """The entry without its longest values, where it is larger than BlueConic may take.

        None where that leaves too much: without what it is found by, a new profile would be made
        again in every run.
        """
        kept = list(write.writes)
        if sum(longest_json((one.property, *one.values)) for one in kept) <= ENTRY_BYTES:
            return write
        linked = {link.property for link in self._goal.identifiers}
        while entry_size(replace(write, writes=tuple(kept))) > ENTRY_BYTES:
            others = [one for one in kept if one.property not in linked]
            if not others:
                return None
            longest = max(others, key=lambda one: longest_json(one.values))
            kept.remove(longest)
            for name in self._sources.get(longest.property, [longest.property]):
                self._warnings.add(name, longest.values, _LEFT_OUT)
        return replace(write, writes=tuple(kept))

    def _barred(self, contact: Contact) -> str:
        if self._goal.contacts == "all":
            return ""
        names = [self._selected[i].list.name for i in self._on(contact)]
        more = f" and {len(names) - _LISTS_TOLD} more" if len(names) > _LISTS_TOLD else ""
        return ", ".join(names[:_LISTS_TOLD]) + more

    def _identifier(self, property_id: str, raw: str) -> str | None:
        known = self._accounts.properties[property_id]
        fitted = convert(raw, known.type, self._zone)
        return fitted.values[0] if len(fitted.values) == 1 and not fitted.dropped else None

    def _writes(
        self, contact: Contact, remembered: Mapping[SumKey, str]
    ) -> tuple[list[PropertyWrite], dict[SumKey, str]]:
        writes: list[PropertyWrite] = []
        sums: dict[SumKey, str] = {}
        for mapping in self._goal.mappings:
            if is_custom(mapping.field) and not contact.shows(perstag(mapping.field)):
                self._warnings.add(mapping.field, ("",), _UNREADABLE)
                continue
            raw = contact.value(mapping.field)
            if mapping.rule is Rule.SUM:
                key = _sum_key(contact, mapping)
                step = self._sum(mapping, raw, remembered.get(key))
                if step is not None:
                    sums[key] = step.remember
                    if step.add:
                        values = (plain(step.add),)
                        strategy = mapping.rule.strategy
                        writes.append(PropertyWrite(mapping.property, values, strategy))
                continue
            target = self._accounts.properties[mapping.property]
            fitted = self._consented(mapping, convert(raw, target.type, self._zone))
            if fitted.dropped:
                self._warnings.add(mapping.field, fitted.dropped, _reason(mapping))
            if fitted.values:
                strategy = mapping.rule.strategy
                writes.append(PropertyWrite(mapping.property, fitted.values, strategy))
            elif not raw.strip() and mapping.when_empty is WhenEmpty.CLEAR:
                writes.append(PropertyWrite(mapping.property, (), "SET"))
        if self._goal.save_lists_to:
            names = self._kept_names(contact, self._goal.save_lists_to)
            if names:
                writes.append(PropertyWrite(self._goal.save_lists_to, names, "ADD"))
        return writes, sums

    def _kept_names(self, contact: Contact, name: str) -> tuple[str, ...]:
        """The list names that the property for them takes; it is made as text where it is new."""
        target = self._accounts.properties.get(name)
        fitted = fit(self._list_names(contact), target.type if target else "SELECT", self._zone)
        if fitted.dropped:
            self._warnings.add(name, fitted.dropped, _UNFIT)
        return fitted.values

    def _consented(self, mapping: ImportMapping, fitted: Converted) -> Converted:
        """Only objectives and legislation zones that exist; BlueConic would store others."""
        if mapping.property in OBJECTIVE_PROPERTIES:
            known: Container[str] = self._accounts.objectives
        elif mapping.property == LEGISLATION_PROPERTY:
            known = LEGISLATIONS
        else:
            return fitted
        kept = tuple(value for value in fitted.values if value in known)
        dropped = tuple(value for value in fitted.values if value not in known)
        return Converted(kept, fitted.dropped + dropped)

    def _sum(self, mapping: ImportMapping, raw: str, last: str | None) -> _Step | None:
        """What to add and what to remember; None when there is nothing new to add."""
        target = self._accounts.properties[mapping.property]
        fitted = convert(raw, target.type, self._zone)
        value = number(fitted.values[0], target.type) if len(fitted.values) == 1 else None
        if value is None or fitted.dropped:
            if raw.strip():
                self._warnings.add(mapping.field, (raw,), "which cannot be summed")
            return None
        if last is None and mapping.sum_start == "baseline":
            return _Step(plain(value), Decimal(0))
        before = Decimal(last) if last is not None else None
        if before == value:
            return None
        delta = value - (before or 0) if mapping.of == "change" else value
        return _Step(plain(value), delta)

    def _list_names(self, contact: Contact) -> tuple[str, ...]:
        if self._goal.contacts == "lists":
            ids = self._on(contact)
        else:
            ids = [i for i, status in contact.lists.items() if status is ListStatus.ACTIVE]
        known = self._accounts.lists
        return tuple(sorted(known[i].name for i in ids if i in known))

    def _fingerprint(self, contact: Contact, write: ProfileWrite) -> Fingerprint:
        """What would be written to the profile, with a Sum's source value in place of its step."""
        others = [w for w in write.writes if w.strategy != Rule.SUM.strategy]
        summed = [(one.property, contact.value(one.field)) for one in self.sum_mappings]
        return Fingerprint(
            of_entry(write, others, summed), lambda: first_of_entry(write, others, summed)
        )


def _sum_key(contact: Contact, mapping: ImportMapping) -> SumKey:
    return SumKey(contact.id, mapping.field, mapping.property)


def _reason(mapping: ImportMapping) -> str:
    if mapping.property == LEGISLATION_PROPERTY or mapping.property in OBJECTIVE_PROPERTIES:
        return "which BlueConic does not know"
    return _UNFIT


def _spellings(stored: str, value: str) -> tuple[str, ...]:
    """The spellings of an address to match, but for those too long to be looked for."""
    found = [one for one in spellings(stored) if lookup_size([one]) <= LONGEST_LOOKUP]
    return tuple(found) or (value,)


def _groups(links: Sequence[_Link]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """All links, in every combination of their spellings: an OR of ANDs (sync/README.md §3)."""
    return tuple(product(*([(link.name, one) for one in link.spellings] for link in links)))


def _record(contact: Contact, outcome: Outcome, reason: Reason, detail: str = "") -> Record:
    return Record(outcome, reason, detail, contact_id=contact.id, email=contact.email)
