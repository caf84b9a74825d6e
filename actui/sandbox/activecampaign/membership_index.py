"""Who is on which list with which status, so that a page of a list costs only the page."""

from __future__ import annotations

from collections import Counter, defaultdict

from actui.sandbox.activecampaign.seeded_contacts import contact_id, seeded_statuses
from actui.sandbox.sorted_ids import SortedIds


class MembershipIndex:
    """Sorted contact ids per list and per (list, status), built when first asked for."""

    def __init__(self, seed: int, count: int) -> None:
        self._seed = seed
        self._count = count
        self._members: defaultdict[tuple[int, int | None], SortedIds] | None = None

    def _built(self) -> defaultdict[tuple[int, int | None], SortedIds]:
        if self._members is None:
            members: defaultdict[tuple[int, int | None], SortedIds] = defaultdict(SortedIds)
            for index in range(self._count):
                number = contact_id(index)
                for list_id, status in seeded_statuses(self._seed, index).items():
                    members[list_id, None].append(number)
                    members[list_id, status].append(number)
            self._members = members
        return self._members

    def members(self, list_id: int, status: int | None) -> SortedIds:
        """Ids of the contacts on a list, with one status or with any."""
        return self._built()[list_id, status]

    def move(self, number: int, list_id: int, before: int | None, after: int | None) -> None:
        """Record that a contact's status on a list changed; None is no row."""
        members = self._built()
        if before is not None:
            members[list_id, before].discard(number)
        if after is None:
            members[list_id, None].discard(number)
        else:
            members[list_id, None].add(number)
            members[list_id, after].add(number)

    def counts(self) -> Counter[tuple[int, int | None]]:
        """How many members each list has, in total (None) and per status."""
        return Counter({key: len(ids) for key, ids in self._built().items()})
