"""The profiles, lazily generated: only rows that changed are kept."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator

from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.seeded_profiles import Population
from actui.sandbox.people import person_number
from actui.sandbox.sorted_ids import SortedIds

CUSTOMER = re.compile(r"C-(\d{7})")


class ProfileStore:
    """Profiles by id, by ordinal, by the value of a property and by segment.

    `get` is for reading; whoever changes a row takes it with `edit` and gives it back with
    `reindex`.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        self._kept: dict[int, Profile] = {}
        self._created: dict[str, int] = {}
        self._next = population.count
        self._values: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._known_values: dict[int, set[tuple[str, str]]] = {}
        self._segments: defaultdict[str, SortedIds] | None = None

    def _in_segments(self) -> defaultdict[str, SortedIds]:
        if self._segments is None:
            found: defaultdict[str, SortedIds] = defaultdict(SortedIds)
            for ordinal in range(self._population.count):
                for segment in self._population.segments(ordinal):
                    found[segment].append(ordinal)
            self._segments = found
        return self._segments

    def _ordinal(self, profile_id: str) -> int | None:
        made = self._created.get(profile_id)
        return self._population.ordinal(profile_id) if made is None else made

    def get(self, profile_id: str) -> Profile | None:
        """A row to read, merged ones included."""
        ordinal = self._ordinal(profile_id)
        return None if ordinal is None else self.at(ordinal)

    def at(self, ordinal: int) -> Profile:
        """The row with this ordinal."""
        kept = self._kept.get(ordinal)
        return self._population.profile(ordinal) if kept is None else kept

    def survivor(self, profile_id: str) -> Profile | None:
        """The row, or the one it was merged into (blueconic.md §7)."""
        row = self.get(profile_id)
        while row is not None and row.replaced_by is not None:
            row = self.get(row.replaced_by)
        return row

    def edit(self, row: Profile) -> Profile:
        """The same row, kept from now on."""
        kept = self._kept.setdefault(row.ordinal, row)
        if row.ordinal not in self._known_values:
            self._index_values(kept)
        return kept

    def reindex(self, row: Profile) -> None:
        """Values of a kept row have changed."""
        self._index_values(row)

    def _index_values(self, row: Profile) -> None:
        fresh = {
            (name, value.lower())
            for name, values in row.properties.items()
            for value in values
            if len(value) <= 200
        }
        old = self._known_values.get(row.ordinal, set())
        for key in old - fresh:
            self._values[key].discard(row.ordinal)
        for key in fresh - old:
            self._values[key].add(row.ordinal)
        self._known_values[row.ordinal] = fresh

    def create(self, now: float) -> Profile:
        """A new, empty profile."""
        row = Profile(str(uuid.uuid4()), self._next, now, now)
        self._next += 1
        self._created[row.id] = row.ordinal
        self._kept[row.ordinal] = row
        self._known_values[row.ordinal] = set()
        return row

    def remove(self, row: Profile) -> None:
        """Delete a profile; its id answers as if it had never been."""
        for segment in list(row.segments):
            self.leave(row, segment)
        row.properties = {}
        self._index_values(row)
        row.replaced_by = ""

    def enter(self, row: Profile, segment: str) -> None:
        """The profile is in the segment from now on."""
        row.segments.add(segment)
        self._in_segments()[segment].add(row.ordinal)

    def leave(self, row: Profile, segment: str) -> None:
        """The profile is no longer in the segment."""
        row.segments.discard(segment)
        self._in_segments()[segment].discard(row.ordinal)

    def members(self, segment: str) -> SortedIds:
        """Ordinals of the profiles in a segment."""
        return self._in_segments()[segment]

    def with_value(self, property_id: str, value: str, *, exact: bool) -> list[Profile]:
        """Live profiles that carry this value, the oldest first."""
        ordinals = set(self._values.get((property_id, value.lower()), ()))
        ordinals.update(self._seeded_candidates(property_id, value))
        wanted = value if exact else value.lower()
        fold: Callable[[str], str] = str if exact else str.lower
        rows = (self.at(ordinal) for ordinal in sorted(ordinals))
        return [
            row
            for row in rows
            if row.replaced_by is None and wanted in map(fold, row.values(property_id))
        ]

    def _seeded_candidates(self, property_id: str, value: str) -> list[int]:
        """Seeded rows that could carry the value; only those with a number in it are found fast."""
        if property_id == "email":
            number = person_number(value)
        elif property_id == "customer_id":
            found = CUSTOMER.fullmatch(value)
            number = int(found.group(1)) if found else None
        else:
            return [n for n in range(self._population.count) if n not in self._kept]
        return [] if number is None else self._population.ordinals_of(number)

    def all_live(self) -> Iterator[Profile]:
        """Every profile that was not merged away or deleted."""
        for ordinal in range(self._next):
            row = self.at(ordinal)
            if row.replaced_by is None:
                yield row

    def all_rows(self) -> Iterator[Profile]:
        """Every profile, merged ones included."""
        for ordinal in range(self._next):
            row = self.at(ordinal)
            if row.replaced_by != "":
                yield row
