"""The profiles, lazily generated: only rows that changed are kept."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b

from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.seeded_profiles import Population
from actui.sandbox.compact_rows import CompactRows
from actui.sandbox.people import person_number
from actui.sandbox.sorted_ids import SortedIds

CUSTOMER = re.compile(r"C-(\d{7})")
NUMBERED = frozenset({"email", "customer_id"})
LONGEST_INDEXED = 200


def _value_key(name: str, value: str) -> int:
    """A short key of a property's value, in any letter case; the same in every process."""
    digest = blake2b(f"{name}\0{value.lower()}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big")


class ProfileStore:
    """Profiles by id, by ordinal, by the value of a property and by segment.

    `get` is for reading; whoever changes a row takes it with `edit` and gives it back with
    `reindex`.
    """

    def __init__(self, population: Population, indexed: Iterable[str]) -> None:
        self._population = population
        self._kept = CompactRows(Profile)
        self._created: dict[str, int] = {}
        self._next = population.count
        self._indexed = set(indexed)
        self._values: dict[int, int | set[int]] = {}
        self._segments: defaultdict[str, SortedIds] | None = None
        self._entered: dict[tuple[str, int], float] = {}

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
        kept = self._kept.edit(row.ordinal)
        if kept is None:
            kept = row
            self._kept.keep(row.ordinal, row)
        return kept

    def index_by(self, property_id: str) -> None:
        """From now on profiles are found by the values of this property."""
        if property_id not in self._indexed:
            self._indexed.add(property_id)
            for ordinal in range(self._next):
                if ordinal in self._kept:
                    self.reindex(self.at(ordinal))

    def reindex(self, row: Profile) -> None:
        """Update the indexes after values of a kept row changed.

        Old values stay in the index, so a lookup must check the row as well.
        """
        for name in self._indexed & row.properties.keys():
            for value in row.properties[name]:
                if len(value) <= LONGEST_INDEXED and not self._is_seeded(row.ordinal, name, value):
                    self._add(_value_key(name, value), row.ordinal)

    def _is_seeded(self, ordinal: int, name: str, value: str) -> bool:
        return name in NUMBERED and ordinal in self._numbered_candidates(name, value)

    def _add(self, key: int, ordinal: int) -> None:
        held = self._values.setdefault(key, ordinal)
        if isinstance(held, set):
            held.add(ordinal)
        elif held != ordinal:
            self._values[key] = {held, ordinal}

    def create(self, now: float) -> Profile:
        """A new, empty profile."""
        row = Profile(str(uuid.uuid4()), self._next, now, now)
        self._next += 1
        self._created[row.id] = row.ordinal
        self._kept.keep(row.ordinal, row)
        return row

    def remove(self, row: Profile) -> None:
        """Delete a profile; its id answers as if it had never been."""
        for segment in list(row.segments):
            self.leave(row, segment)
        row.properties = {}
        row.replaced_by = ""

    def enter(self, row: Profile, segment: str) -> None:
        """The profile is in the segment from now on."""
        row.segments.add(segment)
        self._in_segments()[segment].add(row.ordinal)

    def entered(self, row: Profile, segment: str, now: float) -> None:
        """Remember when somebody known entered; who is new is known by the date of creation."""
        self._entered[segment, row.ordinal] = now

    def entered_since(self, segment: str, moment: float) -> set[int]:
        """The ordinals of those who entered after a moment; earlier ones are forgotten."""
        self._entered = {key: when for key, when in self._entered.items() if when > moment}
        return {ordinal for where, ordinal in self._entered if where == segment}

    def leave(self, row: Profile, segment: str) -> None:
        """The profile is no longer in the segment."""
        row.segments.discard(segment)
        self._in_segments()[segment].discard(row.ordinal)

    def members(self, segment: str) -> SortedIds:
        """Ordinals of the profiles in a segment."""
        return self._in_segments()[segment]

    def with_value(self, property_id: str, value: str, *, exact: bool) -> list[Profile]:
        """Live profiles that carry this value, the oldest first."""
        ordinals = set(self._candidates(property_id, value))
        wanted = value if exact else value.lower()
        fold: Callable[[str], str] = str if exact else str.lower
        rows = (self.at(ordinal) for ordinal in sorted(ordinals))
        return [
            row
            for row in rows
            if row.replaced_by is None and wanted in map(fold, row.values(property_id))
        ]

    def _candidates(self, property_id: str, value: str) -> Iterator[int]:
        """Rows that could carry the value: every row where nothing makes finding it fast."""
        if property_id not in self._indexed or len(value) > LONGEST_INDEXED:
            yield from range(self._next)
            return
        held = self._values.get(_value_key(property_id, value), ())
        yield from held if isinstance(held, (set, tuple)) else (held,)
        if property_id in NUMBERED:
            yield from self._numbered_candidates(property_id, value)
        else:
            yield from (n for n in range(self._population.count) if n not in self._kept)

    def _numbered_candidates(self, property_id: str, value: str) -> list[int]:
        """Seeded rows by the number in their value."""
        if property_id == "email":
            number = person_number(value)
        else:
            found = CUSTOMER.fullmatch(value.upper())
            number = int(found.group(1)) if found else None
        return [] if number is None else self._population.ordinals_of(number)

    def ordinals(self) -> range:
        """Those of all rows there ever were."""
        return range(self._next)

    def all_rows(self) -> Iterator[Profile]:
        """Every profile, merged ones included."""
        for ordinal in range(self._next):
            row = self.at(ordinal)
            if row.replaced_by != "":
                yield row
