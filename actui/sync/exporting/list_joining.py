"""Which of a goal's lists a person joins, and why not the others (sync/README.md §7)."""

from __future__ import annotations

from collections.abc import Collection

from actui.model.goals import ExportGoal, ListStatus
from actui.model.omitted import NO_USABLE_ADDRESS, RESUBSCRIPTION_LOST, OmittedList
from actui.sync.exporting.identity import Person, bounced_off, not_joined
from actui.sync.exporting.resubscribing import NOTHING_DONE, Resubscribed, Resubscribing
from actui.sync.run.goal_run import GoalRun


class Joining:
    """Decides for one export goal which lists a person is put on.

    `again` is what `resubscribe` returned for the same person.
    """

    def __init__(self, goal_run: GoalRun, goal: ExportGoal) -> None:
        self._goal = goal
        self._lists = [int(named.id or 0) for named in goal.lists]
        # what would be written for somebody to whom mail does not bounce
        self._closed_by_a_bounce: tuple[ListStatus | None, ...] = (None,)
        if goal.resubscribe != "never":
            self._closed_by_a_bounce = (None, ListStatus.UNSUBSCRIBED)
        self._resubscribing = Resubscribing(goal_run, goal)

    async def resubscribe(self, person: Person) -> Resubscribed:
        """Resubscribe the contact where the goal asks for it."""
        contact = person.contact
        if contact is None or person.bounced is not None:
            return NOTHING_DONE
        unsubscribed = [
            list_id
            for list_id in self._lists
            if contact.lists.get(list_id) is ListStatus.UNSUBSCRIBED
            and person.list_status.get(list_id) is ListStatus.UNSUBSCRIBED
            and list_id not in person.kept_out
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
            id_
            for id_ in self._lists
            if (id_ not in list_status and person.bounced is None)
            or (id_ in begun and list_status.get(id_) is ListStatus.ACTIVE)
        )

    def kept_off(
        self, person: Person, again: Resubscribed, *, by_import: bool = True
    ) -> tuple[OmittedList, ...]:
        """The goal's lists that the person is not on and does not join, each with the reason."""
        found = []
        for named in self._goal.lists:
            id_ = int(named.id or 0)
            status = ListStatus.ACTIVE if id_ in again.active else person.list_status.get(id_)
            holder = person.kept_out.get(id_, person.contact)
            if person.bounced is not None and status in self._closed_by_a_bounce:
                is_another = person.bounced is not person.contact
                found.append(bounced_off(person.bounced, named.name, is_another=is_another))
                continue
            if id_ in again.lost:
                found.append(OmittedList(named.name, RESUBSCRIPTION_LOST))
            elif status is None and not by_import:
                found.append(OmittedList(named.name, NO_USABLE_ADDRESS))
            elif holder is not None and status not in (None, ListStatus.ACTIVE):
                found.append(not_joined(holder, id_, named.name, id_ in person.kept_out))
        return tuple(found)
