"""Which of a goal's lists a person joins, and why not the others (sync/README.md §7)."""

from __future__ import annotations

from collections.abc import Collection

from actui.model.goals import ListStatus
from actui.model.omitted import NO_USABLE_ADDRESS, RESUBSCRIPTION_LOST, OmittedList
from actui.sync.exporting.identity import Person, bounced_off, not_joined
from actui.sync.exporting.resubscribing import NOTHING_DONE, Resubscribed, Resubscribing
from actui.sync.resolved_goals import ResolvedExport
from actui.sync.run.goal_run import GoalRun


class Joining:
    """Decides for one export goal which lists a person is put on.

    `again` is what `resubscribe` returned for the same person.
    """

    def __init__(self, goal_run: GoalRun, goal: ResolvedExport) -> None:
        self._lists = goal.lists
        # what would be written for somebody to whom mail does not bounce
        self._closed_by_a_bounce: tuple[ListStatus | None, ...] = (None,)
        if goal.settings.resubscribe != "never":
            self._closed_by_a_bounce = (None, ListStatus.UNSUBSCRIBED)
        self._resubscribing = Resubscribing(goal_run, goal.settings)

    async def resubscribe(self, person: Person) -> Resubscribed:
        """Resubscribe the contact where the goal asks for it."""
        contact = person.contact
        if contact is None or person.bounced is not None:
            return NOTHING_DONE
        unsubscribed = [
            one.id
            for one in self._lists
            if contact.lists.get(one.id) is ListStatus.UNSUBSCRIBED
            and person.list_status.get(one.id) is ListStatus.UNSUBSCRIBED
            and one.id not in person.kept_out
        ]
        return await self._resubscribing.on(contact.contact_id, unsubscribed, person.others)

    def may_join(self, person: Person) -> bool:
        """Whether the person's import would put a known contact on a list."""
        return bool(person.contact_ids and self.joined(person, NOTHING_DONE, ()))

    def joined(
        self, person: Person, again: Resubscribed, begun: Collection[int]
    ) -> tuple[int, ...]:
        """The lists that the person's import joins: those on which there is no row, and no others.

        Of those that an earlier process may have `begun` to join, also where the row is active.
        """
        list_status = {**person.list_status, **dict.fromkeys(again.active, ListStatus.ACTIVE)}
        return tuple(
            one.id
            for one in self._lists
            if (one.id not in list_status and person.bounced is None)
            or (one.id in begun and list_status.get(one.id) is ListStatus.ACTIVE)
        )

    def kept_off(
        self, person: Person, again: Resubscribed, *, by_import: bool = True
    ) -> tuple[OmittedList, ...]:
        """The goal's lists that the person is not on and does not join, each with the reason."""
        found = []
        for one in self._lists:
            id_, name = one.id, one.name
            status = ListStatus.ACTIVE if id_ in again.active else person.list_status.get(id_)
            holder = person.kept_out.get(id_, person.contact)
            if person.bounced is not None and status in self._closed_by_a_bounce:
                is_another = person.bounced is not person.contact
                found.append(bounced_off(person.bounced, name, is_another=is_another))
                continue
            if id_ in again.lost:
                found.append(OmittedList(name, RESUBSCRIPTION_LOST))
            elif status is None and not by_import:
                found.append(OmittedList(name, NO_USABLE_ADDRESS))
            elif holder is not None and status not in (None, ListStatus.ACTIVE):
                found.append(not_joined(holder, id_, name, id_ in person.kept_out))
        return tuple(found)
