"""What happened to a profile's consent: `GET /profileEvents/{profileId}` (OpenAPI)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actui.sandbox.clock import utc_millis_text
from actui.sandbox.compact_rows import CompactRows

Values = Mapping[str, list[str]]
KEPT = {
    "Consented": "consented_objectives",
    "Refused": "refused_objectives",
    "Legislation": "privacy_legislation",
}


@dataclass(slots=True)
class History:
    """The events of one profile, oldest first: moment, type and properties."""

    events: list[Any] = field(default_factory=list)


class ProfileEvents:
    """Events by the profile's ordinal; the initial state is not an event."""

    def __init__(self) -> None:
        self._rows = CompactRows(History)

    def note(
        self, ordinal: int, moment: float, before: Values, after: Values, source: str = "REST"
    ) -> None:
        """Remember a change of consent, if it is one."""
        if all(before.get(name, []) == after.get(name, []) for name in KEPT.values()):
            return
        facts = {"Source": [source]}
        for word, name in KEPT.items():
            none = ["NONE"] if word == "Legislation" else []
            facts[f"From{word}"] = list(before.get(name) or none)
            facts[f"To{word}"] = list(after.get(name) or none)
        self._add(ordinal, moment, "ConsentChanged", facts)

    def note_level(self, ordinal: int, moment: float, before: str, after: str) -> None:
        """Remember a change of the permission level, if it is one."""
        if before != after:
            facts = {"FromLevel": [before], "ToLevel": [after], "Source": ["CLIENTSIDE"]}
            self._add(ordinal, moment, "PermissionLevelChanged", facts)

    def _add(self, ordinal: int, moment: float, kind: str, facts: dict[str, list[str]]) -> None:
        row = self._rows.edit(ordinal)
        if row is None:
            row = History()
            self._rows.keep(ordinal, row)
        row.events.append((moment, kind, facts))

    def of(self, ordinal: int, *, properties: str) -> list[dict[str, Any]]:
        """Schema `profileEvent`; `properties` is the key of the array of that name."""
        row = self._rows.get(ordinal)
        return [
            {
                "date": utc_millis_text(moment),
                properties: [{"id": name, "values": values} for name, values in facts.items()],
                "type": kind,
            }
            for moment, kind, facts in (row.events if row else [])
        ]
