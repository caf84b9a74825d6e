"""Writes that a bulk import cannot make, one call for one contact (activecampaign.md §6, §7.3).

As an import is an upsert by address, it neither changes an address nor reaches a contact
without one.
"""

from __future__ import annotations

from dataclasses import replace

from actui.model.errors import RefusedError
from actui.model.journal import BatchCommit, PersonOutcome
from actui.model.omitted import NO_USABLE_ADDRESS, OmittedList
from actui.model.run import ListCounts, Outcome, Reason, Record
from actui.sync.exporting.identity import Person, own_spelling
from actui.sync.exporting.write_check import holds, is_about_the_contact
from actui.sync.run.goal_run import GoalRun

_UNREADABLE = (
    "ActiveCampaign refused the write, and its answer about the contact's fields cannot be read."
)


class SingleWrites:
    """Writes contacts by their ids, for one goal's run."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run

    async def rename(self, person: Person, contact_id: int) -> Person | Record:
        """Give the contact the person's address; the outcome where it does not get it.

        A changed address goes to the contact the person is, never to a second one. The person's
        row goes to the address as ActiveCampaign stores it, which may be in another letter case:
        where case counts, any other spelling would make a second contact (activecampaign.md §6).
        Raises RefusedError for a refusal that is not about this person.
        """
        service, email = self._run.activecampaign, person.row.email
        self._run.stop.check()
        try:
            stored = await service.rename_contact(contact_id, email)
        except RefusedError as refused:
            payload = person.payload
            contact = await service.contact(contact_id)
            if contact is None:
                return payload.record(Outcome.SKIPPED, Reason.DELETED_IN_ACTIVECAMPAIGN, contact_id)
            if contact.email.lower() == email.lower():
                # a status does not prove that the address is as it was
                return replace(person, row=replace(person.row, email=own_spelling(contact.email)))
            owners = [one.id for one in await service.contacts_by_email(email)]
            if owners and contact_id not in owners:
                return payload.record(Outcome.SKIPPED, Reason.EMAIL_OF_ANOTHER_CONTACT, owners[0])
            if not is_about_the_contact(refused):
                raise
            reason = Reason.REJECTED_BY_ACTIVECAMPAIGN
            record = payload.record(Outcome.REJECTED, reason, contact_id)
            return replace(record, detail=refused.detail, email=email)
        return replace(person, row=replace(person.row, email=own_spelling(stored)))

    async def _refused(
        self, person: Person, contact_id: int, refused: RefusedError
    ) -> Record | None:
        """The outcome of a refused write; None where the contact shows that it was applied."""
        payload = person.payload
        contact = await self._run.activecampaign.contact(contact_id)
        if contact is None:
            return payload.record(Outcome.SKIPPED, Reason.DELETED_IN_ACTIVECAMPAIGN, contact_id)
        is_stored = holds(contact, person.row, self._run.accounts.tags)
        if is_stored:
            return None
        if is_stored is None:
            record = payload.record(Outcome.UNKNOWN, Reason.UNRESOLVED, contact_id)
            return replace(record, detail=_UNREADABLE)
        if not is_about_the_contact(refused):
            raise refused
        reason = Reason.REJECTED_BY_ACTIVECAMPAIGN
        record = payload.record(Outcome.REJECTED, reason, contact_id)
        return replace(record, detail=refused.detail)

    async def write(
        self, person: Person, contact_id: int, kept_off: tuple[OmittedList, ...], fingerprint: bytes
    ) -> Record | None:
        """Write the fields of a contact without an address that an import would take.

        Commits the outcome and returns None; an outcome of a refusal is the caller's to commit.
        `kept_off` are the goal's lists that the contact is not on, `fingerprint` what
        is kept as accepted. Raises RefusedError for a refusal that is not about this person.
        """
        payload = person.payload
        self._run.stop.check()
        try:
            await self._run.activecampaign.write_contact(contact_id, person.row)
        except RefusedError as refused:
            outcome = await self._refused(person, contact_id, refused)
            if outcome is not None:
                return outcome
        record = payload.record(Outcome.UPDATED, None, contact_id)
        record = replace(record, omitted=replace(payload.omitted, lists=kept_off))
        not_joined = sum(one.why != NO_USABLE_ADDRESS for one in kept_off)
        profile = payload.profile_id
        self._run.commit(
            BatchCommit(
                records=[PersonOutcome(profile, record, fingerprint)],
                exported=[profile],
                links={profile: contact_id},
                lists=ListCounts(left=not_joined),
            )
        )
        return None
