"""What a run omitted for one person (sync/README.md §10): values that did not fit, lists.

The values themselves are never kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_USABLE_ADDRESS = "no-usable-address"
"""Why a contact joins no list: only a bulk import does that, and it does not take its address."""
RESUBSCRIPTION_LOST = "resubscription-lost"
"""Why somebody may not be on a list again: the answers to it were lost, and it is tried again."""
CLEANED = "cleaned of blanks and invisible characters"
"""Why an address is not sent as it is stored: of the value, only this was left out."""


@dataclass(frozen=True, slots=True)
class OmittedValues:
    """Values of one field that were not sent.

    `field` is the ActiveCampaign field as the mapping names it. `why` continues a sentence, such
    as `which are no dates`, and holds nothing of the values. `count` is how many they are.
    """

    field: str
    why: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class OmittedList:
    """A list of the goal that the person was not put on.

    `why` is the status that keeps them off (`unsubscribed`, `bounced`, `unconfirmed`,
    `unreadable`), NO_USABLE_ADDRESS or RESUBSCRIPTION_LOST. `since` is when they unsubscribed,
    ISO 8601 in UTC, empty where ActiveCampaign does not tell. `contact_id` is the contact with that
    status where it is not the person's own but another of the same person.
    """

    list: str
    why: str
    since: str = ""
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Omitted:
    """Everything that was left out for one person in one goal; false where that is nothing."""

    values: tuple[OmittedValues, ...] = ()
    lists: tuple[OmittedList, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.lists)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields and lists concerned, each once."""
        named = [*(one.field for one in self.values), *(one.list for one in self.lists)]
        return tuple(dict.fromkeys(named))

    def concerns(self, wanted: str) -> bool:
        """Whether a field or list of this name is among them; an empty name means any."""
        return any(is_named(name, wanted) for name in self.names) if wanted else bool(self)

    def packed(self) -> dict[str, Any]:
        """The form that ledger and journal keep; `unpacked` reads it back. Its keys stay."""
        kept: dict[str, Any] = {}
        if self.values:
            kept["v"] = [[one.field, one.why, one.count] for one in self.values]
        if self.lists:
            kept["l"] = [[one.list, one.why, one.since, one.contact_id] for one in self.lists]
        return kept

    @classmethod
    def unpacked(cls, kept: Mapping[str, Any] | None) -> Omitted:
        """What `packed` kept; None, from before this was kept, is nothing."""
        if not kept:
            return NOTHING
        return cls(
            tuple(OmittedValues(*one) for one in kept.get("v", ())),
            tuple(OmittedList(*one) for one in kept.get("l", ())),
        )

    def facts(self) -> list[dict[str, str | int | None]]:
        """The form that `--json` prints: an object for each field and reason, and for each list."""
        fields: list[dict[str, str | int | None]] = [
            {"field": one.field, "why": one.why, "values": one.count} for one in self.values
        ]
        return fields + [
            {
                "list": one.list,
                "why": one.why,
                "since": one.since or None,
                "contact_id": one.contact_id,
            }
            for one in self.lists
        ]


NOTHING = Omitted()


def is_named(name: str, wanted: str) -> bool:
    """Whether `wanted` means this field or list; case does not count, nor do missing % signs."""
    return wanted.strip().casefold() in (name.casefold(), name.strip("%").casefold())
