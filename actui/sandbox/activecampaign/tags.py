"""Tags and who carries them (activecampaign.md §9)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tag:
    """One tag."""

    id: int
    name: str
    created: int
    description: str = ""
    kind: str = "contact"


@dataclass(slots=True)
class Tagging:
    """One contact that carries one tag; the row has an id of its own."""

    id: int
    contact: int
    tag: int
    created: int


@dataclass(slots=True)
class Tags:
    """All tags of the account; who carries what is looked up by contact."""

    rows: dict[int, Tag] = field(default_factory=dict)
    taggings: dict[int, Tagging] = field(default_factory=dict)
    _named: dict[str, int] = field(default_factory=dict)
    _of: dict[int, list[int]] = field(default_factory=dict)
    _carried: Counter[int] = field(default_factory=Counter)
    _last_tag: int = 0
    _last_tagging: int = 0

    def named(self, name: str) -> Tag | None:
        """The tag with this name, whatever its letter case."""
        return self.rows.get(self._named.get(name.lower(), 0))

    def add(self, name: str, description: str, now: int) -> Tag:
        """A new tag."""
        self._last_tag += 1
        row = Tag(self._last_tag, name, now, description)
        self.rows[row.id] = row
        self._named[name.lower()] = row.id
        return row

    def rename(self, row: Tag, name: str) -> None:
        """Another name for a tag."""
        self._named.pop(row.name.lower(), None)
        row.name = name
        self._named[name.lower()] = row.id

    def remove(self, row: Tag) -> None:
        """A tag is gone, and nobody carries it."""
        for tagging in [one for one in self.taggings.values() if one.tag == row.id]:
            self.take_off(tagging.id)
        self._named.pop(row.name.lower(), None)
        del self.rows[row.id]

    def put(self, contact: int, tag: int, now: int) -> Tagging:
        """Add a tag to a contact; returns the existing row if it has it already."""
        for row in self.of(contact):
            if row.tag == tag:
                return row
        self._last_tagging += 1
        row = Tagging(self._last_tagging, contact, tag, now)
        self.taggings[row.id] = row
        self._of.setdefault(contact, []).append(row.id)
        self._carried[tag] += 1
        return row

    def take_off(self, number: int) -> Tagging | None:
        """Remove one row; None where there is none."""
        row = self.taggings.pop(number, None)
        if row is not None:
            self._of[row.contact].remove(number)
            self._carried[row.tag] -= 1
        return row

    def carriers(self, tag: int) -> int:
        """How many contacts carry a tag."""
        return self._carried[tag]

    def of(self, contact: int) -> list[Tagging]:
        """The rows of one contact."""
        return [self.taggings[number] for number in self._of.get(contact, ())]

    def forget(self, contact: int) -> None:
        """A contact is gone, and its rows with it."""
        for number in self._of.pop(contact, ()):
            self._carried[self.taggings.pop(number).tag] -= 1
