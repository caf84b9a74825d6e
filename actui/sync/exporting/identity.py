"""Which contact a profile is (sync/README.md §6): never a second one for the same person.

The contact is the one with exactly this address, letter case aside; without one, a contact with
another spelling of it. A list is closed to a person who left it under any spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from actui.model.addresses import canonical
from actui.model.goals import ExportGoal, ListStatus
from actui.model.mapping import is_custom, perstag
from actui.model.omitted import OmittedList
from actui.model.records import ImportRow
from actui.model.run import Outcome, Reason, Record
from actui.sync.exporting.contact_directory import (
    NOBODY,
    AddressHolders,
    ContactDirectory,
    KnownContact,
    first_bounced,
    inactive_lists,
)
from actui.sync.exporting.payload import Payload, is_importable
from actui.sync.match_keys import UNREADABLE_VALUE, key_fields
from actui.sync.run.goal_run import GoalRun
from actui.sync.run.meter import stamp

_UNREADABLE_LINK = "ActiveCampaign's answer about a contact's linked field cannot be read"


@dataclass(frozen=True, slots=True)
class Person:
    """A profile whose contact is settled.

    `contact` None means there is none yet. `row` goes to its e-mail; without one only `contact`
    can be written, by its id. With `rename` the contact gets that address first. `list_status`
    is the status on each list that keeps it from being joined: the contact's own rows and those of
    the contacts in `kept_out`, each by a list on which it is not active: it was this person before,
    or has the same address in another spelling. `others` are the ids of all such contacts.
    `bounced` is the one of them all to whom mail has bounced: this person is put on no list.
    """

    payload: Payload
    contact: KnownContact | None
    row: ImportRow
    rename: bool = False
    list_status: Mapping[int, ListStatus] = field(default_factory=dict)
    kept_out: Mapping[int, KnownContact] = field(default_factory=dict)
    others: frozenset[int] = frozenset()
    bounced: KnownContact | None = None

    @property
    def contact_ids(self) -> frozenset[int]:
        """Every contact that is or was this person."""
        return self.others | ({self.contact.contact_id} if self.contact is not None else set())


class Identities:
    """Finds the contact of each profile, for one export goal in one run."""

    def __init__(self, goal_run: GoalRun, goal: ExportGoal, directory: ContactDirectory) -> None:
        self._run = goal_run
        self._goal = goal
        self._directory = directory
        self._keys = key_fields(goal)
        self._has_email_link = len(self._keys) < len(goal.identifiers)
        self._holders: dict[str, AddressHolders] = {}

    @property
    def needs_index(self) -> bool:
        """Whether a link can be looked up in the contact index alone."""
        return any(key != "id" for key in self._keys)

    async def of(self, payloads: Sequence[Payload]) -> list[Person | Record]:
        """Return one answer for each payload, in order: the person, or why nothing is sent."""
        self._holders = await self._directory.by_email(
            form for payload in payloads for form in payload.first_spellings
        )
        ids = [profile for payload in payloads for profile in payload.profile_ids]
        links = self._run.ledger.links.contacts_of(ids)
        return [await self._one(payload, links) for payload in payloads]

    async def read_again(
        self,
        payloads: Sequence[Payload],
        people: Sequence[Person | Record],
        joins: Callable[[Person], bool],
    ) -> list[Person | Record]:
        """Return the answers again, by fresh contacts for people for whom `joins` is true."""
        joining: dict[int, Payload] = {}
        ids: set[int] = set()
        for number, (payload, person) in enumerate(zip(payloads, people, strict=True)):
            if isinstance(person, Person) and joins(person):
                joining[number] = payload
                ids |= person.contact_ids
        if not await self._directory.read_again(ids):
            return list(people)
        anew = dict(zip(joining, await self.of(list(joining.values())), strict=True))
        return [anew.get(number, person) for number, person in enumerate(people)]

    async def _one(self, payload: Payload, links: Mapping[str, int]) -> Person | Record:
        remembered = list(dict.fromkeys(links[p] for p in payload.profile_ids if p in links))
        if self._keys:
            return await self._by_keys(payload, remembered)
        exact, similar = self._owners(payload)
        found = exact or (similar[0] if len(similar) == 1 else None)
        alone = len(payload.emails) == 1 and found is not None
        if alone and found is not None and all(id_ == found.contact_id for id_ in remembered):
            return await self._person(payload, found, ())
        known = await self._directory.by_id(remembered)
        before = [known[id_] for id_ in remembered if id_ in known and not known[id_].erased]
        wanted = {email.lower() for email in payload.emails}
        same = next((one for one in before if one.email.lower() in wanted), exact)
        forms = {canonical(email) for email in payload.emails}
        same = same or next((one for one in before if canonical(one.email) in forms), found)
        if same is not None:
            return await self._person(payload, same, before)
        if similar:
            return payload.record(Outcome.SKIPPED, Reason.AMBIGUOUS_MATCH)
        if before:
            return self._renamed(payload, before[0], before)
        return self._missing(payload, remembered, known) or self._new(payload, ())

    def _owners(self, payload: Payload) -> tuple[KnownContact | None, list[KnownContact]]:
        """The owner of the first address as spelled; without one, those of other spellings."""
        if not payload.emails:
            return None, []
        holders = self._of_first(payload)
        spelled = (holders.exact(one) for one in (payload.emails[0], *payload.first_spellings))
        exact = next((one for one in spelled if one is not None), None)
        return exact, [] if exact else holders.living

    def _of_first(self, payload: Payload) -> AddressHolders:
        return self._holders.get(canonical(payload.emails[0]), NOBODY)

    async def _by_keys(self, payload: Payload, remembered: Sequence[int]) -> Person | Record:
        """Match by links other than the e-mail address: exactly one contact must fit all links."""
        matching: set[int] | None = None
        for name, values in payload.links:
            ids = await self._directory.by_value(name, values)
            matching = ids if matching is None else matching & ids
        known = await self._directory.by_id({*(matching or ()), *remembered})
        living = [id_ for id_ in sorted(matching or ()) if id_ in known and not known[id_].erased]
        candidates = self._with_address(payload, [known[id_] for id_ in living])
        if len(candidates) > 1:
            return payload.record(Outcome.SKIPPED, Reason.AMBIGUOUS_MATCH)
        before = [known[id_] for id_ in remembered if id_ in known and not known[id_].erased]
        if not candidates and any(UNREADABLE_VALUE in one.values.values() for one in before):
            return _unreadable(payload)
        if candidates:
            return await self._matched(payload, candidates[0], before)
        for one in before:
            if self._links_fit(payload, one):
                return await self._matched(self._carrying(payload), one, before)
        gone = self._missing(payload, remembered, known) if not before else None
        return gone or await self._unmatched(self._carrying(payload), before)

    async def _unmatched(  # noqa: PLR0911  one for each reason
        self, payload: Payload, before: Sequence[KnownContact]
    ) -> Person | Record:
        """Without a contact by the links, adopt the owner of the address if its links are empty."""
        if payload.unusable:
            return payload.record(Outcome.REJECTED, Reason.INVALID_EMAIL)
        if not payload.emails:
            return payload.record(Outcome.SKIPPED, Reason.NO_EMAIL)
        exact, similar = self._owners(payload)
        if len(similar) > 1:
            return payload.record(Outcome.SKIPPED, Reason.AMBIGUOUS_MATCH)
        owner = exact or next(iter(similar), None)
        if owner is None:
            if self._directory.unreadable_fields.intersection(self._keys):
                return _unreadable(payload)
            return self._new(payload, before)
        if UNREADABLE_VALUE in (owner.values.get(key) for key in self._keys):
            return _unreadable(payload)
        if "id" in self._keys or any(owner.values.get(key) for key in self._keys):
            return payload.record(
                Outcome.SKIPPED, Reason.EMAIL_OF_ANOTHER_CONTACT, owner.contact_id
            )
        return await self._person(payload, owner, before)

    async def _matched(
        self, payload: Payload, contact: KnownContact, before: Sequence[KnownContact]
    ) -> Person | Record:
        """Rename a matched contact if the profile has another address, unless somebody owns it."""
        forms = {canonical(email) for email in payload.emails}
        if not forms or canonical(contact.email) in forms:
            return await self._person(payload, contact, before)
        exact, similar = self._owners(payload)
        owner = exact or next(iter(similar), None)
        if owner is not None:
            return payload.record(
                Outcome.SKIPPED, Reason.EMAIL_OF_ANOTHER_CONTACT, owner.contact_id
            )
        return self._renamed(payload, contact, before)

    def _with_address(
        self, payload: Payload, contacts: Sequence[KnownContact]
    ) -> Sequence[KnownContact]:
        """Those of the contacts that the e-mail link fits, where the goal has one."""
        if not self._has_email_link:
            return contacts
        wanted = {email.lower() for email in payload.emails}
        forms = {canonical(email) for email in payload.emails}
        exact = [one for one in contacts if one.email.lower() in wanted]
        in_this_case = [one for one in exact if one.email in payload.emails]
        return in_this_case or exact or [one for one in contacts if canonical(one.email) in forms]

    def _links_fit(self, payload: Payload, contact: KnownContact) -> bool:
        """Whether each link of a remembered contact is empty or has the profile's value."""
        return all(
            name == "id" or not contact.values.get(name) or contact.values[name] in values
            for name, values in payload.links
        )

    def _missing(
        self, payload: Payload, remembered: Sequence[int], known: Mapping[int, KnownContact]
    ) -> Record | None:
        """The outcome of a person whose known contact is gone; None if it may be created again."""
        if not remembered:
            return None
        if any(known[id_].erased for id_ in remembered if id_ in known):
            return payload.record(Outcome.SKIPPED, Reason.ERASED, remembered[0])
        if self._goal.recreate_deleted:
            return None
        return payload.record(Outcome.SKIPPED, Reason.DELETED_IN_ACTIVECAMPAIGN, remembered[0])

    def _carrying(self, payload: Payload) -> Payload:
        """The payload with its links as fields, so that the contact is found by them next time."""
        row, fields = payload.row, dict(payload.row.fields)
        linked = {name: values[0] for name, values in payload.links}
        for name, value in linked.items():
            if is_custom(name):
                fields.setdefault(self._run.accounts.fields[perstag(name)].id, value)
        row = replace(
            row,
            first_name=linked.get("firstName") if row.first_name is None else row.first_name,
            last_name=linked.get("lastName") if row.last_name is None else row.last_name,
            phone=linked.get("phone") if row.phone is None else row.phone,
            fields=fields,
        )
        return replace(payload, row=row)

    def _new(self, payload: Payload, before: Sequence[KnownContact]) -> Person:
        """A person without a contact; a list that an erased contact had left stays closed."""
        others = [*before, *self._of_first(payload).contacts]
        row = replace(payload.row, email=payload.emails[0])
        return _person(payload, None, row, others)

    async def _person(
        self, payload: Payload, contact: KnownContact, before: Sequence[KnownContact]
    ) -> Person:
        """A contact that keeps its address: the row goes to its own spelling."""
        form = canonical(contact.email)
        if contact.email and form not in self._holders:
            self._holders |= await self._directory.by_email([contact.email])
        others = [*before, *self._holders.get(form, NOBODY).contacts]
        row = replace(payload.row, email=own_spelling(contact.email))
        return _person(payload, contact, row, others)

    def _renamed(
        self, payload: Payload, contact: KnownContact, before: Sequence[KnownContact]
    ) -> Person:
        """A contact that gets the profile's address, which nobody else has."""
        others = [*before, *self._of_first(payload).contacts]
        row = replace(payload.row, email=payload.emails[0])
        return replace(_person(payload, contact, row, others), rename=True)


def _person(
    payload: Payload, contact: KnownContact | None, row: ImportRow, others: Sequence[KnownContact]
) -> Person:
    own = contact.contact_id if contact is not None else None
    others = [other for other in others if other.contact_id != own]
    inactive = inactive_lists(others)
    return Person(
        payload,
        contact,
        row,
        list_status={
            **(contact.lists if contact is not None else {}),
            **{list_id: other.lists[list_id] for list_id, other in inactive.items()},
        },
        kept_out=inactive,
        others=frozenset(other.contact_id for other in others),
        bounced=first_bounced([*([contact] if contact is not None else ()), *others]),
    )


def _unreadable(payload: Payload) -> Record:
    """The outcome of who may be a contact whose linked field cannot be read."""
    record = payload.record(Outcome.SKIPPED, Reason.AMBIGUOUS_MATCH)
    return replace(record, detail=_UNREADABLE_LINK)


def own_spelling(email: str) -> str:
    """Where the row of a contact with this address goes; empty where no import takes it."""
    return email if is_importable(email) else ""


def not_joined(
    contact: KnownContact, list_id: int, name: str, is_another: bool = False
) -> OmittedList:
    """A list that somebody is not put on because of a contact's row on it.

    Without such a row, or where it is active, the contact keeps them off because mail to it has
    bounced. `is_another` where that contact is not the one their data goes to.
    """
    since, status = contact.left.get(list_id), contact.lists.get(list_id)
    closes = status is not None and status is not ListStatus.ACTIVE
    return OmittedList(
        name,
        status.value if status is not None and closes else ListStatus.BOUNCED.value,
        stamp(since) if since is not None else "",
        contact.contact_id if is_another else None,
    )


def bounced_off(contact: KnownContact, name: str, *, is_another: bool) -> OmittedList:
    """A list that somebody is not put on because mail to a contact of theirs has bounced."""
    return OmittedList(
        name, ListStatus.BOUNCED.value, contact_id=contact.contact_id if is_another else None
    )
