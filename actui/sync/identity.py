"""Which contact a profile is (design §7, identity): never a second one for the same person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from actui.model.goals import ExportGoal, ListStatus
from actui.model.mapping import is_custom, perstag
from actui.model.omitted import OmittedList
from actui.model.people import ImportRow
from actui.model.run import Outcome, Reason, Record
from actui.sync.goalrun import GoalRun
from actui.sync.knowing import Knowledge, Known
from actui.sync.meter import stamp
from actui.sync.payload import Payload, is_importable
from actui.sync.recognising import key_fields


@dataclass(frozen=True, slots=True)
class Person:
    """A profile whose contact is settled.

    `contact` None means there is none yet. `row` goes to its e-mail; without one only `contact`
    can be written, by its id. `rename` tells that the contact gets that address first. `standing`
    is the status on each list that keeps it from being joined: the contact's own rows and those of
    the contacts in `kept_out`, each by a list on which it is not active and has been this person.
    """

    payload: Payload
    contact: Known | None
    row: ImportRow
    rename: bool = False
    standing: Mapping[int, ListStatus] = field(default_factory=dict)
    kept_out: Mapping[int, Known] = field(default_factory=dict)


class Identities:
    """Settles who is who for one export goal in one run."""

    def __init__(self, goal_run: GoalRun, goal: ExportGoal, knowledge: Knowledge) -> None:
        self._run = goal_run
        self._goal = goal
        self._knowledge = knowledge
        self._keys = key_fields(goal)
        self._has_email_link = len(self._keys) < len(goal.identifiers)
        self._emails: dict[str, Known] = {}

    @property
    def needs_index(self) -> bool:
        """Whether a link can be looked up in the contact index alone."""
        return any(key != "id" for key in self._keys)

    async def of(self, payloads: Sequence[Payload]) -> list[Person | Record]:
        """One answer for each payload, in order."""
        self._emails = await self._knowledge.by_email(
            {payload.emails[0].lower() for payload in payloads if payload.emails}
        )
        ids = [profile for payload in payloads for profile in payload.profile_ids]
        links = self._run.ledger.links(ids)
        return [await self._one(payload, links) for payload in payloads]

    async def _one(self, payload: Payload, links: Mapping[str, int]) -> Person | Record:
        remembered = list(dict.fromkeys(links[p] for p in payload.profile_ids if p in links))
        if self._keys:
            return await self._by_keys(payload, remembered)
        found = self._emails.get(payload.emails[0].lower())
        alone = len(payload.emails) == 1 and found is not None and not found.erased
        if alone and found is not None and all(id_ == found.contact_id for id_ in remembered):
            return self._person(payload, found, payload.emails[0], ())
        known = await self._knowledge.by_id(remembered)
        before = [known[id_] for id_ in remembered if id_ in known and not known[id_].erased]
        wanted = {email.lower(): email for email in reversed(payload.emails)}
        for one in before:
            if one.email.lower() in wanted:
                return self._person(payload, one, wanted[one.email.lower()], before)
        if found is not None and not found.erased:
            return self._person(payload, found, payload.emails[0], before)
        if before:
            return self._person(payload, before[0], payload.emails[0], before, rename=True)
        return self._missing(payload, remembered, known) or self._new(payload, found, ())

    async def _by_keys(self, payload: Payload, remembered: Sequence[int]) -> Person | Record:
        """Links beside or instead of the e-mail address: all must match, and one contact alone."""
        matching: set[int] | None = None
        for name, values in payload.links:
            ids = await self._knowledge.by_value(name, values)
            matching = ids if matching is None else matching & ids
        known = await self._knowledge.by_id({*(matching or ()), *remembered})
        candidates = [known[id_] for id_ in sorted(matching or ()) if id_ in known]
        candidates = [
            one for one in candidates if not one.erased and self._email_fits(payload, one)
        ]
        if len(candidates) > 1:
            return payload.record(Outcome.SKIPPED, Reason.AMBIGUOUS_MATCH)
        before = [known[id_] for id_ in remembered if id_ in known and not known[id_].erased]
        if candidates:
            return self._matched(payload, candidates[0], before)
        for one in before:
            if self._links_fit(payload, one):
                return self._matched(self._carrying(payload), one, before)
        gone = self._missing(payload, remembered, known) if not before else None
        return gone or self._unmatched(self._carrying(payload), before)

    def _unmatched(self, payload: Payload, before: Sequence[Known]) -> Person | Record:
        """No contact by the links: whose address is it, and may that contact be adopted?"""
        if payload.unusable:
            return payload.record(Outcome.REJECTED, Reason.INVALID_EMAIL)
        if not payload.emails:
            return payload.record(Outcome.SKIPPED, Reason.NO_EMAIL)
        owner = self._emails.get(payload.emails[0].lower())
        if owner is None or owner.erased:
            return self._new(payload, owner, before)
        if "id" in self._keys or any(owner.values.get(key) for key in self._keys):
            return payload.record(
                Outcome.SKIPPED, Reason.EMAIL_OF_ANOTHER_CONTACT, owner.contact_id
            )
        return self._person(payload, owner, payload.emails[0], before)

    def _matched(
        self, payload: Payload, contact: Known, before: Sequence[Known]
    ) -> Person | Record:
        """A contact that is the profile's: under which address does its row go?"""
        wanted = {email.lower(): email for email in reversed(payload.emails)}
        if not wanted:
            email = contact.email if is_importable(contact.email) else ""
            return self._person(payload, contact, email, before)
        if contact.email.lower() in wanted:
            return self._person(payload, contact, wanted[contact.email.lower()], before)
        owner = self._emails.get(payload.emails[0].lower())
        if owner is not None and owner.contact_id != contact.contact_id:
            return payload.record(
                Outcome.SKIPPED, Reason.EMAIL_OF_ANOTHER_CONTACT, owner.contact_id
            )
        return self._person(payload, contact, payload.emails[0], before, rename=True)

    def _email_fits(self, payload: Payload, contact: Known) -> bool:
        if not self._has_email_link:
            return True
        return contact.email.lower() in {email.lower() for email in payload.emails}

    def _links_fit(self, payload: Payload, contact: Known) -> bool:
        """Whether a remembered contact may still be this profile's: no link says otherwise."""
        return all(
            name == "id" or not contact.values.get(name) or contact.values[name] in values
            for name, values in payload.links
        )

    def _missing(
        self, payload: Payload, remembered: Sequence[int], known: Mapping[int, Known]
    ) -> Record | None:
        """A person actui knew and whose contact is gone does not come back by itself."""
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

    def _new(self, payload: Payload, erased: Known | None, before: Sequence[Known]) -> Person:
        """Nobody yet; lists that an erased contact of this address had left still are left."""
        left = _left_by([*before, erased] if erased else before)
        row = replace(payload.row, email=payload.emails[0])
        return Person(payload, None, row, standing=_standing(left), kept_out=left)

    @staticmethod
    def _person(
        payload: Payload,
        contact: Known,
        email: str,
        before: Sequence[Known],
        *,
        rename: bool = False,
    ) -> Person:
        others = [other for other in before if other.contact_id != contact.contact_id]
        left = _left_by(others)
        row = replace(payload.row, email=email)
        standing = {**contact.lists, **_standing(left)}
        return Person(payload, contact, row, rename, standing, left)


def _left_by(contacts: Sequence[Known]) -> dict[int, Known]:
    """The lists on which one of the contacts has a row that is not active, and which has it."""
    return {
        list_id: contact
        for contact in contacts
        for list_id, status in contact.lists.items()
        if status is not ListStatus.ACTIVE
    }


def _standing(left: Mapping[int, Known]) -> dict[int, ListStatus]:
    return {list_id: contact.lists[list_id] for list_id, contact in left.items()}


def not_joined(contact: Known, list_id: int, name: str, is_another: bool = False) -> OmittedList:
    """A list that somebody is not put on because of a contact's row on it.

    `is_another` where that contact is not the one their data goes to.
    """
    since = contact.left.get(list_id)
    return OmittedList(
        name,
        contact.lists[list_id].value,
        stamp(since) if since is not None else "",
        contact.contact_id if is_another else None,
    )
