"""Tags and who carries them (activecampaign.md §9)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tag:
    """One tag."""

    id: int
    name: str
    created: int
    description: str = ""


@dataclass(slots=True)
class Tagging:
    """One contact that carries one tag; the row has an id of its own."""

    id: int
    contact: int
    tag: int
    created: int


@dataclass(slots=True)
class Tags:
    """All tags of the account."""

    rows: dict[int, Tag] = field(default_factory=dict)
    taggings: dict[int, Tagging] = field(default_factory=dict)
    _last: int = 0

    def named(self, name: str) -> Tag | None:
        """The tag with this name, whatever its letter case."""
        return next((row for row in self.rows.values() if row.name.lower() == name.lower()), None)

    def add(self, name: str, description: str, now: int) -> Tag:
        """A new tag."""
        row = Tag(max(self.rows, default=0) + 1, name, now, description)
        self.rows[row.id] = row
        return row

    def put(self, contact: int, tag: int, now: int) -> Tagging:
        """The contact carries the tag; the row that is there when it does already."""
        for row in self.taggings.values():
            if (row.contact, row.tag) == (contact, tag):
                return row
        self._last += 1
        self.taggings[self._last] = Tagging(self._last, contact, tag, now)
        return self.taggings[self._last]

    def of(self, contact: int) -> list[Tagging]:
        """The rows of one contact."""
        return [row for row in self.taggings.values() if row.contact == contact]

    def forget(self, contact: int) -> None:
        """A contact is gone, and its rows with it."""
        for row in self.of(contact):
            del self.taggings[row.id]
