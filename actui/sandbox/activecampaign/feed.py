"""What the account's feed remembers of list changes (activecampaign.md §8.1).

Kept in arrays in the order of time: an export may change a million rows.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListChange:
    """One person whose status on a list changed."""

    id: int
    at: int
    contact: int
    list_id: int


class ListChanges:
    """All list changes since the sandbox was made."""

    def __init__(self) -> None:
        self._at, self._contact = array("q"), array("q")
        self._list, self._id = array("q"), array("q")

    def add(self, at: int, contact: int, list_id: int) -> None:
        """One more change."""
        place = bisect_right(self._at, at)
        number = len(self._id) + 1
        columns = ((self._at, at), (self._contact, contact), (self._list, list_id))
        for column, value in (*columns, (self._id, number)):
            column.insert(place, value)

    def count(self, after: float) -> int:
        """How many lie after an instant."""
        return len(self._at) - bisect_right(self._at, after)

    def since(self, after: float, *, falling: bool) -> Iterator[ListChange]:
        """Those after an instant, lazily, in the order of time."""
        places = range(bisect_right(self._at, after), len(self._at))
        for place in reversed(places) if falling else places:
            yield ListChange(
                self._id[place], self._at[place], self._contact[place], self._list[place]
            )

    def of(self, contact: int, after: float, *, falling: bool) -> Iterator[ListChange]:
        """Those of one contact alone."""
        places: list[int] = []
        place = bisect_right(self._at, after)
        while True:
            try:
                place = self._contact.index(contact, place)
            except ValueError:
                break
            places.append(place)
            place += 1
        for found in reversed(places) if falling else places:
            yield ListChange(self._id[found], self._at[found], contact, self._list[found])
